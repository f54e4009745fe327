import type { Dialect, Reader, Statement, Tx } from "#base/db/db.js";
import { chunksOf, placeholders } from "#base/db/rows.js";
import { compareText } from "#base/db/text-test.js";
import type { Condition, Order } from "./model/search.js";
import type { KeyValue } from "./model.js";
import type { CardRow, ChangeRow, EvaluationRow, ModelRow, VersionRow } from "./tables.js";

export function findModel(r: Reader, project: string, name: string): Promise<ModelRow | undefined> {
  return r.get({ sql: "select * from registered_models where project = ? and name = ?", parameters: [project, name] });
}

/**
 * The model for whoever is about to change it or anything of it: others who are wait until the transaction is over. On PostgreSQL two
 * moves of one alias would otherwise each find the other's past, and the history tell of something that never was.
 */
export function lockModel(tx: Tx, project: string, name: string): Promise<ModelRow | undefined> {
  return tx.get({
    sql: "update registered_models set name = name where project = ? and name = ? returning *",
    parameters: [project, name],
  });
}

export async function lockModelById(tx: Tx, id: number): Promise<void> {
  await tx.run({ sql: "update registered_models set name = name where id = ?", parameters: [id] });
}

export function findModelById(r: Reader, id: number): Promise<ModelRow | undefined> {
  return r.get({ sql: "select * from registered_models where id = ?", parameters: [id] });
}

export async function insertModel(tx: Tx, model: Omit<ModelRow, "id" | "tier">): Promise<ModelRow> {
  const row = await tx.get<ModelRow>({
    sql: `insert into registered_models (project, name, description, created_at, updated_at) values (?, ?, ?, ?, ?) returning *`,
    parameters: [model.project, model.name, model.description, model.created_at, model.updated_at],
  });
  return row as ModelRow;
}

/** `description` undefined leaves it as it is. */
export async function updateModel(
  tx: Tx,
  id: number,
  change: { name?: string; description?: string },
  now: number,
): Promise<void> {
  await tx.run({
    sql: `update registered_models set name = coalesce(?, name), description = coalesce(?, description), updated_at = ? where id = ?`,
    parameters: [change.name ?? null, change.description ?? null, now, id],
  });
}

export async function updateTier(tx: Tx, id: number, tier: string, now: number): Promise<void> {
  await tx.run({
    sql: "update registered_models set tier = ?, updated_at = ? where id = ?",
    parameters: [tier, now, id],
  });
}

/** Removes a model with all that hangs on it; its history and the counter of its name stay. */
export async function removeModel(tx: Tx, id: number): Promise<void> {
  const tables = [
    "registered_model_tags",
    "model_version_tags",
    "model_aliases",
    "model_inspections",
    "model_policies",
  ];
  for (const table of [...tables, "model_versions"]) {
    await tx.run({ sql: `delete from ${table} where model_id = ?`, parameters: [id] });
  }
  await tx.run({ sql: "delete from registered_models where id = ?", parameters: [id] });
}

/** The next number of a name: one more than any it ever had. */
export async function nextVersion(tx: Tx, project: string, name: string): Promise<number> {
  const row = await tx.get<{ last_version: number }>({
    sql: `insert into registered_model_counters (project, name, last_version) values (?, ?, 1)
          on conflict (project, name) do update set last_version = registered_model_counters.last_version + 1
          returning last_version`,
    parameters: [project, name],
  });
  return row?.last_version as number;
}

/** Numbers up to this one are never given again under the name. */
export async function raiseCounter(tx: Tx, project: string, name: string, least: number): Promise<void> {
  await tx.run({
    sql: `insert into registered_model_counters (project, name, last_version) values (?, ?, ?)
          on conflict (project, name) do update set last_version =
            case when excluded.last_version > registered_model_counters.last_version
              then excluded.last_version else registered_model_counters.last_version end`,
    parameters: [project, name, least],
  });
}

/** Whether a number was ever given: also a deleted version keeps it. */
export async function versionTaken(r: Reader, model: number, version: number): Promise<boolean> {
  const row = await r.get({
    sql: "select version from model_versions where model_id = ? and version = ?",
    parameters: [model, version],
  });
  return row !== undefined;
}

/** A model keeps its numbers under its new name, and goes on after the highest either name had. */
export async function carryCounter(tx: Tx, project: string, from: string, to: string): Promise<void> {
  await tx.run({
    sql: `insert into registered_model_counters (project, name, last_version)
          select project, ?, last_version from registered_model_counters where project = ? and name = ?
          on conflict (project, name) do update set last_version =
            case when excluded.last_version > registered_model_counters.last_version
              then excluded.last_version else registered_model_counters.last_version end`,
    parameters: [to, project, from],
  });
}

