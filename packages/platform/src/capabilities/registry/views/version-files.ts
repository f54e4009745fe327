import type { Ctx } from "#base/context.js";
import type { ModelSources, StoredFile } from "../needs.js";
import { findAlias, findModel, findVersion } from "../store.js";
import { factsOf } from "./version-evidence.js";

/** What serving and others may know of a version. */
export interface VersionFiles {
  readonly model: string;
  readonly version: number;
  readonly runId: string | undefined;
  readonly location: string;
  readonly artifactHash: string | undefined;
  readonly flavors: readonly string[];
  readonly signature: { readonly inputs?: string; readonly outputs?: string; readonly params?: string } | undefined;
  /** Stored files below its root; undefined when they are elsewhere. */
  readonly files: readonly StoredFile[] | undefined;
}

/** A version by number or by alias, with its stored files; undefined when there is none. */
export async function findVersionFiles(
  ctx: Ctx,
  sources: ModelSources,
  project: string,
  name: string,
  which: number | { readonly alias: string },
): Promise<VersionFiles | undefined> {
  const row = await ctx.db.read(async (r) => {
    const model = await findModel(r, project, name);
    if (model === undefined) return undefined;
    const number = typeof which === "number" ? which : await findAlias(r, model.id, which.alias);
    return number === undefined ? undefined : findVersion(r, model.id, number);
  });
  if (row === undefined) return undefined;
  const facts = factsOf(row);
  return {
    model: name,
    version: row.version,
    runId: row.run_id ?? undefined,
    location: row.location,
    artifactHash: row.artifact_hash ?? undefined,
    flavors: facts?.flavors ?? [],
    signature: facts?.signature,
    files: await sources.findFiles(ctx, project, row.location),
  };
}
