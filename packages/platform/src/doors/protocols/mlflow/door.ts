import { Readable } from "node:stream";
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { forbidden, readable } from "#base/auth/grants.js";
import { mayOnNamed } from "#base/auth/named.js";
import { may, type Principal } from "#base/auth/principal.js";
import { inNameOf } from "#base/caller.js";
import type { Ctx } from "#base/context.js";
import { baseErrors, CodedError } from "#base/errors.js";
import { ownMeans, type WebhookMeans } from "#capabilities/registry/index.js";
import { ensureDefaultExperiment, findExperimentsOf } from "#capabilities/tracking/index.js";
import { errorHeaders } from "#doors/http/error-headers.js";
import { artifactFiles, artifactProxy, artifactUpload, loggedModelFiles, type Within } from "./artifacts.js";
import { toObject } from "./body.js";
import { rememberClients } from "./client-versions.js";
import { type Call, type Endpoint, namedBy } from "./endpoint.js";
import { experimentEndpoints } from "./endpoints/experiments.js";
import { loggedModelEndpoints } from "./endpoints/logged-models.js";
import { permissionEndpoints } from "./endpoints/permissions.js";
import { registryEndpoints } from "./endpoints/registry.js";
import { roleEndpoints } from "./endpoints/roles.js";
import { runEndpoints } from "./endpoints/runs.js";
import { traceEndpoints } from "./endpoints/traces.js";
import { userEndpoints } from "./endpoints/users.js";
import { webhookEndpoints } from "./endpoints/webhooks.js";
import { basicChallenge, mlflowErrors, toEnvelope } from "./errors.js";
import { withClientIds, withRowIds } from "./experiment-ids.js";
import { fromQuery, invalid, readFields } from "./fields.js";
import { multipart } from "./multipart.js";
import { otlpTraces } from "./otlp/route.js";
import { type Projects, workspaces } from "./workspaces.js";

export interface MlflowDoorOptions {
  readonly ctxFor: (request: FastifyRequest, reply: FastifyReply, door: string) => Ctx | Promise<Ctx>;
  /** Project of clients that name no workspace. */
  readonly project: string;
  /** MLflow's workspaces. */
  readonly projects: Projects;
  /** Where artifacts of new experiments are kept; empty: in this server's own store. */
  readonly artifactRoot: string;
  /** Most bytes of one artifact. */
  readonly uploadLimit: number;
  /** What users made by MLflow's clients may do in their project, besides making their own. */
  readonly defaultPermission?: Call["defaultPermission"];
  /** How webhooks leave; the registry's own means when absent. */
  readonly webhooks?: WebhookMeans;
}

/** The table of everything that answers JSON; authorisation is tested along it. */
export const endpoints: readonly Endpoint[] = [
  ...experimentEndpoints,
  ...runEndpoints,
  ...loggedModelEndpoints,
  ...registryEndpoints,
  ...userEndpoints,
  ...permissionEndpoints,
  ...roleEndpoints,
  ...traceEndpoints,
  ...webhookEndpoints,
];
/** What clients and MLflow's interface ask before they use a feature; nothing is claimed that is not served. */
const serverInfo = {
  store_type: "SqlStore",
  workspaces_enabled: true,
  trace_archival_enabled: false,
  multipart_uploads_enabled: true,
  multipart_downloads_enabled: false,
  presigned_upload_run_id_supported: false,
  presigned_upload_model_id_supported: false,
  features_enabled: { gateway: false },
};
const bodyLimit = 64 * 1024 * 1024;
const projectName = /^[a-z0-9][a-z0-9-]{0,63}$/;

/**
 * MLflow's REST protocol: tracking, registry, logged models and the artifact proxy, for the stock clients of 2.22 and 3.x.
 * Every endpoint answers under both prefixes, SDK and browser; parsers and error envelope stay inside this plugin.
 */
