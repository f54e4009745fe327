import type { Readable } from "node:stream";
import type { Blob, PutOptions } from "#base/blobs/blobs.js";
import type { Ctx } from "#base/context.js";
import { trackingErrors } from "../errors.js";
import { toSafePath } from "../model/artifact-path.js";
import { findFile, removeBelow, upsertFile } from "../store/artifacts.js";
import { loosen } from "./collect-objects.js";

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
  const now = ctx.clock.now();
  await ctx.db.write(async (tx) => {
    const before = await findFile(tx, project, safe);
    await upsertFile(tx, project, safe, blob, now);
    if (before !== undefined && before.hash !== blob.hash) await loosen(ctx, tx, project, [before]);
  });
  return blob;
}

/** Removes a file or folder with all below it; removing what is not there is fine. Bytes nobody else names go a day later. */
export async function removeArtifacts(ctx: Ctx, project: string, path: string): Promise<void> {
  const safe = toSafePath(path);
  if (safe === "") throw trackingErrors.TRACKING_ARTIFACT_PATH();
  await ctx.db.write(async (tx) => loosen(ctx, tx, project, await removeBelow(tx, project, safe)));
}
