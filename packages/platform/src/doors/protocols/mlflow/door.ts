import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { may } from "#base/auth/principal.js";
import { inNameOf } from "#base/caller.js";
import type { Ctx } from "#base/context.js";
import { baseErrors, CodedError } from "#base/errors.js";
import { ownMeans, type WebhookMeans } from "#capabilities/registry/index.js";
import { ensureDefaultExperiment } from "#capabilities/tracking/index.js";
import { artifactFiles, artifactProxy, artifactUpload, loggedModelFiles, type Within } from "./artifacts.js";
import type { Endpoint } from "./endpoint.js";
import { experimentEndpoints } from "./endpoints/experiments.js";
import { loggedModelEndpoints } from "./endpoints/logged-models.js";
import { registryEndpoints } from "./endpoints/registry.js";
import { runEndpoints } from "./endpoints/runs.js";
import { traceEndpoints } from "./endpoints/traces.js";
import { webhookEndpoints } from "./endpoints/webhooks.js";
import { mlflowErrors, toEnvelope } from "./errors.js";
import { fromQuery, readFields } from "./fields.js";
import { otlpTraces } from "./otlp/route.js";

export interface MlflowDoorOptions {
  readonly ctxFor: (request: FastifyRequest, reply: FastifyReply, door: string) => Ctx | Promise<Ctx>;
  /** Project of clients that name no workspace. */
  readonly project: string;
  /** Most bytes of one artifact. */
  readonly uploadLimit: number;
  /** How webhooks leave; the registry's own means when absent. */
  readonly webhooks?: WebhookMeans;
}

const endpoints: readonly Endpoint[] = [
  ...experimentEndpoints,
  ...runEndpoints,
  ...loggedModelEndpoints,
  ...registryEndpoints,
  ...traceEndpoints,
  ...webhookEndpoints,
];
const bodyLimit = 64 * 1024 * 1024;
const projectName = /^[a-z0-9][a-z0-9-]{0,63}$/;

/**
 * MLflow's REST protocol: tracking, registry, logged models and the artifact proxy, for the stock clients of 2.22 and 3.x.
 * Every endpoint answers under both prefixes, SDK and browser; parsers and error envelope stay inside this plugin.
 */
export function mlflowDoor(options: MlflowDoorOptions): FastifyPluginAsync {
  const ready = new Map<string, Promise<void>>();
  const webhooks = options.webhooks ?? ownMeans();

  const within: Within = async (request, reply, permission, work) => {
    const ctx = await options.ctxFor(request, reply, "mlflow");
    const project = projectOf(request, options.project);
    if (!may(ctx.principal, permission, project)) {
      throw baseErrors.AUTH_FORBIDDEN({ principal: ctx.principal.name, permission, project });
    }
    return inNameOf({ by: ctx.principal.name, door: "mlflow" }, async () => {
      await prepare(ctx, project);
      return work({ ctx, project, webhooks });
    });
  };

  /** A fresh project gets its "Default" experiment before anything else is answered. */
  function prepare(ctx: Ctx, project: string): Promise<void> {
    let made = ready.get(project);
    if (made === undefined) {
      made = ensureDefaultExperiment(ctx, project, project === options.project ? 0 : undefined);
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
          async (routes) => {
            loggedModelFiles(routes, within);
            artifactUpload(routes, within);
          },
          { prefix: root },
        );
        await server.register(async (routes) => artifactProxy(routes, within, options.uploadLimit), {
          prefix: `${root}-artifacts`,
        });
      }
    }
    await server.register(async (routes) => artifactFiles(routes, within));
    await server.register(async (routes) => otlpTraces(routes, within));
  };
}

function jsonRoutes(server: FastifyInstance, root: string, within: Within): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", { parseAs: "buffer", bodyLimit }, (_request, body, done) => done(null, body));
  for (const endpoint of endpoints) {
    server.route({
      method: [...endpoint.methods],
      url: endpoint.path,
      bodyLimit,
      handler: (request, reply) =>
        within(request, reply, endpoint.reads ? "read" : "write", (call) =>
          endpoint.handle(call, readFields(endpoint.fields, givenOf(endpoint, request)) as never),
        ),
    });
  }
  server.get("/server-info", async () => ({ store_type: "SqlStore", workspaces_enabled: true }));
  const unknown = async (request: FastifyRequest): Promise<never> => {
    const path = (request.url.split("?", 1)[0] ?? "").replace(/\/{2,}/g, "/");
    const known = endpoints.some((one) => matches(one.path, path.slice(root.length)));
    throw known
      ? mlflowErrors.MLFLOW_METHOD_NOT_ALLOWED({ method: request.method, path })
      : mlflowErrors.MLFLOW_ENDPOINT_NOT_FOUND({ method: request.method, path });
  };
  server.setNotFoundHandler(unknown);
  // The interface answers every other GET of the server; below this root it must not.
  server.get("/*", unknown);
}

function matches(pattern: string, path: string): boolean {
  const [wanted, given] = [pattern.split("/"), path.split("/")];
  const fits = (part: string, value: string) =>
    // Ids of traces hold digits; a word in their place is the name of an endpoint this server does not know.
    part === ":trace_id" ? /\d/.test(value) : part.startsWith(":") || part === value;
  return wanted.length === given.length && wanted.every((part, i) => fits(part, given[i] ?? ""));
}

/** What was sent, wherever it travels: path, query string of a GET, JSON body of all else. */
function givenOf(endpoint: Endpoint, request: FastifyRequest): Record<string, unknown> {
  const params = request.params as Record<string, string>;
  const query = request.url.indexOf("?");
  if (request.method === "GET") {
    return { ...fromQuery(endpoint.fields, query < 0 ? "" : request.url.slice(query + 1)), ...params };
  }
  const type = (request.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase();
  if ((request.method === "POST" || request.method === "PUT") && type !== "application/json") {
    throw mlflowErrors.MLFLOW_BAD_REQUEST({
      problem: "Bad Request. Content-Type must be one of ['application/json'].",
    });
  }
  return { ...toObject(request.body as Buffer | undefined), ...params };
}

/** A JSON object; old clients send it as JSON text inside a JSON string. An empty body is an empty object. */
function toObject(body: Buffer | undefined): Record<string, unknown> {
  if (body === undefined || body === null || body.length === 0) return {};
  let value: unknown;
  try {
    value = JSON.parse(body.toString("utf8"));
    if (typeof value === "string") value = JSON.parse(value);
  } catch (cause) {
    throw mlflowErrors.MLFLOW_BAD_REQUEST(
      { problem: `Bad Request. The body is not JSON: ${(cause as Error).message}` },
      { cause },
    );
  }
  if (value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) {
    throw mlflowErrors.MLFLOW_BAD_REQUEST({ problem: "Bad Request. The body must be a JSON object." });
  }
  return value as Record<string, unknown>;
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
  await reply.status(status).type("application/json").send(body);
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
