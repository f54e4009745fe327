import type { Dialect, Reader, Statement, Tx } from "#base/db/db.js";
import { chunksOf, insertRows, placeholders } from "#base/db/rows.js";
import { compareText } from "#base/db/text-test.js";
import type { ModelCondition, ModelOrder } from "../search/logged-models.js";
import type { LoggedModelMetricRow, LoggedModelRow } from "../tables.js";

export function findLoggedModel(r: Reader, project: string, modelId: string): Promise<LoggedModelRow | undefined> {
  return r.get({
    sql: "select * from logged_models where model_id = ? and project = ?",
    parameters: [modelId, project],
  });
}

export async function findLoggedModels(r: Reader, project: string, ids: readonly string[]): Promise<LoggedModelRow[]> {
  const models: LoggedModelRow[] = [];
  for (const chunk of chunksOf(ids)) {
    const list = placeholders(chunk);
    models.push(
      ...(await r.all<LoggedModelRow>({
        sql: `select * from logged_models where project = ? and model_id in (${list.sql})`,
        parameters: [project, ...list.parameters],
      })),
    );
  }
  return models;
}

/** Logged models with complete files, not deleted and not in a deleted experiment, in the order they were made, after one. */
export function readyModels(
  r: Reader,
  project: string,
  after: number,
  limit: number,
): Promise<(LoggedModelRow & { experiment_name: string; outer_id: string | null })[]> {
  return r.all({
    sql: `select m.*, e.name as experiment_name, e.outer_id from logged_models m
          join experiments e on e.id = m.experiment_id
          where m.project = ? and m.id > ? and m.deleted = 0 and m.status = 'READY' and e.deleted = 0
          order by m.id limit ?`,
    parameters: [project, after, limit],
  });
}

export async function insertLoggedModel(tx: Tx, model: Omit<LoggedModelRow, "id">): Promise<LoggedModelRow> {
  const row = await tx.get<LoggedModelRow>({
    sql: `insert into logged_models (model_id, project, experiment_id, name, artifact_location, created_at, updated_at,
            status, model_type, source_run_id, deleted) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) returning *`,
    parameters: [
      model.model_id,
      model.project,
      model.experiment_id,
      model.name,
      model.artifact_location,
      model.created_at,
      model.updated_at,
      model.status,
      model.model_type,
      model.source_run_id,
      model.deleted,
    ],
  });
  return row as LoggedModelRow;
}

export async function updateLoggedModel(
  tx: Tx,
  id: number,
  change: { status?: string; deleted?: number },
  now: number,
): Promise<void> {
  await tx.run({
    sql: "update logged_models set status = coalesce(?, status), deleted = coalesce(?, deleted), updated_at = ? where id = ?",
    parameters: [change.status ?? null, change.deleted ?? null, now, id],
  });
}

/** Adds parameters; answers those that are there with another value, which stay as they are. */
export async function insertModelParams(
  tx: Tx,
  modelId: string,
  params: readonly { key: string; value: string }[],
): Promise<{ key: string; old: string; value: string }[]> {
  const before = await tx.all<{ key: string; value: string }>({
    sql: "select key, value from logged_model_params where model_id = ?",
    parameters: [modelId],
  });
  const known = new Map(before.map(({ key, value }) => [key, value]));
  const changed: { key: string; old: string; value: string }[] = [];
  for (const { key, value } of params) {
    const old = known.get(key);
    if (old !== undefined && old !== value) changed.push({ key, old, value });
    known.set(key, old ?? value);
  }
  if (changed.length === 0) await upsertModelTexts(tx, "logged_model_params", modelId, params);
  return changed;
}

export async function upsertModelTexts(
  tx: Tx,
  table: "logged_model_tags" | "logged_model_params",
  modelId: string,
  texts: readonly { key: string; value: string }[],
): Promise<void> {
  const last = [...new Map(texts.map((text) => [text.key, text.value]))];
  const rows = last.map(([key, value]) => [modelId, key, value]);
  const tail = "on conflict (model_id, key) do update set value = excluded.value";
  for (const insert of insertRows(`insert into ${table} (model_id, key, value)`, rows, tail)) await tx.run(insert);
}

