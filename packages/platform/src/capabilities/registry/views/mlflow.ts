import type { Ctx } from "#base/context.js";
import type { Reader } from "#base/db/db.js";
import { registryErrors } from "../errors.js";
import { toOffset, toToken } from "../model/page-token.js";
import { toCondition, toOrder } from "../model/search.js";
import { checkAlias, checkModelName, toStage } from "../model.js";
import {
  findAlias,
  findModel,
  findVersion,
  latestVersions,
  modelDetails,
  searchModels,
  searchVersions,
  versionTags,
} from "../store.js";
import type { ModelRow, VersionRow } from "../tables.js";

/** Reads in the shapes MLflow's door answers. */
export interface FullModel {
  readonly row: ModelRow;
  readonly tags: readonly { key: string; value: string }[];
  readonly aliases: readonly { alias: string; version: number }[];
  readonly latest: readonly FullVersion[];
}

export interface FullVersion {
  readonly row: VersionRow;
  readonly tags: readonly { key: string; value: string }[];
  readonly aliases: readonly string[];
}

export interface Page<T> {
  readonly items: T[];
  readonly token: string | undefined;
}

export async function getModel(ctx: Ctx, project: string, name: string): Promise<FullModel> {
  return ctx.db.read(async (r) => {
    const row = await requireModel(r, project, name);
    return (await toFullModels(r, [row]))[0] as FullModel;
  });
}

export async function findModels(
  ctx: Ctx,
  project: string,
  search: { filter: string; order: readonly string[]; limit: number; token: string | undefined },
): Promise<Page<FullModel>> {
  const of = { project, condition: toCondition(search.filter, "models"), order: toOrder(search.order, "models") };
  const offset = toOffset(search.token);
  return ctx.db.read(async (r) => {
    const rows = await searchModels(r, of, search.limit + 1, offset);
    return {
      items: await toFullModels(r, rows.slice(0, search.limit)),
      token: rows.length > search.limit ? toToken(offset + search.limit) : undefined,
    };
  });
}

export async function getVersion(ctx: Ctx, project: string, name: string, version: number): Promise<FullVersion> {
  return ctx.db.read(async (r) => {
    checkModelName(name);
    const model = await findModel(r, project, name);
    const row = model && (await findVersion(r, model.id, version));
    if (row === undefined) throw registryErrors.REGISTRY_VERSION_NOT_FOUND({ name, version });
    return (await toFullVersions(r, [row]))[0] as FullVersion;
  });
}

export async function findVersions(
  ctx: Ctx,
  project: string,
  search: { filter: string; order: readonly string[]; limit: number; token: string | undefined },
): Promise<Page<FullVersion>> {
  const of = { project, condition: toCondition(search.filter, "versions"), order: toOrder(search.order, "versions") };
  const offset = toOffset(search.token);
  return ctx.db.read(async (r) => {
    const rows = await searchVersions(r, of, search.limit + 1, offset);
    return {
      items: await toFullVersions(r, rows.slice(0, search.limit)),
      token: rows.length > search.limit ? toToken(offset + search.limit) : undefined,
    };
  });
}

/** The newest version of each stage asked for; of every stage when none is named. */
export async function latestOf(
  ctx: Ctx,
  project: string,
  name: string,
  stages: readonly string[],
): Promise<FullVersion[]> {
  const wanted = stages.map(toStage);
  return ctx.db.read(async (r) => {
    const model = await requireModel(r, project, name);
    const rows = await latestVersions(r, [model.id]);
    return toFullVersions(
      r,
      rows.filter((row) => wanted.length === 0 || wanted.some((stage) => stage === row.stage)),
    );
  });
}

/** The version an alias points at; `latest` is the highest of all. */
export async function versionByAlias(ctx: Ctx, project: string, name: string, alias: string): Promise<FullVersion> {
  checkAlias(alias);
  return ctx.db.read(async (r) => {
    const model = await requireModel(r, project, name);
    if (alias.toLowerCase() === "latest") {
      const newest = (await latestVersions(r, [model.id])).at(-1);
      if (newest === undefined) throw registryErrors.REGISTRY_NO_LATEST({ name });
      return (await toFullVersions(r, [newest]))[0] as FullVersion;
    }
    const number = await findAlias(r, model.id, alias);
    const row = number === undefined ? undefined : await findVersion(r, model.id, number);
    if (row === undefined) throw registryErrors.REGISTRY_ALIAS_NOT_FOUND({ alias });
    return (await toFullVersions(r, [row]))[0] as FullVersion;
  });
}

async function requireModel(r: Reader, project: string, name: string): Promise<ModelRow> {
  checkModelName(name);
  const model = await findModel(r, project, name);
  if (model === undefined) throw registryErrors.REGISTRY_MODEL_NOT_FOUND({ name });
  return model;
}

async function toFullModels(r: Reader, rows: readonly ModelRow[]): Promise<FullModel[]> {
  if (rows.length === 0) return [];
  const ids = rows.map((row) => row.id);
  const details = await modelDetails(r, ids);
  const latest = await toFullVersions(r, await latestVersions(r, ids));
  return rows.map((row) => ({
    row,
    tags: details.tags.filter((tag) => tag.model_id === row.id),
    aliases: details.aliases.filter((alias) => alias.model_id === row.id),
    latest: latest.filter((version) => version.row.model_id === row.id),
  }));
}

async function toFullVersions(r: Reader, rows: readonly VersionRow[]): Promise<FullVersion[]> {
  const ids = [...new Set(rows.map((row) => row.model_id))];
  if (ids.length === 0) return [];
  const [tags, { aliases }] = await Promise.all([versionTags(r, ids), modelDetails(r, ids)]);
  return rows.map((row) => ({
    row,
    tags: tags.filter((tag) => tag.model_id === row.model_id && tag.version === row.version),
    aliases: aliases
      .filter((one) => one.model_id === row.model_id && one.version === row.version)
      .map((one) => one.alias),
  }));
}
