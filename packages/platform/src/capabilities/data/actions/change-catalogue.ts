import {
  type createDataset as CreateDataset,
  DatasetCreated,
  DatasetUpdated,
  type registerSource as RegisterSource,
  SourceRegistered,
  type updateDataset as UpdateDataset,
} from "@paydown/api/data";
import type { Input } from "@paydown/api/operation";
import type { Ctx } from "#base/context.js";
import type { Tx } from "#base/db/db.js";
import { dataErrors } from "../errors.js";
import * as store from "../store.js";
import type { DatasetRow } from "../tables.js";
import { enqueueProfile } from "./profile-version.js";

/** Registers a source or replaces what is known about it. */
export async function registerSource(ctx: Ctx, input: Input<typeof RegisterSource>): Promise<void> {
  const now = ctx.clock.now();
  await ctx.db.write(async (tx) => {
    const row = {
      project: input.project,
      name: input.source,
      location: input.location,
      modality: input.modality ?? "tabular",
      format: input.format ?? "",
      external: input.external === true ? 1 : 0,
      description: input.description ?? "",
      owner: input.owner ?? null,
      freshness_hours: input.freshnessHours ?? null,
      created_at: now,
      created_by: ctx.principal.name,
      updated_at: now,
    } as const;
    await store.upsertSource(tx, row);
    await tx.emit(SourceRegistered, input.project, {
      source: row.name,
      location: row.location,
      modality: row.modality,
      external: row.external === 1,
      ...(row.owner === null ? {} : { owner: row.owner }),
    });
  });
}

/** Makes a dataset. Throws DATA_DATASET_EXISTS and DATA_SOURCE_NOT_FOUND. */
export async function createDataset(ctx: Ctx, input: Input<typeof CreateDataset>): Promise<void> {
  await ctx.db.write(async (tx) => {
    if (!(await insertDataset(ctx, tx, input))) {
      throw dataErrors.DATA_DATASET_EXISTS({ project: input.project, dataset: input.dataset });
    }
  });
}

/** Answers false when there was one of the name; nothing is changed then. */
export async function insertDataset(ctx: Ctx, tx: Tx, input: Input<typeof CreateDataset>): Promise<boolean> {
  await checkSource(tx, input.project, input.source);
  const row: DatasetRow = {
    project: input.project,
    name: input.dataset,
    description: input.description ?? "",
    owner: input.owner ?? null,
    source: input.source ?? null,
    freshness_hours: input.freshnessHours ?? null,
    reference: null,
    created_at: ctx.clock.now(),
    created_by: ctx.principal.name,
  };
  if (!(await store.insertDataset(tx, row))) return false;
  await tx.emit(DatasetCreated, row.project, {
    dataset: row.name,
    ...(row.owner === null ? {} : { owner: row.owner }),
    ...(row.source === null ? {} : { source: row.source }),
  });
  return true;
}

/** Changes what is said of a dataset. A new reference has every profile on other bins computed again. */
export async function updateDataset(ctx: Ctx, input: Input<typeof UpdateDataset>): Promise<void> {
  const { project, dataset } = input;
  await ctx.db.write(async (tx) => {
    const row = await store.findDataset(tx, project, dataset);
    if (row === undefined) throw dataErrors.DATA_DATASET_NOT_FOUND({ project, dataset });
    await checkSource(tx, project, input.source);
    const changes: Partial<DatasetRow> = {
      ...(input.description === undefined ? {} : { description: input.description }),
      ...(input.owner === undefined ? {} : { owner: input.owner }),
      ...(input.source === undefined ? {} : { source: input.source }),
      ...(input.freshnessHours === undefined ? {} : { freshness_hours: input.freshnessHours }),
      ...(input.reference === undefined ? {} : { reference: input.reference }),
    };
    if (input.reference !== undefined && input.reference !== row.reference) {
      await changeReference(ctx, tx, project, dataset, input.reference);
    }
    await store.updateDataset(tx, project, dataset, changes);
    const { owner, source, reference } = { ...row, ...changes };
    await tx.emit(DatasetUpdated, project, {
      dataset,
      ...(owner === null ? {} : { owner }),
      ...(source === null ? {} : { source }),
      ...(reference === null ? {} : { reference }),
    });
  });
}

async function changeReference(ctx: Ctx, tx: Tx, project: string, dataset: string, reference: string): Promise<void> {
  const version = await store.findVersion(tx, project, dataset, reference);
  if (version === undefined) throw dataErrors.DATA_VERSION_NOT_FOUND({ dataset, version: reference });
  if (version.format === "files") throw dataErrors.DATA_NOT_TABULAR({ dataset, version: reference });
  for (const one of await store.versionsProfiledOtherwise(tx, project, dataset, reference)) {
    await enqueueProfile(ctx, tx, { project, dataset, version: one.version });
  }
}

export async function checkSource(tx: Tx, project: string, source: string | undefined): Promise<void> {
  if (source !== undefined && (await store.findSource(tx, project, source)) === undefined) {
    throw dataErrors.DATA_SOURCE_NOT_FOUND({ project, source });
  }
}
