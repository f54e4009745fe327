import type { ColumnProfile as ColumnReply, getColumn as GetColumn, getProfile as GetProfile } from "@paydown/api/data";
import type { BinnedFeature } from "@paydown/api/monitoring";
import type { Input, Reply } from "@paydown/api/operation";
import type { Ctx } from "#base/context.js";
import { dataErrors } from "../errors.js";
import { binnedFeatures, changeOf } from "../model.change.js";
import { type ColumnProfile, distinctOf, type Profile } from "../model.js";
import type { ColumnUse, DataNeeds } from "../needs.js";
import * as store from "../store.js";
import type { VersionRow } from "../tables.js";
import { requireDataset, requireVersion } from "./catalogue.js";
import { loadProfile } from "./stored-profile.js";

const frequentShown = 20;

export async function viewProfile(
  ctx: Ctx,
  needs: DataNeeds,
  { project, dataset, version, columns, sort }: Input<typeof GetProfile>,
): Promise<Reply<typeof GetProfile>> {
  const row = await ctx.db.read((r) => requireVersion(r, project, dataset, version));
  const { profile, hash } = await readProfile(ctx, row);
  const reference = await referenceProfile(ctx, row);
  const use = await needs.columnsUsed?.(ctx, project, dataset);
  const wanted = columns === undefined ? undefined : new Set(columns);
  const items = profile.columns
    .filter((column) => wanted === undefined || wanted.has(column.name))
    .map((column) => toColumn(column, { like: reference?.get(column.name), use }));
  if (sort === "change") items.sort((a, b) => (b.change?.jsDistance ?? -1) - (a.change?.jsDistance ?? -1));
  return {
    dataset,
    version: row.version,
    reference: row.profile_reference ?? row.version,
    hash,
    computedAt: row.profiled_at ?? 0,
    rows: profile.rows,
    columns: items,
  };
}

export async function viewColumn(
  ctx: Ctx,
  { project, dataset, column, limit = 50 }: Input<typeof GetColumn>,
): Promise<Reply<typeof GetColumn>> {
  const rows = await ctx.db.read(async (r) => {
    await requireDataset(r, project, dataset);
    return store.listVersions(r, project, dataset, limit);
  });
  const history: Reply<typeof GetColumn>["history"] = [];
  let unseen = 0;
  let before: ColumnProfile | undefined;
  for (const row of rows.reverse()) {
    if (row.profile_hash === null) {
      unseen++;
      continue;
    }
    const found = (await loadProfile(ctx, row.profile_hash)).columns.find((one) => one.name === column);
    if (found === undefined) continue;
    // A history is read from version to version, so each change is from the one before.
    history.push({ version: row.version, createdAt: row.created_at, profile: toColumn(found, { like: before }) });
    before = found;
  }
  if (history.length === 0 && unseen === 0) throw dataErrors.DATA_COLUMN_NOT_FOUND({ dataset, column });
  return { dataset, column, history, unseen };
}

/** The stored profile of a version. Throws DATA_NOT_TABULAR and DATA_PROFILE_NOT_READY. */
async function readProfile(ctx: Ctx, row: VersionRow): Promise<{ profile: Profile; hash: string }> {
  const { dataset, version } = row;
  if (row.format === "files") throw dataErrors.DATA_NOT_TABULAR({ dataset, version });
  if (row.profile_hash === null) {
    const state = row.profile === "failed" ? `it failed: ${row.profile_problem}` : `its state is ${row.profile}`;
    throw dataErrors.DATA_PROFILE_NOT_READY({ dataset, version, state });
  }
  return { profile: await loadProfile(ctx, row.profile_hash), hash: row.profile_hash };
}

async function referenceProfile(ctx: Ctx, row: VersionRow): Promise<Map<string, ColumnProfile> | undefined> {
  if (row.profile_reference === null || row.profile_reference === row.version) return undefined;
  const reference = await ctx.db.read((r) =>
    store.findVersion(r, row.project, row.dataset, row.profile_reference as string),
  );
  if (reference === undefined || reference.profile_hash === null) return undefined;
  const profile = await loadProfile(ctx, reference.profile_hash);
  return new Map(profile.columns.map((column) => [column.name, column]));
}

/** The bins and counts of a version's inputs, for what compares windows with it. */
export async function viewBinnedFeatures(
  ctx: Ctx,
  { project, dataset, version }: { project: string; dataset: string; version: string },
): Promise<BinnedFeature[]> {
  const row = await ctx.db.read((r) => requireVersion(r, project, dataset, version));
  return binnedFeatures((await readProfile(ctx, row)).profile);
}

export interface Beside {
  /** The same column of the version it is compared with. */
  readonly like?: ColumnProfile | undefined;
  readonly use?: ColumnUse | undefined;
}

export function toColumn(column: ColumnProfile, { like, use }: Beside = {}): ColumnReply {
  const { name, type, kind, rows, nulls, nans, infinite, empty } = column;
  const distinct = distinctOf(column);
  return {
    name,
    type,
    kind,
    rows,
    nulls,
    nans,
    infinite,
    empty,
    ...(distinct === undefined ? {} : { distinct }),
    ...(column.min === undefined ? {} : { min: column.min }),
    ...(column.max === undefined ? {} : { max: column.max }),
    ...shapeOf(column),
    ...(column.edges === undefined ? {} : { edges: [...column.edges], counts: [...(column.counts ?? [])] }),
    ...categoriesOf(column),
    frequent: column.kept.slice(0, frequentShown),
    frequentError: column.keptError,
    ...comparedWith(column, like),
    ...(use === undefined ? {} : { usedBy: use.columns[name] ?? 0 }),
  };
}

function shapeOf({ moments }: ColumnProfile): Partial<ColumnReply> {
  if (moments === undefined) return {};
  const { n, mean, m2, m3, m4 } = moments;
  const variance = Math.max(0, m2) / n;
  return {
    mean,
    std: Math.sqrt(variance),
    ...(variance > 0 ? { skewness: m3 / n / variance ** 1.5, kurtosis: m4 / n / variance ** 2 - 3 } : {}),
    moments,
  };
}

function categoriesOf(column: ColumnProfile): Partial<ColumnReply> {
  if (column.categories === undefined || column.categoryCounts === undefined) return {};
  const known = new Set(column.categories);
  return {
    categories: [...column.categories],
    categoryCounts: [...column.categoryCounts],
    newCategories: column.kept.filter((one) => !known.has(one.value)).slice(0, frequentShown),
    missingCategories: column.categories.filter((_category, i) => column.categoryCounts?.[i] === 0),
  };
}

function comparedWith(column: ColumnProfile, like: ColumnProfile | undefined): Partial<ColumnReply> {
  if (like === undefined) return {};
  const result = changeOf(like, column);
  if ("incomparable" in result) return {};
  return { change: result.change, referenceCounts: [...(like.counts ?? like.categoryCounts ?? [])] };
}
