import type { Readable } from "node:stream";
import type { Blob, PutOptions } from "#base/blobs/blobs.js";
import type { Ctx } from "#base/context.js";
import { trackingErrors } from "../errors.js";
import { toSafePath } from "../model/artifact-path.js";
import { removeBelow, upsertFile } from "../store/artifacts.js";

/**
 * Stores a file at a path of the artifact store. The bytes go first, streamed and verified; the path appears only when
 * they are whole, so that an upload cut short is never seen.
 */
export async function storeArtifact(
  ctx: Ctx,
  project: string,
  path: string,
  content: Readable | Uint8Array,
  options: PutOptions,
): Promise<Blob> {
  const safe = toSafePath(path);
  if (safe === "") throw trackingErrors.TRACKING_ARTIFACT_PATH();
  const blob = await ctx.blobs.put(content, options);
  await ctx.db.write((tx) => upsertFile(tx, project, safe, blob, ctx.clock.now()));
  return blob;
}

/** Removes a file or folder with all below it; removing what is not there is fine. Bytes stay until collected. */
export async function removeArtifacts(ctx: Ctx, project: string, path: string): Promise<void> {
  const safe = toSafePath(path);
  if (safe === "") throw trackingErrors.TRACKING_ARTIFACT_PATH();
  await ctx.db.write((tx) => removeBelow(tx, project, safe));
}
