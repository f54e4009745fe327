import type { Ctx } from "#base/context.js";
import type { TableFiles } from "#base/engine/engine.js";
import { dataErrors } from "../errors.js";
import * as store from "../store.js";
import { requireVersion } from "./catalogue.js";

/** A version as the engine reads it: its files in manifest order. Throws DATA_NOT_TABULAR. */
export async function viewTable(
  ctx: Ctx,
  { project, dataset, version }: { project: string; dataset: string; version: string },
): Promise<{ version: string; rows: number; files: TableFiles }> {
  const { row, files } = await ctx.db.read(async (r) => {
    const found = await requireVersion(r, project, dataset, version);
    const page = { after: "", limit: found.files };
    return { row: found, files: await store.listFiles(r, project, dataset, found.version, page) };
  });
  if (row.format === "files") throw dataErrors.DATA_NOT_TABULAR({ dataset, version: row.version });
  const paths: string[] = [];
  for (const file of files) paths.push(await ctx.blobs.localPath(file.hash));
  return {
    version: row.version,
    rows: row.rows ?? 0,
    files: { format: row.format, paths, names: files.map((file) => file.path) },
  };
}
