import type { OutgoingHttpHeaders } from "node:http";
import type { Readable, Writable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Named } from "#base/auth/named.js";
import type { PutOptions } from "#base/blobs/blobs.js";
import type { Ctx } from "#base/context.js";
import { mlflowViews as registryViews } from "#capabilities/registry/index.js";
import {
  findExperimentsAt,
  joinPath,
  listFolder,
  mlflowViews,
  openArtifact,
  removeArtifacts,
  runArtifactPath,
  storeArtifact,
  toSafePath,
  toStorePath,
} from "#capabilities/tracking/index.js";
import type { Call, EndpointNeed } from "./endpoint.js";
import { mlflowErrors } from "./errors.js";
import { invalid, missing } from "./fields.js";
import { contentTypeOf, dispositionOf, rangeOf } from "./file-headers.js";
import { present } from "./json.js";

/** Runs a handler in the name and project of the caller. */
export type Within = <T>(
  request: FastifyRequest,
  reply: FastifyReply,
  need: EndpointNeed,
  work: (call: Call) => Promise<T>,
  /** What the request names, asked for only when grants can matter. */
  named?: (ctx: Ctx, project: string) => Named | Promise<Named>,
) => Promise<T>;

/** Artifacts are their experiment's; a path outside every experiment's root is the project's. */
export async function atPath(ctx: Ctx, project: string, path: string, below = false): Promise<Named> {
  return { experiments: await findExperimentsAt(ctx, project, toSafePath(path), below) };
}

/** Whatever name the run goes by: a request that names two is judged by both. */
const runIn = (request: FastifyRequest): Named => {
  const query = queryOf(request);
  return { runs: [...query.getAll("run_id"), ...query.getAll("run_uuid")] };
};

/** The artifact proxy: bytes stream both ways, nothing is buffered or written aside. */
export function artifactProxy(server: FastifyInstance, within: Within, uploadLimit: number): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", (_request, payload, done) => done(null, payload));

  server.get("/artifacts", (request, reply) =>
    within(
      request,
      reply,
      "read",
      async ({ ctx, project }) => {
        const path = toSafePath(queryOf(request).get("path") ?? "");
        const found = await ctx.db.read((r) => listFolder(r, project, path));
        return present({
          files: [
            ...found.folders.map((name) => ({ path: name, is_dir: true })),
            ...found.files.map((file) => ({ path: file.name, is_dir: false, file_size: file.size })),
          ].sort((a, b) => (a.path < b.path ? -1 : 1)),
        });
      },
      (ctx, project) => atPath(ctx, project, queryOf(request).get("path") ?? ""),
    ),
  );
  server.get("/artifacts/*", (request, reply) =>
    within(
      request,
      reply,
      "read",
      (call) => sendFile(call, request, reply, pathOf(request)),
      (ctx, project) => atPath(ctx, project, pathOf(request)),
    ),
  );
  server.put("/artifacts/*", { bodyLimit: uploadLimit }, (request, reply) =>
    within(
      request,
      reply,
      "write",
      async ({ ctx, project }) => {
        const { content, options } = announced(request, uploadLimit);
        await storeArtifact(ctx, project, pathOf(request), content, options);
        return {};
      },
      (ctx, project) => atPath(ctx, project, pathOf(request)),
    ),
  );
  server.delete("/artifacts/*", (request, reply) =>
    within(
      request,
      reply,
      "delete",
      async ({ ctx, project }) => {
        await removeArtifacts(ctx, project, pathOf(request));
        return {};
      },
      (ctx, project) => atPath(ctx, project, pathOf(request), true),
    ),
  );
  server.get("/presigned/*", (request, reply) =>
    within(request, reply, "read", async () => {
      toSafePath(pathOf(request));
      throw mlflowErrors.MLFLOW_DOWNLOAD_UNSUPPORTED();
    }),
  );
}

/** The bytes of an upload and what was announced of them: a body cut short must never become a file. */
export function announced(
  request: FastifyRequest,
  limit: number,
): { content: Readable | Uint8Array; options: PutOptions } {
  const length = request.headers["content-length"];
  // Without a body there is no payload stream: an empty file is a file.
  const content = length === "0" ? new Uint8Array() : request.raw;
  return { content, options: { limit, ...(length === undefined ? {} : { size: Number(length) }) } };
}

/** Files of runs, model versions and logged models by their own names. */
export function artifactFiles(server: FastifyInstance, within: Within): void {
  server.get("/get-artifact", (request, reply) =>
    within(
      request,
      reply,
      "read",
      async (call) => {
        const query = queryOf(request);
        const runId = query.get("run_id") ?? query.get("run_uuid") ?? "";
        if (runId === "") throw missing("run_id");
        const { folder, path } = await runArtifactPath(call.ctx, call.project, runId, wanted(query, "path"));
        return sendFile(call, request, reply, inStore(folder, path));
      },
      () => runIn(request),
    ),
  );
  server.get("/model-versions/get-artifact", (request, reply) =>
    within(
      request,
      reply,
      "read",
      async (call) => {
        const query = queryOf(request);
        const name = wanted(query, "name");
        const version = Number(wanted(query, "version"));
        const path = toSafePath(wanted(query, "path"));
        const { row } = await registryViews.getVersion(call.ctx, call.project, name, version);
        return sendFile(call, request, reply, inStore(toStorePath(row.location), path));
      },
      () => ({ models: [queryOf(request).get("name") ?? ""] }),
    ),
  );
}

