import type { Reader } from "#base/db/db.js";
import { chunksOf, placeholders } from "#base/db/rows.js";
import { decodeBlock } from "../model/metric-block.js";
import { between, fromRows, merged, type Points, type StoredPoint } from "../model/metric-points.js";

/** Where one metric of a run lies, as its blocks' summaries and open points say; repeats may be counted twice. */
export interface SeriesExtent {
  readonly run: number;
  readonly points: number;
  /** How many of them are rows, not in blocks. */
  readonly open: number;
  readonly firstStep: number;
  readonly lastStep: number;
  readonly firstTime: number;
  readonly lastTime: number;
  /** Of the values; absent when all are NaN. */
  readonly low: number | undefined;
  readonly high: number | undefined;
}

interface ExtentRow {
  readonly run_id: number;
  readonly points: number;
  readonly first_step: number;
  readonly last_step: number;
  readonly first_time: number;
  readonly last_time: number;
  readonly low: number | null;
  readonly high: number | null;
}

/** Extents of the runs that have points of these names between two steps, by run. `keys` are a name's integers, one an experiment. */
export async function extentsOf(
  r: Reader,
  runs: readonly number[],
  keys: readonly number[],
  from: number,
  to: number,
): Promise<Map<number, SeriesExtent>> {
  const found = new Map<number, SeriesExtent>();
  if (keys.length === 0) return found;
  const key = placeholders(keys);
  for (const chunk of chunksOf(runs)) {
    const list = placeholders(chunk);
    const which = `run_id in (${list.sql}) and key_id in (${key.sql})`;
    const parameters = [...list.parameters, ...key.parameters];
    // Open points first, as everywhere: what is sealed between the two looks is then counted twice, never not at all.
    const open = await r.all<ExtentRow>({
      sql: `select run_id, count(*) as points, min(step) as first_step, max(step) as last_step,
              min(timestamp) as first_time, max(timestamp) as last_time,
              min(case when nan = 0 then value end) as low, max(case when nan = 0 then value end) as high
            from metric_points where ${which} and step >= ? and step <= ? group by run_id`,
      parameters: [...parameters, from, to],
    });
    const blocks = await r.all<ExtentRow>({
      sql: `select run_id, sum(points) as points, min(first_step) as first_step, max(last_step) as last_step,
              min(from_time) as first_time, max(to_time) as last_time, min(low) as low, max(high) as high
            from metric_blocks where ${which} and last_step >= ? and first_step <= ? group by run_id`,
      parameters: [...parameters, from, to],
    });
    for (const one of [
      ...open.map((row) => toExtent(row, Number(row.points), from, to)),
      ...blocks.map((row) => toExtent(row, 0, from, to)),
    ]) {
      const before = found.get(one.run);
      found.set(one.run, before === undefined ? one : joinedExtent(before, one));
    }
  }
  return found;
}

function toExtent(row: ExtentRow, open: number, from: number, to: number): SeriesExtent {
  return {
    run: Number(row.run_id),
    points: Number(row.points),
    open,
    firstStep: Math.max(from, Number(row.first_step)),
    lastStep: Math.min(to, Number(row.last_step)),
    firstTime: Number(row.first_time),
    lastTime: Number(row.last_time),
    low: row.low ?? undefined,
    high: row.high ?? undefined,
  };
}

function joinedExtent(a: SeriesExtent, b: SeriesExtent): SeriesExtent {
  return {
    run: a.run,
    points: a.points + b.points,
    open: a.open + b.open,
    firstStep: Math.min(a.firstStep, b.firstStep),
    lastStep: Math.max(a.lastStep, b.lastStep),
    firstTime: Math.min(a.firstTime, b.firstTime),
    lastTime: Math.max(a.lastTime, b.lastTime),
    low: a.low === undefined ? b.low : b.low === undefined ? a.low : Math.min(a.low, b.low),
    high: a.high === undefined ? b.high : b.high === undefined ? a.high : Math.max(a.high, b.high),
  };
}

/**
 * Every point of these names between two steps, by run, in the order step, time, value and without repeats: two questions
 * for all of the runs together. A block and its bytes come in one row, so that a rewriting meanwhile tears nothing.
 */
export async function pointsOfRuns(
  r: Reader,
  runs: readonly number[],
  keys: readonly number[],
  from: number,
  to: number,
): Promise<Map<number, Points>> {
  const pieces = new Map<number, Points[]>();
  if (keys.length === 0) return new Map();
  const add = (run: number, points: Points) => {
    const before = pieces.get(run);
    if (before === undefined) pieces.set(run, [points]);
    else before.push(points);
  };
  const key = placeholders(keys);
  for (const chunk of chunksOf(runs)) {
    const list = placeholders(chunk);
    const parameters = [...list.parameters, ...key.parameters];
    const open = await r.all<StoredPoint & { run_id: number }>({
      sql: `select run_id, step, timestamp, value, nan from metric_points
            where run_id in (${list.sql}) and key_id in (${key.sql}) and step >= ? and step <= ?`,
      parameters: [...parameters, from, to],
    });
    const blocks = await r.all<{ run_id: number; data: Uint8Array }>({
      sql: `select b.run_id, d.data from metric_blocks b join metric_block_data d on d.id = b.id
            where b.run_id in (${list.sql}) and b.key_id in (${key.sql}) and b.last_step >= ? and b.first_step <= ?
            order by b.run_id, b.first_step, b.first_time, b.id`,
      parameters: [...parameters, from, to],
    });
    for (const row of blocks) add(Number(row.run_id), decodeBlock(row.data));
    for (const [run, rows] of Map.groupBy(open, (row) => Number(row.run_id))) add(run, fromRows(rows));
  }
  return new Map([...pieces].map(([run, lists]) => [run, between(merged(lists), from, to)]));
}
