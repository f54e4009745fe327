import { promisify } from "node:util";
import { gunzip, inflate } from "node:zlib";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { baseErrors } from "#base/errors.js";
import { logSpans, parseExact } from "#capabilities/tracking/index.js";
import type { Within } from "../artifacts.js";
import { toExperimentId } from "../endpoints/experiments.js";
import { mlflowErrors } from "../errors.js";
import { lengthOf, ProtobufError, textField } from "./protobuf.js";
import { type Export, fromJson, fromProtobuf, ShapeError } from "./spans.js";

/** Most bytes of one batch, as sent and as unpacked; OpenTelemetry's own collectors take 20 MiB by default. */
const limit = 64 * 1024 * 1024;
/** JSON is read in one go while others wait, so less of it is taken. */
const jsonLimit = 20 * 1024 * 1024;
/** A batch is one transaction, and others wait for it; OpenTelemetry's own exporters send 512 spans at a time. */
const mostSpans = 20_000;
const unpack = { gzip: promisify(gunzip), deflate: promisify(inflate) };

/**
 * `POST /v1/traces`: OTLP over HTTP, in protobuf or JSON, packed or not. The experiment comes in a header, because
 * OpenTelemetry knows none; a run may come in another. A batch is stored whole; spans that are no spans are counted in
 * the reply as the protocol's partial success.
 */
export function otlpTraces(server: FastifyInstance, within: Within): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: limit }, (_request, body, done) => done(null, body));
  server.post("/v1/traces", { bodyLimit: limit }, (request, reply) =>
    within(
      request,
      reply,
      "write",
      async ({ ctx, project }) => {
        const type = (request.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
        if (type !== "application/x-protobuf" && type !== "application/json") {
          throw bad(
            `Invalid Content-Type: ${request.headers["content-type"] ?? "(none)"}. Expected: application/x-protobuf or application/json`,
          );
        }
        const experiment = request.headers["x-mlflow-experiment-id"];
        if (typeof experiment !== "string" || experiment === "") {
          throw bad("The header x-mlflow-experiment-id is missing: it names the experiment the spans belong to.");
        }
        const runId = request.headers["x-mlflow-run-id"];
        const experimentId = toExperimentId(experiment);
        const read = decode(await unpacked(request), type);
        if (read.spans.length === 0 && read.rejected === 0) {
          throw bad("Invalid OpenTelemetry format - no spans found");
        }
        if (read.spans.length > mostSpans) {
          throw bad(`A batch takes at most ${mostSpans} spans, this one has ${read.spans.length}. Send it in parts.`);
        }
        const run = typeof runId === "string" && runId !== "" ? { runId } : {};
        await logSpans(ctx, { project, experimentId, spans: read.spans, ...run });
        return answer(reply, type, read);
      },
      () => ({
        experiments: [request.headers["x-mlflow-experiment-id"] ?? []].flat(),
        runs: [request.headers["x-mlflow-run-id"] ?? []].flat(),
      }),
    ),
  );
}

function bad(problem: string): Error {
  return mlflowErrors.MLFLOW_BAD_REQUEST({ problem });
}

/** The body as it was before it was packed; never more than the limit, whatever it claims. */
async function unpacked(request: FastifyRequest): Promise<Buffer> {
  const body = (request.body as Buffer | undefined) ?? Buffer.alloc(0);
  const encoding = (request.headers["content-encoding"] ?? "identity").trim().toLowerCase();
  if (encoding === "identity" || encoding === "") return body;
  if (encoding !== "gzip" && encoding !== "deflate") {
    throw bad(`Unsupported Content-Encoding: ${encoding}. Expected: gzip, deflate or none`);
  }
  try {
    return await unpack[encoding](body, { maxOutputLength: limit });
  } catch (cause) {
    if ((cause as { code?: string }).code === "ERR_BUFFER_TOO_LARGE") {
      throw baseErrors.INPUT_TOO_LARGE({ size: `more than ${limit} unpacked`, limit });
    }
    throw bad(`Failed to decompress ${encoding} payload: ${(cause as Error).message}`);
  }
}

function decode(body: Buffer, type: string): Export {
  if (type === "application/json" && body.length > jsonLimit) {
    throw baseErrors.INPUT_TOO_LARGE({ size: body.length, limit: jsonLimit });
  }
  try {
    return type === "application/json" ? fromJson(parseExact(body.toString("utf8"))) : fromProtobuf(body);
  } catch (cause) {
    if (cause instanceof ProtobufError || cause instanceof ShapeError || cause instanceof SyntaxError) {
      throw bad(`Invalid OpenTelemetry format: ${cause.message}`);
    }
    throw cause;
  }
}

/** An `ExportTraceServiceResponse` in the encoding of the request; empty when every span was taken. */
async function answer(reply: FastifyReply, type: string, { rejected, problem }: Export): Promise<unknown> {
  void reply.type(type);
  if (type === "application/json") {
    return rejected === 0 ? {} : { partialSuccess: { rejectedSpans: String(rejected), errorMessage: problem } };
  }
  if (rejected === 0) return Buffer.alloc(0);
  const partial = Buffer.concat([lengthOf(8), lengthOf(rejected), textField(2, problem)]);
  return Buffer.concat([lengthOf(10), lengthOf(partial.length), partial]);
}
