import { type addVersion as AddVersion, type Format, type SchemaColumn, VersionAdded } from "@paydown/api/data";
import type { Input } from "@paydown/api/operation";
import type { Ctx } from "#base/context.js";
import type { Tx } from "#base/db/db.js";
import type { TableFormat } from "#base/engine/engine.js";
import { engineErrors } from "#base/engine/errors.js";
import { listLocalFiles, openLocalFile } from "#base/engine/local-files.js";
import { dataErrors } from "../errors.js";
import { checkPath, formatOf, type Manifest, type ManifestFile, toManifest } from "../model.manifest.js";
import * as store from "../store.js";
import { checkSource, insertDataset } from "./change-catalogue.js";
import { enqueueProfile } from "./profile-version.js";

type Request = Input<typeof AddVersion>;

interface StoredFile {
  readonly path: string;
  readonly hash: string;
  readonly bytes: number;
}

export interface AddedVersion {
  readonly version: string;
  /** False when the dataset had this content already. */
  readonly created: boolean;
}

/**
 * Adds a version. Everything is stored, read and checked before the first row is written; what fails leaves no row, at
 * most objects that nothing refers to.
 */
export async function addVersion(ctx: Ctx, input: Request): Promise<AddedVersion> {
  const { project, dataset } = input;
  await checkRequest(ctx, input);
  const files =
    input.path === undefined ? await announcedFiles(ctx, input.files ?? []) : await localFiles(ctx, input.path);
  const format = input.format ?? formatOf(files.map((file) => file.path));
  const { manifest, columns } = await readFiles(ctx, files, format);
  await ctx.blobs.put(Buffer.from(manifest.json), { hash: manifest.hash });
  return ctx.db.write(async (tx) => {
    if ((await store.findDataset(tx, project, dataset)) === undefined) {
      if (input.create !== true) throw dataErrors.DATA_DATASET_NOT_FOUND({ project, dataset });
      await insertDataset(ctx, tx, {
        project,
        dataset,
        ...(input.source === undefined ? {} : { source: input.source }),
      });
    }
    const existing = await store.findVersion(tx, project, dataset, manifest.version);
    if (existing === undefined) {
      await insertVersion(ctx, tx, input, { format, manifest, columns });
      return { version: manifest.version, created: true };
    }
    if (existing.manifest_hash !== manifest.hash) {
      throw dataErrors.DATA_VERSION_COLLISION({ dataset, version: manifest.version });
    }
    return { version: manifest.version, created: false };
  });
}

/** What can be refused before anything is read. */
async function checkRequest(ctx: Ctx, input: Request): Promise<void> {
  const { project, dataset, files, path, parents = [] } = input;
  if ((files === undefined) === (path === undefined)) {
    throw dataErrors.DATA_FILES_OR_PATH({ given: files === undefined ? "neither" : "both" });
  }
  if (path !== undefined && ctx.principal.kind !== "local" && ctx.principal.kind !== "system") {
    throw dataErrors.DATA_PATH_FORBIDDEN();
  }
  await ctx.db.read(async (r) => {
    if (input.create !== true && (await store.findDataset(r, project, dataset)) === undefined) {
      throw dataErrors.DATA_DATASET_NOT_FOUND({ project, dataset });
    }
    const [parent] = await store.unknownParents(r, project, parents);
    if (parent !== undefined) throw dataErrors.DATA_PARENT_INVALID({ parent });
  });
}

async function announcedFiles(ctx: Ctx, files: NonNullable<Request["files"]>): Promise<StoredFile[]> {
  const stored: StoredFile[] = [];
  for (const { path, hash } of files) {
    checkPath(path);
    const blob = await ctx.blobs.claim(hash);
    if (blob === undefined) throw dataErrors.DATA_OBJECT_MISSING({ path, hash });
    stored.push({ path, hash, bytes: blob.size });
  }
  return stored;
}

async function localFiles(ctx: Ctx, path: string): Promise<StoredFile[]> {
  const found = await listLocalFiles(path);
  if ("problem" in found) throw dataErrors.DATA_PATH_UNREADABLE({ path: found.path, problem: found.problem });
  const stored: StoredFile[] = [];
  for (const file of found) {
    checkPath(file.path);
    if (ctx.signal.aborted) throw engineErrors.ENGINE_INTERRUPTED();
    const blob = await ctx.blobs.put(openLocalFile(file));
    stored.push({ path: file.path, hash: blob.hash, bytes: blob.size });
  }
  return stored;
}

/** Rows and columns, from the files themselves. The engine refuses what is damaged or does not fit together. */
async function readFiles(
  ctx: Ctx,
  files: readonly StoredFile[],
  format: Format,
): Promise<{ manifest: Manifest; columns: readonly SchemaColumn[] }> {
  // Paths are checked for repetition before the engine reads a byte.
  const sorted = toManifest(files.map((file) => ({ ...file, rows: null }))).files;
  if (format === "files") return { manifest: toManifest(sorted), columns: [] };
  const paths: string[] = [];
  for (const file of sorted) paths.push(await ctx.blobs.localPath(file.hash));
  const names = sorted.map((file) => file.path);
  const described = await ctx.engine.describe({ format: format satisfies TableFormat, paths, names }, ctx.signal);
  const counted: ManifestFile[] = sorted.map((file, i) => ({ ...file, rows: described.files[i]?.rows ?? 0 }));
  return { manifest: toManifest(counted), columns: described.columns };
}

async function insertVersion(
  ctx: Ctx,
  tx: Tx,
  input: Request,
  read: { format: Format; manifest: Manifest; columns: readonly SchemaColumn[] },
): Promise<void> {
  const { project, dataset, parents = [] } = input;
  const { manifest, format } = read;
  await checkSource(tx, project, input.source);
  const row = await store.findDataset(tx, project, dataset);
  const source = input.source ?? row?.source ?? null;
  const rows = format === "files" ? null : manifest.files.reduce((sum, file) => sum + (file.rows ?? 0), 0);
  const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
  const profiled = format !== "files" && input.profile !== false;
  const now = ctx.clock.now();
  await store.insertVersion(tx, {
    project,
    dataset,
    version: manifest.version,
    manifest_hash: manifest.hash,
    created_at: now,
    created_by: ctx.principal.name,
    message: input.message ?? "",
    format,
    rows,
    bytes,
    files: manifest.files.length,
    source,
    parents: JSON.stringify(parents),
    columns: JSON.stringify(read.columns),
    profile: profiled ? "waiting" : "none",
    profile_problem: null,
    profile_hash: null,
    profile_reference: null,
    profiled_at: null,
  });
  await store.insertFiles(
    tx,
    manifest.files.map((file) => ({ project, dataset, version: manifest.version, ...file })),
  );
  await tx.emit(VersionAdded, project, {
    dataset,
    version: manifest.version,
    manifestHash: manifest.hash,
    format,
    ...(source === null ? {} : { source }),
    parents: [...parents],
    ...(rows === null ? {} : { rows }),
    bytes,
    files: manifest.files.length,
    createdAt: now,
  });
  if (profiled) await enqueueProfile(ctx, tx, { project, dataset, version: manifest.version });
}
