import type { HistoryBucket } from "@paydown/api/tracking";
import { nearestIndex } from "#kit/charts/nearest.js";

/** What curves can be drawn over: `step`, `time`, `relative`, or `metric:<key>`. */
export type CurveAxis = string;

export interface CurvePoints {
  readonly x: number[];
  readonly mean: (number | null)[];
  readonly min: (number | null)[];
  readonly max: (number | null)[];
}

/**
 * A curve's buckets over an axis. Time is the bucket's earliest, in seconds; relative time counts from the run's start. Over
 * a metric each bucket stands at that metric's mean in the bucket of the nearest step, sorted by it.
 */
export function overAxis(
  buckets: readonly HistoryBucket[],
  axis: CurveAxis,
  startedAt: number,
  other: readonly HistoryBucket[] | undefined,
): CurvePoints {
  const steps = other?.map((bucket) => bucket.step);
  const points = buckets.flatMap((bucket) => {
    let x: number | undefined;
    if (axis === "step") x = bucket.step;
    else if (axis === "time") x = bucket.at / 1000;
    else if (axis === "relative") x = (bucket.at - startedAt) / 1000;
    else x = other?.[nearestIndex(steps ?? [], bucket.step)]?.mean;
    return x === undefined || !Number.isFinite(x) ? [] : [{ x, bucket }];
  });
  if (axis !== "step") points.sort((a, b) => a.x - b.x);
  return {
    x: points.map((point) => point.x),
    mean: points.map((point) => point.bucket.mean ?? null),
    min: points.map((point) => point.bucket.min ?? null),
    max: points.map((point) => point.bucket.max ?? null),
  };
}

export function axisLabel(axis: CurveAxis): string {
  if (axis === "time") return "time";
  if (axis === "relative") return "time since the run began";
  return axis.startsWith("metric:") ? axis.slice("metric:".length) : "step";
}
