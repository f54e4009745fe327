import type { Reader, Tx } from "#base/db/db.js";
import type { StoredPoint } from "./history.js";
import { uncountKey } from "./keys.js";

// Everything that removes, moves or counts points as they are stored: what is kept beside them is kept right here.

/** Points of one metric: all, those of a step, or those of one time of a step. */
export interface PointSpan {
  readonly step?: number | undefined;
  readonly timestamp?: number | undefined;
}

function within(run: number, key: number, span: PointSpan): { sql: string; parameters: number[] } {
  const parts = ["run_id = ?", "key_id = ?"];
  const parameters = [run, key];
  if (span.step !== undefined) {
    parts.push("step = ?");
    parameters.push(span.step);
  }
  if (span.timestamp !== undefined) {
    parts.push("timestamp = ?");
    parameters.push(span.timestamp);
  }
  return { sql: parts.join(" and "), parameters };
}

export function findPoints(r: Reader, run: number, key: number, span: PointSpan, most: number): Promise<StoredPoint[]> {
  const where = within(run, key, span);
  return r.all({
    sql: `select step, timestamp, value, nan from metric_points where ${where.sql} order by step, timestamp, value, nan limit ?`,
    parameters: [...where.parameters, most],
  });
}

/** Keeps the points a correction is about to remove, all of them. */
export async function keepPoints(tx: Tx, correction: string, run: number, key: number, span: PointSpan): Promise<void> {
  const where = within(run, key, span);
  await tx.run({
    sql: `insert into corrected_points (correction_id, step, timestamp, value, nan)
          select cast(? as text), step, timestamp, value, nan from metric_points where ${where.sql}`,
    parameters: [correction, ...where.parameters],
  });
}

/**
 * Removes points of one metric and makes its latest value right again; a metric without a point is no metric of the run.
 * Answers how many went. Whatever is kept beside the points (sums, rollups) is kept right here.
 */
export async function removePoints(tx: Tx, run: number, key: number, span: PointSpan): Promise<number> {
  const where = within(run, key, span);
  const removed = await tx.run({ sql: `delete from metric_points where ${where.sql}`, parameters: where.parameters });
  const last = await tx.get<StoredPoint>({
    sql: `select step, timestamp, value, nan from metric_points where run_id = ? and key_id = ?
          order by step desc, timestamp desc, value desc, nan desc limit 1`,
    parameters: [run, key],
  });
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

/** Removes at most so many points of a run that is gone, whatever their metric; answers how many went. */
export async function removeSomePoints(tx: Tx, run: number, most: number): Promise<number> {
  const edge = await tx.get<StoredPoint & { key_id: number }>({
    sql: `select key_id, step, timestamp, value, nan from metric_points where run_id = ?
          order by key_id, step, timestamp, value, nan limit 1 offset ?`,
    parameters: [run, most],
  });
  if (edge === undefined) return tx.run({ sql: "delete from metric_points where run_id = ?", parameters: [run] });
  return tx.run({
    sql: "delete from metric_points where run_id = ? and (key_id, step, timestamp, value, nan) < (?, ?, ?, ?, ?)",
    parameters: [run, edge.key_id, edge.step, edge.timestamp, edge.value, edge.nan],
  });
}

/** Points of runs, counted. */
export async function countPoints(r: Reader, run: number): Promise<number> {
  const row = await r.get<{ n: number }>({
    sql: "select count(*) as n from metric_points where run_id = ?",
    parameters: [run],
  });
  return Number(row?.n ?? 0);
}

/** Gives the points of one metric of a run another key, as moving it to another experiment does. */
export async function rekeyPoints(tx: Tx, run: number, from: number, to: number): Promise<void> {
  await tx.run({
    sql: "update metric_points set key_id = ? where run_id = ? and key_id = ?",
    parameters: [to, run, from],
  });
}

/** Points of the runs of an experiment between two integers. */
export async function pointsBetween(r: Reader, experimentId: number, from: number, to: number): Promise<number> {
  const row = await r.get<{ n: number }>({
    sql: `select count(*) as n from runs r join metric_points p on p.run_id = r.id
          where r.experiment_id = ? and r.id >= ? and r.id <= ?`,
    parameters: [experimentId, from, to],
  });
  return Number(row?.n ?? 0);
}
