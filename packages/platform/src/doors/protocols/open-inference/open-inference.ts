import { isUtf8 } from "node:buffer";
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import type { Principal } from "#base/auth/principal.js";
import { may } from "#base/auth/principal.js";
import { inNameOf } from "#base/caller.js";
import type { Base, Ctx } from "#base/context.js";
import { baseErrors, CodedError } from "#base/errors.js";
import type { Endpoint } from "#capabilities/serving/index.js";
import { bearerChallenge, errorHeaders } from "#doors/http/error-headers.js";
import { writeAnswer } from "./answer.js";
import { compress, decompress, inflatedLimit } from "./body.js";
import { readRequest, type WireRequest } from "./request.js";

export interface OpenInferenceOptions {
  readonly base: Base;
  readonly endpoint: Endpoint;
  /** Project the deployments of `/v2/models/...` belong to. */
  readonly project: string;
  /** Answered at `GET /v2`. */
  readonly version: string;
  /** Who asks, once the server has let the request in. */
  readonly principalOf: (request: FastifyRequest) => Principal;
}

interface Path {
  readonly model: string;
  readonly version?: string;
}

type Routed = FastifyRequest<{ Params: Path }>;

const door = "open-inference";

/** The Open Inference Protocol v2 over HTTP, in a scope of its own: parsers, errors and 404 are the protocol's. */
export function openInferenceDoor(options: OpenInferenceOptions): FastifyPluginAsync {
  return async (parent) => {
    await parent.register(async (server) => routes(server, options), { prefix: "/v2" });
  };
}

async function routes(server: FastifyInstance, options: OpenInferenceOptions): Promise<void> {
  const { base, endpoint, project } = options;
  server.removeAllContentTypeParsers();
  // Stock clients send no content type, or a wrong one; what the body is follows from the headers of the protocol.
  server.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: inflatedLimit }, (_request, body, done) =>
    done(null, body),
  );
  server.setErrorHandler((error, request, reply) => sendError(base, error, request, reply));
  server.setNotFoundHandler((request, reply) =>
    sendError(base, baseErrors.ROUTE_NOT_FOUND({ method: request.method, path: request.url }), request, reply),
  );

  const ctxOf = (request: FastifyRequest): Ctx => ({
    ...base,
    principal: options.principalOf(request),
    door,
    signal: neverAborted,
  });

  server.get("/", async () => ({
    name: "paydown",
    version: options.version,
    extensions: ["binary_tensor_data", "model_version"],
  }));
  server.get("/health/live", async () => ({ live: true }));
  // Ready means that requests can be made durable, not only that the process runs.
  server.get("/health/ready", async () => {
    await base.db.read(async () => undefined);
    return { live: true, ready: true };
  });

  for (const path of ["/models/:model", "/models/:model/versions/:version"]) {
    server.get(path, async (request: Routed) => {
      const ctx = allowed(ctxOf(request), project);
      const { model, version } = request.params;
      const { name, versions, inputs, outputs } = await endpoint.metadata(ctx, project, model, version);
      return { name, versions, platform: "onnx_onnxv1", inputs, outputs };
    });
    server.get(`${path}/ready`, async (request: Routed) => {
      const ctx = allowed(ctxOf(request), project);
      const { model, version } = request.params;
      await endpoint.ready(ctx, project, model, version);
      return { name: model, ready: true };
    });
    server.post(`${path}/infer`, async (request: Routed, reply) => {
      const ctx = allowed(ctxOf(request), project);
      return inNameOf({ by: ctx.principal.name, door }, () => infer(options, ctx, request, reply));
    });
  }
}

/** Runs outlive a client that goes away: their predictions are logged all the same. */
const neverAborted = new AbortController().signal;

async function infer(
  options: OpenInferenceOptions,
  ctx: Ctx,
  request: Routed,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { endpoint, project } = options;
  const { model, version } = request.params;
  const consumer = consumerOf(ctx.principal, request);
  const wire = await understood(options, ctx, request, consumer);
  const answer = await endpoint.infer(ctx, {
    project,
    deployment: model,
    version,
    consumer,
    clientId: wire.id,
    eventTime: wire.eventTime,
    inputs: wire.inputs,
    outputs: wire.outputs,
  });
  const written = writeAnswer(answer, wire);
  const { body, encoding } = await compress(written.body, request.headers["accept-encoding"]);
  reply.header("x-prediction-id", answer.requestId);
  if (encoding !== undefined) reply.header("content-encoding", encoding);
  if (written.headerLength === undefined) reply.header("content-type", "application/json");
  else {
    reply.header("content-type", "application/octet-stream");
    reply.header("inference-header-content-length", String(written.headerLength));
  }
  return reply.send(body);
}

/** What cannot be understood is counted against the deployment too, then refused. */
async function understood(
  options: OpenInferenceOptions,
  ctx: Ctx,
  request: Routed,
  consumer: string,
): Promise<WireRequest> {
  const { endpoint, project } = options;
  const { model, version } = request.params;
  // An unknown model is said before anything is said about the body.
  const metadata = await endpoint.metadata(ctx, project, model, version);
  try {
    const raw = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const body = await decompress(raw, request.headers["content-encoding"]);
    const length = request.headers["inference-header-content-length"];
    return readRequest(body, Array.isArray(length) ? length[0] : length, () => metadata);
  } catch (error) {
    await endpoint.refused(ctx, { project, deployment: model, version, consumer });
    throw error;
  }
}

/** A known key speaks for itself; the header only names who is otherwise unknown. */
function consumerOf(principal: Principal, request: FastifyRequest): string {
  if (principal.kind === "consumer" || principal.kind === "token" || principal.kind === "user") return principal.name;
  const header = request.headers["x-consumer"];
  const name = Array.isArray(header) ? header[0] : header;
  if (name === undefined || name.trim() === "") return `unknown@${request.ip}`;
  // Node reads headers as Latin-1; most clients write UTF-8.
  const bytes = Buffer.from(name, "latin1");
  return isUtf8(bytes) ? bytes.toString("utf8") : name;
}

/** Calling a model needs no more than to call: its log is the platform's own record. */
function allowed(ctx: Ctx, project: string): Ctx {
  if (may(ctx.principal, "call", project)) return ctx;
  throw baseErrors.AUTH_FORBIDDEN({ principal: ctx.principal.name, permission: "call", project });
}

function sendError(base: Base, error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const { status, text } = explain(base, error, request);
  if (error instanceof CodedError) void reply.headers(errorHeaders(error, bearerChallenge));
  void reply
    .status(status)
    .type("application/json")
    .send(JSON.stringify({ error: text }));
}

function explain(base: Base, error: unknown, request: FastifyRequest): { status: number; text: string } {
  if (error instanceof CodedError) {
    if (error.status >= 500)
      base.log.error({ code: error.code, path: request.url, problem: error.message }, "inference failed");
    return { status: error.status, text: `${error.code}: ${error.message} ${error.next}` };
  }
  const { statusCode, message } = error as { statusCode?: number; message?: string };
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return { status: statusCode, text: message ?? "the request was refused" };
  }
  const incident = base.ids.ulid();
  base.log.error(
    { incident, path: request.url, problem: error instanceof Error ? error.stack : String(error) },
    "unforeseen failure",
  );
  return { status: 500, text: baseErrors.INTERNAL({ incident }).message };
}
