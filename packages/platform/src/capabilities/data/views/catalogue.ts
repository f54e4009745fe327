import type {
  Dataset,
  DatasetVersion,
  Freshness,
  getDataset as GetDataset,
  getSource as GetSource,
  getVersion as GetVersion,
  listDatasets as ListDatasets,
  listFiles as ListFiles,
  listSources as ListSources,
  listVersions as ListVersions,
  ManifestFile,
  SchemaColumn,
  Source,
} from "@paydown/api/data";
import type { Input, Reply } from "@paydown/api/operation";
import type { Ctx } from "#base/context.js";
import type { Reader } from "#base/db/db.js";
import { dataErrors } from "../errors.js";
import type { DataNeeds } from "../needs.js";
import * as store from "../store.js";
import type { DatasetRow, FileRow, SourceRow, VersionRow } from "../tables.js";
import { fromCursor, numberFromCursor, pageSize, toPage } from "./page.js";

const hour = 3_600_000;

export async function viewSources(
  ctx: Ctx,
  needs: DataNeeds,
  { project, cursor, limit = pageSize }: Input<typeof ListSources>,
): Promise<Reply<typeof ListSources>> {
  const { rows, datasets } = await ctx.db.read(async (r) => {
    const found = await store.listSources(r, project, fromCursor(cursor), limit + 1);
    return {
      rows: found,
      datasets: await store.datasetsOfSources(
        r,
        project,
        found.map((row) => row.name),
      ),
    };
  });
  const page = toPage(rows, limit, (row) => row.name);
  const items = await Promise.all(page.items.map((row) => toSource(ctx, needs, row, datasets.get(row.name) ?? [])));
  return { ...page, items };
}

export async function viewSource(
  ctx: Ctx,
  needs: DataNeeds,
  { project, source }: Input<typeof GetSource>,
): Promise<Source> {
  const { row, datasets } = await ctx.db.read(async (r) => ({
    row: await store.findSource(r, project, source),
    datasets: await store.datasetsOfSources(r, project, [source]),
  }));
  if (row === undefined) throw dataErrors.DATA_SOURCE_NOT_FOUND({ project, source });
  return toSource(ctx, needs, row, datasets.get(source) ?? []);
}

async function toSource(ctx: Ctx, needs: DataNeeds, row: SourceRow, datasets: readonly string[]): Promise<Source> {
  return {
    source: row.name,
    location: row.location,
    modality: row.modality,
    format: row.format,
    external: row.external === 1,
    description: row.description,
    ...(row.owner === null ? {} : { owner: row.owner }),
    ...(row.freshness_hours === null ? {} : { freshnessHours: row.freshness_hours }),
    contract: (await needs.contractOf?.(ctx, row.project, "source", row.name)) ?? "unknown",
    datasets: [...datasets],
    createdAt: row.created_at,
    createdBy: row.created_by,
    updatedAt: row.updated_at,
  };
}

export async function viewDatasets(
  ctx: Ctx,
  needs: DataNeeds,
  { project, cursor, limit = pageSize, source, owner }: Input<typeof ListDatasets>,
): Promise<Reply<typeof ListDatasets>> {
  const { rows, latest } = await ctx.db.read(async (r) => {
    const found = await store.listDatasets(r, project, { after: fromCursor(cursor), limit: limit + 1, source, owner });
    return {
      rows: found,
      latest: await store.latestVersions(
        r,
        project,
        found.map((row) => row.name),
      ),
    };
  });
  const page = toPage(rows, limit, (row) => row.name);
  const items = await Promise.all(page.items.map((row) => toDataset(ctx, needs, row, latest.get(row.name))));
  return { ...page, items };
}

export async function viewDataset(
  ctx: Ctx,
  needs: DataNeeds,
  { project, dataset }: Input<typeof GetDataset>,
): Promise<Reply<typeof GetDataset>> {
  const { row, latest, versions } = await ctx.db.read(async (r) => ({
    row: await requireDataset(r, project, dataset),
    latest: await store.latestVersions(r, project, [dataset]),
    versions: await store.listVersions(r, project, dataset, 50),
  }));
  return { ...(await toDataset(ctx, needs, row, latest.get(dataset))), items: versions.map(toVersion) };
}

