import type { Reader, Tx } from "#base/db/db.js";
import { insertRows } from "#base/db/rows.js";
import { decodeBlock } from "../model/metric-block.js";
import { type Points, picked, pointAt, type StoredPoint } from "../model/metric-points.js";
import { allPoints, withSeries } from "./history.js";
import { uncountKey } from "./keys.js";
import { findBlocks, insertBlocks, loadBlocks, sealSeries, takeBlocks } from "./metric-blocks.js";

const [least, greatest] = [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];

/** Points of one metric: all, those of a step, or those of one time of a step. */
export interface PointSpan {
  readonly step?: number | undefined;
  readonly timestamp?: number | undefined;
}

/** Places of the points that lie in the span, or, turned round, of those that do not. */
function places(points: Points, span: PointSpan, inside: boolean): number[] {
  const found: number[] = [];
  for (let i = 0; i < points.length; i++) {
    const within =
      (span.step === undefined || points.steps[i] === span.step) &&
      (span.timestamp === undefined || points.times[i] === span.timestamp);
    if (within === inside) found.push(i);
  }
  return found;
}

async function pointsIn(r: Reader, run: number, key: number, span: PointSpan): Promise<Points> {
  const points = await withSeries(r, run, key, span.step ?? least, span.step ?? greatest, allPoints);
  return picked(points, places(points, span, true));
}

/** At most so many points of the span, in order. */
export async function findPoints(
  r: Reader,
  run: number,
  key: number,
  span: PointSpan,
  most: number,
): Promise<StoredPoint[]> {
  const points = await pointsIn(r, run, key, span);
  return Array.from({ length: Math.min(most, points.length) }, (_, i) => pointAt(points, i));
}

/** Keeps the points a correction is about to remove, all of them. */
export async function keepPoints(tx: Tx, correction: string, run: number, key: number, span: PointSpan): Promise<void> {
  const points = await pointsIn(tx, run, key, span);
  const rows = Array.from({ length: points.length }, (_, i) => {
    const { step, timestamp, value, nan } = pointAt(points, i);
    return [correction, step, timestamp, value, nan];
  });
  const head = "insert into corrected_points (correction_id, step, timestamp, value, nan)";
  for (const insert of insertRows(head, rows)) await tx.run(insert);
}

/**
 * Removes points of one metric and makes its latest value right again; a metric without a point is no metric of the run.
 * Answers how many went. The series is sealed first, so that every point is in one place; then only the blocks that the
 * span touches are written anew.
 */
export async function removePoints(tx: Tx, run: number, key: number, span: PointSpan): Promise<number> {
  await sealSeries(tx, run, key);
  let removed = 0;
  for (const block of await findBlocks(tx, run, key, span.step ?? least, span.step ?? greatest)) {
    for (const points of await takeBlocks(tx, run, key, [block])) {
      const kept = picked(points, places(points, span, false));
      removed += points.length - kept.length;
      if (kept.length > 0) await insertBlocks(tx, run, key, kept);
    }
  }
  const last = await lastPoint(tx, run, key);
  if (last === undefined) {
    const gone = await tx.run({
      sql: "delete from latest_metrics where run_id = ? and key_id = ?",
      parameters: [run, key],
    });
    if (gone > 0) await uncountKey(tx, key);
    return removed;
  }
  await tx.run({
    sql: "update latest_metrics set value = ?, nan = ?, step = ?, timestamp = ? where run_id = ? and key_id = ?",
    parameters: [last.value, last.nan, last.step, last.timestamp, run, key],
  });
  return removed;
}

/** The greatest point of a series that is wholly sealed. */
async function lastPoint(tx: Tx, run: number, key: number): Promise<StoredPoint | undefined> {
  const block = (await findBlocks(tx, run, key, least, greatest)).at(-1);
  const bytes = block === undefined ? undefined : (await loadBlocks(tx, [block.id]))?.get(block.id);
  if (bytes === undefined) return undefined;
  const points = decodeBlock(bytes);
  return pointAt(points, points.length - 1);
}

