import type { Input, Reply } from "@paydown/api/operation";
import type { HistoryBucket, getMetricHistory as operation } from "@paydown/api/tracking";
import type { Ctx } from "#base/context.js";
import type { Reader } from "#base/db/db.js";
import { trackingErrors } from "../errors.js";
import { bucket, historySpan, points, type StoredBucket, type StoredPoint } from "../store/history.js";
import { findKeys } from "../store/keys.js";
import { findRuns } from "../store/runs.js";
import type { RunRecord } from "../tables.js";

const defaultBuckets = 500;

/** Curves of one metric: every point when there are few, else minimum, maximum and mean of equal stretches of steps. */
export async function viewMetricHistory(ctx: Ctx, input: Input<typeof operation>): Promise<Reply<typeof operation>> {
  const from = input.fromStep ?? Number.MIN_SAFE_INTEGER;
  const to = input.toStep ?? Number.MAX_SAFE_INTEGER;
  return ctx.db.read(async (r) => {
    const runs = await findRuns(r, input.project, input.runIds);
    const byId = new Map(runs.map((run) => [run.run_id, run]));
    const series = [];
    for (const runId of new Set(input.runIds)) {
      const run = byId.get(runId);
      if (run === undefined) throw trackingErrors.TRACKING_RUN_NOT_FOUND({ runId });
      series.push({
        runId,
        name: run.name,
        ...(await curve(r, run, input.key, from, to, input.buckets ?? defaultBuckets)),
      });
    }
    return { key: input.key, series };
  });
}

async function curve(r: Reader, run: RunRecord, name: string, from: number, to: number, most: number) {
  const key = (await findKeys(r, run.experiment_id, "metrics", [name])).get(name);
  if (key === undefined) return { points: 0, reduced: false, buckets: [] };
  const span = await historySpan(r, run.id, key, from, to, most);
  if (span.points <= most) {
    return {
      points: span.points,
      reduced: false,
      buckets: (await points(r, run.id, key, from, to)).map(toBucketOfOne),
    };
  }
  const first = span.first as number;
  const width = Math.max(1, Math.ceil(((span.last as number) - first + 1) / most));
  const buckets: HistoryBucket[] = [];
  for (let step = first; step <= (span.last as number); step += width) {
    const one = await bucket(r, run.id, key, step, step + width);
    if (one !== undefined) buckets.push(toBucket(one));
  }
  return { points: buckets.reduce((sum, one) => sum + one.count, 0), reduced: true, buckets };
}

function toBucketOfOne(point: StoredPoint): HistoryBucket {
  const value = point.nan === 1 ? {} : { min: point.value, max: point.value, mean: point.value };
  return { step: point.step, stepTo: point.step, at: point.timestamp, count: 1, nan: point.nan, ...value };
}

function toBucket(one: StoredBucket): HistoryBucket {
  return {
    step: one.step,
    stepTo: one.step_to,
    at: one.at,
    count: Number(one.count),
    nan: Number(one.nan),
    ...(one.min === null ? {} : { min: one.min }),
    ...(one.max === null ? {} : { max: one.max }),
    ...(one.mean === null ? {} : { mean: one.mean }),
  };
}
