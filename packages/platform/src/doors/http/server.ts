import type { Operation } from "@paydown/api/operation";
import Fastify, {
  type FastifyInstance,
  type FastifyPluginAsync,
  type FastifyReply,
  type FastifyRequest,
} from "fastify";
import type { Principal } from "#base/auth/principal.js";
import { localPrincipal, may } from "#base/auth/principal.js";
import { inNameOf } from "#base/caller.js";
import type { Base, Ctx } from "#base/context.js";
import { baseErrors, CodedError } from "#base/errors.js";
import type { Perform } from "#base/perform.js";
import type { Authenticator } from "#capabilities/accounts/index.js";
import { credentialsOf } from "./credentials.js";
import { bearerChallenge, errorHeaders } from "./error-headers.js";
import { fromQuery } from "./query.js";
import { registerWeb } from "./web.js";

export interface HttpDoorOptions {
  readonly base: Base;
  readonly perform: Perform;
  readonly operations: readonly Operation[];
  /** Open: whoever reaches this loopback server is the local admin. */
  readonly open: boolean;
  readonly authenticate: Authenticator;
  /** Protocol doors; each gets a child of the server, so its parsers, hooks and errors stay inside it. */
  readonly protocols: readonly FastifyPluginAsync[];
  /** What `GET /version` answers: MLflow clients read it as a PEP 440 version. */
  readonly version: string;
  readonly uploadLimit: number;
  /** Folder of the built interface; undefined serves none. */
  readonly webRoot: string | undefined;
}

declare module "fastify" {
  interface FastifyRequest {
    /** Set before any handler runs. */
    principal: Principal;
  }
}

const slowRequest = 1000;
const bodyLimit = 64 * 1024 * 1024;

/** The HTTP server: the native API from the operation list, protocol doors beside it, and the interface. */
export async function createHttpServer(options: HttpDoorOptions): Promise<FastifyInstance> {
  const { base } = options;
  const server = Fastify({
    logger: false,
    bodyLimit,
    routerOptions: { ignoreDuplicateSlashes: true, maxParamLength: 5000 },
    forceCloseConnections: true,
    // An address that cannot be decoded reaches no route; it is refused in the same words as everything else.
    frameworkErrors: (error, request, reply) => sendError(base, error, request, reply as FastifyReply),
    requestTimeout: 0,
  });

  server.decorateRequest("principal", null as unknown as Principal);
  server.addHook("onRequest", async (request) => {
    request.principal = await principalOf(options, request);
  });
  server.addHook("onResponse", async (request, reply) => {
    if (reply.elapsedTime > slowRequest) {
      base.log.warn(
        { method: request.method, path: request.routeOptions.url, ms: Math.round(reply.elapsedTime) },
        "slow request",
      );
    }
  });
  server.setErrorHandler((error, request, reply) => sendError(base, error, request, reply));
  server.setNotFoundHandler((request, reply) =>
    sendError(base, baseErrors.ROUTE_NOT_FOUND({ method: request.method, path: request.url }), request, reply),
  );

  server.get("/health", async (_request, reply) => reply.type("text/plain").send("OK"));
  server.get("/version", async (_request, reply) => reply.type("text/plain").send(options.version));
  await server.register(async (api) => nativeApi(api, options), { prefix: "/api/v1" });
  for (const protocol of options.protocols) await server.register(protocol);
  if (options.webRoot !== undefined) await registerWeb(server, options.webRoot);
  return server;
}

/** Makes a request's context; its signal aborts when the client goes away. */
export function ctxFor(base: Base, request: FastifyRequest, reply: FastifyReply, door: string): Ctx {
  const gone = new AbortController();
  reply.raw.once("close", () => {
    if (!reply.raw.writableFinished) gone.abort();
  });
  return { ...base, principal: request.principal, door, signal: gone.signal };
}

async function nativeApi(api: FastifyInstance, options: HttpDoorOptions): Promise<void> {
  api.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) => {
    try {
      done(null, body.length === 0 ? {} : JSON.parse(body.toString("utf8")));
    } catch (cause) {
      done(baseErrors.INPUT_NOT_JSON({ problem: (cause as Error).message }, { cause }), undefined);
    }
  });

  for (const operation of options.operations) {
    api.route({
      method: operation.method,
      url: operation.path,
      handler: async (request, reply) => {
        const ctx = ctxFor(options.base, request, reply, "http");
        const input = toInput(operation, request);
        return inNameOf({ by: request.principal.name, door: "http" }, () =>
          options.perform(ctx, operation, input as never, {
            idempotencyKey: idempotencyKeyOf(request),
            onReplay: () => void reply.header("idempotency-replayed", "true"),
          }),
        );
      },
    });
  }

  // Uploads stream past JSON: bytes in, hash out; records that refer to it are made by operations.
  await api.register(async (uploads) => {
    uploads.removeAllContentTypeParsers();
    uploads.addContentTypeParser("*", (_request, payload, done) => done(null, payload));
    uploads.put<{ Params: { project: string } }>(
      "/projects/:project/objects",
      { bodyLimit: options.uploadLimit },
      async (request) => {
        if (!may(request.principal, "write", request.params.project)) {
          throw baseErrors.AUTH_FORBIDDEN({
            principal: request.principal.name,
            permission: "write",
            project: request.params.project,
          });
        }
        return options.base.blobs.put(request.raw, announced(request, options.uploadLimit));
      },
    );
  });
}