export function removeModelTag(tx: Tx, modelId: string, key: string): Promise<number> {
  return tx.run({ sql: "delete from logged_model_tags where model_id = ? and key = ?", parameters: [modelId, key] });
}

export async function insertModelMetrics(tx: Tx, metrics: readonly LoggedModelMetricRow[]): Promise<void> {
  const columns = "model_id, key, step, timestamp, value, nan, run_id, dataset_name, dataset_digest";
  const rows = metrics.map((m) => [
    m.model_id,
    m.key,
    m.step,
    m.timestamp,
    m.value,
    m.nan,
    m.run_id,
    m.dataset_name,
    m.dataset_digest,
  ]);
  const tail =
    "on conflict (model_id, key, dataset_name, dataset_digest, step, timestamp, value, nan, run_id) do nothing";
  for (const insert of insertRows(`insert into logged_model_metrics (${columns})`, rows, tail)) await tx.run(insert);
}

export interface ModelContents {
  readonly tags: { model_id: string; key: string; value: string }[];
  readonly params: { model_id: string; key: string; value: string }[];
  /** Every point of every metric, oldest first. */
  readonly metrics: LoggedModelMetricRow[];
}

export async function modelContents(r: Reader, ids: readonly string[]): Promise<ModelContents> {
  const contents: ModelContents = { tags: [], params: [], metrics: [] };
  for (const chunk of chunksOf(ids)) {
    const list = placeholders(chunk);
    const read = <R>(select: string, tail: string) =>
      r.all<R>({ sql: `${select} where model_id in (${list.sql}) ${tail}`, parameters: list.parameters });
    contents.tags.push(
      ...(await read<ModelContents["tags"][number]>(
        "select model_id, key, value from logged_model_tags",
        "order by model_id, key",
      )),
    );
    contents.params.push(
      ...(await read<ModelContents["tags"][number]>(
        "select model_id, key, value from logged_model_params",
        "order by model_id, key",
      )),
    );
    for (const metric of await read<LoggedModelMetricRow>(
      "select * from logged_model_metrics",
      "order by model_id, key, dataset_name, dataset_digest, step, timestamp, value",
    )) {
      contents.metrics.push(metric);
    }
  }
  return contents;
}

export interface ModelSearch {
  readonly project: string;
  readonly experimentIds: readonly number[];
  readonly condition: ModelCondition | undefined;
  readonly datasets: readonly { name: string; digest: string | undefined }[];
  readonly order: readonly ModelOrder[];
}

/** Logged models in order; every sort ends in creation time and id, so that offsets are stable while nothing changes. */
export function searchLoggedModels(
  r: Reader,
  search: ModelSearch,
  limit: number,
  offset: number,
): Promise<LoggedModelRow[]> {
  const list = placeholders(search.experimentIds);
  const where = [`m.project = ?`, `m.experiment_id in (${list.sql})`, "m.deleted = 0"];
  const values: unknown[] = [search.project, ...list.parameters];
  if (search.condition !== undefined) {
    const condition = compile(search.condition, r.dialect, search.datasets);
    where.push(condition.sql);
    values.push(...condition.parameters);
  }
  if (search.datasets.length > 0) {
    const of = datasetTest("x", search.datasets);
    where.push(`exists (select 1 from logged_model_metrics x where x.model_id = m.model_id ${of.sql})`);
    values.push(...of.parameters);
  }
  const joins: Statement[] = [];
  const order = search.order.flatMap((one, i) => {
    const direction = one.ascending ? "" : " desc";
    if (one.by === "attribute")
      return [`case when m.${one.attribute} is null then 1 else 0 end`, `m.${one.attribute}${direction}`];
    const latest = latestMetric(one.key, one.datasets);
    joins.push({
      sql: `left join (${latest.sql}) o${i} on o${i}.model_id = m.model_id`,
      parameters: latest.parameters,
    });
    return [`case when o${i}.value is null then 1 else 0 end`, `o${i}.value${direction}`];
  });
  return r.all({
    sql: `select m.* from logged_models m ${joins.map((join) => join.sql).join(" ")} where ${where.join(" and ")}
          order by ${[...order, "m.created_at desc", "m.model_id"].join(", ")} limit ? offset ?`,
    parameters: [...joins.flatMap((join) => [...join.parameters]), ...values, limit, offset],
  });
}

