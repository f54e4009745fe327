import type { Reader } from "#base/db/db.js";

/** Parameters and tags of a run, counted. */
export async function countTexts(r: Reader, run: number): Promise<number> {
  const row = await r.get<{ n: number }>({
    sql: `select (select count(*) from params where run_id = ?) + (select count(*) from run_tags where run_id = ?) as n`,
    parameters: [run, run],
  });
  return Number(row?.n ?? 0);
}

export interface ExperimentAmount {
  readonly id: number;
  readonly name: string;
  readonly deleted: number;
  readonly artifact_location: string;
  readonly runs: number;
}

/** Experiments with their runs, deleted ones included, in the order of their integers. */
export function experimentAmounts(r: Reader, project: string): Promise<ExperimentAmount[]> {
  return r.all({
    sql: `select e.id, e.name, e.deleted, e.artifact_location,
            (select count(*) from runs r where r.experiment_id = e.id) as runs
          from experiments e where e.project = ? order by e.id`,
    parameters: [project],
  });
}

/** Integers of an experiment's runs after one, with their roots. */
export function runRoots(
  r: Reader,
  experimentId: number,
  after: number,
  limit: number,
): Promise<{ id: number; artifact_uri: string }[]> {
  return r.all({
    sql: "select id, artifact_uri from runs where experiment_id = ? and id > ? order by id limit ?",
    parameters: [experimentId, after, limit],
  });
}

export function modelRoots(r: Reader, experimentId: number): Promise<{ artifact_location: string }[]> {
  return r.all({
    sql: "select artifact_location from logged_models where experiment_id = ?",
    parameters: [experimentId],
  });
}

/** Parameters or tags of the runs of an experiment between two integers. */
export async function textsBetween(
  r: Reader,
  table: "params" | "run_tags",
  experimentId: number,
  from: number,
  to: number,
): Promise<{ rows: number; bytes: number }> {
  const row = await r.get<{ n: number; bytes: number | null }>({
    sql: `select count(*) as n, sum(length(t.value)) as bytes from runs r join ${table} t on t.run_id = r.id
          where r.experiment_id = ? and r.id >= ? and r.id <= ?`,
    parameters: [experimentId, from, to],
  });
  return { rows: Number(row?.n ?? 0), bytes: Number(row?.bytes ?? 0) };
}

export async function artifactAmounts(
  r: Reader,
  project: string,
): Promise<{ files: number; bytes: number; objects: number; stored: number }> {
  const all = await r.get<{ files: number; bytes: number | null }>({
    sql: "select count(*) as files, sum(size) as bytes from artifact_files where project = ?",
    parameters: [project],
  });
  const distinct = await r.get<{ objects: number; stored: number | null }>({
    sql: `select count(*) as objects, sum(size) as stored
          from (select hash, max(size) as size from artifact_files where project = ? group by hash) d`,
    parameters: [project],
  });
  return {
    files: Number(all?.files ?? 0),
    bytes: Number(all?.bytes ?? 0),
    objects: Number(distinct?.objects ?? 0),
    stored: Number(distinct?.stored ?? 0),
  };
}
