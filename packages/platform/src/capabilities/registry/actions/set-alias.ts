import { AliasRemoved, AliasSet } from "@paydown/api/registry";
import type { Ctx } from "#base/context.js";
import type { Tx } from "#base/db/db.js";
import { checkAlias, checkNewAlias } from "../model.js";
import { policyOf } from "../store/promotions.js";
import { findAlias, removeAlias as removeRow, updateModel, upsertAlias } from "../store.js";
import type { ModelRow } from "../tables.js";
import { announceChange } from "./announce-change.js";
import { aliasDeleted, getVersionRow } from "./change-version.js";
import { checkDirect } from "./check-direct.js";
import { getModelRow } from "./create-model.js";
import { type Provision, record } from "./record-change.js";

export interface AliasChange {
  readonly project: string;
  readonly name: string;
  readonly alias: string;
  readonly version: number;
  readonly reason: string;
}

/** Points an alias at a version; answers where it pointed before. Pointing it where it points already changes nothing. */
export async function setAlias(ctx: Ctx, change: AliasChange): Promise<number | undefined> {
  checkNewAlias(change.alias);
  return ctx.db.write(async (tx) => {
    const { model } = await getVersionRow(tx, change.project, change.name, change.version);
    if ((await findAlias(tx, model.id, change.alias)) === change.version) return change.version;
    const unapproved = checkDirect(await policyOf(tx, model), model, { kind: "alias", name: change.alias });
    return putAlias(ctx, tx, model, change, { unapproved });
  });
}

/** The move itself, inside the transaction of whoever decided it; answers where the alias pointed before. */
export async function putAlias(
  ctx: Ctx,
  tx: Tx,
  model: ModelRow,
  change: Pick<AliasChange, "alias" | "version" | "reason">,
  provision: Provision,
): Promise<number | undefined> {
  const { alias, version, reason } = change;
  const previous = await findAlias(tx, model.id, alias);
  if (previous === version) return previous;
  await upsertAlias(tx, model.id, alias, version);
  await updateModel(tx, model.id, {}, ctx.clock.now());
  await record(ctx, tx, model, "alias-set", alias, version, reason, previous, provision);
  await tx.emit(AliasSet, model.project, {
    model: model.name,
    alias,
    version,
    ...(previous === undefined ? {} : { previous }),
    reason,
  });
  const events = { model: "model_version_alias.created", prompt: "prompt_alias.created" } as const;
  await announceChange(tx, model, events, { alias, version: String(version) });
  return previous;
}

/** Takes an alias away; one that is not there is fine. */
export async function removeAlias(ctx: Ctx, change: Omit<AliasChange, "version">): Promise<number | undefined> {
  checkAlias(change.alias);
  return ctx.db.write(async (tx) => {
    const model = await getModelRow(tx, change.project, change.name);
    const previous = await findAlias(tx, model.id, change.alias);
    if (previous === undefined) return undefined;
    const unapproved = checkDirect(await policyOf(tx, model), model, { kind: "alias", name: change.alias });
    await removeRow(tx, model.id, change.alias);
    await updateModel(tx, model.id, {}, ctx.clock.now());
    await record(ctx, tx, model, "alias-removed", change.alias, undefined, change.reason, previous, { unapproved });
    await tx.emit(AliasRemoved, change.project, {
      model: change.name,
      alias: change.alias,
      previous,
      reason: change.reason,
    });
    await announceChange(tx, model, aliasDeleted, { alias: change.alias });
    return previous;
  });
}
