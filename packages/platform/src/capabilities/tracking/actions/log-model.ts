import { ModelLogged } from "@paydown/api/tracking";
import type { Ctx } from "#base/context.js";
import type { Tx } from "#base/db/db.js";
import { trackingErrors } from "../errors.js";
import { joinUri } from "../model/artifact-path.js";
import { randomName } from "../model/names.js";
import type { KeyValue } from "../model.js";
import { experimentIdText } from "../store/experiments.js";
import {
  findLoggedModel,
  insertLoggedModel,
  insertModelParams,
  removeModelTag,
  updateLoggedModel,
  upsertModelTexts,
} from "../store/logged-models.js";
import type { LoggedModelRow } from "../tables.js";
import { getActiveExperiment } from "./change-experiment.js";
import { planSweep } from "./plan-sweep.js";
import { planReading } from "./read-versions.js";

export interface NewLoggedModel {
  readonly project: string;
  readonly experimentId: number;
  readonly name?: string | undefined;
  readonly modelType?: string | undefined;
  readonly sourceRunId?: string | undefined;
  readonly params: readonly KeyValue[];
  readonly tags: readonly KeyValue[];
}

/** Announces a model whose files will follow; it is pending until `finishLoggedModel`. */
export async function createLoggedModel(ctx: Ctx, input: NewLoggedModel): Promise<LoggedModelRow> {
  checkModelName(input.name);
  return ctx.db.write(async (tx) => {
    const experiment = await getActiveExperiment(tx, input.project, input.experimentId);
    const modelId = `m-${ctx.ids.hex(16)}`;
    const now = ctx.clock.now();
    const model = await insertLoggedModel(tx, {
      model_id: modelId,
      project: input.project,
      experiment_id: experiment.id,
      name: input.name || randomName(ctx.ids),
      artifact_location: joinUri(experiment.artifact_location, "models", modelId, "artifacts"),
      created_at: now,
      updated_at: now,
      status: "PENDING",
      model_type: input.modelType ?? null,
      source_run_id: input.sourceRunId ?? null,
      deleted: 0,
    });
    await putParams(tx, modelId, input.params);
    await upsertModelTexts(tx, "logged_model_tags", modelId, input.tags);
    return model;
  });
}

/** Its files are complete, or their upload failed. */
export async function finishLoggedModel(
  ctx: Ctx,
  project: string,
  modelId: string,
  status: "READY" | "UPLOAD_FAILED" | "PENDING",
): Promise<void> {
  await ctx.db.write(async (tx) => {
    const model = await getLoggedModelRow(tx, project, modelId);
    await updateLoggedModel(tx, model.id, { status }, ctx.clock.now());
    if (status !== "READY" || model.status === "READY") return;
    await planReading(tx, ctx, project, modelId);
    await tx.emit(ModelLogged, project, {
      modelId,
      name: model.name,
      experimentId: await experimentIdText(tx, model.experiment_id),
      ...(model.source_run_id === null ? {} : { runId: model.source_run_id }),
      artifactUri: model.artifact_location,
    });
  });
}

export async function deleteLoggedModel(ctx: Ctx, project: string, modelId: string): Promise<void> {
  await ctx.db.write(async (tx) => {
    const model = await getLoggedModelRow(tx, project, modelId);
    await updateLoggedModel(tx, model.id, { deleted: 1 }, ctx.clock.now());
    await planSweep(tx, ctx, project);
  });
}

export async function setLoggedModelTags(
  ctx: Ctx,
  project: string,
  modelId: string,
  tags: readonly KeyValue[],
): Promise<void> {
  await ctx.db.write(async (tx) => {
    await getLoggedModelRow(tx, project, modelId);
    await upsertModelTexts(tx, "logged_model_tags", modelId, tags);
  });
}

export async function deleteLoggedModelTag(ctx: Ctx, project: string, modelId: string, key: string): Promise<void> {
  await ctx.db.write(async (tx) => {
    await getLoggedModelRow(tx, project, modelId);
    if ((await removeModelTag(tx, modelId, key)) > 0) return;
    throw trackingErrors.TRACKING_MODEL_TAG_NOT_FOUND({ key, modelId });
  });
}

export async function logLoggedModelParams(
  ctx: Ctx,
  project: string,
  modelId: string,
  params: readonly KeyValue[],
): Promise<void> {
  await ctx.db.write(async (tx) => {
    await getLoggedModelRow(tx, project, modelId);
    await putParams(tx, modelId, params);
  });
}

/** A parameter is set once: the same again is fine, another value is refused. */
async function putParams(tx: Tx, modelId: string, params: readonly KeyValue[]): Promise<void> {
  const [changed] = await insertModelParams(tx, modelId, params);
  if (changed === undefined) return;
  throw trackingErrors.TRACKING_PARAM_CHANGED({
    problem: `Changing param values is not allowed. Param with key='${changed.key}' was already logged with value='${changed.old}' for model ID='${modelId}'. Attempted logging new value '${changed.value}'.`,
  });
}

async function getLoggedModelRow(tx: Tx, project: string, modelId: string): Promise<LoggedModelRow> {
  const model = await findLoggedModel(tx, project, modelId);
  if (model === undefined) throw trackingErrors.TRACKING_MODEL_NOT_FOUND({ modelId });
  return model;
}

function checkModelName(name: string | undefined): void {
  if (name === undefined || name === "") return;
  if (!/[/:.%"']/.test(name)) return;
  const shown = name.includes("'") && !name.includes('"') ? `"${name}"` : `'${name}'`;
  throw trackingErrors.TRACKING_INVALID({
    problem: `Invalid model name (${shown}) provided. Model name must be a non-empty string and cannot contain the following characters: ('/', ':', '.', '%', '"', "'")`,
  });
}
