import type { Reader } from "#base/db/db.js";

export interface StoredPoint {
  readonly step: number;
  readonly timestamp: number;
  readonly value: number;
  readonly nan: number;
}

export interface HistorySpan {
  /** Points in the span, counted no further than asked. */
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

/** Least and greatest step between two steps, each a step down the key; points are counted up to `most` and no further. */
export async function historySpan(
  r: Reader,
  run: number,
  key: number,
  from: number,
  to: number,
  most: number,
): Promise<HistorySpan> {
  const within = "from metric_points where run_id = ? and key_id = ? and step >= ? and step <= ?";
  const parameters = [run, key, from, to];
  const counted = await r.get<{ n: number }>({
    sql: `select count(*) as n from (select 1 ${within} limit ?) few`,
    parameters: [...parameters, most + 1],
  });
  const first = await r.get<{ step: number }>({ sql: `select step ${within} order by step limit 1`, parameters });
  const last = await r.get<{ step: number }>({ sql: `select step ${within} order by step desc limit 1`, parameters });
  return { points: Number(counted?.n ?? 0), first: first?.step ?? null, last: last?.step ?? null };
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

/**
 * One bucket, computed over every point in `[from, to)`: a stretch of the clustered key. NaN is stored as 0 beside a flag;
 * the plain aggregates are twice as fast as those that look at it, so these are asked only where there is one.
 */
export async function bucket(
  r: Reader,
  run: number,
  key: number,
  from: number,
  to: number,
): Promise<StoredBucket | undefined> {
  const within = "from metric_points where run_id = ? and key_id = ? and step >= ? and step < ?";
  const ends = "min(step) as step, max(step) as step_to, min(timestamp) as at, count(*) as count, sum(nan) as nan";
  const parameters = [run, key, from, to];
  const plain = await r.get<StoredBucket>({
    sql: `select ${ends}, min(value) as min, max(value) as max, avg(value) as mean ${within}`,
    parameters,
  });
  if (plain === undefined || Number(plain.count) === 0) return undefined;
  if (Number(plain.nan) === 0) return plain;
  return r.get<StoredBucket>({
    sql: `select ${ends}, min(case when nan = 0 then value end) as min, max(case when nan = 0 then value end) as max,
            avg(case when nan = 0 then value end) as mean ${within}`,
    parameters,
  });
}

/** Distinct steps of a metric, ascending. */
export async function steps(r: Reader, run: number, key: number, from: number, to: number): Promise<number[]> {
  const rows = await r.all<{ step: number }>({
    sql: `select distinct step from metric_points where run_id = ? and key_id = ? and step >= ? and step <= ? order by step`,
    parameters: [run, key, from, to],
  });
  return rows.map((row) => row.step);
}
