import type { Input, Reply } from "@paydown/api/operation";
import type { compareRuns as operation } from "@paydown/api/tracking";
import type { Ctx } from "#base/context.js";
import { trackingErrors } from "../errors.js";
import { compareContents, seedGroups } from "../model/comparison.js";
import { findRuns } from "../store/runs.js";
import type { RunRecord } from "../tables.js";
import { type RunContents, runContents, toMap } from "./run-contents.js";
import { toRows } from "./run-table.js";

/** Runs side by side, in the order asked for. */
export async function viewComparison(ctx: Ctx, input: Input<typeof operation>): Promise<Reply<typeof operation>> {
  return ctx.db.read(async (r) => {
    const byId = new Map((await findRuns(r, input.project, input.runIds)).map((run) => [run.run_id, run]));
    const runs: RunRecord[] = [...new Set(input.runIds)].map((runId) => {
      const run = byId.get(runId);
      if (run === undefined) throw trackingErrors.TRACKING_RUN_NOT_FOUND({ runId });
      return run;
    });
    const contents = (await runContents(r, runs)).map(toCompared);
    return { runs: await toRows(r, runs, []), rows: compareContents(contents), seedGroups: seedGroups(contents) };
  });
}

function toCompared(contents: RunContents) {
  return {
    runId: contents.run.run_id,
    params: toMap(contents.params),
    tags: toMap(contents.tags),
    inputs: contents.inputs,
    metrics: new Map(contents.metrics.map((one) => [one.key, one.nan === 1 ? Number.NaN : one.value])),
  };
}
