import type { Reader } from "#base/db/db.js";
import { placeholders } from "#base/db/rows.js";
import type { ExperimentRow, RunRecord } from "../tables.js";

/** Active experiments of the project that have runs ended since. */
export function experimentsWithRuns(r: Reader, project: string, since: number): Promise<ExperimentRow[]> {
  return r.all({
    sql: `select e.* from experiments e where e.project = ? and e.deleted = 0
          and exists (select 1 from runs r where r.experiment_id = e.id and r.deleted = 0 and r.start_time >= ?)
          order by e.id`,
    parameters: [project, since],
  });
}

/** Runs of an experiment in one of these states since, newest first, at most `most`. */
export function recentRuns(
  r: Reader,
  experimentId: number,
  statuses: readonly string[],
  since: number,
  most: number,
): Promise<RunRecord[]> {
  const list = placeholders(statuses);
  return r.all({
    sql: `select * from runs where experiment_id = ? and deleted = 0 and start_time >= ? and status in (${list.sql})
          order by start_time desc, run_id limit ?`,
    parameters: [experimentId, since, ...list.parameters, most],
  });
}

export async function countRecentRuns(
  r: Reader,
  experimentId: number,
  statuses: readonly string[],
  since: number,
): Promise<number> {
  const list = placeholders(statuses);
  const row = await r.get<{ n: number }>({
    sql: `select count(*) as n from runs where experiment_id = ? and deleted = 0 and start_time >= ? and status in (${list.sql})`,
    parameters: [experimentId, since, ...list.parameters],
  });
  return Number(row?.n ?? 0);
}

/** Ids of a project's runs that name a dataset as input, newest first; with the columns its schema lists. */
export function schemasUsed(
  r: Reader,
  project: string,
  dataset: string,
): Promise<{ run_id: string; digest: string; schema: string | null }[]> {
  return r.all({
    sql: `select r.run_id, d.digest, d.schema from experiment_datasets d
          join run_inputs i on i.dataset_id = d.id join runs r on r.id = i.run_id
          where d.project = ? and d.name = ? and r.deleted = 0 order by r.start_time desc limit 1000`,
    parameters: [project, dataset],
  });
}

/** Whether the project ever had a run, deleted ones included. */
export async function hasRuns(r: Reader, project: string): Promise<boolean> {
  const row = await r.get({
    sql: "select 1 as one from runs where experiment_id in (select id from experiments where project = ?) limit 1",
    parameters: [project],
  });
  return row !== undefined;
}

/** Logged models that name no run. */
export function modelsWithoutRun(
  r: Reader,
  project: string,
  since: number,
): Promise<{ model_id: string; experiment_id: number }[]> {
  return r.all({
    sql: `select model_id, experiment_id from logged_models where project = ? and deleted = 0 and created_at >= ?
          and (source_run_id is null or source_run_id = '') order by id desc`,
    parameters: [project, since],
  });
}

/** Folders of the artifact store that belong to no run, logged model or experiment: files somebody put there by hand. */
export async function looseFolders(r: Reader, project: string, limit: number): Promise<string[]> {
  const rows = await r.all<{ path: string }>({
    sql: `select f.path from artifact_folders f
          where f.project = ? and f.parent = ''
            and not exists (select 1 from experiments e where e.project = f.project and cast(e.id as text) = f.name)
            and not exists (select 1 from experiments e where e.project = f.project and e.artifact_location = 'mlflow-artifacts:/' || f.path)
          union all
          select f.path from experiments e join artifact_folders f on f.project = e.project and f.parent = cast(e.id as text)
          where e.project = ? and f.name <> 'models'
            and not exists (select 1 from runs r where r.run_id = f.name)
          limit ?`,
    parameters: [project, project, limit],
  });
  return rows.map((row) => row.path);
}
