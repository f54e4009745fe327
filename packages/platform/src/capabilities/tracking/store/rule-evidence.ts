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