/** Sent twice, or empty, it is no key; the check of what it holds is where it is used. */
function idempotencyKeyOf(request: FastifyRequest): string | undefined {
  const header = request.headers["idempotency-key"];
  return Array.isArray(header) ? header.join(",") : header;
}

/** A body cut short by the client must never become an object: the announced length is checked after the last byte. */
function announced(request: FastifyRequest, limit: number): { size?: number; hash?: string; limit: number } {
  const length = request.headers["content-length"];
  const hash = request.headers["x-content-sha256"];
  return {
    limit,
    ...(length === undefined ? {} : { size: Number(length) }),
    ...(typeof hash === "string" ? { hash } : {}),
  };
}

function toInput(operation: Operation, request: FastifyRequest): Record<string, unknown> {
  const params = request.params as Record<string, string>;
  if (operation.method === "GET" || operation.method === "DELETE") {
    return fromQuery(operation.input, { ...(request.query as Record<string, unknown>), ...params });
  }
  const body = request.body ?? {};
  if (typeof body !== "object" || Array.isArray(body)) {
    throw baseErrors.INPUT_INVALID({ field: "input", problem: "the body must be a JSON object" });
  }
  return { ...(body as Record<string, unknown>), ...fromQuery(operation.input, params) };
}

async function principalOf(options: HttpDoorOptions, request: FastifyRequest): Promise<Principal> {
  const credentials = credentialsOf(request);
  if (options.open) {
    checkHost(request);
    // Named all the same when a token is sent: consumers of deployments are known by theirs. Passwords open nothing here.
    const token = credentials && { secret: credentials.secret, address: credentials.address };
    return (token && (await options.authenticate(token))) ?? localPrincipal;
  }
  if (isPublic(request)) return { kind: "user", name: "anonymous", roles: {} };
  const principal = credentials && (await options.authenticate(credentials));
  if (principal === undefined) throw baseErrors.AUTH_REQUIRED();
  return principal;
}

/**
 * Health, version, server-info and the interface's own files hold nothing secret; the interface sends its token with each
 * call. Judged by the route that was found, so that no spelling of a path makes an API public.
 */
function isPublic(request: FastifyRequest): boolean {
  if (request.method !== "GET" && request.method !== "HEAD") return false;
  const route = request.routeOptions.url;
  if (route === undefined) return !/(api|v1|v2|artifact|versions)/.test(decoded(request.url));
  return ["/health", "/version", "/*"].includes(route) || /^\/(ajax-)?api\/[23]\.0\/mlflow\/server-info$/.test(route);
}

function decoded(url: string): string {
  try {
    return decodeURIComponent(url);
  } catch {
    return "/api";
  }
}

/** A page of another site that points its own name at this address must not be taken for the local user. */
function checkHost(request: FastifyRequest): void {
  const host = (request.headers.host ?? "").replace(/:\d+$/, "");
  if (host === "" || host === "localhost" || host === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(host)) return;
  throw baseErrors.AUTH_HOST_REFUSED({ host });
}

function sendError(base: Base, error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const coded = toCoded(base, error, request);
  void reply
    .status(coded.status)
    .headers(errorHeaders(coded, bearerChallenge))
    .send({
      code: coded.code,
      message: coded.message,
      next: coded.next,
      ...(coded.details === undefined ? {} : { details: coded.details }),
    });
}

/** Fastify's own refusals get our codes; anything unforeseen is logged under an incident and hidden from the caller. */
function toCoded(base: Base, error: unknown, request: FastifyRequest): CodedError {
  if (error instanceof CodedError) {
    if (error.status >= 500)
      base.log.error(
        { code: error.code, path: request.url, problem: String(error.cause ?? error.message) },
        "request failed",
      );
    return error;
  }
  const fastify = error as { code?: string; statusCode?: number; message?: string };
  if (fastify.code === "FST_ERR_CTP_BODY_TOO_LARGE") {
    return baseErrors.INPUT_TOO_LARGE({ size: request.headers["content-length"] ?? "more", limit: bodyLimit });
  }
  if (fastify.statusCode !== undefined && fastify.statusCode < 500) {
    return baseErrors.INPUT_INVALID({ field: "request", problem: fastify.message ?? "it was refused" });
  }
  const incident = base.ids.ulid();
  base.log.error(
    { incident, path: request.url, problem: error instanceof Error ? error.stack : String(error) },
    "unforeseen failure",
  );
  return baseErrors.INTERNAL({ incident }, { cause: error });
}
