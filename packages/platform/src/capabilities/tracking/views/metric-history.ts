import type { Input, Reply } from "@paydown/api/operation";
import type { HistoryBucket, getMetricHistory as operation } from "@paydown/api/tracking";
import type { Ctx } from "#base/context.js";
import type { Reader } from "#base/db/db.js";
import { trackingErrors } from "../errors.js";
import {
  bucketOf,
  type Curve,
  curveOver,
  integerScale,
  realScale,
  type Scale,
  type Smoother,
  smoother,
} from "../model/metric-curve.js";
import { lowerBound, type Points, picked } from "../model/metric-points.js";
import { allPoints, type Series, type Stretch, withSeries } from "../store/history.js";
import { findKeys } from "../store/keys.js";
import { findRuns } from "../store/runs.js";
import type { RunRecord } from "../tables.js";

const defaultBuckets = 500;
/** Curves that need every point at once, in an order of their own, are refused beyond this many. */
const mostAtOnce = 20_000_000;
/** Blocks opened together where every point is passed once. */
const chunk = 128;

interface Wanted {
  readonly from: number;
  readonly to: number;
  readonly most: number;
  /** `step`, `time`, or the name of a metric behind `metrics.`. */
  readonly axis: string;
  readonly smoothing: number | undefined;
}

interface Drawn {
  readonly points: number;
  readonly reduced: boolean;
  readonly buckets: HistoryBucket[];
}

const nothing: Drawn = { points: 0, reduced: false, buckets: [] };

/** Curves of one metric: every point when there are few, else minimum, maximum and mean of equal stretches of the axis. */
export async function viewMetricHistory(ctx: Ctx, input: Input<typeof operation>): Promise<Reply<typeof operation>> {
  const wanted: Wanted = {
    from: input.fromStep ?? Number.MIN_SAFE_INTEGER,
    to: input.toStep ?? Number.MAX_SAFE_INTEGER,
    most: input.buckets ?? defaultBuckets,
    axis: input.axis ?? "step",
    smoothing: input.smoothing,
  };
  return ctx.db.read(async (r) => {
    const runs = await findRuns(r, input.project, input.runIds);
    const byId = new Map(runs.map((run) => [run.run_id, run]));
    const series = [];
    for (const runId of new Set(input.runIds)) {
      const run = byId.get(runId);
      if (run === undefined) throw trackingErrors.TRACKING_RUN_NOT_FOUND({ runId });
      series.push({ runId, name: run.name, ...(await draw(r, run, input.key, wanted)) });
    }
    return { key: input.key, series };
  });
}

async function draw(r: Reader, run: RunRecord, name: string, wanted: Wanted): Promise<Drawn> {
  const other = wanted.axis.startsWith("metrics.") ? wanted.axis.slice("metrics.".length) : undefined;
  const keys = await findKeys(r, run.experiment_id, "metrics", other === undefined ? [name] : [name, other]);
  const key = keys.get(name);
  if (key === undefined) return nothing;
  return withSeries(r, run.id, key, wanted.from, wanted.to, async (series) => {
    if (series.length === 0) return nothing;
    if (other === undefined) return drawAlong(series, wanted);
    const otherKey = keys.get(other);
    if (otherKey === undefined) return nothing;
    checkAtOnce(series, name);
    const places = await withSeries(r, run.id, otherKey, wanted.from, wanted.to, async (axis) => {
      checkAtOnce(axis, other);
      return allPoints(axis);
    });
    const points = await allPoints(series);
    return drawSorted(points, valuesAtSteps(points, places), wanted, realScale);
  });
}

/** A curve over steps or times: blocks that fall into one bucket are added as they are, the others are opened. */
async function drawAlong(series: Series, wanted: Wanted): Promise<Drawn> {
  const byStep = wanted.axis === "step";
  const xsOf = (points: Points) => (byStep ? points.steps : points.times);
  const [first, last] = rangeOf(series.stretches, byStep);
  if (wanted.smoothing !== undefined && !byStep) {
    // Clocks go back now and then: an average over time needs the points in its order.
    checkAtOnce(series, wanted.axis);
    const points = await allPoints(series);
    return drawSorted(points, points.times, wanted, integerScale);
  }
  const reduced = series.length > wanted.most;
  const smooth = wanted.smoothing === undefined ? undefined : smoother(wanted.smoothing, last - first);
  if (!reduced) return onePointEach(await allPoints(series), xsOf, smooth, wanted);
  const scale = integerScale(first, last, wanted.most);
  const curve = curveOver(scale);
  if (smooth === undefined) await addAlong(series, byStep, scale, curve);
  else {
    for (let i = 0; i < series.stretches.length; i += chunk) {
      for (const points of await series.load(series.stretches.slice(i, i + chunk))) {
        const xs = xsOf(points);
        curve.addPoints(points, xs, smooth.next(points.values, xs));
      }
    }
  }
  return { points: series.length, reduced, buckets: curve.buckets(!byStep) };
}

