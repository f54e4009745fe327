import type { Writable } from "node:stream";
import type { Input, Reply } from "@paydown/api/operation";
import type { listArtifacts as operation } from "@paydown/api/tracking";
import type { ByteRange } from "#base/blobs/blobs.js";
import type { Ctx } from "#base/context.js";
import type { Reader } from "#base/db/db.js";
import { trackingErrors } from "../errors.js";
import { joinPath, toSafePath, toStorePath } from "../model/artifact-path.js";
import { filesBelow, filesIn, findFile, foldersIn, type StoredFile } from "../store/artifacts.js";
import { modelLinks } from "../store/inputs.js";
import { findLoggedModels } from "../store/logged-models.js";
import { findRun } from "../store/runs.js";

/** One folder of the artifact store: folders and files by name. */
export interface Folder {
  readonly folders: string[];
  readonly files: StoredFile[];
}

/** Lists a folder of the store, one level; a missing one, or a file, is empty. */
export async function listFolder(r: Reader, project: string, path: string): Promise<Folder> {
  const safe = toSafePath(path);
  return { folders: await foldersIn(r, project, safe), files: await filesIn(r, project, safe) };
}

export interface OpenFile {
  readonly name: string;
  readonly hash: string;
  readonly size: number;
  /** As `Blobs.pour`. */
  pour(into: () => Writable, range?: ByteRange): Promise<void>;
}

/** A file of the artifact store, by its path. Throws TRACKING_ARTIFACT_NOT_FOUND. */
export async function openArtifact(ctx: Ctx, project: string, path: string): Promise<OpenFile> {
  const safe = toSafePath(path);
  const file = await ctx.db.read(async (r) => {
    const found = await findFile(r, project, safe);
    if (found !== undefined) return found;
    const { folders, files } = await listFolder(r, project, safe);
    if (safe === "" || folders.length + files.length > 0) {
      throw trackingErrors.TRACKING_ARTIFACT_IS_FOLDER({ path: safe });
    }
    throw trackingErrors.TRACKING_ARTIFACT_NOT_FOUND({ path: safe });
  });
  return {
    name: file.name,
    hash: file.hash,
    size: file.size,
    pour: (into, range) => ctx.blobs.pour(file.hash, into, range),
  };
}

/** Where a path of a run lies in the store; undefined when its root is elsewhere. */
export async function runArtifactPath(
  ctx: Ctx,
  project: string,
  runId: string,
  path: string,
): Promise<{ root: string; folder: string | undefined; path: string }> {
  const safe = toSafePath(path);
  const run = await ctx.db.read((r) => findRun(r, project, runId));
  if (run === undefined) throw trackingErrors.TRACKING_RUN_NOT_FOUND({ runId });
  return { root: run.artifact_uri, folder: toStorePath(run.artifact_uri), path: safe };
}

/**
 * One folder of a run's artifacts for screens and the command line. Since MLflow 3 the files of a model lie below a root
 * of the model's own; they are shown as a folder of the run all the same, under the name the run gave the model.
 */
export async function viewArtifacts(ctx: Ctx, input: Input<typeof operation>): Promise<Reply<typeof operation>> {
  const path = toSafePath(input.path ?? "");
  return ctx.db.read(async (r) => {
    const run = await findRun(r, input.project, input.runId);
    if (run === undefined) throw trackingErrors.TRACKING_RUN_NOT_FOUND({ runId: input.runId });
    const links = (await modelLinks(r, [run.id])).filter((link) => link.direction === "output");
    const models = await findLoggedModels(
      r,
      input.project,
      links.map((link) => link.model_id),
    );
    const [first = "", ...rest] = path.split("/");
    const model = models.find((one) => one.name === first);
    const folder = toStorePath(model?.artifact_location ?? run.artifact_uri);
    if (folder === undefined) return { root: run.artifact_uri, stored: false, items: [] };
    const at = joinPath(folder, model === undefined ? path : rest.join("/"));
    const found = await listFolder(r, input.project, at);
    const names = path === "" ? [...found.folders, ...models.map((one) => one.name)] : found.folders;
    return {
      root: run.artifact_uri,
      stored: true,
      items: [
        ...[...new Set(names)].sort().map((name) => ({ path: joinPath(path, name), folder: true })),
        ...found.files.map((file) => ({
          path: joinPath(path, file.name),
          folder: false,
          size: file.size,
          hash: file.hash,
          href: hrefOf(input.project, joinPath(at, file.name)),
        })),
      ],
    };
  });
}

/** The artifact proxy answers the bytes; a link names its project, because browsers send no header with one. */
function hrefOf(project: string, path: string): string {
  const encoded = path.split("/").map(encodeURIComponent).join("/");
  return `/api/2.0/mlflow-artifacts/artifacts/${encoded}?project=${project}`;
}

/** A stored file below a root, its path relative to that root. */
export interface FoundFile {
  readonly path: string;
  readonly hash: string;
  readonly size: number;
}

/** Every stored file below a root URI, by path; undefined when the root is not of this server's store. */
export async function findArtifacts(r: Reader, project: string, uri: string): Promise<FoundFile[] | undefined> {
  const folder = toStorePath(uri);
  if (folder === undefined) return undefined;
  const files = await filesBelow(r, project, folder);
  return files.map((file) => ({
    path: joinPath(file.folder.slice(folder.length).replace(/^\//, ""), file.name),
    hash: file.hash,
    size: file.size,
  }));
}
