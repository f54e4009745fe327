import { AliasRemoved, StageChanged } from "@paydown/api/registry";
import type { Ctx } from "#base/context.js";
import type { Tx } from "#base/db/db.js";
import { registryErrors } from "../errors.js";
import { activeStages, checkModelName, checkTag, checkTagKey, type KeyValue, type Stage, toStage } from "../model.js";
import { closePromotions, policyOf } from "../store/promotions.js";
import {
  findVersion,
  lockModel,
  modelDetails,
  removeAlias,
  removeVersionTag,
  updateModel,
  updateVersion,
  upsertVersionTag,
  versionsInStage,
} from "../store.js";
import type { ModelRow, VersionRow } from "../tables.js";
import { announceChange } from "./announce-change.js";
import { checkDirect } from "./check-direct.js";
import { type Provision, record } from "./record-change.js";

/** Describes a version anew; null takes its description away. */
export async function describeVersion(
  ctx: Ctx,
  project: string,
  name: string,
  version: number,
  description: string | null,
): Promise<void> {
  await ctx.db.write(async (tx) => {
    const { row } = await getVersionRow(tx, project, name, version);
    await updateVersion(tx, row.model_id, version, { description }, ctx.clock.now());
  });
}

/** Moves a version to a stage; with `archive` the others of that stage go to the archive. */
export async function moveToStage(
  ctx: Ctx,
  project: string,
  name: string,
  version: number,
  to: string,
  archive: boolean,
): Promise<void> {
  const stage = toStage(to);
  if (archive && !activeStages.includes(stage)) {
    throw registryErrors.REGISTRY_INVALID({
      problem: `Model version transition cannot archive existing model versions because '${to}' is not an Active stage. Valid stages are ['Staging', 'Production']`,
    });
  }
  await ctx.db.write(async (tx) => {
    const { model, row } = await getVersionRow(tx, project, name, version);
    if (row.stage === stage && !archive) return updateModel(tx, model.id, {}, ctx.clock.now());
    const policy = await policyOf(tx, model);
    const unapproved = [stage, row.stage].filter((one) => checkDirect(policy, model, { kind: "stage", name: one }));
    return putStage(ctx, tx, model, row, stage, archive, "", { unapproved: unapproved.length > 0 });
  });
}

/** The move itself, inside the transaction of whoever decided it. */
export async function putStage(
  ctx: Ctx,
  tx: Tx,
  model: ModelRow,
  row: VersionRow,
  stage: Stage,
  archive: boolean,
  reason: string,
  provision: Provision,
): Promise<void> {
  const now = ctx.clock.now();
  const { version } = row;
  const moved = archive ? (await versionsInStage(tx, model.id, stage)).filter((one) => one.version !== version) : [];
  const move = async (one: VersionRow, to: Stage, why: string): Promise<void> => {
    await updateVersion(tx, model.id, one.version, { stage: to }, now);
    if (one.stage === to) return;
    await record(ctx, tx, model, "stage-changed", to, one.version, why, undefined, provision);
    await tx.emit(StageChanged, model.project, {
      model: model.name,
      version: one.version,
      stage: to,
      previous: one.stage,
      reason: why,
    });
  };
  for (const other of moved) await move(other, "Archived", `version ${version} took its place`);
  await move(row, stage, reason);
  await updateModel(tx, model.id, {}, now);
}

export const aliasDeleted = { model: "model_version_alias.deleted", prompt: "prompt_alias.deleted" } as const;

/** Removes a version with the aliases that point at it. Its number is never given again. */
export async function deleteVersion(ctx: Ctx, project: string, name: string, version: number): Promise<void> {
  await ctx.db.write(async (tx) => {
    const { model, row } = await getVersionRow(tx, project, name, version);
    const policy = await policyOf(tx, model);
    checkDirect(policy, model, { kind: "stage", name: row.stage });
    const { aliases } = await modelDetails(tx, [model.id]);
    for (const { alias } of aliases.filter((one) => one.version === version)) {
      const unapproved = checkDirect(policy, model, { kind: "alias", name: alias });
      const reason = `version ${version} was deleted`;
      await removeAlias(tx, model.id, alias);
      await record(ctx, tx, model, "alias-removed", alias, undefined, reason, version, { unapproved });
      await tx.emit(AliasRemoved, project, { model: name, alias, previous: version, reason });
      await announceChange(tx, model, aliasDeleted, { alias });
    }
    await updateVersion(tx, model.id, version, { deleted: 1 }, ctx.clock.now());
    await closePromotions(tx, model.id, version, ctx.clock.now());
    await updateModel(tx, model.id, {}, ctx.clock.now());
    await record(ctx, tx, model, "version-deleted", "", version, "");
  });
}

export async function setVersionTag(
  ctx: Ctx,
  project: string,
  name: string,
  version: number,
  tag: KeyValue,
): Promise<void> {
  checkTag(tag);
  await ctx.db.write(async (tx) => {
    const { model, row } = await getVersionRow(tx, project, name, version);
    await upsertVersionTag(tx, row.model_id, version, tag);
    const events = { model: "model_version_tag.set", prompt: "prompt_version_tag.set" } as const;
    await announceChange(tx, model, events, { version: String(version), key: tag.key, value: tag.value });
  });
}

/** Removing a tag that is not there is fine. */
export async function deleteVersionTag(
  ctx: Ctx,
  project: string,
  name: string,
  version: number,
  key: string,
): Promise<void> {
  checkTagKey(key);
  await ctx.db.write(async (tx) => {
    const { model, row } = await getVersionRow(tx, project, name, version);
    await removeVersionTag(tx, row.model_id, version, key);
    const events = { model: "model_version_tag.deleted", prompt: "prompt_version_tag.deleted" } as const;
    await announceChange(tx, model, events, { version: String(version), key });
  });
}

/** The version and its model, which nobody else changes before this transaction is over. */
export async function getVersionRow(
  tx: Tx,
  project: string,
  name: string,
  version: number,
): Promise<{ model: ModelRow; row: VersionRow }> {
  checkModelName(name);
  const model = await lockModel(tx, project, name);
  const row = model && (await findVersion(tx, model.id, version));
  if (model === undefined || row === undefined) throw registryErrors.REGISTRY_VERSION_NOT_FOUND({ name, version });
  return { model, row };
}