export function mlflowDoor(options: MlflowDoorOptions): FastifyPluginAsync {
  const ready = new Map<string, Promise<void>>();
  const webhooks = options.webhooks ?? ownMeans();

  const within: Within = async (request, reply, need, work, named = () => ({})) => {
    const ctx = await options.ctxFor(request, reply, "mlflow");
    const project = projectOf(request, options.project);
    const demand: Call["demand"] = async (what, of) => {
      if (!(await mayOnNamed(ctx, what, project, () => of, findExperimentsOf))) {
        throw forbidden(ctx.principal, what, project);
      }
    };
    if (need === "list" || need === "found") {
      if (!mayBegin(ctx.principal, need, project)) throw forbidden(ctx.principal, "read", project);
    } else if (need !== "self") {
      if (!(await mayOnNamed(ctx, need, project, () => named(ctx, project), findExperimentsOf))) {
        throw forbidden(ctx.principal, need, project);
      }
    }
    const readableOf: Call["readable"] = (kind) => readable(ctx.principal, project, kind);
    const { defaultPermission = "READ" } = options;
    return inNameOf({ by: ctx.principal.name, door: "mlflow" }, async () => {
      await prepare(ctx, project);
      const { artifactRoot } = options;
      return work({ ctx, project, demand, readable: readableOf, defaultPermission, webhooks, artifactRoot, request });
    });
  };

  /** A fresh project gets its "Default" experiment before anything else is answered. */
  function prepare(ctx: Ctx, project: string): Promise<void> {
    let made = ready.get(project);
    if (made === undefined) {
      made = prepareProject(ctx, project, options);
      ready.set(project, made);
      // A failure is answered to those who waited, and tried again by the next.
      made.catch(() => ready.delete(project));
    }
    return made;
  }

  return async (server) => {
    server.setErrorHandler((error, request, reply) => sendError(error, request, reply, options));
    for (const prefix of ["/api", "/ajax-api"]) {
      for (const generation of ["2.0", "3.0"]) {
        const root = `${prefix}/${generation}/mlflow`;
        await server.register(async (routes) => jsonRoutes(routes, root, within), { prefix: root });
        await server.register(
          async (routes) =>
            workspaces(routes, (request, reply) => options.ctxFor(request, reply, "mlflow"), options.projects),
          { prefix: root },
        );
        await server.register(
          async (routes) => {
            loggedModelFiles(routes, within);
            artifactUpload(routes, within);
          },
          { prefix: root },
        );
        await server.register(async (routes) => artifactProxy(routes, within, options.uploadLimit), {
          prefix: `${root}-artifacts`,
        });
        await server.register(async (routes) => multipart(routes, within, options.uploadLimit, `${root}-artifacts`), {
          prefix: `${root}-artifacts`,
        });
      }
    }
    await server.register(async (routes) => artifactFiles(routes, within));
    await server.register(async (routes) => otlpTraces(routes, within));
  };
}

/** Lists are for readers, and for who was granted something; making things for writers, and for who may make their own. */
function mayBegin(principal: Principal, need: "list" | "found", project: string): boolean {
  if (need === "list") return may(principal, "read", project) || principal.grants?.any === true;
  return may(principal, "write", project) || principal.founds?.includes(project) === true;
}

/** A workspace that nobody made is refused, not made by the way. */
async function prepareProject(ctx: Ctx, project: string, options: MlflowDoorOptions): Promise<void> {
  const byDefault = project === options.project;
  if (!byDefault && !(await options.projects.list(ctx)).some((one) => one.name === project)) {
    throw mlflowErrors.MLFLOW_WORKSPACE_NOT_FOUND({ workspace: project });
  }
  await ensureDefaultExperiment(ctx, project, byDefault ? 0 : undefined, options.artifactRoot);
}

type At = Pick<Call, "ctx" | "project">;

function jsonRoutes(server: FastifyInstance, root: string, within: Within): void {
  const clients = rememberClients();
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", { parseAs: "buffer", bodyLimit }, (_request, body, done) => done(null, body));
  for (const endpoint of endpoints) {
    server.route({
      method: [...endpoint.methods],
      url: endpoint.path,
      bodyLimit,
      handler: async (request, reply) => {
        let fields: Promise<Record<string, unknown>> | undefined;
        const read = (at: At) => {
          fields ??= givenOf(endpoint, request).then(async (given) =>
            readFields(endpoint.fields, await withRowIds(at, given)),
          );
          return fields;
        };
        const answer = await within(
          request,
          reply,
          endpoint.need,
          async (call) => {
            const input = (await read(call)) as never;
            const noted = endpoint.need === "read" ? undefined : clients.note(call, input, request.headers);
            const [given] = await Promise.all([endpoint.handle(call, input), noted]);
            return given instanceof Readable ? given : withClientIds(call, given);
          },
          async (ctx, project) => namedBy(endpoint.path, await read({ ctx, project })),
        );
        // Long answers come as JSON text, in pieces.
        return answer instanceof Readable ? reply.type("application/json; charset=utf-8").send(answer) : answer;
      },
    });
  }
  server.get("/server-info", async () => serverInfo);
  const refuse = (request: FastifyRequest): Promise<never> => {
    const path = (request.url.split("?", 1)[0] ?? "").replace(/\/{2,}/g, "/");
    const known = endpoints.some((one) => matches(one.path, path.slice(root.length)));
    return Promise.reject(
      known
        ? mlflowErrors.MLFLOW_METHOD_NOT_ALLOWED({ method: request.method, path })
        : mlflowErrors.MLFLOW_ENDPOINT_NOT_FOUND({ method: request.method, path }),
    );
  };
  server.setNotFoundHandler(refuse);
  // The interface answers every GET that nobody else does; here that would be taken for an answer.
  server.get("/*", refuse);
}

