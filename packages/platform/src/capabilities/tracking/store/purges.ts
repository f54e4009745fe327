import type { Reader, Tx } from "#base/db/db.js";
import { chunksOf, placeholders } from "#base/db/rows.js";
import type { PurgeScope } from "../model/purge.js";
import type { ExperimentRow, LoggedModelRow, PurgeRow, RemainsRow, RetentionRow, RunRecord } from "../tables.js";

export async function insertPurge(tx: Tx, row: PurgeRow): Promise<void> {
  await tx.run({
    sql: `insert into purges (id, project, kind, scope, deleted_before, state, caused_by, door, reason, at, finished_at,
            counts, refused, refused_total, place) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    parameters: [
      row.id,
      row.project,
      row.kind,
      row.scope,
      row.deleted_before,
      row.state,
      row.caused_by,
      row.door,
      row.reason,
      row.at,
      row.finished_at,
      row.counts,
      row.refused,
      row.refused_total,
      row.place,
    ],
  });
}

export function findPurge(r: Reader, project: string, id: string): Promise<PurgeRow | undefined> {
  return r.get({ sql: "select * from purges where project = ? and id = ?", parameters: [project, id] });
}

/** Newest first, before an id. */
export function findPurges(r: Reader, project: string, before: string | undefined, limit: number): Promise<PurgeRow[]> {
  return r.all({
    sql: `select * from purges where project = ? ${before === undefined ? "" : "and id < ?"} order by id desc limit ?`,
    parameters: [project, ...(before === undefined ? [] : [before]), limit],
  });
}

export async function updatePurge(
  tx: Tx,
  id: string,
  change: Partial<Pick<PurgeRow, "state" | "finished_at" | "counts" | "refused" | "refused_total" | "place">>,
): Promise<void> {
  await tx.run({
    sql: `update purges set state = coalesce(?, state), finished_at = coalesce(?, finished_at), counts = coalesce(?, counts),
            refused = coalesce(?, refused), refused_total = coalesce(?, refused_total), place = coalesce(?, place) where id = ?`,
    parameters: [
      change.state ?? null,
      change.finished_at ?? null,
      change.counts ?? null,
      change.refused ?? null,
      change.refused_total ?? null,
      change.place ?? null,
      id,
    ],
  });
}

function withIds(column: string, scope: PurgeScope): { sql: string; parameters: readonly unknown[] } {
  if (scope.ids === undefined) return { sql: "", parameters: [] };
  const list = placeholders(scope.ids);
  return { sql: `and ${column} in (${list.sql})`, parameters: list.parameters };
}

/** Deleted runs in the order of their integers, after one. Those deleted before instants were kept count as deleted now. */
export function deletedRuns(
  r: Reader,
  asked: { project: string; scope: PurgeScope; before: number; now: number; after: number; limit: number },
): Promise<RunRecord[]> {
  const ids = withIds("r.run_id", asked.scope);
  const of = asked.scope.experimentId;
  return r.all({
    sql: `select r.* from runs r where r.project = ? and r.deleted = 1 and r.id > ? and coalesce(r.deleted_at, ?) <= ?
          and r.experiment_id in (${of === undefined ? `select id from experiments where project = ?${asked.scope.outside === true ? " and deleted = 0" : ""}` : "?"}) ${ids.sql}
          order by r.id limit ?`,
    parameters: [
      asked.project,
      asked.after,
      asked.now,
      asked.before,
      of ?? asked.project,
      ...ids.parameters,
      asked.limit,
    ],
  });
}

/** Deleted experiments, after one. Deleting is the last thing that changes one. */
export function deletedExperiments(
  r: Reader,
  asked: { project: string; scope: PurgeScope; before: number; after: number; limit: number },
): Promise<ExperimentRow[]> {
  const ids = withIds("id", { ids: asked.scope.ids?.map(String) });
  return r.all({
    sql: `select * from experiments where project = ? and deleted = 1 and id > ? and updated_at <= ?
          ${ids.sql.replace("id in", "cast(id as text) in")} order by id limit ?`,
    parameters: [asked.project, asked.after, asked.before, ...ids.parameters, asked.limit],
  });
}

/** Deleted logged models, after one. */
export function deletedModels(
  r: Reader,
  asked: { project: string; scope: PurgeScope; before: number; after: number; limit: number },
): Promise<LoggedModelRow[]> {
  const ids = withIds("model_id", asked.scope);
  return r.all({
    sql: `select * from logged_models where project = ? and deleted = 1 and id > ? and updated_at <= ? ${ids.sql}
          ${asked.scope.outside === true ? "and experiment_id in (select id from experiments where deleted = 0)" : ""}
          order by id limit ?`,
    parameters: [asked.project, asked.after, asked.before, ...ids.parameters, asked.limit],
  });
}

/** Gives runs deleted before instants were kept one: from now on their time counts. Answers how many. */
export function stampDeletedRuns(tx: Tx, project: string, now: number): Promise<number> {
  return tx.run({
    sql: `update runs set deleted_at = ? where deleted = 1 and deleted_at is null
          and experiment_id in (select id from experiments where project = ?)`,
    parameters: [now, project],
  });
}

/** When the first of what is deleted was deleted; undefined when nothing is. */
export async function firstDeletion(r: Reader, project: string): Promise<number | undefined> {
  const rows = await Promise.all(
    [
      `select min(deleted_at) as at from runs where deleted = 1 and experiment_id in (select id from experiments where project = ?)`,
      "select min(updated_at) as at from experiments where deleted = 1 and project = ?",
      "select min(updated_at) as at from logged_models where deleted = 1 and project = ?",
    ].map((sql) => r.get<{ at: number | null }>({ sql, parameters: [project] })),
  );
  const times = rows.flatMap((row) => (row?.at === null || row?.at === undefined ? [] : [Number(row.at)]));
  return times.length === 0 ? undefined : Math.min(...times);
}

export async function countActiveRuns(r: Reader, experimentId: number): Promise<number> {
  const row = await r.get<{ n: number }>({
    sql: "select count(*) as n from runs where experiment_id = ? and deleted = 0",
    parameters: [experimentId],
  });
  return Number(row?.n ?? 0);
}

/** Every run and logged model of an experiment, as far as versions may stand on them. */
export async function footingsOf(
  r: Reader,
  experimentId: number,
): Promise<{ kind: "run" | "model"; id: string; root: string }[]> {
  const runs = await r.all<{ id: string; root: string }>({
    sql: "select run_id as id, artifact_uri as root from runs where experiment_id = ?",
    parameters: [experimentId],
  });
  const models = await r.all<{ id: string; root: string }>({
    sql: "select model_id as id, artifact_location as root from logged_models where experiment_id = ?",
    parameters: [experimentId],
  });
  return [
    ...runs.map((one) => ({ kind: "run" as const, ...one })),
    ...models.map((one) => ({ kind: "model" as const, ...one })),
  ];
}

export async function insertRemains(tx: Tx, rows: readonly RemainsRow[]): Promise<void> {
  for (const row of rows) {
    await tx.run({
      sql: `insert into purge_remains (purge_id, kind, number, id, project, experiment_id, folder) values (?, ?, ?, ?, ?, ?, ?)
            on conflict (purge_id, kind, number) do nothing`,
      parameters: [row.purge_id, row.kind, row.number, row.id, row.project, row.experiment_id, row.folder],
    });
  }
}

/** The next thing whose rows are still being removed; what lies inside an experiment before the experiment. */
export function nextRemains(r: Reader, purge: string): Promise<RemainsRow | undefined> {
  return r.get({
    sql: `select * from purge_remains where purge_id = ? order by case when kind = 'experiment' then 1 else 0 end, kind, number limit 1`,
    parameters: [purge],
  });
}

export async function removeRemains(tx: Tx, row: RemainsRow): Promise<void> {
  await tx.run({
    sql: "delete from purge_remains where purge_id = ? and kind = ? and number = ?",
    parameters: [row.purge_id, row.kind, row.number],
  });
}

/** Removes rows of records as one step; the record is gone for its users with it. */
export async function removeRecords(
  tx: Tx,
  table: "runs" | "experiments" | "logged_models",
  ids: readonly number[],
): Promise<void> {
  if (ids.length === 0) return;
  const list = placeholders(ids);
  await tx.run({ sql: `delete from ${table} where id in (${list.sql})`, parameters: list.parameters });
}

/** Some runs of an experiment that is gone. */
export function runsInside(r: Reader, experimentId: number, limit: number): Promise<RunRecord[]> {
  return r.all({
    sql: "select * from runs where experiment_id = ? order by id limit ?",
    parameters: [experimentId, limit],
  });
}

export function modelsInside(r: Reader, experimentId: number, limit: number): Promise<LoggedModelRow[]> {
  return r.all({
    sql: "select * from logged_models where experiment_id = ? order by id limit ?",
    parameters: [experimentId, limit],
  });
}

const valueTables = ["latest_metrics", "params", "run_tags"] as const;

/** Removes at most so many latest values, parameters and tags of a run that is gone, and counts them off their names. */
export async function removeSomeValues(tx: Tx, run: number, most: number): Promise<{ texts: number; left: boolean }> {
  let texts = 0;
  for (const table of valueTables) {
    const rows = await tx.all<{ key_id: number }>({
      sql: `select key_id from ${table} where run_id = ? limit ?`,
      parameters: [run, most],
    });
    if (rows.length === 0) continue;
    for (const chunk of chunksOf(rows.map((row) => row.key_id))) {
      const list = placeholders(chunk);
      await tx.run({
        sql: `delete from ${table} where run_id = ? and key_id in (${list.sql})`,
        parameters: [run, ...list.parameters],
      });
      await tx.run({
        sql: `update run_keys set runs = runs - 1 where id in (${list.sql})`,
        parameters: list.parameters,
      });
    }
    if (table !== "latest_metrics") texts += rows.length;
    return { texts, left: true };
  }
  return { texts, left: false };
}

/** The small rest of a run: links, corrections, versions seen. Answers the datasets it read. */
export async function removeRunLinks(tx: Tx, number: number, runId: string): Promise<number[]> {
  const inputs = await tx.all<{ dataset_id: number }>({
    sql: "select dataset_id from run_inputs where run_id = ?",
    parameters: [number],
  });
  for (const table of ["run_inputs", "run_models", "run_versions"]) {
    await tx.run({ sql: `delete from ${table} where run_id = ?`, parameters: [number] });
  }
  await tx.run({
    sql: "delete from corrected_points where correction_id in (select id from run_corrections where run_id = ?)",
    parameters: [runId],
  });
  for (const table of ["run_corrections", "logged_model_metrics"]) {
    await tx.run({ sql: `delete from ${table} where run_id = ?`, parameters: [runId] });
  }
  return inputs.map((one) => one.dataset_id);
}

export async function removeModelContents(tx: Tx, modelId: string): Promise<number> {
  let texts = 0;
  for (const table of ["logged_model_tags", "logged_model_params"]) {
    texts += await tx.run({ sql: `delete from ${table} where model_id = ?`, parameters: [modelId] });
  }
  await tx.run({ sql: "delete from logged_model_metrics where model_id = ?", parameters: [modelId] });
  await tx.run({ sql: "delete from run_models where model_id = ?", parameters: [modelId] });
  return texts;
}

/** What an experiment leaves once its runs and models are gone. */
export async function removeExperimentContents(tx: Tx, id: number): Promise<number> {
  const tags = await tx.run({ sql: "delete from experiment_tags where experiment_id = ?", parameters: [id] });
  for (const table of ["run_keys", "experiment_datasets", "config_schemas"]) {
    await tx.run({ sql: `delete from ${table} where experiment_id = ?`, parameters: [id] });
  }
  return tags;
}

/** Whether some run or logged model keeps files below an experiment's root, e.g. one moved to another experiment. */
export async function rootIsUsed(r: Reader, project: string, root: string): Promise<boolean> {
  const below = `${root.replace(/[\\%_]/g, "\\$&")}/%`;
  const found = await r.get({
    sql: `select 1 as used from runs where project = ? and artifact_uri like ? escape '\\'
          union all select 1 from logged_models where project = ? and artifact_location like ? escape '\\' limit 1`,
    parameters: [project, below, project, below],
  });
  return found !== undefined;
}

export function findRetention(r: Reader, project: string): Promise<RetentionRow | undefined> {
  return r.get({ sql: "select * from tracking_retention where project = ?", parameters: [project] });
}

export async function upsertRetention(tx: Tx, row: RetentionRow): Promise<void> {
  await tx.run({
    sql: `insert into tracking_retention (project, deleted_days, caused_by, reason, at) values (?, ?, ?, ?, ?)
          on conflict (project) do update set deleted_days = excluded.deleted_days, caused_by = excluded.caused_by,
            reason = excluded.reason, at = excluded.at`,
    parameters: [row.project, row.deleted_days, row.caused_by, row.reason, row.at],
  });
}

export async function removeRetention(tx: Tx, project: string): Promise<void> {
  await tx.run({ sql: "delete from tracking_retention where project = ?", parameters: [project] });
}