/** Removes some points of a run that is gone, whatever their metric: so many rows or so many blocks; answers how many points went. */
export async function removeSomePoints(tx: Tx, run: number, most: number): Promise<number> {
  const edge = await tx.get<StoredPoint & { key_id: number }>({
    sql: `select key_id, step, timestamp, value, nan from metric_points where run_id = ?
          order by key_id, step, timestamp, value, nan limit 1 offset ?`,
    parameters: [run, most],
  });
  if (edge !== undefined) {
    return tx.run({
      sql: "delete from metric_points where run_id = ? and (key_id, step, timestamp, value, nan) < (?, ?, ?, ?, ?)",
      parameters: [run, edge.key_id, edge.step, edge.timestamp, edge.value, edge.nan],
    });
  }
  const rows = await tx.run({ sql: "delete from metric_points where run_id = ?", parameters: [run] });
  const blocks = await tx.all<{ key_id: number; id: number; points: number }>({
    sql: "select key_id, id, points from metric_blocks where run_id = ? order by key_id, first_step, first_time, id limit ?",
    parameters: [run, most],
  });
  for (const { key_id, id } of blocks) {
    await tx.run({ sql: "delete from metric_block_data where id = ?", parameters: [id] });
    await tx.run({
      sql: "delete from metric_blocks where run_id = ? and key_id = ? and id = ?",
      parameters: [run, key_id, id],
    });
  }
  if (blocks.length < most) await tx.run({ sql: "delete from runs_to_seal where run_id = ?", parameters: [run] });
  return rows + blocks.reduce((sum, block) => sum + Number(block.points), 0);
}

/** Puts every point of a run into one place, so that an exact repeat of a sealed point is not there twice. */
export async function settlePoints(tx: Tx, run: number): Promise<void> {
  const both = await tx.all<{ key_id: number }>({
    sql: `select distinct m.key_id from metric_points m where m.run_id = ?
            and exists (select 1 from metric_blocks b where b.run_id = m.run_id and b.key_id = m.key_id)`,
    parameters: [run],
  });
  for (const { key_id } of both) await sealSeries(tx, run, key_id);
}

/** Points of a run, counted; an exact repeat that is not sealed yet may count twice. */
export async function countPoints(r: Reader, run: number): Promise<number> {
  const row = await r.get<{ n: number }>({
    sql: `select (select count(*) from metric_points where run_id = ?)
            + coalesce((select sum(points) from metric_blocks where run_id = ?), 0) as n`,
    parameters: [run, run],
  });
  return Number(row?.n ?? 0);
}

/** Gives the points of one metric of a run another key, as moving it to another experiment does. */
export async function rekeyPoints(tx: Tx, run: number, from: number, to: number): Promise<void> {
  for (const table of ["metric_points", "metric_blocks"]) {
    await tx.run({
      sql: `update ${table} set key_id = ? where run_id = ? and key_id = ?`,
      parameters: [to, run, from],
    });
  }
}

/** An open point: two integers for its series, step, time, value and the flag, as stored without what the database adds. */
const pointBytes = 41;

/** Points of the runs of an experiment between two integers, open and sealed ones. */
export async function pointsBetween(
  r: Reader,
  experimentId: number,
  from: number,
  to: number,
): Promise<{ rows: number; bytes: number }> {
  const parameters = [experimentId, from, to];
  const within = "r.experiment_id = ? and r.id >= ? and r.id <= ?";
  const open = await r.get<{ n: number }>({
    sql: `select count(*) as n from runs r join metric_points p on p.run_id = r.id where ${within}`,
    parameters,
  });
  const sealed = await r.get<{ n: number | null; bytes: number | null }>({
    sql: `select sum(b.points) as n, sum(length(d.data)) as bytes from runs r
          join metric_blocks b on b.run_id = r.id join metric_block_data d on d.id = b.id where ${within}`,
    parameters,
  });
  const rows = Number(open?.n ?? 0);
  return { rows: rows + Number(sealed?.n ?? 0), bytes: rows * pointBytes + Number(sealed?.bytes ?? 0) };
}
