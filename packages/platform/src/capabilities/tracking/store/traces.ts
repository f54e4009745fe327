import type { Reader, Tx } from "#base/db/db.js";
import { chunksOf, insertRows, placeholders } from "#base/db/rows.js";
import type { TraceAssessmentRow, TraceRow, TraceSpanRow } from "../tables.js";

type Texts = "trace_tags" | "trace_metadata";

export function findTrace(r: Reader, project: string, traceId: string): Promise<TraceRow | undefined> {
  return r.get({ sql: "select * from traces where project = ? and trace_id = ?", parameters: [project, traceId] });
}

/** Those of the ids that are known, in no order. */
export async function findTraces(r: Reader, project: string, ids: readonly string[]): Promise<TraceRow[]> {
  const rows: TraceRow[] = [];
  for (const chunk of chunksOf(ids)) {
    const list = placeholders(chunk);
    rows.push(
      ...(await r.all<TraceRow>({
        sql: `select * from traces where project = ? and trace_id in (${list.sql})`,
        parameters: [project, ...list.parameters],
      })),
    );
  }
  return rows;
}

/** The trace as it is after an insert, or as somebody else made it first. */
export async function insertTrace(tx: Tx, trace: Omit<TraceRow, "id">): Promise<{ row: TraceRow; made: boolean }> {
  const inserted = await tx.get<TraceRow>({
    sql: `insert into traces (project, trace_id, experiment_id, name, state, started_at, duration, client_request_id,
            request_preview, response_preview, announced) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
          on conflict (project, trace_id) do nothing returning *`,
    parameters: [
      trace.project,
      trace.trace_id,
      trace.experiment_id,
      trace.name,
      trace.state,
      trace.started_at,
      trace.duration,
      trace.client_request_id,
      trace.request_preview,
      trace.response_preview,
      trace.announced,
    ],
  });
  if (inserted !== undefined) return { row: inserted, made: true };
  return { row: (await findTrace(tx, trace.project, trace.trace_id)) as TraceRow, made: false };
}

export async function updateTrace(tx: Tx, row: TraceRow): Promise<void> {
  await tx.run({
    sql: `update traces set name = ?, state = ?, started_at = ?, duration = ?, client_request_id = ?, request_preview = ?,
            response_preview = ?, announced = ? where id = ?`,
    parameters: [
      row.name,
      row.state,
      row.started_at,
      row.duration,
      row.client_request_id,
      row.request_preview,
      row.response_preview,
      row.announced,
      row.id,
    ],
  });
}

export async function upsertTraceTexts(
  tx: Tx,
  table: Texts,
  trace: number,
  texts: Readonly<Record<string, string>>,
): Promise<void> {
  const rows = Object.entries(texts).map(([key, value]) => [trace, key, value]);
  const tail = "on conflict (trace, key) do update set value = excluded.value";
  for (const statement of insertRows(`insert into ${table} (trace, key, value)`, rows, tail)) await tx.run(statement);
}

export function removeTraceTag(tx: Tx, trace: number, key: string): Promise<number> {
  return tx.run({ sql: "delete from trace_tags where trace = ? and key = ?", parameters: [trace, key] });
}

export async function linkTraces(tx: Tx, runId: string, traces: readonly number[]): Promise<void> {
  const rows = [...new Set(traces)].map((trace) => [runId, trace]);
  const tail = "on conflict (run_id, trace) do nothing";
  for (const statement of insertRows("insert into trace_runs (run_id, trace)", rows, tail)) await tx.run(statement);
}

export async function countTracesOf(r: Reader, project: string, runId: string): Promise<number> {
  const row = await r.get<{ n: number }>({
    sql: "select count(*) as n from trace_runs l join traces t on t.id = l.trace where l.run_id = ? and t.project = ?",
    parameters: [runId, project],
  });
  return Number(row?.n ?? 0);
}

export async function upsertSpans(tx: Tx, spans: readonly TraceSpanRow[]): Promise<void> {
  // One statement must not name a row twice: of a span sent twice the last is kept.
  const last = new Map(spans.map((span) => [`${span.trace} ${span.span_id}`, span]));
  const columns = ["trace", "span_id", "parent_id", "name", "type", "status", "started_at", "ended_at"] as const;
  const all = [...columns, "input_tokens", "output_tokens", "body"] as const;
  const set = all.slice(2).map((column) => `${column} = excluded.${column}`);
  const tail = `on conflict (trace, span_id) do update set ${set.join(", ")}`;
  const rows = [...last.values()].map((span) => all.map((column) => span[column]));
  const head = `insert into trace_spans (${all.join(", ")})`;
  for (const statement of insertRows(head, rows, tail)) await tx.run(statement);
}