function matches(pattern: string, path: string): boolean {
  const [wanted, given] = [pattern.split("/"), path.split("/")];
  const fits = (part: string, value: string) =>
    // Ids of traces hold digits; a word in their place is the name of an endpoint this server does not know.
    part === ":trace_id" ? /\d/.test(value) : part.startsWith(":") || part === value;
  return wanted.length === given.length && wanted.every((part, i) => fits(part, given[i] ?? ""));
}

/** What was sent, wherever it travels: path, query string of a GET, JSON body of all else. */
async function givenOf(endpoint: Endpoint, request: FastifyRequest): Promise<Record<string, unknown>> {
  const params = request.params as Record<string, string>;
  const query = request.url.indexOf("?");
  if (request.method === "GET") {
    // MLflow's export tool sends the fields of a GET as a JSON body, without a query string.
    if (query < 0) return { ...toObject(await bodyOf(request)), ...params };
    return { ...fromQuery(endpoint.fields, request.url.slice(query + 1)), ...params };
  }
  const type = (request.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase();
  if ((request.method === "POST" || request.method === "PUT") && type !== "application/json") {
    throw invalid("Bad Request. Content-Type must be one of ['application/json'].");
  }
  return { ...toObject(request.body as Buffer | undefined), ...params };
}

/** The body of a GET, which the framework leaves unread. */
async function bodyOf(request: FastifyRequest): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.raw as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyLimit) throw baseErrors.INPUT_TOO_LARGE({ size, limit: bodyLimit });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** MLflow's workspace is our project: named by header, or by `project` in a link the browser follows. */
function projectOf(request: FastifyRequest, byDefault: string): string {
  const header = request.headers["x-mlflow-workspace"];
  const query = (request.query as { project?: unknown } | undefined)?.project;
  const name = typeof header === "string" && header !== "" ? header : typeof query === "string" ? query : byDefault;
  if (projectName.test(name)) return name;
  throw mlflowErrors.MLFLOW_INVALID_PARAMETER({
    problem: `Invalid workspace '${name}': a workspace is a project, named by lower-case letters, digits and '-'.`,
  });
}

async function sendError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  options: MlflowDoorOptions,
): Promise<void> {
  const coded = error instanceof CodedError ? error : await toCoded(error, request, reply, options);
  const { status, body } = toEnvelope(coded);
  await reply.status(status).headers(errorHeaders(coded, basicChallenge)).type("application/json").send(body);
}

/** Fastify's own refusals are the caller's mistakes; anything unforeseen is logged and hidden. */
async function toCoded(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  options: MlflowDoorOptions,
): Promise<CodedError> {
  const known = error as { code?: string; statusCode?: number; message?: string };
  if (known.code === "FST_ERR_CTP_BODY_TOO_LARGE") {
    return baseErrors.INPUT_TOO_LARGE({ size: request.headers["content-length"] ?? "more", limit: bodyLimit });
  }
  if (known.statusCode !== undefined && known.statusCode < 500) {
    return mlflowErrors.MLFLOW_BAD_REQUEST({ problem: `Bad Request. ${known.message ?? ""}` });
  }
  const ctx = await options.ctxFor(request, reply, "mlflow");
  const incident = ctx.ids.ulid();
  const problem = error instanceof Error ? error.stack : String(error);
  ctx.log.error({ incident, path: request.url, problem }, "unforeseen failure");
  return baseErrors.INTERNAL({ incident }, { cause: error });
}
