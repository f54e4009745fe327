import { ExperimentRenamed } from "@paydown/api/tracking";
import { ownNew } from "#base/auth/grants.js";
import type { Ctx } from "#base/context.js";
import type { Tx } from "#base/db/db.js";
import { trackingErrors } from "../errors.js";
import { artifactScheme, decodeFully, joinUri } from "../model/artifact-path.js";
import { checkKey, checkLength, defaultExperiment, type KeyValue, limits } from "../model.js";
import {
  findExperiment,
  findExperimentByName,
  insertExperiment,
  removeExperimentTag,
  updateExperiment,
  upsertExperimentTag,
} from "../store/experiments.js";
import { markRunsOf } from "../store/runs.js";
import type { ExperimentRow } from "../tables.js";
import { planSweep } from "./plan-sweep.js";

export interface NewExperiment {
  readonly project: string;
  readonly name: string;
  /** Root of its runs' artifacts; below `artifactRoot` when absent. */
  readonly artifactLocation?: string | undefined;
  /** Where roots lie that nobody named; this server's own store when empty or absent. */
  readonly artifactRoot?: string | undefined;
  readonly tags?: readonly KeyValue[] | undefined;
}

/** Creates an experiment; a name is taken also by a deleted one. */
export async function createExperiment(ctx: Ctx, input: NewExperiment): Promise<ExperimentRow> {
  const { project, name, tags = [] } = input;
  checkName(name);
  for (const tag of tags) checkExperimentTag(tag);
  if (input.artifactLocation !== undefined) checkLocation(input.artifactLocation);
  const now = ctx.clock.now();
  return ctx.db.write(async (tx) => {
    if ((await findExperimentByName(tx, project, name)) !== undefined) {
      throw trackingErrors.TRACKING_EXPERIMENT_EXISTS({ name });
    }
    const row = await insertExperiment(tx, {
      project,
      name,
      artifact_location: input.artifactLocation ?? "",
      created_at: now,
      updated_at: now,
    });
    for (const tag of tags) await upsertExperimentTag(tx, row.id, tag.key, tag.value);
    await ownNew(tx, ctx.principal, project, { kind: "experiment", id: String(row.id) });
    return input.artifactLocation === undefined ? withOwnRoot(tx, row, input.artifactRoot, now) : row;
  });
}

/** The root is named after the id, which is known only once the row is there. */
async function withOwnRoot(tx: Tx, row: ExperimentRow, root: string | undefined, now: number): Promise<ExperimentRow> {
  const artifact_location = joinUri(root || artifactScheme, String(row.id));
  await updateExperiment(tx, row.id, { artifact_location }, now);
  return { ...row, artifact_location };
}

/** MLflow clients expect an experiment "Default" in a fresh store, with id 0 in the project they talk to by default. */
export async function ensureDefaultExperiment(
  ctx: Ctx,
  project: string,
  id: number | undefined,
  artifactRoot?: string,
): Promise<void> {
  const found = await ctx.db.read((r) => findExperimentByName(r, project, defaultExperiment));
  if (found !== undefined) return;
  const now = ctx.clock.now();
  await ctx.db.write(async (tx) => {
    if ((await findExperimentByName(tx, project, defaultExperiment)) !== undefined) return;
    // Renamed, it is still the one clients reach by its id.
    if (id !== undefined && (await findExperiment(tx, project, id)) !== undefined) return;
    const row = await insertExperiment(tx, {
      id,
      project,
      name: defaultExperiment,
      artifact_location: "",
      created_at: now,
      updated_at: now,
    });
    await withOwnRoot(tx, row, artifactRoot, now);
  });
}

export function renameExperiment(ctx: Ctx, project: string, id: number, name: string): Promise<void> {
  checkName(name);
  return ctx.db.write(async (tx) => {
    const row = await getExperimentRow(tx, project, id);
    if (row.deleted === 1) throw trackingErrors.TRACKING_RENAME_DELETED();
    const other = await findExperimentByName(tx, project, name);
    if (other !== undefined && other.id !== id) throw trackingErrors.TRACKING_EXPERIMENT_EXISTS({ name });
    await updateExperiment(tx, id, { name }, ctx.clock.now());
    if (name === row.name) return;
    await tx.emit(ExperimentRenamed, project, { experimentId: row.outer_id ?? String(id), before: row.name, name });
  });
}