export async function upsertModelTag(tx: Tx, model: number, tag: KeyValue): Promise<void> {
  await tx.run({
    sql: `insert into registered_model_tags (model_id, key, value) values (?, ?, ?)
          on conflict (model_id, key) do update set value = excluded.value`,
    parameters: [model, tag.key, tag.value],
  });
}

export async function removeModelTag(tx: Tx, model: number, key: string): Promise<void> {
  await tx.run({ sql: "delete from registered_model_tags where model_id = ? and key = ?", parameters: [model, key] });
}

export async function upsertVersionTag(tx: Tx, model: number, version: number, tag: KeyValue): Promise<void> {
  await tx.run({
    sql: `insert into model_version_tags (model_id, version, key, value) values (?, ?, ?, ?)
          on conflict (model_id, version, key) do update set value = excluded.value`,
    parameters: [model, version, tag.key, tag.value],
  });
}

export async function removeVersionTag(tx: Tx, model: number, version: number, key: string): Promise<void> {
  await tx.run({
    sql: "delete from model_version_tags where model_id = ? and version = ? and key = ?",
    parameters: [model, version, key],
  });
}

export interface ModelDetails {
  readonly tags: { model_id: number; key: string; value: string }[];
  readonly aliases: { model_id: number; alias: string; version: number }[];
}

export async function modelDetails(r: Reader, ids: readonly number[]): Promise<ModelDetails> {
  const details: ModelDetails = { tags: [], aliases: [] };
  for (const chunk of chunksOf(ids)) {
    const list = placeholders(chunk);
    details.tags.push(
      ...(await r.all<ModelDetails["tags"][number]>({
        sql: `select model_id, key, value from registered_model_tags where model_id in (${list.sql}) order by key`,
        parameters: list.parameters,
      })),
    );
    details.aliases.push(
      ...(await r.all<ModelDetails["aliases"][number]>({
        sql: `select model_id, alias, version from model_aliases where model_id in (${list.sql}) order by alias`,
        parameters: list.parameters,
      })),
    );
  }
  return details;
}

const versionSelect = "select v.*, m.name from model_versions v join registered_models m on m.id = v.model_id";

export function findVersion(r: Reader, model: number, version: number): Promise<VersionRow | undefined> {
  return r.get({
    sql: `${versionSelect} where v.model_id = ? and v.version = ? and v.deleted = 0`,
    parameters: [model, version],
  });
}

