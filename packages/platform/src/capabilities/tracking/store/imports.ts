import type { Reader, Tx } from "#base/db/db.js";
import { chunksOf, placeholders } from "#base/db/rows.js";
import type { ExperimentRow, ImportRow } from "../tables.js";
import { countPoints } from "./point-removal.js";

export function findImport(r: Reader, project: string, id: string): Promise<ImportRow | undefined> {
  return r.get({ sql: "select * from imports where project = ? and id = ?", parameters: [project, id] });
}

/** The import from a source that was begun and not finished. */
export function findUnfinished(r: Reader, project: string, source: string): Promise<ImportRow | undefined> {
  return r.get({
    sql: `select * from imports where project = ? and source = ? and state = 'running'
          order by started_at desc, id desc limit 1`,
    parameters: [project, source],
  });
}

export function listImports(
  r: Reader,
  project: string,
  before: { at: number; id: string } | undefined,
  limit: number,
): Promise<ImportRow[]> {
  return r.all({
    sql: `select * from imports where project = ? ${before === undefined ? "" : "and (started_at, id) < (?, ?)"}
          order by started_at desc, id desc limit ?`,
    parameters: [project, ...(before === undefined ? [] : [before.at, before.id]), limit],
  });
}

export async function insertImport(tx: Tx, row: ImportRow): Promise<void> {
  await tx.run({
    sql: `insert into imports (id, project, source, kind, state, started_at, finished_at, caused_by, report)
          values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    parameters: [
      row.id,
      row.project,
      row.source,
      row.kind,
      row.state,
      row.started_at,
      row.finished_at,
      row.caused_by,
      row.report,
    ],
  });
}

export async function endImport(
  tx: Tx,
  id: string,
  state: ImportRow["state"],
  report: string | null,
  now: number,
): Promise<void> {
  await tx.run({
    sql: "update imports set state = ?, report = ?, finished_at = ? where id = ?",
    parameters: [state, report, now, id],
  });
}

/** Wholly taken runs by import. */
export async function countDoneRuns(r: Reader, ids: readonly string[]): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  if (ids.length === 0) return counts;
  const list = placeholders(ids);
  const rows = await r.all<{ import_id: string; n: number }>({
    sql: `select import_id, count(*) as n from import_runs where done = 1 and import_id in (${list.sql}) group by import_id`,
    parameters: list.parameters,
  });
  for (const row of rows) counts.set(row.import_id, Number(row.n));
  return counts;
}

/** The experiment here that stands for one of the source. */
export function findImportedExperiment(
  r: Reader,
  importId: string,
  sourceId: string,
): Promise<ExperimentRow | undefined> {
  return r.get({
    sql: `select e.* from import_experiments i join experiments e on e.id = i.experiment_id
          where i.import_id = ? and i.source_id = ?`,
    parameters: [importId, sourceId],
  });
}

export async function noteExperiment(tx: Tx, importId: string, sourceId: string, id: number): Promise<void> {
  await tx.run({
    sql: `insert into import_experiments (import_id, source_id, experiment_id) values (?, ?, ?)
          on conflict (import_id, source_id) do nothing`,
    parameters: [importId, sourceId, id],
  });
}

/** Whether the import began a run (0) or has it whole (1); undefined when it does not know it. */
export async function findRunMark(r: Reader, importId: string, runId: string): Promise<0 | 1 | undefined> {
  const row = await r.get<{ done: number }>({
    sql: "select done from import_runs where import_id = ? and run_id = ?",
    parameters: [importId, runId],
  });
  return row === undefined ? undefined : row.done === 1 ? 1 : 0;
}

export async function markRun(tx: Tx, importId: string, runId: string, done: 0 | 1): Promise<void> {
  await tx.run({
    sql: `insert into import_runs (import_id, run_id, done) values (?, ?, ?)
          on conflict (import_id, run_id) do update set done = excluded.done`,
    parameters: [importId, runId, done],
  });
}

/** Whether an id is taken by an experiment of any project. */
export async function experimentIdTaken(r: Reader, id: number): Promise<boolean> {
  return (await r.get({ sql: "select id from experiments where id = ?", parameters: [id] })) !== undefined;
}

export function findByOuterId(r: Reader, project: string, outerId: string): Promise<ExperimentRow | undefined> {
  return r.get({
    sql: "select * from experiments where project = ? and outer_id = ?",
    parameters: [project, outerId],
  });
}

/** Outer ids of experiments whose own number is negative. */
export async function outerIds(r: Reader, ids: readonly number[]): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  for (const chunk of chunksOf(ids)) {
    const list = placeholders(chunk);
    const rows = await r.all<{ id: number; outer_id: string }>({
      sql: `select id, outer_id from experiments where outer_id is not null and id in (${list.sql})`,
      parameters: list.parameters,
    });
    for (const row of rows) found.set(row.id, row.outer_id);
  }
  return found;
}

/** A number below zero that no experiment has. */
export async function nextNegativeId(tx: Tx): Promise<number> {
  const row = await tx.get<{ least: number | null }>({
    sql: "select min(id) as least from experiments",
    parameters: [],
  });
  return Math.min(Number(row?.least ?? 0), 0) - 1;
}

/** PostgreSQL does not see ids that were given; without this its next own id might be one of them. */
export async function skipGivenIds(tx: Tx): Promise<void> {
  if (tx.dialect !== "postgres") return;
  await tx.get({
    sql: `select setval(pg_get_serial_sequence('experiments', 'id'),
            greatest((select max(id) from experiments), (select last_value from experiments_id_seq), 1))`,
    parameters: [],
  });
}

export interface RunCounts {
  readonly points: number;
  readonly params: number;
  readonly tags: number;
  readonly inputs: number;
  readonly models: number;
}

/** What is stored of runs, counted row by row, by the run's number. */
export async function countRunContents(r: Reader, runs: readonly number[]): Promise<Map<number, RunCounts>> {
  const counts = new Map<number, Record<keyof RunCounts, number>>(
    runs.map((id) => [id, { points: 0, params: 0, tags: 0, inputs: 0, models: 0 }]),
  );
  const tables = {
    params: "params",
    tags: "run_tags",
    inputs: "run_inputs",
    models: "run_models",
  } as const;
  for (const chunk of chunksOf(runs)) {
    const list = placeholders(chunk);
    for (const run of chunk) (counts.get(run) as Record<keyof RunCounts, number>).points = await countPoints(r, run);
    for (const [kind, table] of Object.entries(tables)) {
      const rows = await r.all<{ run_id: number; n: number }>({
        sql: `select run_id, count(*) as n from ${table} where run_id in (${list.sql}) group by run_id`,
        parameters: list.parameters,
      });
      for (const row of rows) {
        const of = counts.get(row.run_id);
        if (of !== undefined) of[kind as keyof RunCounts] = Number(row.n);
      }
    }
  }
  return counts;
}

export async function countModelMetrics(r: Reader, modelId: string): Promise<number> {
  const row = await r.get<{ n: number }>({
    sql: "select count(*) as n from logged_model_metrics where model_id = ?",
    parameters: [modelId],
  });
  return Number(row?.n ?? 0);
}

/** Whether a run or logged model of any project has an id: ids mean one record in the whole server. */
export async function idTaken(r: Reader, table: "runs" | "logged_models", id: string): Promise<boolean> {
  const column = table === "runs" ? "run_id" : "model_id";
  const row = await r.get({ sql: `select ${column} from ${table} where ${column} = ?`, parameters: [id] });
  return row !== undefined;
}