export function loggedModelFiles(server: FastifyInstance, within: Within): void {
  server.get<{ Params: { model_id: string } }>("/logged-models/:model_id/artifacts/files", (request, reply) =>
    within(
      request,
      reply,
      "read",
      async (call) => {
        const { row } = await mlflowViews.getLoggedModel(call.ctx, call.project, request.params.model_id);
        const asked = queryOf(request).get("artifact_file_path") ?? "";
        if (asked === "") {
          throw mlflowErrors.MLFLOW_BAD_REQUEST({
            problem: 'Request must include the "artifact_file_path" query parameter.',
          });
        }
        return sendFile(call, request, reply, inStore(toStorePath(row.artifact_location), toSafePath(asked)));
      },
      () => ({ loggedModels: [request.params.model_id] }),
    ),
  );
}

const uploadMost = 10 * 1024 * 1024;

/** Small uploads from the browser. */
export function artifactUpload(server: FastifyInstance, within: Within): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", (_request, payload, done) => done(null, payload));
  server.post("/upload-artifact", { bodyLimit: 2 * uploadMost }, (request, reply) =>
    within(
      request,
      reply,
      "write",
      async ({ ctx, project }) => {
        const query = queryOf(request);
        const runId = query.get("run_uuid") ?? "";
        if (runId === "") throw invalid("Request must specify run_uuid.");
        if ((query.get("path") ?? "") === "") throw invalid("Request must specify path.");
        const asked = toSafePath(wanted(query, "path"));
        const length = Number(request.headers["content-length"] ?? 0);
        if (length > uploadMost) throw invalid("Artifact size is too large. Max size is 10MB.");
        if (length === 0) throw invalid("Request must specify data.");
        const { folder, path } = await runArtifactPath(ctx, project, runId, asked);
        await storeArtifact(ctx, project, inStore(folder, path), request.raw, { limit: uploadMost, size: length });
        return {};
      },
      () => runIn(request),
    ),
  );
}

function queryOf(request: FastifyRequest): URLSearchParams {
  const at = request.url.indexOf("?");
  return new URLSearchParams(at < 0 ? "" : request.url.slice(at + 1));
}

function wanted(query: URLSearchParams, name: string): string {
  const value = query.get(name);
  if (value === null || value === "") throw missing(name);
  return value;
}

function pathOf(request: FastifyRequest): string {
  return (request.params as { "*": string })["*"];
}

function inStore(folder: string | undefined, path: string): string {
  if (folder === undefined) throw invalid("The artifacts are stored outside this server.");
  return joinPath(folder, path);
}

async function sendFile(call: Call, request: FastifyRequest, reply: FastifyReply, path: string): Promise<FastifyReply> {
  const file = await openArtifact(call.ctx, call.project, path);
  const range = rangeOf(request.headers.range, file.size);
  reply.headers({
    "content-type": contentTypeOf(file.name),
    "content-disposition": dispositionOf(file.name),
    "x-content-type-options": "nosniff",
    // What users upload is shown, never run.
    "content-security-policy": "sandbox; default-src 'none'; img-src 'self'; style-src 'unsafe-inline'",
    "accept-ranges": "bytes",
    etag: `"${file.hash}"`,
  });
  if (range === "unsatisfiable") {
    return reply.status(416).header("content-range", `bytes */${file.size}`).send("");
  }
  if (request.headers["if-none-match"] === `"${file.hash}"`) return reply.status(304).send();
  if (range !== undefined) {
    reply.status(206).header("content-range", `bytes ${range.start}-${range.end - 1}/${file.size}`);
  }
  reply.header("content-length", range === undefined ? file.size : range.end - range.start);
  const asked = request.method === "HEAD" ? { start: 0, end: 0 } : range;
  return sendBytes(call.ctx, reply, (into) => file.pour(into, asked));
}

/** Past the framework's own sending, which would give every piece memory of its own. What is not there is refused as ever. */
async function sendBytes(
  ctx: Ctx,
  reply: FastifyReply,
  pour: (into: () => Writable) => Promise<void>,
): Promise<FastifyReply> {
  try {
    await pour(() => {
      reply.hijack();
      return reply.raw.writeHead(reply.statusCode, reply.getHeaders() as OutgoingHttpHeaders);
    });
    reply.raw.end();
  } catch (error) {
    if (!reply.raw.headersSent) throw error;
    // A body that is cut short is all that can still be said. A client that went away is no fault.
    if (!ctx.signal.aborted) {
      ctx.log.error({ path: reply.request.url, problem: String(error) }, "a download was cut short");
    }
    reply.raw.destroy();
  }
  return reply;
}