/** Adds a series to a curve: blocks that lie in one bucket by their summaries, the others opened. */
export async function addAlong(series: Series, byStep: boolean, scale: Scale, curve: Curve): Promise<void> {
  const opened: Stretch[] = [];
  for (const stretch of series.stretches) {
    const bucket = stretch.block === undefined ? undefined : wholeBucket(scale, stretch.block, byStep);
    if (bucket === undefined || stretch.block === undefined) opened.push(stretch);
    else curve.addBlock(bucket, stretch.block);
  }
  for (let i = 0; i < opened.length; i += chunk) {
    for (const points of await series.load(opened.slice(i, i + chunk))) {
      curve.addPoints(points, byStep ? points.steps : points.times);
    }
  }
}

type Block = NonNullable<Stretch["block"]>;

function wholeBucket(scale: Scale, block: Block, byStep: boolean): number | undefined {
  const bucket = bucketOf(scale, byStep ? block.first_step : block.from_time);
  return bucketOf(scale, byStep ? block.last_step : block.to_time) === bucket ? bucket : undefined;
}

function rangeOf(stretches: readonly Stretch[], byStep: boolean): [number, number] {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  const see = (x: number) => {
    if (x < first) first = x;
    if (x > last) last = x;
  };
  for (const { block, points } of stretches) {
    if (block !== undefined) {
      see(byStep ? block.first_step : block.from_time);
      see(byStep ? block.last_step : block.to_time);
    } else (byStep ? points.steps : points.times).forEach(see);
  }
  return [first, last];
}

/** Few points: a bucket each. */
function onePointEach(
  points: Points,
  xsOf: (points: Points) => Float64Array,
  smooth: Smoother | undefined,
  wanted: Wanted,
): Drawn {
  const xs = xsOf(points);
  const ordered = wanted.axis === "step" ? points : picked(points, orderOf(xs));
  return bucketsOfOne(ordered, xsOf(ordered), smooth, wanted);
}

function bucketsOfOne(points: Points, xs: Float64Array, smooth: Smoother | undefined, wanted: Wanted): Drawn {
  const smoothed = smooth?.next(points.values, xs);
  const buckets: HistoryBucket[] = [];
  for (let i = 0; i < points.length; i++) {
    const value = points.values[i] as number;
    const nan = Number.isNaN(value);
    const x = xs[i] as number;
    buckets.push({
      step: points.steps[i] as number,
      stepTo: points.steps[i] as number,
      at: points.times[i] as number,
      count: 1,
      nan: nan ? 1 : 0,
      ...(nan ? {} : { min: value, max: value, mean: value }),
      ...(wanted.axis === "step" ? {} : { x, xTo: x }),
      ...(nan || smoothed === undefined ? {} : { smooth: smoothed[i] as number }),
    });
  }
  return { points: points.length, reduced: false, buckets };
}

/** A curve whose order on the axis is not that of steps: every point is at hand and sorted. */
function drawSorted(
  points: Points,
  places: Float64Array,
  wanted: Wanted,
  scaleOf: (first: number, last: number, most: number) => Scale,
): Drawn {
  const order = orderOf(places);
  if (order.length === 0) return { ...nothing, points: 0 };
  const sorted = picked(points, order);
  const xs = new Float64Array(order.length);
  for (let i = 0; i < xs.length; i++) xs[i] = places[order[i] as number] as number;
  const [first, last] = [xs[0] as number, xs[xs.length - 1] as number];
  const smooth = wanted.smoothing === undefined ? undefined : smoother(wanted.smoothing, last - first);
  if (sorted.length <= wanted.most) return bucketsOfOne(sorted, xs, smooth, wanted);
  const curve = curveOver(scaleOf(first, last, wanted.most));
  curve.addPoints(sorted, xs, smooth?.next(sorted.values, xs));
  return { points: sorted.length, reduced: true, buckets: curve.buckets(true) };
}

/** Places of the numbers, ascending; those that are NaN left out. */
export function orderOf(xs: Float64Array): Uint32Array {
  const order = new Uint32Array(xs.length);
  let n = 0;
  let ascending = true;
  let before = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < xs.length; i++) {
    const x = xs[i] as number;
    if (Number.isNaN(x)) continue;
    order[n++] = i;
    if (x < before) ascending = false;
    before = x;
  }
  const known = order.subarray(0, n);
  return ascending ? known : known.sort((i, j) => (xs[i] as number) - (xs[j] as number));
}

/** The other metric's latest value at each point's own step; NaN where it has none. */
export function valuesAtSteps(points: Points, places: Points): Float64Array {
  const xs = new Float64Array(points.length);
  for (let i = 0; i < xs.length; i++) {
    const step = points.steps[i] as number;
    const at = lowerBound(places.steps, step, true) - 1;
    xs[i] = at >= 0 && places.steps[at] === step ? (places.values[at] as number) : Number.NaN;
  }
  return xs;
}

function checkAtOnce(series: Series, name: string): void {
  if (series.length <= mostAtOnce) return;
  throw trackingErrors.TRACKING_CURVE_TOO_LONG({ name, points: series.length, most: mostAtOnce });
}