function latestMetric(key: string, datasets: readonly { name: string; digest: string | undefined }[]): Statement {
  const of = datasetTest("x", datasets);
  return {
    sql: `select model_id, max(value) as value from logged_model_metrics x where key = ? ${of.sql}
          and not exists (select 1 from logged_model_metrics y where y.model_id = x.model_id and y.key = x.key
            and y.dataset_name = x.dataset_name and y.dataset_digest = x.dataset_digest
            and (y.step, y.timestamp, y.value) > (x.step, x.timestamp, x.value))
          group by model_id`,
    parameters: [key, ...of.parameters],
  };
}

function datasetTest(alias: string, datasets: readonly { name: string; digest: string | undefined }[]): Statement {
  if (datasets.length === 0) return { sql: "", parameters: [] };
  const parts = datasets.map((dataset) =>
    dataset.digest === undefined
      ? { sql: `${alias}.dataset_name = ?`, parameters: [dataset.name] }
      : {
          sql: `(${alias}.dataset_name = ? and ${alias}.dataset_digest = ?)`,
          parameters: [dataset.name, dataset.digest],
        },
  );
  return {
    sql: `and (${parts.map((part) => part.sql).join(" or ")})`,
    parameters: parts.flatMap((part) => part.parameters),
  };
}

function compile(condition: ModelCondition, dialect: Dialect, datasets: ModelSearch["datasets"]): Statement {
  switch (condition.on) {
    case "and":
    case "or": {
      const parts = condition.parts.map((part) => compile(part, dialect, datasets));
      return {
        sql: `(${parts.map((part) => part.sql).join(condition.on === "and" ? " and " : " or ")})`,
        parameters: parts.flatMap((part) => [...part.parameters]),
      };
    }
    case "not": {
      const part = compile(condition.part, dialect, datasets);
      return {
        sql: `not coalesce(${part.sql}, ${dialect === "postgres" ? "false" : "0"})`,
        parameters: part.parameters,
      };
    }
    case "text": {
      const test = compareText(`m.${condition.attribute}`, condition.test, dialect);
      return { sql: test.text, parameters: test.values };
    }
    case "number":
      return {
        sql: `m.${condition.attribute} ${condition.test.op === "!=" ? "<>" : condition.test.op} ?`,
        parameters: [condition.test.number],
      };
    case "metrics": {
      // As in MLflow any point will do, not only the latest.
      const of = datasetTest("x", datasets);
      return {
        sql: `exists (select 1 from logged_model_metrics x where x.model_id = m.model_id and x.key = ? ${of.sql}
              and x.value ${condition.test.op === "!=" ? "<>" : condition.test.op} ?)`,
        parameters: [condition.key, ...of.parameters, condition.test.number],
      };
    }
    case "params":
    case "tags": {
      const test = compareText("x.value", condition.test, dialect);
      return {
        sql: `exists (select 1 from logged_model_${condition.on} x where x.model_id = m.model_id and x.key = ? and ${test.text})`,
        parameters: [condition.key, ...test.values],
      };
    }
    case "present":
      return {
        sql: `${condition.present ? "" : "not "}exists (select 1 from logged_model_${condition.kind} x where x.model_id = m.model_id and x.key = ?)`,
        parameters: [condition.key],
      };
  }
}
