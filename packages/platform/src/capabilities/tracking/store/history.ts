import type { Reader } from "#base/db/db.js";

export interface StoredPoint {
  readonly step: number;
  readonly timestamp: number;
  readonly value: number;
  readonly nan: number;
}

export interface HistorySpan {
  readonly points: number;
  readonly first: number | null;
  readonly last: number | null;
}

export interface StoredBucket {
  readonly step: number;
  readonly step_to: number;
  readonly at: number;
  readonly count: number;
  readonly nan: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
}

/** How many points there are between two steps, and the least and greatest step. */
export async function historySpan(r: Reader, run: number, key: number, from: number, to: number): Promise<HistorySpan> {
  const row = await r.get<HistorySpan>({
    sql: `select count(*) as points, min(step) as first, max(step) as last from metric_points
          where run_id = ? and key_id = ? and step >= ? and step <= ?`,
    parameters: [run, key, from, to],
  });
  return { points: Number(row?.points ?? 0), first: row?.first ?? null, last: row?.last ?? null };
}

/** Points between two steps in the order step, time, value. */
export function points(r: Reader, run: number, key: number, from: number, to: number): Promise<StoredPoint[]> {
  return r.all({
    sql: `select step, timestamp, value, nan from metric_points
          where run_id = ? and key_id = ? and step >= ? and step <= ? order by step, timestamp, value`,
    parameters: [run, key, from, to],
  });
}

/** Points in MLflow's order (time, step, value), after a place in it. */
export function pointsByTime(
  r: Reader,
  run: number,
  key: number,
  after: StoredPoint | undefined,
  limit: number | undefined,
): Promise<StoredPoint[]> {
  const place = after === undefined ? "" : "and (timestamp, step, value, nan) > (?, ?, ?, ?)";
  return r.all({
    sql: `select step, timestamp, value, nan from metric_points where run_id = ? and key_id = ? ${place}
          order by timestamp, step, value, nan ${limit === undefined ? "" : "limit ?"}`,
    parameters: [
      run,
      key,
      ...(after === undefined ? [] : [after.timestamp, after.step, after.value, after.nan]),
      ...(limit === undefined ? [] : [limit]),
    ],
  });
}

/** One bucket, computed over every point in `[from, to)`: a stretch of the clustered key, read once. */
export async function bucket(
  r: Reader,
  run: number,
  key: number,
  from: number,
  to: number,
): Promise<StoredBucket | undefined> {
  const row = await r.get<StoredBucket>({
    sql: `select min(step) as step, max(step) as step_to, min(timestamp) as at, count(*) as count, sum(nan) as nan,
            min(case when nan = 0 then value end) as min, max(case when nan = 0 then value end) as max,
            avg(case when nan = 0 then value end) as mean
          from metric_points where run_id = ? and key_id = ? and step >= ? and step < ?`,
    parameters: [run, key, from, to],
  });
  return row === undefined || Number(row.count) === 0 ? undefined : row;
}

/** Distinct steps of a metric, ascending. */
export async function steps(r: Reader, run: number, key: number, from: number, to: number): Promise<number[]> {
  const rows = await r.all<{ step: number }>({
    sql: `select distinct step from metric_points where run_id = ? and key_id = ? and step >= ? and step <= ? order by step`,
    parameters: [run, key, from, to],
  });
  return rows.map((row) => row.step);
}
