import { ownNew } from "#base/auth/grants.js";
import type { Ctx } from "#base/context.js";
import type { Tx } from "#base/db/db.js";
import { registryErrors } from "../errors.js";
import { checkModelName, checkTag, checkTagKey, type KeyValue, stages } from "../model.js";
import { closePromotions, policyOf } from "../store/promotions.js";
import {
  carryCounter,
  findModel,
  insertModel,
  lockModel,
  modelDetails,
  removeModel,
  removeModelTag,
  updateModel,
  upsertModelTag,
  versionsInStage,
} from "../store.js";
import type { ModelRow } from "../tables.js";
import { announceChange, announceModel } from "./announce-change.js";
import { checkDirect } from "./check-direct.js";
import { record } from "./record-change.js";

export async function createModel(
  ctx: Ctx,
  input: { project: string; name: string; description?: string | undefined; tags?: readonly KeyValue[] },
): Promise<ModelRow> {
  checkModelName(input.name);
  const { tags = [] } = input;
  for (const tag of tags) checkTag(tag);
  const now = ctx.clock.now();
  return ctx.db.write(async (tx) => {
    if ((await findModel(tx, input.project, input.name)) !== undefined) {
      throw registryErrors.REGISTRY_MODEL_EXISTS({ name: input.name });
    }
    const model = await insertModel(tx, {
      project: input.project,
      name: input.name,
      description: input.description ?? null,
      created_at: now,
      updated_at: now,
    });
    for (const tag of tags) await upsertModelTag(tx, model.id, tag);
    await ownNew(tx, ctx.principal, input.project, { kind: "model", id: input.name });
    await announceModel(tx, model, tags);
    return model;
  });
}

export async function describeModel(ctx: Ctx, project: string, name: string, description: string): Promise<void> {
  await ctx.db.write(async (tx) => {
    const model = await getModelRow(tx, project, name);
    await updateModel(tx, model.id, { description }, ctx.clock.now());
  });
}

export async function renameModel(ctx: Ctx, project: string, name: string, to: string): Promise<void> {
  if (to.trim() === "") {
    throw registryErrors.REGISTRY_INVALID({ problem: "Missing value for required parameter 'new_name'." });
  }
  checkModelName(to);
  await ctx.db.write(async (tx) => {
    const model = await getModelRow(tx, project, name);
    const other = await findModel(tx, project, to);
    if (other !== undefined && other.id !== model.id) throw registryErrors.REGISTRY_MODEL_EXISTS({ name: to });
    await updateModel(tx, model.id, { name: to }, ctx.clock.now());
    await carryCounter(tx, project, name, to);
  });
}

/** Removes a model with all that hangs on it. What stood where until then stays in the history. */
export async function deleteModel(ctx: Ctx, project: string, name: string): Promise<void> {
  const reason = "the model was deleted";
  await ctx.db.write(async (tx) => {
    const model = await getModelRow(tx, project, name);
    const policy = await policyOf(tx, model);
    for (const { alias, version } of (await modelDetails(tx, [model.id])).aliases) {
      const unapproved = checkDirect(policy, model, { kind: "alias", name: alias });
      await record(ctx, tx, model, "alias-removed", alias, undefined, reason, version, { unapproved });
    }
    for (const stage of stages.filter((one) => one !== "None")) {
      for (const { version } of await versionsInStage(tx, model.id, stage)) {
        const unapproved = checkDirect(policy, model, { kind: "stage", name: stage });
        await record(ctx, tx, model, "version-deleted", "", version, reason, undefined, { unapproved });
      }
    }
    await record(ctx, tx, model, "model-deleted", model.name, undefined, "");
    await removeModel(tx, model.id);
    await closePromotions(tx, model.id, undefined, ctx.clock.now());
  });
}

export async function setModelTag(ctx: Ctx, project: string, name: string, tag: KeyValue): Promise<void> {
  checkTag(tag);
  await ctx.db.write(async (tx) => {
    const model = await getModelRow(tx, project, name);
    await upsertModelTag(tx, model.id, tag);
    await announceChange(tx, model, { prompt: "prompt_tag.set" }, { key: tag.key, value: tag.value });
  });
}

/** Removing a tag that is not there is fine. */
export async function deleteModelTag(ctx: Ctx, project: string, name: string, key: string): Promise<void> {
  checkTagKey(key);
  await ctx.db.write(async (tx) => {
    const model = await getModelRow(tx, project, name);
    await announceChange(tx, model, { prompt: "prompt_tag.deleted" }, { key });
    await removeModelTag(tx, model.id, key);
  });
}

/** The model, which nobody else changes before this transaction is over. */
export async function getModelRow(tx: Tx, project: string, name: string): Promise<ModelRow> {
  checkModelName(name);
  const model = await lockModel(tx, project, name);
  if (model === undefined) throw registryErrors.REGISTRY_MODEL_NOT_FOUND({ name });
  return model;
}
