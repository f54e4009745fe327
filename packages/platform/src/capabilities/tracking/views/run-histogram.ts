import type { Input, Reply } from "@paydown/api/operation";
import type { getRunHistogram as operation } from "@paydown/api/tracking";
import { readable } from "#base/auth/grants.js";
import type { Ctx } from "#base/context.js";
import { toCondition } from "../search/condition.js";
import { seenExperiments } from "../store/experiments.js";
import { findKeyUse } from "../store/keys.js";
import { everyRun, hasDeletedRuns, metricBins, metricSpread } from "../store/run-values.js";
import { matchingSql } from "../store/search-runs.js";

const defaultBins = 24;

/** Counts of runs by a metric's latest value, exact, of the runs that match. */
export async function viewRunHistogram(ctx: Ctx, input: Input<typeof operation>): Promise<Reply<typeof operation>> {
  const condition = toCondition(input.filter ?? "");
  const { key, project, bins = defaultBins } = input;
  const sees = await readable(ctx.principal, project, "experiment");
  return ctx.db.read(async (r) => {
    const experiments = await seenExperiments(r, project, sees, input.experimentIds);
    const keyIds = (await findKeyUse(r, experiments, "metrics", key)).ids;
    if (keyIds.length === 0) return { key, counts: [], nan: 0, infinite: 0 };
    const search = { project, experimentIds: experiments, deleted: [0] as const, condition };
    const all = condition === undefined && !(await hasDeletedRuns(r, experiments));
    const runs = all ? everyRun : await matchingSql(r, search);
    const { low, high, nan, infinite } = await metricSpread(r, runs, keyIds);
    if (low === null || high === null) return { key, counts: [], nan, infinite };
    return { key, low, high, counts: await metricBins(r, runs, keyIds, edgesOf(low, high, bins)), nan, infinite };
  });
}

/** Equal stretches; a single value has one. */
function edgesOf(low: number, high: number, bins: number): number[] {
  if (low === high) return [low, high];
  // Halves first: the whole width of two huge values of opposite sign would be infinite.
  const width = high / bins - low / bins;
  return [...Array.from({ length: bins }, (_, i) => low + width * i), high];
}
