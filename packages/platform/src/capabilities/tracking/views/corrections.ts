import type { Input, Reply } from "@paydown/api/operation";
import type { Correction } from "@paydown/api/tracking";
import type { listCorrections as operation } from "@paydown/api/tracking-upkeep";
import { readable } from "#base/auth/grants.js";
import type { Ctx } from "#base/context.js";
import type { Reader } from "#base/db/db.js";
import { toCorrection } from "../actions/correct-run.js";
import { toPlace, toToken } from "../model/page-token.js";
import { findCorrections } from "../store/corrections.js";
import { findRuns } from "../store/runs.js";

/** Corrections of the project or of one run, newest first. */
export async function viewCorrections(ctx: Ctx, input: Input<typeof operation>): Promise<Reply<typeof operation>> {
  const limit = input.limit ?? 100;
  const [before] = toPlace(input.cursor) ?? [];
  const rows = await ctx.db.read((r) =>
    findCorrections(r, input.project, input.runId, before === undefined ? undefined : String(before), limit + 1),
  );
  const page = rows.slice(0, limit).map(toCorrection);
  const last = page.at(-1);
  const items = await seenOf(ctx, input.project, page);
  return { items, ...(rows.length > limit && last !== undefined ? { cursor: toToken([last.id]) } : {}) };
}

/** Those of runs in experiments the caller may read; a page may be shorter for it, and the next one goes on. */
async function seenOf(ctx: Ctx, project: string, page: readonly Correction[]): Promise<Correction[]> {
  const sees = await readable(ctx.principal, project, "experiment");
  if (sees === "all") return [...page];
  const runs = await ctx.db.read((r) =>
    findRuns(
      r,
      project,
      page.map((one) => one.runId),
    ),
  );
  const seen = new Set(runs.filter((run) => sees(String(run.experiment_id))).map((run) => run.run_id));
  return page.filter((one) => seen.has(one.runId));
}

/** What the run page shows: the newest hundred. */
export async function correctionsOf(r: Reader, project: string, runId: string): Promise<Correction[]> {
  return (await findCorrections(r, project, runId, undefined, 100)).map(toCorrection);
}
