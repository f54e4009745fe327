import type { Reader, Tx } from "#base/db/db.js";
import { placeholders } from "#base/db/rows.js";
import { removeTraces } from "./traces.js";

/** Removes at most so many traces of an experiment that is gone, with all that is in them; answers how many went. */
export async function removeSomeTraces(tx: Tx, experimentId: number, most: number): Promise<number> {
  const traces = await tx.all<{ id: number }>({
    sql: "select id from traces where experiment_id = ? order by id limit ?",
    parameters: [experimentId, most],
  });
  await removeTraces(
    tx,
    traces.map((trace) => trace.id),
  );
  return traces.length;
}

/** The next experiment, in the order of their integers, with a trace that began before an instant. */
export function nextWithTracesBefore(
  r: Reader,
  before: number,
  after: number,
): Promise<{ id: number; project: string } | undefined> {
  return r.get({
    sql: `select e.id, e.project from experiments e
          where e.id > ? and exists (select 1 from traces t where t.experiment_id = e.id and t.started_at < ?)
          order by e.id limit 1`,
    parameters: [after, before],
  });
}

/** Traces of an experiment in the order they began, after one of them. */
export function tracesByStart(
  r: Reader,
  experimentId: number,
  after: { readonly startedAt: number; readonly id: number } | undefined,
  limit: number,
): Promise<{ id: number; started_at: number }[]> {
  const rest = after === undefined ? "" : "and (started_at > ? or (started_at = ? and id > ?))";
  const place = after === undefined ? [] : [after.startedAt, after.startedAt, after.id];
  return r.all({
    sql: `select id, started_at from traces where experiment_id = ? ${rest} order by started_at, id limit ?`,
    parameters: [experimentId, ...place, limit],
  });
}

/** How many spans traces have, and how long these are. */
export async function spanAmounts(
  r: Reader,
  traces: readonly number[],
): Promise<Map<number, { spans: number; bytes: number }>> {
  const list = placeholders(traces);
  const rows = await r.all<{ trace: number; spans: number; bytes: number | null }>({
    sql: `select trace, count(*) as spans, sum(length(body)) as bytes from trace_spans
          where trace in (${list.sql}) group by trace`,
    parameters: list.parameters,
  });
  return new Map(rows.map((row) => [row.trace, { spans: Number(row.spans), bytes: Number(row.bytes ?? 0) }]));
}
