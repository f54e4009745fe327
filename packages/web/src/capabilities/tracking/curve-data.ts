import type { HistoryBucket } from "@paydown/api/tracking";

/** What curves can be drawn over: `step`, `time`, `relative`, or `metric:<key>`. */
export type CurveAxis = string;

export interface CurvePoints {
  readonly x: number[];
  readonly mean: (number | null)[];
  /** The moving average over every point, where it was asked for. */
  readonly smooth: (number | null)[];
}

/** The axis as the server names it; undefined for steps. Relative time is time, moved to the run's start here. */
export function serverAxis(axis: CurveAxis): string | undefined {
  if (axis === "time" || axis === "relative") return "time";
  return axis.startsWith("metric:") ? `metrics.${axis.slice("metric:".length)}` : undefined;
}

/** A curve's buckets over the axis they were asked for. Time is in seconds, as charts take it. */
export function overAxis(buckets: readonly HistoryBucket[], axis: CurveAxis, startedAt: number): CurvePoints {
  const place = (bucket: HistoryBucket): number => {
    if (axis === "time") return (bucket.x ?? bucket.at) / 1000;
    if (axis === "relative") return ((bucket.x ?? bucket.at) - startedAt) / 1000;
    return axis === "step" ? bucket.step : (bucket.x ?? Number.NaN);
  };
  const shown = buckets.filter((bucket) => Number.isFinite(place(bucket)));
  return {
    x: shown.map(place),
    mean: shown.map((bucket) => bucket.mean ?? null),
    smooth: shown.map((bucket) => bucket.smooth ?? bucket.mean ?? null),
  };
}

/** The axis of a band as the server names it; it knows when each run began. */
export function bandAxis(axis: CurveAxis): string | undefined {
  return axis === "relative" ? axis : serverAxis(axis);
}

/** A place of a band over its axis; time is in seconds, as charts take it. */
export function bandPlace(axis: CurveAxis, x: number): number {
  return axis === "time" || axis === "relative" ? x / 1000 : x;
}

export function axisLabel(axis: CurveAxis): string {
  if (axis === "time") return "time";
  if (axis === "relative") return "time since the run began";
  return axis.startsWith("metric:") ? axis.slice("metric:".length) : "step";
}
