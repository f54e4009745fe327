import type { Ctx } from "#base/context.js";
import type { Reader } from "#base/db/db.js";
import { byTime, joined, noPoints, type Points, pointAt, type StoredPoint, sliced } from "../model/metric-points.js";
import { fromToken, toToken, wrongPlace } from "../model/page-token.js";
import { allPoints, pointsAt, type Series, type Stretch, withSeries } from "../store/history.js";
import { findKeys } from "../store/keys.js";
import { findRun, findRuns } from "../store/runs.js";
import type { RunRecord } from "../tables.js";

/** Points as they were logged, in the ways MLflow's door asks for them. */
export interface RecordedPoints {
  readonly points: Points;
  readonly token: string | undefined;
}

export interface RunPoints {
  readonly runId: string;
  readonly points: Points;
}

const [least, greatest] = [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];

/** History of one metric by time; all of it without a limit. */
export async function metricHistory(
  ctx: Ctx,
  project: string,
  search: { runId: string; key: string; limit: number | undefined; token: string | undefined },
): Promise<RecordedPoints> {
  const after = toPoint(search.token);
  return ctx.db.read(async (r) => {
    // As in MLflow, a run that is not there has no points; whether it is there is asked elsewhere.
    const run = await findRun(r, project, search.runId);
    const key = run && (await findKeys(r, run.experiment_id, "metrics", [search.key])).get(search.key);
    if (run === undefined || key === undefined) return { points: noPoints, token: undefined };
    const { limit } = search;
    const found = await pointsByTime(r, run, key, after, limit === undefined ? undefined : limit + 1);
    if (limit === undefined || found.length <= limit) return { points: found, token: undefined };
    const last = pointAt(found, limit - 1);
    return {
      points: sliced(found, 0, limit),
      token: toToken([last.timestamp, last.step, last.value, last.nan]),
    };
  });
}

function toPoint(token: string | undefined): StoredPoint | undefined {
  if (token === undefined || token === "") return undefined;
  const place = fromToken(token);
  if (!Array.isArray(place) || place.length !== 4 || !place.every((value) => typeof value === "number")) {
    throw wrongPlace(place);
  }
  const [timestamp, step, value, nan] = place as [number, number, number, number];
  return { timestamp, step, value, nan };
}

/** Points in MLflow's order (time, step, value), after a place in it. */
function pointsByTime(
  r: Reader,
  run: RunRecord,
  key: number,
  after: StoredPoint | undefined,
  most: number | undefined,
): Promise<Points> {
  return withSeries(r, run.id, key, least, greatest, async (series) => {
    const rest = (points: Points) =>
      after === undefined ? points : sliced(points, placeAfter(points, after), points.length);
    if (most === undefined || !inOrderOfTime(series)) {
      const all = rest(byTime(await allPoints(series)));
      return most === undefined ? all : sliced(all, 0, Math.min(most, all.length));
    }
    const found: Points[] = [];
    let length = 0;
    for (const stretch of series.stretches) {
      if (length >= most) break;
      if (after !== undefined && timesOf(stretch)[1] < after.timestamp) continue;
      const some = rest(byTime((await series.load([stretch]))[0] as Points));
      const taken = sliced(some, 0, Math.min(most - length, some.length));
      found.push(taken);
      length += taken.length;
    }
    return found.length === 0 ? noPoints : joined(found);
  });
}

/** Whether every stretch ends in time before the next one begins, so that they can be read one by one. */
function inOrderOfTime(series: Series): boolean {
  let before = Number.NEGATIVE_INFINITY;
  for (const stretch of series.stretches) {
    const [from, to] = timesOf(stretch);
    if (from < before) return false;
    before = to;
  }
  return true;
}

function timesOf({ block, points }: Stretch): [number, number] {
  if (block !== undefined) return [block.from_time, block.to_time];
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const time of points.times) {
    if (time < from) from = time;
    if (time > to) to = time;
  }
  return [from, to];
}

/** Place of the first point after another, among points by time. */
function placeAfter(points: Points, after: StoredPoint): number {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const one = pointAt(points, middle);
    const order =
      one.timestamp - after.timestamp ||
      one.step - after.step ||
      Math.sign(one.value - after.value) ||
      one.nan - after.nan;
    if (order > 0) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Histories of several runs, the points of each by time, at most `limit` in all. */
export async function bulkHistory(
  ctx: Ctx,
  project: string,
  runIds: readonly string[],
  key: string,
  limit: number,
): Promise<RunPoints[]> {
  return ctx.db.read(async (r) => {
    const series: RunPoints[] = [];
    let left = limit;
    const runs = new Map((await findRuns(r, project, runIds)).map((run) => [run.run_id, run]));
    for (const runId of [...new Set(runIds)].sort()) {
      const run = runs.get(runId);
      const id = run && (await findKeys(r, run.experiment_id, "metrics", [key])).get(key);
      if (run === undefined || id === undefined || left <= 0) continue;
      const points = await pointsByTime(r, run, id, undefined, left);
      left -= points.length;
      series.push({ runId, points });
    }
    return series;
  });
}

/**
 * At most so many points of each run, evenly spread by their number, the first and the last among them: as MLflow 3.17
 * samples. Only the blocks these points are in are opened.
 */
export async function sampledHistory(
  ctx: Ctx,
  project: string,
  search: { runIds: readonly string[]; key: string; from: number | undefined; to: number | undefined; most: number },
): Promise<RunPoints[]> {
  return ctx.db.read(async (r) => {
    const runs = new Map((await findRuns(r, project, search.runIds)).map((run) => [run.run_id, run]));
    const sampled: RunPoints[] = [];
    for (const runId of search.runIds) {
      const run = runs.get(runId);
      const key = run && (await findKeys(r, run.experiment_id, "metrics", [search.key])).get(search.key);
      if (run === undefined || key === undefined) continue;
      const points = await withSeries(r, run.id, key, search.from ?? least, search.to ?? greatest, (series) =>
        series.length <= search.most ? allPoints(series) : pointsAt(series, spread(series.length, search.most)),
      );
      sampled.push({ runId, points });
    }
    return sampled;
  });
}

/** Where `most` groups of nearly equal size begin among so many points; the last place is always the last point. */
function spread(length: number, most: number): number[] {
  const size = Math.floor(length / most);
  const larger = length % most;
  const places = Array.from({ length: most }, (_, i) => i * size + Math.min(i, larger));
  places[most - 1] = length - 1;
  return places;
}
