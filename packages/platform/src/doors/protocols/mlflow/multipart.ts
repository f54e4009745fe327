import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Named } from "#base/auth/named.js";
import type { Ctx } from "#base/context.js";
import { abortUpload, beginUpload, completeUpload, joinPath, storePart } from "#capabilities/tracking/index.js";
import { announced, atPath, type Within } from "./artifacts.js";
import { toObject } from "./body.js";
import { int, invalid, list, message, readFields, required, string } from "./fields.js";

const createFields = { path: required(string), num_parts: int };
const completeFields = {
  path: required(string),
  upload_id: required(string),
  parts: required(list(message({ part_number: required(int), etag: required(string), url: string }))),
};
const abortFields = { path: required(string), upload_id: required(string) };
const bodyLimit = 16 * 1024 * 1024;

/**
 * Uploads in parts, as MLflow's clients do them with MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD: begin, send the parts to the
 * addresses in the answer, several at once, complete. What S3 does for the stock server, this server does itself.
 */
export function multipart(server: FastifyInstance, within: Within, uploadLimit: number, root: string): void {
  server.register(async (json) => {
    json.removeAllContentTypeParsers();
    json.addContentTypeParser("*", { parseAs: "buffer", bodyLimit }, (_request, body, done) => done(null, body));
    json.post("/mpu/create/*", { bodyLimit }, (request, reply) =>
      within(
        request,
        reply,
        "write",
        async ({ ctx, project }) => {
          const input = readFields(createFields, toObject(request.body as Buffer));
          const parts = input.num_parts ?? 1;
          const id = await beginUpload(ctx, project, targetOf(request, input.path), parts);
          const headers = callersHeaders(request);
          return {
            upload_id: id,
            credentials: Array.from({ length: parts }, (_, i) => ({
              url: `${originOf(request)}${root}/mpu/parts/${id}/${i + 1}`,
              part_number: i + 1,
              headers,
            })),
          };
        },
        below(request),
      ),
    );
    json.post("/mpu/complete/*", { bodyLimit }, (request, reply) =>
      within(
        request,
        reply,
        "write",
        async ({ ctx, project }) => {
          const input = readFields(completeFields, toObject(request.body as Buffer));
          const parts = input.parts.map(({ part_number, etag }) => ({
            part: part_number,
            hash: etag.replace(/^"|"$/g, ""),
          }));
          await completeUpload(ctx, project, input.upload_id, targetOf(request, input.path), parts, uploadLimit);
          return {};
        },
        below(request),
      ),
    );
    json.post("/mpu/abort/*", { bodyLimit }, (request, reply) =>
      within(
        request,
        reply,
        "write",
        async ({ ctx, project }) => {
          await abortUpload(ctx, project, readFields(abortFields, toObject(request.body as Buffer)).upload_id);
          return {};
        },
        below(request),
      ),
    );
  });
  server.register(async (bytes) => {
    bytes.removeAllContentTypeParsers();
    bytes.addContentTypeParser("*", (_request, payload, done) => done(null, payload));
    bytes.put<{ Params: { upload: string; part: string } }>(
      "/mpu/parts/:upload/:part",
      { bodyLimit: uploadLimit },
      (request, reply) =>
        within(request, reply, "write", async ({ ctx, project }) => {
          const { upload, part } = request.params;
          if (!/^\d{1,5}$/.test(part)) throw invalid(`Invalid part number '${part}'.`);
          const { content, options } = announced(request, uploadLimit);
          const stored = await storePart(ctx, project, upload, Number(part), content, options);
          reply.header("etag", `"${stored.hash}"`);
          return {};
        }),
    );
  });
}

/** Clients name their own file in full; the last part of that name goes below the path of the address. */
function targetOf(request: FastifyRequest, localPath: string): string {
  const name = localPath.split(/[\\/]/).at(-1) ?? "";
  return joinPath((request.params as { "*": string })["*"], name);
}

/** The address this server was reached by, also behind a proxy that ends TLS. */
function originOf(request: FastifyRequest): string {
  const forwarded = request.headers["x-forwarded-proto"];
  const protocol = forwarded === "https" || forwarded === "http" ? forwarded : request.protocol;
  return `${protocol}://${request.headers.host ?? ""}`;
}

/** Parts are sent without the client's own headers: what said who asks, and where, is handed back to its sender. */
function callersHeaders(request: FastifyRequest): Record<string, string> {
  const kept = ["authorization", "x-mlflow-workspace"].flatMap((name) => {
    const value = request.headers[name];
    return typeof value === "string" ? [[name, value] as const] : [];
  });
  return Object.fromEntries(kept);
}

/** Grants are asked of the experiment whose folder the address names. */
function below(request: FastifyRequest): (ctx: Ctx, project: string) => Promise<Named> {
  return (ctx, project) => atPath(ctx, project, (request.params as { "*": string })["*"]);
}
