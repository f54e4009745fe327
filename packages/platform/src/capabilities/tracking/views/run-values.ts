import type { Input, Reply } from "@paydown/api/operation";
import type { plotRuns as operation } from "@paydown/api/tracking";
import { readable } from "#base/auth/grants.js";
import type { Ctx } from "#base/context.js";
import { trackingErrors } from "../errors.js";
import { fromStored, type KeyKind } from "../model.js";
import { toCondition } from "../search/condition.js";
import { seenExperiments } from "../store/experiments.js";
import { findKeyUse } from "../store/keys.js";
import { columnValues, newestRuns } from "../store/run-values.js";
import { countRuns, matchingSql } from "../store/search-runs.js";

const defaultLimit = 20_000;
/** A plot tells values apart by their beginning; a note of pages in a parameter must not fill the reply. */
const longestText = 200;

/** Values of many runs, a list a column. */
export async function viewRunValues(ctx: Ctx, input: Input<typeof operation>): Promise<Reply<typeof operation>> {
  const condition = toCondition(input.filter ?? "");
  const columns = input.columns.map(toColumn);
  const { project } = input;
  const sees = await readable(ctx.principal, project, "experiment");
  return ctx.db.read(async (r) => {
    const experiments = await seenExperiments(r, project, sees, input.experimentIds);
    if (experiments.length === 0) return { runIds: [], startedAt: [], values: columns.map(() => []), total: 0 };
    const search = { project, experimentIds: experiments, deleted: [0] as const, condition };
    const runs = await newestRuns(r, await matchingSql(r, search), input.limit ?? defaultLimit);
    const place = new Map(runs.map((run, at) => [Number(run.id), at]));
    const values: (number | string | null)[][] = [];
    for (const { kind, key } of columns) {
      const list = new Array<number | string | null>(runs.length).fill(null);
      for (const one of await columnValues(r, runs, kind, (await findKeyUse(r, experiments, kind, key)).ids)) {
        const at = place.get(Number(one.run_id));
        if (at === undefined) continue;
        list[at] = typeof one.value === "number" ? fromStored(one.value, one.nan) : one.value.slice(0, longestText);
      }
      values.push(list);
    }
    return {
      runIds: runs.map((run) => run.run_id),
      startedAt: runs.map((run) => Number(run.start_time)),
      values,
      total: await countRuns(r, { ...search, order: [] }),
    };
  });
}

function toColumn(column: string): { kind: KeyKind; key: string } {
  const match = /^(metrics|params|tags)\.(.+)$/s.exec(column);
  if (match === null) throw trackingErrors.TRACKING_COLUMN_INVALID({ column });
  return { kind: match[1] as KeyKind, key: match[2] as string };
}