export async function insertVersion(tx: Tx, version: Omit<VersionRow, "name">): Promise<void> {
  await tx.run({
    sql: `insert into model_versions (model_id, version, project, source, location, run_id, logged_model_id, run_link,
            description, stage, created_by, created_at, updated_at, artifact_hash, facts, deleted, external)
          values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    parameters: [
      version.model_id,
      version.version,
      version.project,
      version.source,
      version.location,
      version.run_id,
      version.logged_model_id,
      version.run_link,
      version.description,
      version.stage,
      version.created_by,
      version.created_at,
      version.updated_at,
      version.artifact_hash,
      version.facts,
      version.deleted,
      version.external,
    ],
  });
}

export async function updateVersion(
  tx: Tx,
  model: number,
  version: number,
  change: { description?: string | null; stage?: string; deleted?: number },
  now: number,
): Promise<void> {
  await tx.run({
    sql: `update model_versions set description = case when ? = 1 then null else coalesce(?, description) end, stage = coalesce(?, stage),
            deleted = coalesce(?, deleted), updated_at = ? where model_id = ? and version = ?`,
    parameters: [
      change.description === null ? 1 : 0,
      change.description ?? null,
      change.stage ?? null,
      change.deleted ?? null,
      now,
      model,
      version,
    ],
  });
}

export function versionsOf(r: Reader, model: number, limit: number): Promise<VersionRow[]> {
  return r.all({
    sql: `${versionSelect} where v.model_id = ? and v.deleted = 0 order by v.version desc limit ?`,
    parameters: [model, limit],
  });
}

export async function countVersions(r: Reader, model: number): Promise<number> {
  const row = await r.get<{ n: number }>({
    sql: "select count(*) as n from model_versions where model_id = ? and deleted = 0",
    parameters: [model],
  });
  return Number(row?.n ?? 0);
}

/** The newest version in each stage. */
export function latestVersions(r: Reader, models: readonly number[]): Promise<VersionRow[]> {
  const list = placeholders(models);
  return r.all({
    sql: `${versionSelect} where v.model_id in (${list.sql}) and v.deleted = 0 and v.version =
            (select max(x.version) from model_versions x where x.model_id = v.model_id and x.stage = v.stage and x.deleted = 0)
          order by v.model_id, v.version`,
    parameters: list.parameters,
  });
}

export function versionsInStage(r: Reader, model: number, stage: string): Promise<VersionRow[]> {
  return r.all({
    sql: `${versionSelect} where v.model_id = ? and v.stage = ? and v.deleted = 0`,
    parameters: [model, stage],
  });
}

export interface VersionTag {
  readonly model_id: number;
  readonly version: number;
  readonly key: string;
  readonly value: string;
}

export async function versionTags(r: Reader, models: readonly number[]): Promise<VersionTag[]> {
  const tags: VersionTag[] = [];
  for (const chunk of chunksOf([...new Set(models)])) {
    const list = placeholders(chunk);
    tags.push(
      ...(await r.all<VersionTag>({
        sql: `select model_id, version, key, value from model_version_tags where model_id in (${list.sql}) order by key`,
        parameters: list.parameters,
      })),
    );
  }
  return tags;
}

export async function findAlias(r: Reader, model: number, alias: string): Promise<number | undefined> {
  const row = await r.get<{ version: number }>({
    sql: "select version from model_aliases where model_id = ? and alias = ?",
    parameters: [model, alias],
  });
  return row?.version;
}

export async function upsertAlias(tx: Tx, model: number, alias: string, version: number): Promise<void> {
  await tx.run({
    sql: `insert into model_aliases (model_id, alias, version) values (?, ?, ?)
          on conflict (model_id, alias) do update set version = excluded.version`,
    parameters: [model, alias, version],
  });
}

export async function removeAlias(tx: Tx, model: number, alias: string): Promise<void> {
  await tx.run({ sql: "delete from model_aliases where model_id = ? and alias = ?", parameters: [model, alias] });
}

export async function insertChange(tx: Tx, change: Omit<ChangeRow, "id">): Promise<void> {
  await tx.run({
    sql: `insert into model_changes (project, model_id, kind, subject, version, previous, caused_by, door, reason, at,
            promotion, approvers, unapproved) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    parameters: [
      change.project,
      change.model_id,
      change.kind,
      change.subject,
      change.version,
      change.previous,
      change.caused_by,
      change.door,
      change.reason,
      change.at,
      change.promotion,
      change.approvers,
      change.unapproved,
    ],
  });
}

/** The whole history of a model, oldest first. */
export function changesOf(r: Reader, model: number): Promise<ChangeRow[]> {
  return r.all({ sql: "select * from model_changes where model_id = ? order by id", parameters: [model] });
}

/** The history of all models of a project, oldest first; `deleted` is 1 for one that is gone, which keeps the name it had last. */
export function changesOfProject(
  r: Reader,
  project: string,
): Promise<(ChangeRow & { name: string | null; deleted: number })[]> {
  return r.all({
    sql: `select c.*, coalesce(m.name, d.subject) as name, case when m.id is null then 1 else 0 end as deleted
          from model_changes c left join registered_models m on m.id = c.model_id
          left join model_changes d on d.model_id = c.model_id and d.kind = 'model-deleted'
          where c.project = ? order by c.id`,
    parameters: [project],
  });
}

