import type { Reader } from "#base/db/db.js";
import { chunksOf, placeholders } from "#base/db/rows.js";

export interface DatasetFilter {
  readonly project: string;
  readonly name?: string | undefined;
  readonly digest?: string | undefined;
  readonly experimentId?: number | undefined;
  readonly disagreeing?: boolean | undefined;
}

function whereOf(filter: DatasetFilter): { sql: string; parameters: unknown[] } {
  const parts = ["d.project = ?"];
  const parameters: unknown[] = [filter.project];
  const add = (sql: string, value: unknown) => {
    parts.push(sql);
    parameters.push(value);
  };
  if (filter.name !== undefined) add("d.name = ?", filter.name);
  if (filter.digest !== undefined) add("d.digest = ?", filter.digest);
  if (filter.experimentId !== undefined) add("d.experiment_id = ?", filter.experimentId);
  if (filter.disagreeing === true) {
    add(
      "d.name in (select name from experiment_datasets where project = ? group by name having count(distinct digest) > 1)",
      filter.project,
    );
  }
  return { sql: parts.join(" and "), parameters };
}

/** Distinct names and digests, by name, after a place. */
export function datasetStates(
  r: Reader,
  filter: DatasetFilter,
  after: readonly [string, string] | undefined,
  limit: number,
): Promise<{ name: string; digest: string }[]> {
  const where = whereOf(filter);
  const place = after === undefined ? "" : "and (d.name, d.digest) > (?, ?)";
  return r.all({
    sql: `select distinct d.name, d.digest from experiment_datasets d where ${where.sql} ${place}
          order by d.name, d.digest limit ?`,
    parameters: [...where.parameters, ...(after ?? []), limit],
  });
}

export async function countDatasetStates(r: Reader, filter: DatasetFilter): Promise<number> {
  const where = whereOf(filter);
  const row = await r.get<{ n: number }>({
    sql: `select count(*) as n from (select distinct d.name, d.digest from experiment_datasets d where ${where.sql}) s`,
    parameters: where.parameters,
  });
  return Number(row?.n ?? 0);
}

export interface DatasetUse {
  readonly id: number;
  readonly experiment_id: number;
  readonly experiment: string;
  readonly name: string;
  readonly digest: string;
  readonly source_type: string;
  readonly source: string;
  readonly runs: number;
  readonly first_at: number | null;
  readonly last_at: number | null;
}

/** Every experiment's entry of these names, with how many active runs read it and when. */
export async function datasetUses(r: Reader, project: string, names: readonly string[]): Promise<DatasetUse[]> {
  const uses: DatasetUse[] = [];
  for (const chunk of chunksOf(names, 200)) {
    const list = placeholders(chunk);
    uses.push(
      ...(await r.all<DatasetUse>({
        sql: `select d.id, d.experiment_id, e.name as experiment, d.name, d.digest, d.source_type,
                substr(d.source, 1, 500) as source, count(r.id) as runs, min(r.start_time) as first_at, max(r.start_time) as last_at
              from experiment_datasets d
              join experiments e on e.id = d.experiment_id
              left join run_inputs i on i.dataset_id = d.id
              left join runs r on r.id = i.run_id and r.deleted = 0
              where d.project = ? and d.name in (${list.sql})
              group by d.id, d.experiment_id, e.name, d.name, d.digest, d.source_type, d.source
              order by d.name, d.digest, d.id`,
        parameters: [project, ...list.parameters],
      })),
    );
  }
  return uses;
}

/** Names under which these digests were logged. */
export async function namesOfDigests(
  r: Reader,
  project: string,
  digests: readonly string[],
): Promise<{ name: string; digest: string }[]> {
  const found: { name: string; digest: string }[] = [];
  for (const chunk of chunksOf(digests, 200)) {
    const list = placeholders(chunk);
    found.push(
      ...(await r.all<{ name: string; digest: string }>({
        sql: `select distinct name, digest from experiment_datasets where project = ? and digest in (${list.sql}) order by name`,
        parameters: [project, ...list.parameters],
      })),
    );
  }
  return found;
}

/** The newest runs that read a dataset, and in which context. */
export function readersOf(
  r: Reader,
  datasetIds: readonly number[],
  limit: number,
): Promise<{ run_id: string; start_time: number }[]> {
  const list = placeholders(datasetIds);
  return r.all({
    sql: `select r.run_id, r.start_time from run_inputs i join runs r on r.id = i.run_id
          where i.dataset_id in (${list.sql}) and r.deleted = 0 order by r.start_time desc, r.run_id limit ?`,
    parameters: [...list.parameters, limit],
  });
}

export async function contextsOf(r: Reader, datasetIds: readonly number[]): Promise<string[]> {
  const list = placeholders(datasetIds);
  const rows = await r.all<{ context: string | null }>({
    sql: `select distinct context from run_inputs where dataset_id in (${list.sql}) order by context`,
    parameters: list.parameters,
  });
  return rows.flatMap((row) => (row.context === null ? [] : [row.context]));
}

/** Models logged by the runs that read a dataset, newest first. */
export function modelsFrom(
  r: Reader,
  datasetIds: readonly number[],
  limit: number,
): Promise<{ model_id: string; name: string; run_id: string }[]> {
  const list = placeholders(datasetIds);
  return r.all({
    sql: `select distinct m.model_id, m.name, r.run_id, m.created_at from run_inputs i
          join runs r on r.id = i.run_id join logged_models m on m.source_run_id = r.run_id
          where i.dataset_id in (${list.sql}) and r.deleted = 0 and m.deleted = 0
          order by m.created_at desc, m.model_id limit ?`,
    parameters: [...list.parameters, limit],
  });
}
