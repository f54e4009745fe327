import type { Input, Reply } from "@paydown/api/operation";
import type { getMetricBand as operation } from "@paydown/api/tracking-insight";
import type { Ctx } from "#base/context.js";
import type { Reader } from "#base/db/db.js";
import { trackingErrors } from "../errors.js";
import { type CurveBand, chosenByIds, curveBand } from "../model/curve-band.js";
import { curveOver, integerScale, realScale, type Scale, smoother } from "../model/metric-curve.js";
import { type Points, picked } from "../model/metric-points.js";
import { withSeries } from "../store/history.js";
import { findKeys, findKeyUse } from "../store/keys.js";
import { extentsOf, pointsOfRuns, type SeriesExtent } from "../store/many-series.js";
import type { MatchingRun } from "../store/search-runs.js";
import { addAlong, orderOf, valuesAtSteps } from "./metric-history.js";
import { othersFirst, searchedRuns } from "./searched-runs.js";

const defaultPlaces = 200;
/** Values kept at once, a number each for every place of every curve: with more curves there are fewer places. */
const mostValues = 4_000_000;
/** Points one answer reads. Beyond that some of the runs speak for all, and the reply says how many. */
const mostPoints = 10_000_000;
/** Reading a point that is a row takes as long as reading ten of a block. */
const openCost = 10;
/** Longer series are read by the summaries of their blocks, where the axis allows it. */
const longSeries = 65_536;
/** A look at many short series, so that nobody else waits long. */
const [runsAtOnce, pointsAtOnce] = [500, 500_000];

type Wanted = Input<typeof operation>;
type Band = Reply<typeof operation>;

/** One run whose curve counts. */
interface Counted {
  readonly run: MatchingRun;
  readonly extent: SeriesExtent;
}

/** Median and P10 to P90 of one metric's curves, over every run that matches. */
export async function viewMetricBand(ctx: Ctx, input: Wanted): Promise<Band> {
  return ctx.db.read(async (r) => {
    const { experiments, runs } = await searchedRuns(ctx, r, input);
    const key = input.key;
    const keys = (await findKeyUse(r, experiments, "metrics", key)).ids;
    const [from, to] = [input.fromStep ?? Number.MIN_SAFE_INTEGER, input.toStep ?? Number.MAX_SAFE_INTEGER];
    const found: Counted[] = [];
    for (let at = 0; at < runs.length; at += 5000) {
      await othersFirst(ctx);
      const some = runs.slice(at, at + 5000);
      const ids = some.map((run) => run.id);
      const extents = await extentsOf(r, ids, keys, from, to);
      for (const run of some) {
        const extent = extents.get(run.id);
        if (extent !== undefined) found.push({ run, extent });
      }
    }
    const told = { key, runs: runs.length, curves: found.length };
    if (found.length === 0) return { ...told, used: 0, once: false, nan: 0, places: [] };
    const axis = axisOf(input.axis ?? "step");
    const used = usedOf(found, axis.summed && input.smoothing === undefined, key);
    const places = Math.max(2, Math.min(input.places ?? defaultPlaces, Math.floor(mostValues / used.length)));
    const otherKeys = axis.other === undefined ? [] : (await findKeyUse(r, experiments, "metrics", axis.other)).ids;
    const others = axis.other === undefined ? undefined : await otherExtents(ctx, r, used, otherKeys, from, to);
    const scale = scaleOf(axis, used, others, places);
    if (scale === undefined) return { ...told, used: 0, once: false, nan: 0, places: [] };
    const band = curveBand(scale, axis.other === undefined);
    const nan = await gather(ctx, r, { input, axis, scale, band, keys, otherKeys, from, to }, used);
    const once = used.every(({ extent }) => extent.points === 1);
    return { ...told, used: used.length, once, nan, places: band.places() };
  });
}

interface Axis {
  readonly kind: "step" | "time" | "relative" | "metric";
  /** The metric that is the axis. */
  readonly other: string | undefined;
  /** Whether blocks that lie in one stretch of it need not be opened. */
  readonly summed: boolean;
}

function axisOf(axis: string): Axis {
  if (axis.startsWith("metrics.")) return { kind: "metric", other: axis.slice("metrics.".length), summed: false };
  return { kind: axis as Axis["kind"], other: undefined, summed: true };
}

/** The runs that are read: all, or as many as their points allow. */
function usedOf(found: readonly Counted[], summed: boolean, name: string): readonly Counted[] {
  const used = chosenByIds(
    found.map((one) => ({
      ...one,
      id: one.run.run_id,
      cost:
        (summed ? Math.min(one.extent.points, 4 * longSeries) : one.extent.points) + (openCost - 1) * one.extent.open,
    })),
    mostPoints,
  );
  if (used.length > 0) return used;
  const points = Math.max(...found.slice(0, 1000).map(({ extent }) => extent.points));
  throw trackingErrors.TRACKING_CURVE_TOO_LONG({ name, points, most: mostPoints });
}