export async function insertEvaluation(tx: Tx, evaluation: EvaluationRow): Promise<void> {
  await tx.run({
    sql: `insert into model_evaluations (id, project, model_id, version, at, caused_by, dataset, dataset_version, against,
            slice, metrics, verdict, reason) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    parameters: [
      evaluation.id,
      evaluation.project,
      evaluation.model_id,
      evaluation.version,
      evaluation.at,
      evaluation.caused_by,
      evaluation.dataset,
      evaluation.dataset_version,
      evaluation.against,
      evaluation.slice,
      evaluation.metrics,
      evaluation.verdict,
      evaluation.reason,
    ],
  });
}

/** Newest first; of one version, or of all. */
export function evaluationsOf(r: Reader, model: number, version?: number): Promise<EvaluationRow[]> {
  return r.all({
    sql: `select * from model_evaluations where model_id = ? ${version === undefined ? "" : "and version = ?"} order by at desc, id desc`,
    parameters: version === undefined ? [model] : [model, version],
  });
}

export async function insertCard(tx: Tx, card: Omit<CardRow, "id">): Promise<void> {
  await tx.run({
    sql: "insert into model_cards (project, model_id, version, hash, text, caused_by, at) values (?, ?, ?, ?, ?, ?, ?)",
    parameters: [card.project, card.model_id, card.version, card.hash, card.text, card.caused_by, card.at],
  });
}

export function latestCard(r: Reader, model: number, version: number): Promise<CardRow | undefined> {
  return r.get({
    sql: "select * from model_cards where model_id = ? and version = ? order by id desc limit 1",
    parameters: [model, version],
  });
}

export async function versionsWithCard(r: Reader, model: number): Promise<Set<number>> {
  const rows = await r.all<{ version: number }>({
    sql: "select distinct version from model_cards where model_id = ?",
    parameters: [model],
  });
  return new Set(rows.map((row) => row.version));
}

export interface Search {
  readonly project: string;
  readonly condition: Condition;
  readonly order: readonly Order[];
}

export function searchModels(r: Reader, search: Search, limit: number, offset: number): Promise<ModelRow[]> {
  const condition = compile(search.condition, r.dialect, "models");
  const order = search.order.map((one) => `m.${one.by}${one.ascending ? "" : " desc"}`);
  if (!search.order.some((one) => one.by === "name")) order.push("m.name");
  return r.all({
    sql: `select m.* from registered_models m where m.project = ? and ${condition.sql} order by ${order.join(", ")} limit ? offset ?`,
    parameters: [search.project, ...condition.parameters, limit, offset],
  });
}

export async function countModels(r: Reader, search: Search): Promise<number> {
  const condition = compile(search.condition, r.dialect, "models");
  const row = await r.get<{ n: number }>({
    sql: `select count(*) as n from registered_models m where m.project = ? and ${condition.sql}`,
    parameters: [search.project, ...condition.parameters],
  });
  return Number(row?.n ?? 0);
}

export function searchVersions(r: Reader, search: Search, limit: number, offset: number): Promise<VersionRow[]> {
  const condition = compile(search.condition, r.dialect, "versions");
  const order = search.order.map(
    (one) => `${one.by === "name" ? "m.name" : `v.${one.by}`}${one.ascending ? "" : " desc"}`,
  );
  const has = (by: Order["by"]) => search.order.some((one) => one.by === by);
  if (search.order.length === 0) order.push("v.updated_at desc");
  if (!has("name")) order.push("m.name");
  if (!has("version")) order.push("v.version desc");
  return r.all({
    sql: `${versionSelect} where v.project = ? and v.deleted = 0 and ${condition.sql} order by ${order.join(", ")} limit ? offset ?`,
    parameters: [search.project, ...condition.parameters, limit, offset],
  });
}

function compile(condition: Condition, dialect: Dialect, subject: "models" | "versions"): Statement {
  switch (condition.on) {
    case "and":
    case "or": {
      const parts = condition.parts.map((part) => compile(part, dialect, subject));
      return {
        sql: `(${parts.map((part) => part.sql).join(condition.on === "and" ? " and " : " or ")})`,
        parameters: parts.flatMap((part) => [...part.parameters]),
      };
    }
    case "not": {
      const part = compile(condition.part, dialect, subject);
      return {
        sql: `not coalesce(${part.sql}, ${dialect === "postgres" ? "false" : "0"})`,
        parameters: part.parameters,
      };
    }
    case "text": {
      // A version without a run has the empty run id, as in MLflow.
      const column = condition.attribute === "run_id" ? "coalesce(v.run_id, '')" : `v.${condition.attribute}`;
      const test = compareText(condition.attribute === "name" ? "m.name" : column, condition.test, dialect);
      return { sql: `(${test.text})`, parameters: test.values };
    }
    case "version":
      return { sql: `(v.version ${condition.op === "!=" ? "<>" : condition.op} ?)`, parameters: [condition.number] };
    case "alias": {
      const test = compareText("a.alias", condition.test, dialect);
      const link = subject === "versions" ? "and a.version = v.version" : "";
      return {
        sql: `exists (select 1 from model_aliases a where a.model_id = m.id ${link} and ${test.text})`,
        parameters: test.values,
      };
    }
    case "tag": {
      const test = compareText("t.value", condition.test, dialect);
      return {
        sql: `exists (select 1 from ${tagRows(subject)} and t.key = ? and ${test.text})`,
        parameters: [condition.key, ...test.values],
      };
    }
    case "tagged":
      return {
        sql: `${condition.present ? "" : "not "}exists (select 1 from ${tagRows(subject)} and t.key = ?)`,
        parameters: [condition.key],
      };
  }
}

function tagRows(subject: "models" | "versions"): string {
  return subject === "models"
    ? "registered_model_tags t where t.model_id = m.id"
    : "model_version_tags t where t.model_id = v.model_id and t.version = v.version";
}