/** Hides an experiment and its runs. */
export function deleteExperiment(ctx: Ctx, project: string, id: number): Promise<void> {
  return ctx.db.write(async (tx) => {
    const row = await getExperimentRow(tx, project, id);
    if (row.deleted === 1) throw trackingErrors.TRACKING_EXPERIMENT_NOT_FOUND({ experimentId: id });
    await updateExperiment(tx, id, { deleted: 1 }, ctx.clock.now());
    await markRunsOf(tx, id, ctx.clock.now());
    await planSweep(tx, ctx, project);
  });
}

/** Brings an experiment and its runs back. */
export function restoreExperiment(ctx: Ctx, project: string, id: number): Promise<void> {
  return ctx.db.write(async (tx) => {
    const row = await getExperimentRow(tx, project, id);
    if (row.deleted === 0) throw trackingErrors.TRACKING_EXPERIMENT_NOT_FOUND({ experimentId: id });
    await updateExperiment(tx, id, { deleted: 0 }, ctx.clock.now());
    await markRunsOf(tx, id, undefined);
  });
}

export function setExperimentTag(ctx: Ctx, project: string, id: number, tag: KeyValue): Promise<void> {
  checkExperimentTag(tag);
  return ctx.db.write(async (tx) => {
    await getActiveExperiment(tx, project, id);
    await upsertExperimentTag(tx, id, tag.key, tag.value);
  });
}

export function deleteExperimentTag(ctx: Ctx, project: string, id: number, key: string): Promise<void> {
  return ctx.db.write(async (tx) => {
    await getActiveExperiment(tx, project, id);
    if ((await removeExperimentTag(tx, id, key)) === 0) {
      throw trackingErrors.TRACKING_TAG_NOT_FOUND({ key, owner: `experiment with id ${id}` });
    }
  });
}

async function getExperimentRow(tx: Tx, project: string, id: number): Promise<ExperimentRow> {
  const row = await findExperiment(tx, project, id);
  if (row === undefined) throw trackingErrors.TRACKING_EXPERIMENT_NOT_FOUND({ experimentId: id });
  return row;
}

export async function getActiveExperiment(tx: Tx, project: string, id: number): Promise<ExperimentRow> {
  const row = await getExperimentRow(tx, project, id);
  if (row.deleted === 1) throw trackingErrors.TRACKING_EXPERIMENT_DELETED({ experimentId: id });
  return row;
}

function checkName(name: string): void {
  if (name === "") throw trackingErrors.TRACKING_INVALID({ problem: `Invalid experiment name: '${name}'` });
  checkLength("name", limits.experimentName, name);
}

function checkExperimentTag(tag: KeyValue): void {
  checkKey(tag.key, "key");
  checkLength("key", limits.key, tag.key);
  checkLength("value", limits.experimentTagValue, tag.value);
}

function checkLocation(uri: string): void {
  const problem = (text: string) => trackingErrors.TRACKING_INVALID({ problem: text });
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(uri)?.[1]?.toLowerCase() ?? "";
  if (uri.includes("#") || (withParameters.has(scheme) && /;[^/]*$/.test(uri.split("?")[0] ?? ""))) {
    throw problem("'artifact_location' URL can't include fragments or params.");
  }
  const query = uri.includes("?") ? decodeFully(uri.slice(uri.indexOf("?") + 1)) : "";
  if (query === undefined || query.includes("..")) throw problem("Invalid query string");
  if (uri.startsWith("runs:")) throw problem(`Artifact location cannot be a runs:/ URI. Given: '${uri}'`);
  if (uri.length > 2048) {
    throw problem(
      "Invalid artifact path length. The length of the artifact path cannot be greater than 2048 characters.",
    );
  }
}

/** Schemes whose last path part may have parameters after `;`; in others it is a character like any other. */
const withParameters: ReadonlySet<string> = new Set(["", "ftp", "sftp", "http", "https"]);
