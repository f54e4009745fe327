import type { Reader, Tx } from "#base/db/db.js";
import { placeholders } from "#base/db/rows.js";
import type { ExperimentRow } from "../tables.js";

export function findExperiment(r: Reader, project: string, id: number): Promise<ExperimentRow | undefined> {
  return r.get({ sql: "select * from experiments where id = ? and project = ?", parameters: [id, project] });
}

export function findExperimentByName(r: Reader, project: string, name: string): Promise<ExperimentRow | undefined> {
  return r.get({ sql: "select * from experiments where project = ? and name = ?", parameters: [project, name] });
}

/** The id clients know an experiment by, given its row's number. */
export async function experimentIdText(r: Reader, id: number): Promise<string> {
  if (id >= 0) return String(id);
  const row = await r.get<{ outer_id: string | null }>({
    sql: "select outer_id from experiments where id = ?",
    parameters: [id],
  });
  return row?.outer_id ?? String(id);
}

export async function insertExperiment(
  tx: Tx,
  experiment: Omit<ExperimentRow, "id" | "deleted" | "outer_id"> & {
    id?: number | undefined;
    deleted?: number;
    outer_id?: string | null;
  },
): Promise<ExperimentRow> {
  const { id, project, name, artifact_location, created_at, updated_at } = experiment;
  const columns = "project, name, deleted, artifact_location, created_at, updated_at, outer_id";
  const values = [
    project,
    name,
    experiment.deleted ?? 0,
    artifact_location,
    created_at,
    updated_at,
    experiment.outer_id ?? null,
  ];
  const row = await tx.get<ExperimentRow>(
    id === undefined
      ? { sql: `insert into experiments (${columns}) values (?, ?, ?, ?, ?, ?, ?) returning *`, parameters: values }
      : {
          sql: `insert into experiments (id, ${columns}) values (?, ?, ?, ?, ?, ?, ?, ?) returning *`,
          parameters: [id, ...values],
        },
  );
  return row as ExperimentRow;
}

export async function updateExperiment(
  tx: Tx,
  id: number,
  change: { name?: string; deleted?: number; artifact_location?: string },
  now: number,
): Promise<void> {
  await tx.run({
    sql: `update experiments set name = coalesce(?, name), deleted = coalesce(?, deleted),
            artifact_location = coalesce(?, artifact_location), updated_at = ? where id = ?`,
    parameters: [change.name ?? null, change.deleted ?? null, change.artifact_location ?? null, now, id],
  });
}

export async function upsertExperimentTag(tx: Tx, id: number, key: string, value: string): Promise<void> {
  await tx.run({
    sql: `insert into experiment_tags (experiment_id, key, value) values (?, ?, ?)
          on conflict (experiment_id, key) do update set value = excluded.value`,
    parameters: [id, key, value],
  });
}

export function removeExperimentTag(tx: Tx, id: number, key: string): Promise<number> {
  return tx.run({ sql: "delete from experiment_tags where experiment_id = ? and key = ?", parameters: [id, key] });
}

/** Tags by experiment. */
export async function experimentTags(
  r: Reader,
  ids: readonly number[],
): Promise<Map<number, { key: string; value: string }[]>> {
  const tags = new Map<number, { key: string; value: string }[]>(ids.map((id) => [id, []]));
  if (ids.length === 0) return tags;
  const list = placeholders(ids);
  const rows = await r.all<{ experiment_id: number; key: string; value: string }>({
    sql: `select experiment_id, key, value from experiment_tags where experiment_id in (${list.sql}) order by key`,
    parameters: list.parameters,
  });
  for (const { experiment_id, key, value } of rows) tags.get(experiment_id)?.push({ key, value });
  return tags;
}

export interface RunCounts {
  readonly runs: number;
  readonly running: number;
  readonly failed: number;
  readonly lastRunAt: number | undefined;
}

/** Exact counts of active runs, read from the index by status. */
export async function experimentCounts(r: Reader, id: number): Promise<RunCounts> {
  const rows = await r.all<{ status: string; n: number }>({
    sql: "select status, count(*) as n from runs where experiment_id = ? and deleted = 0 group by status",
    parameters: [id],
  });
  const last = await r.get<{ start_time: number }>({
    sql: "select start_time from runs where experiment_id = ? and deleted = 0 order by start_time desc limit 1",
    parameters: [id],
  });
  const of = (status: string) => Number(rows.find((row) => row.status === status)?.n ?? 0);
  return {
    runs: rows.reduce((sum, row) => sum + Number(row.n), 0),
    running: of("RUNNING"),
    failed: of("FAILED"),
    lastRunAt: last?.start_time,
  };
}

/** Ids of the project's experiments, deleted ones included. */
export async function seenExperiments(
  r: Reader,
  project: string,
  sees: ((id: string) => boolean) | "all",
  asked?: readonly string[],
): Promise<number[]> {
  const wanted = asked && new Set(asked.map(Number));
  const rows = await r.all<{ id: number }>({
    sql: "select id from experiments where project = ? order by id",
    parameters: [project],
  });
  return rows
    .map((row) => row.id)
    .filter((id) => (wanted === undefined || wanted.has(id)) && (sees === "all" || sees(String(id))));
}

/** Runs of the experiments, deleted ones included. */
export async function countAllRuns(r: Reader, ids: readonly number[]): Promise<number> {
  if (ids.length === 0) return 0;
  const list = placeholders(ids);
  const row = await r.get<{ n: number }>({
    sql: `select count(*) as n from runs where experiment_id in (${list.sql})`,
    parameters: list.parameters,
  });
  return Number(row?.n ?? 0);
}