async function otherExtents(
  ctx: Ctx,
  r: Reader,
  used: readonly Counted[],
  keys: readonly number[],
  from: number,
  to: number,
): Promise<SeriesExtent[]> {
  const found: SeriesExtent[] = [];
  for (let at = 0; at < used.length; at += 5000) {
    await othersFirst(ctx);
    const ids = used.slice(at, at + 5000).map(({ run }) => run.id);
    found.push(...(await extentsOf(r, ids, keys, from, to)).values());
  }
  return found;
}

/** What the whole axis spans; undefined when the metric that is the axis has no number. */
function scaleOf(
  axis: Axis,
  used: readonly Counted[],
  others: readonly SeriesExtent[] | undefined,
  places: number,
): Scale | undefined {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  const see = (low: number, high: number) => {
    first = Math.min(first, low);
    last = Math.max(last, high);
  };
  for (const { low, high } of others ?? []) if (low !== undefined && high !== undefined) see(low, high);
  if (others !== undefined) return first > last ? undefined : realScale(first, last, places);
  for (const { run, extent } of used) {
    const start = axis.kind === "relative" ? Number(run.start_time) : 0;
    if (axis.kind === "step") see(extent.firstStep, extent.lastStep);
    else see(extent.firstTime - start, extent.lastTime - start);
  }
  return integerScale(first, last, places);
}

interface Gathering {
  readonly input: Wanted;
  readonly axis: Axis;
  readonly scale: Scale;
  readonly band: CurveBand;
  readonly keys: readonly number[];
  readonly otherKeys: readonly number[];
  readonly from: number;
  readonly to: number;
}

/** Adds the curves to the band; answers how many of their points are NaN. */
async function gather(ctx: Ctx, r: Reader, on: Gathering, used: readonly Counted[]): Promise<number> {
  const bySummaries = on.axis.summed && on.input.smoothing === undefined;
  const isLong = ({ extent }: Counted) => bySummaries && extent.points > longSeries;
  let nan = 0;
  for (const one of used.filter(isLong)) {
    await othersFirst(ctx);
    nan += await addLong(r, on, one);
  }
  for (const some of batches(used.filter((one) => !isLong(one)))) {
    await othersFirst(ctx);
    const ids = some.map(({ run }) => run.id);
    const points = await pointsOfRuns(r, ids, on.keys, on.from, on.to);
    const places = await pointsOfRuns(r, ids, on.otherKeys, on.from, on.to);
    for (const { run } of some) {
      const of = points.get(run.id);
      if (of === undefined) continue;
      addShort(on, run, of, places.get(run.id));
      for (const value of of.values) nan += Number.isNaN(value) ? 1 : 0;
    }
  }
  return nan;
}

/** Runs that are read together. */
function* batches(runs: readonly Counted[]): Generator<Counted[]> {
  let batch: Counted[] = [];
  let points = 0;
  for (const one of runs) {
    if (batch.length >= runsAtOnce || (batch.length > 0 && points + one.extent.points > pointsAtOnce)) {
      yield batch;
      batch = [];
      points = 0;
    }
    batch.push(one);
    points += one.extent.points;
  }
  if (batch.length > 0) yield batch;
}

function addShort({ axis, band, input }: Gathering, run: MatchingRun, points: Points, places?: Points): void {
  let xs: Float64Array;
  if (axis.kind === "step") xs = points.steps;
  else if (axis.kind === "time") xs = points.times;
  else if (axis.kind === "relative") xs = points.times.map((time) => time - Number(run.start_time));
  else if (places === undefined) return;
  else xs = valuesAtSteps(points, places);
  if (input.smoothing === undefined) {
    band.add(xs, points.values);
    return;
  }
  // An average over an axis needs the points in its order.
  const order = orderOf(xs);
  if (order.length === 0) return;
  const sorted = picked(points, order);
  const along = new Float64Array(order.length);
  for (let i = 0; i < along.length; i++) along[i] = xs[order[i] as number] as number;
  const span = (along[along.length - 1] as number) - (along[0] as number);
  band.add(along, smoother(input.smoothing, span).next(sorted.values, along));
}

/** A long series: blocks that lie in one stretch are counted by their summaries. Answers how many points are NaN. */
async function addLong(r: Reader, on: Gathering, { run }: Counted): Promise<number> {
  const key = (await findKeys(r, run.experiment_id, "metrics", [on.input.key])).get(on.input.key);
  if (key === undefined) return 0;
  const byStep = on.axis.kind === "step";
  const start = on.axis.kind === "relative" ? Number(run.start_time) : 0;
  const buckets = await withSeries(r, run.id, key, on.from, on.to, async (series) => {
    const scale = { ...on.scale, first: on.scale.first + start };
    const curve = curveOver(scale);
    await addAlong(series, byStep, scale, curve);
    return curve.buckets(!byStep);
  });
  const xs = Float64Array.from(buckets, (bucket) => (byStep ? bucket.step : (bucket.x ?? bucket.at) - start));
  const values = Float64Array.from(buckets, (bucket) => bucket.mean ?? Number.NaN);
  on.band.add(xs, values);
  return buckets.reduce((sum, bucket) => sum + bucket.nan, 0);
}
