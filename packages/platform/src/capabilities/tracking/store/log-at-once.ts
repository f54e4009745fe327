import type { Db } from "#base/db/db.js";
import { keyKinds, type MetricPoint, toStored } from "../model.js";
import { type Grown, grownSeries, latestColumns, latestMoves } from "./log-metrics.js";

/** One point of one run, by the ids that clients know. */
export interface LoggedPoint {
  readonly project: string;
  readonly runId: string;
  readonly metric: MetricPoint;
}

/** What became of a point. `new name`: no run of the experiment has the metric yet, and nothing is written. */
export type Outcome = "logged" | "no run" | "deleted run" | "new name";

export interface LoggedAtOnce {
  /** Of each point, in their order. */
  readonly outcomes: readonly Outcome[];
  /** Series that are worth sealing now. */
  readonly grown: readonly Grown[];
}

/**
 * All that `insertMetrics` does to points whose names are known, as one statement of PostgreSQL: one round trip instead of three, and
 * one plan instead of seven. Points of the same series are one row of `series`; every writer takes the rows of `latest_metrics` in
 * one order, so that none waits for one that waits for it. `xmax` is 0 of a row that was inserted, not changed.
 */
const statement = `
  with given as (
    select * from unnest(?::int[], ?::text[], ?::text[], ?::text[], ?::bigint[], ?::bigint[], ?::float8[], ?::bigint[])
      as g (n, project, run_id, name, step, timestamp, value, nan)
  ), found as (
    select g.*, r.id as run, r.deleted, k.id as key
    from given g
      left join runs r on r.run_id = g.run_id and r.project = g.project
      left join run_keys k on k.experiment_id = r.experiment_id and k.kind = ${keyKinds.metrics} and k.name = g.name
  ), fit as (
    select * from found where deleted = 0 and key is not null
  ), points as (
    insert into metric_points (run_id, key_id, step, timestamp, value, nan)
    select run, key, step, timestamp, value, nan from fit order by run, key, step, timestamp
    on conflict (run_id, key_id, step, timestamp, value, nan) do nothing
  ), series as (
    select distinct on (run, key) run, key, value, nan, step, timestamp, count(*) over (partition by run, key) as open
    from fit order by run, key, step desc, timestamp desc, value desc
  ), latest as (
    insert into latest_metrics (${latestColumns})
    select run, key, value, nan, step, timestamp, open from series order by run, key
    on conflict (run_id, key_id) do update set ${latestMoves}
    returning run_id, key_id, open, xmax::text = '0' as is_new
  ), uses as (
    insert into run_key_uses (key_id, more) select key_id, count(*) from latest where is_new group by key_id
  )
  select f.n, f.run, f.deleted, f.key, s.open as added, l.open
  from found f
    left join series s on s.run = f.run and s.key = f.key
    left join latest l on l.run_id = f.run and l.key_id = f.key`;

/** Logs points of runs, each by itself: those that cannot be written do not touch the others. PostgreSQL only. */
export async function logAtOnce(db: Db, points: readonly LoggedPoint[]): Promise<LoggedAtOnce> {
  const stored = points.map(({ metric }) => ({ ...metric, ...toStored(metric.value) }));
  const rows = await db.writeOne<{
    n: number;
    run: number | null;
    deleted: number | null;
    key: number | null;
    added: number;
    open: number;
  }>({
    sql: statement,
    parameters: [
      points.map((_, n) => n),
      points.map((point) => point.project),
      points.map((point) => point.runId),
      stored.map((metric) => metric.key),
      stored.map((metric) => metric.step),
      stored.map((metric) => metric.timestamp),
      stored.map((metric) => metric.value),
      stored.map((metric) => metric.nan),
    ],
  });
  const outcomes: Outcome[] = [];
  const series = new Map<string, Grown & { added: number }>();
  for (const { n, run, deleted, key, added, open } of rows) {
    if (run === null) outcomes[n] = "no run";
    else if (deleted === 1) outcomes[n] = "deleted run";
    else if (key === null) outcomes[n] = "new name";
    else {
      outcomes[n] = "logged";
      series.set(`${run} ${key}`, { run, key, added: Number(added), open: Number(open) });
    }
  }
  return { outcomes, grown: grownSeries([...series.values()], points.length) };
}