async function toDataset(
  ctx: Ctx,
  needs: DataNeeds,
  row: DatasetRow,
  known: { latest: VersionRow; versions: number } | undefined,
): Promise<Dataset> {
  const { project, name } = row;
  const readers = await needs.readersOf?.(ctx, project, name);
  return {
    dataset: name,
    description: row.description,
    ...(row.owner === null ? {} : { owner: row.owner }),
    ...(row.source === null ? {} : { source: row.source }),
    freshness: freshnessOf(row.freshness_hours, known?.latest.created_at, ctx.clock.now()),
    contract: (await needs.contractOf?.(ctx, project, "dataset", name)) ?? "unknown",
    rights: (await needs.rightsOf?.(ctx, project, name)) ?? "unknown",
    ...(readers === undefined
      ? {}
      : { consumers: { declared: readers.declared.length, undeclared: readers.undeclared.length } }),
    versions: known?.versions ?? 0,
    ...(known === undefined ? {} : { latest: toVersion(known.latest) }),
    ...(row.reference === null ? {} : { reference: row.reference }),
    createdAt: row.created_at,
    createdBy: row.created_by,
  };
}

/** Age of the latest version against the objective. */
export function freshnessOf(objectiveHours: number | null, latest: number | undefined, now: number): Freshness {
  const age = latest === undefined ? undefined : Math.max(0, now - latest) / hour;
  const judged = objectiveHours !== null && age !== undefined;
  return {
    state: judged ? (age > objectiveHours ? "late" : "fresh") : "unknown",
    ...(objectiveHours === null ? {} : { objectiveHours }),
    ...(age === undefined ? {} : { ageHours: age }),
  };
}

export async function viewVersions(
  ctx: Ctx,
  { project, dataset, cursor, limit = pageSize }: Input<typeof ListVersions>,
): Promise<Reply<typeof ListVersions>> {
  const before = numberFromCursor(cursor);
  const { rows, total } = await ctx.db.read(async (r) => {
    await requireDataset(r, project, dataset);
    const latest = (await store.latestVersions(r, project, [dataset])).get(dataset);
    return { rows: await store.listVersions(r, project, dataset, limit + 1, before), total: latest?.versions ?? 0 };
  });
  const page = toPage(rows, limit, (row) => String(row.number));
  return { ...page, items: page.items.map(toVersion), total };
}

export async function viewVersion(
  ctx: Ctx,
  { project, dataset, version }: Input<typeof GetVersion>,
): Promise<Reply<typeof GetVersion>> {
  const { row, files } = await ctx.db.read(async (r) => {
    const found = await requireVersion(r, project, dataset, version);
    return { row: found, files: await store.listFiles(r, project, dataset, found.version, { after: "", limit: 1000 }) };
  });
  return { ...toVersion(row), schema: schemaOf(row), manifest: files.map(toFile) };
}

export async function viewFiles(
  ctx: Ctx,
  { project, dataset, version, cursor, limit = pageSize }: Input<typeof ListFiles>,
): Promise<Reply<typeof ListFiles>> {
  const { row, files } = await ctx.db.read(async (r) => {
    const found = await requireVersion(r, project, dataset, version);
    const page = { after: fromCursor(cursor), limit: limit + 1 };
    return { row: found, files: await store.listFiles(r, project, dataset, found.version, page) };
  });
  const page = toPage(files, limit, (file) => file.path);
  return { ...page, items: page.items.map(toFile), total: row.files };
}

export async function requireDataset(r: Reader, project: string, dataset: string): Promise<DatasetRow> {
  const row = await store.findDataset(r, project, dataset);
  if (row === undefined) throw dataErrors.DATA_DATASET_NOT_FOUND({ project, dataset });
  return row;
}

/** Throws DATA_DATASET_NOT_FOUND before DATA_VERSION_NOT_FOUND. */
export async function requireVersion(
  r: Reader,
  project: string,
  dataset: string,
  version: string,
): Promise<VersionRow> {
  const row = await store.findVersion(r, project, dataset, version);
  if (row !== undefined) return row;
  await requireDataset(r, project, dataset);
  throw dataErrors.DATA_VERSION_NOT_FOUND({ dataset, version });
}

export function schemaOf(row: VersionRow): SchemaColumn[] {
  return JSON.parse(row.columns) as SchemaColumn[];
}

/** What people look for comes first: tables on a terminal show as much as fits. */
export function toVersion(row: VersionRow): DatasetVersion {
  return {
    dataset: row.dataset,
    version: row.version,
    createdAt: row.created_at,
    ...(row.rows === null ? {} : { rows: row.rows }),
    files: row.files,
    bytes: row.bytes,
    format: row.format,
    columns: schemaOf(row).length,
    profile: row.profile,
    ...(row.profile_problem === null ? {} : { profileProblem: row.profile_problem }),
    ...(row.profiled_at === null ? {} : { profiledAt: row.profiled_at }),
    ...(row.source === null ? {} : { source: row.source }),
    parents: JSON.parse(row.parents) as string[],
    message: row.message,
    createdBy: row.created_by,
    manifestHash: row.manifest_hash,
  };
}

function toFile(row: FileRow): ManifestFile {
  return { path: row.path, hash: row.hash, bytes: row.bytes, ...(row.rows === null ? {} : { rows: row.rows }) };
}
