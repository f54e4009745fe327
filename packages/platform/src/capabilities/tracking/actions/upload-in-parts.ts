import { Readable } from "node:stream";
import type { Blob, PutOptions } from "#base/blobs/blobs.js";
import type { Ctx } from "#base/context.js";
import { trackingErrors } from "../errors.js";
import { toSafePath } from "../model/artifact-path.js";
import { findFile, upsertFile } from "../store/artifacts.js";
import {
  closeUpload,
  findUpload,
  insertUpload,
  partsOf,
  removeUpload,
  removeUploadsBefore,
  type StoredPart,
  upsertPart,
} from "../store/uploads.js";
import type { UploadRow } from "../tables.js";
import { loosen } from "./collect-objects.js";

/** As many parts as S3 takes; clients count on it. */
const mostParts = 10_000;
/** An upload that nobody finished in this time is forgotten. */
const patience = 7 * 86_400_000;

/** Begins an upload whose parts travel on their own, several at once; answers its id, which cannot be guessed. */
export async function beginUpload(ctx: Ctx, project: string, path: string, parts: number): Promise<string> {
  const safe = toSafePath(path);
  if (safe === "") throw trackingErrors.TRACKING_ARTIFACT_PATH();
  if (!Number.isInteger(parts) || parts < 1 || parts > mostParts) {
    throw trackingErrors.TRACKING_INVALID({
      problem: `Invalid value ${parts} for parameter 'num_parts' supplied. It must be between 1 and ${mostParts}.`,
    });
  }
  const id = ctx.ids.hex(16);
  const now = ctx.clock.now();
  await ctx.db.write(async (tx) => {
    await loosen(ctx, tx, project, await removeUploadsBefore(tx, project, now - patience));
    await insertUpload(tx, { id, project, path: safe, parts, begun_at: now, done: 0 });
  });
  return id;
}

/** Stores one part, over an earlier attempt at it; answers its hash, which completing the upload asks for. */
export async function storePart(
  ctx: Ctx,
  project: string,
  id: string,
  part: number,
  content: Readable | Uint8Array,
  options: PutOptions,
): Promise<Blob> {
  const upload = await ctx.db.read((r) => openUpload(r, project, id));
  if (!Number.isInteger(part) || part < 1 || part > upload.parts) {
    throw trackingErrors.TRACKING_UPLOAD_PART({
      problem: `Part ${part} is none of the ${upload.parts} parts that were announced.`,
    });
  }
  const blob = await ctx.blobs.put(content, options);
  await ctx.db.write(async (tx) => {
    await openUpload(tx, project, id);
    await upsertPart(tx, id, { part, hash: blob.hash, size: blob.size });
  });
  return blob;
}

/** Joins the parts to one file. It appears when it is whole; completing a completed upload again changes nothing. */
export async function completeUpload(
  ctx: Ctx,
  project: string,
  id: string,
  path: string,
  given: readonly { part: number; hash: string }[],
  limit: number,
): Promise<void> {
  const { upload, parts } = await ctx.db.read(async (r) => {
    const found = await findUpload(r, project, id);
    if (found === undefined || found.path !== toSafePath(path)) throw trackingErrors.TRACKING_UPLOAD_NOT_FOUND({ id });
    return { upload: found, parts: await partsOf(r, id) };
  });
  if (upload.done === 1) return;
  checkParts(upload, parts, given);
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  const blob = await ctx.blobs.put(Readable.from(joined(ctx, parts), { objectMode: false }), { size, limit });
  await ctx.db.write(async (tx) => {
    const before = await findFile(tx, project, upload.path);
    await upsertFile(tx, project, upload.path, blob, ctx.clock.now());
    const replaced = before !== undefined && before.hash !== blob.hash ? [before] : [];
    await loosen(ctx, tx, project, [...replaced, ...(await closeUpload(tx, id))]);
  });
}

/** Gives up an upload; one that is not there, or is complete, is left as it is. */
export async function abortUpload(ctx: Ctx, project: string, id: string): Promise<void> {
  await ctx.db.write(async (tx) => loosen(ctx, tx, project, await removeUpload(tx, project, id)));
}

async function openUpload(r: Parameters<typeof findUpload>[0], project: string, id: string): Promise<UploadRow> {
  const upload = await findUpload(r, project, id);
  if (upload === undefined || upload.done === 1) throw trackingErrors.TRACKING_UPLOAD_NOT_FOUND({ id });
  return upload;
}

function checkParts(
  upload: UploadRow,
  stored: readonly StoredPart[],
  given: readonly { part: number; hash: string }[],
): void {
  const problem = (text: string) => trackingErrors.TRACKING_UPLOAD_PART({ problem: text });
  if (given.length !== upload.parts) {
    throw problem(`The upload was announced with ${upload.parts} parts and completed with ${given.length}.`);
  }
  for (const [i, { part, hash }] of given.entries()) {
    if (part !== i + 1) throw problem(`Part ${part} stands where part ${i + 1} belongs.`);
    const found = stored.find((one) => one.part === part);
    if (found === undefined) throw problem(`Part ${part} was never received whole.`);
    if (found.hash !== hash) throw problem(`Part ${part} was received with the etag "${found.hash}", not "${hash}".`);
  }
}

async function* joined(ctx: Ctx, parts: readonly StoredPart[]): AsyncGenerator<Buffer> {
  for (const part of parts) for await (const chunk of await ctx.blobs.open(part.hash)) yield chunk as Buffer;
}