/** What tokens are summed from. */
export function spanTokens(
  r: Reader,
  trace: number,
): Promise<Pick<TraceSpanRow, "span_id" | "parent_id" | "input_tokens" | "output_tokens">[]> {
  return r.all({
    sql: "select span_id, parent_id, input_tokens, output_tokens from trace_spans where trace = ?",
    parameters: [trace],
  });
}

/** Spans of traces, by trace and start. */
export async function spansOf(r: Reader, traces: readonly number[], limit: number): Promise<TraceSpanRow[]> {
  if (traces.length === 0) return [];
  const list = placeholders(traces);
  return r.all({
    sql: `select * from trace_spans where trace in (${list.sql}) order by trace, started_at, parent_id is not null, span_id limit ?`,
    parameters: [...list.parameters, limit],
  });
}

/** All that hangs on traces, for a page of them. */
export interface TraceContents {
  readonly row: TraceRow;
  readonly tags: Record<string, string>;
  readonly metadata: Record<string, string>;
  readonly runIds: string[];
  readonly spans: number;
  readonly assessments: TraceAssessmentRow[];
}

export async function traceContents(r: Reader, rows: readonly TraceRow[]): Promise<TraceContents[]> {
  const contents = new Map<number, TraceContents>(
    rows.map((row) => [row.id, { row, tags: {}, metadata: {}, runIds: [], spans: 0, assessments: [] }]),
  );
  for (const chunk of chunksOf([...contents.keys()])) {
    const list = placeholders(chunk);
    const all = <R>(columns: string, table: string, rest = "") =>
      r.all<R & { trace: number }>({
        sql: `select ${columns} from ${table} where trace in (${list.sql}) ${rest}`,
        parameters: list.parameters,
      });
    for (const kind of ["tags", "metadata"] as const) {
      for (const one of await all<{ key: string; value: string }>(
        "trace, key, value",
        `trace_${kind}`,
        "order by key",
      )) {
        (contents.get(one.trace) as TraceContents)[kind][one.key] = one.value;
      }
    }
    for (const one of await all<{ run_id: string }>("trace, run_id", "trace_runs", "order by run_id")) {
      contents.get(one.trace)?.runIds.push(one.run_id);
    }
    for (const one of await all<{ n: number }>("trace, count(*) as n", "trace_spans", "group by trace")) {
      const before = contents.get(one.trace) as TraceContents;
      contents.set(one.trace, { ...before, spans: Number(one.n) });
    }
    for (const one of await all<TraceAssessmentRow>("*", "trace_assessments", "order by created_at, id")) {
      contents.get(one.trace)?.assessments.push(one);
    }
  }
  return rows.map((row) => contents.get(row.id) as TraceContents);
}

export function findAssessment(r: Reader, trace: number, id: string): Promise<TraceAssessmentRow | undefined> {
  return r.get({ sql: "select * from trace_assessments where trace = ? and id = ?", parameters: [trace, id] });
}

export async function upsertAssessment(tx: Tx, row: TraceAssessmentRow): Promise<void> {
  await tx.run({
    sql: `insert into trace_assessments (trace, id, name, kind, value, number, valid, created_at, updated_at, body)
          values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (trace, id) do update set name = excluded.name,
            kind = excluded.kind, value = excluded.value, number = excluded.number, valid = excluded.valid,
            updated_at = excluded.updated_at, body = excluded.body`,
    parameters: [
      row.trace,
      row.id,
      row.name,
      row.kind,
      row.value,
      row.number,
      row.valid,
      row.created_at,
      row.updated_at,
      row.body,
    ],
  });
}

export async function markAssessment(tx: Tx, trace: number, id: string, valid: 0 | 1): Promise<void> {
  await tx.run({
    sql: "update trace_assessments set valid = ? where trace = ? and id = ?",
    parameters: [valid, trace, id],
  });
}

export async function removeAssessment(tx: Tx, trace: number, id: string): Promise<void> {
  await tx.run({ sql: "delete from trace_assessments where trace = ? and id = ?", parameters: [trace, id] });
}

/** The oldest traces of an experiment that began at or before a moment. */
export function oldestTraces(r: Reader, experiment: number, until: number, limit: number): Promise<TraceRow[]> {
  return r.all({
    sql: "select * from traces where experiment_id = ? and started_at <= ? order by started_at, id limit ?",
    parameters: [experiment, until, limit],
  });
}

/** Removes traces with all that hangs on them. */
export async function removeTraces(tx: Tx, traces: readonly number[]): Promise<void> {
  for (const chunk of chunksOf(traces)) {
    const list = placeholders(chunk);
    for (const table of ["trace_tags", "trace_metadata", "trace_runs", "trace_spans", "trace_assessments"]) {
      await tx.run({ sql: `delete from ${table} where trace in (${list.sql})`, parameters: list.parameters });
    }
    await tx.run({ sql: `delete from traces where id in (${list.sql})`, parameters: list.parameters });
  }
}
