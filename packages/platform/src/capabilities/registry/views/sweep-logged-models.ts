import type { Ctx } from "#base/context.js";
import type { ModelSources, ReadyLoggedModel } from "../needs.js";
import { findLoggedModelInspection, loggedModelVerdicts } from "../store/inspections.js";
import { toInspection } from "./inspection-page.js";
import type { SweptVersion } from "./sweep.js";

const pageSize = 1000;

/** A logged model with what reading its files said; `problem` says why nothing is known. */
export interface SweptLoggedModel extends ReadyLoggedModel {
  readonly verdict: string;
  readonly problem: string | undefined;
}

/** The logged models that are dangerous to load or of which that is not known; how many there are in all. */
export async function sweepLoggedModels(
  ctx: Ctx,
  sources: ModelSources,
  project: string,
  /** A logged model registered as one of these is found there, once. */
  versions: readonly SweptVersion[],
): Promise<{ readonly total: number; readonly suspects: readonly SweptLoggedModel[] }> {
  const ids = new Set(versions.flatMap(({ row }) => row.logged_model_id ?? []));
  const locations = new Set(versions.map(({ row }) => row.location));
  const hashes = new Set(versions.flatMap(({ row }) => row.artifact_hash ?? []));
  const suspects: SweptLoggedModel[] = [];
  let total = 0;
  for (let after = 0; ; ) {
    const page = await sources.readyLoggedModels(ctx, project, after, pageSize);
    total += page.length;
    const verdicts = await ctx.db.read((r) =>
      loggedModelVerdicts(
        r,
        project,
        page.map((one) => one.modelId),
      ),
    );
    const read = new Map(verdicts.map((one) => [one.logged_model_id, one]));
    for (const one of page) {
      if (ids.has(one.modelId) || locations.has(one.artifactUri)) continue;
      const said = read.get(one.modelId);
      if (said?.artifact_hash != null && hashes.has(said.artifact_hash)) continue;
      const verdict = said === undefined || said.state !== "done" ? "unknown" : said.verdict;
      if (verdict !== "dangerous" && verdict !== "unknown") continue;
      suspects.push({ ...one, verdict, problem: verdict === "unknown" ? problemOf(said) : undefined });
    }
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) return { total, suspects };
    after = last.place;
  }
}

function problemOf(said: { state: string; problem: string | null } | undefined): string {
  if (said === undefined) return "they were never read";
  if (said.state === "waiting") return "they wait to be read";
  if (said.problem !== null) return said.problem.replace(/\.$/, "");
  return "they could not be read to the end";
}

/** Dangerous files of a logged model, with the reasons. */
export async function dangersOf(
  ctx: Ctx,
  project: string,
  { modelId }: SweptLoggedModel,
): Promise<{ readonly files: readonly string[]; readonly reasons: readonly string[] }> {
  const row = await ctx.db.read((r) => findLoggedModelInspection(r, project, modelId));
  const files = row === undefined ? [] : toInspection(row).files.filter((file) => file.verdict === "dangerous");
  return { files: files.map((file) => file.path), reasons: files.flatMap((file) => file.reasons) };
}
