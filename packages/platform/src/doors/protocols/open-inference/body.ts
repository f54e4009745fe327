import { promisify } from "node:util";
import { deflate, gunzip, gzip, inflate, inflateRaw } from "node:zlib";
import { servingErrors } from "#capabilities/serving/index.js";
import { refused } from "./refusal.js";

/** Most bytes of a body after decompression. */
export const inflatedLimit = 64 * 1024 * 1024;
/** Below this compressing an answer costs more than it saves. */
const worthCompressing = 1024;

const unpackers = {
  gzip: promisify(gunzip) as (bytes: Uint8Array, options: object) => Promise<Buffer>,
  deflate: promisify(inflate) as (bytes: Uint8Array, options: object) => Promise<Buffer>,
};
const inflateBare = promisify(inflateRaw) as (bytes: Uint8Array, options: object) => Promise<Buffer>;
const packers = { gzip: promisify(gzip), deflate: promisify(deflate) } as const;

/** The body as it was before compression, bounded. Throws a 4xx. */
export async function decompress(body: Buffer, encoding: string | undefined): Promise<Buffer> {
  if (encoding === undefined || encoding === "" || encoding === "identity") return body;
  if (encoding !== "gzip" && encoding !== "deflate") {
    throw refused(`content encoding ${encoding.slice(0, 40)} is unknown; gzip and deflate are taken`);
  }
  const options = { maxOutputLength: inflatedLimit };
  try {
    // Deflate comes with the zlib header from most clients, without from some.
    const bare = encoding === "deflate" && ((body[0] ?? 0) & 15) !== 8;
    return await (bare ? inflateBare(body, options) : unpackers[encoding](body, options));
  } catch (cause) {
    if ((cause as { code?: string }).code === "ERR_BUFFER_TOO_LARGE") {
      throw servingErrors.SERVING_REQUEST_TOO_LARGE({
        size: "more",
        unit: "bytes when decompressed",
        limit: inflatedLimit,
      });
    }
    throw refused(`the body is not ${encoding}: ${(cause as Error).message}`);
  }
}

/** The answer compressed as the client likes it best, if it gains. */
export async function compress(
  body: Buffer,
  accepts: string | undefined,
): Promise<{ body: Buffer; encoding?: "gzip" | "deflate" }> {
  if (accepts === undefined || body.length < worthCompressing) return { body };
  const wanted = accepts
    .split(",")
    .map((one) => one.trim().split(";"))
    .filter(([, q]) => !/^\s*q=0(\.0*)?$/.test(q ?? ""))
    .map(([name]) => (name ?? "").toLowerCase());
  const encoding = (["gzip", "deflate"] as const).find((one) => wanted.includes(one));
  if (encoding === undefined) return { body };
  return { body: await packers[encoding](body), encoding };
}
