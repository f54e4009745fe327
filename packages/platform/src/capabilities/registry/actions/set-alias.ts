import { AliasRemoved, AliasSet } from "@paydown/api/registry";
import type { Ctx } from "#base/context.js";
import { checkAlias, checkNewAlias } from "../model.js";
import { findAlias, removeAlias as removeRow, updateModel, upsertAlias } from "../store.js";
import { announceChange } from "./announce-change.js";
import { aliasDeleted, getVersionRow, record } from "./change-version.js";
import { getModelRow } from "./create-model.js";

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
    const previous = await findAlias(tx, model.id, change.alias);
    if (previous === change.version) return previous;
    await upsertAlias(tx, model.id, change.alias, change.version);
    await updateModel(tx, model.id, {}, ctx.clock.now());
    await record(ctx, tx, model, "alias-set", change.alias, change.version, change.reason, previous);
    await tx.emit(AliasSet, change.project, {
      model: change.name,
      alias: change.alias,
      version: change.version,
      ...(previous === undefined ? {} : { previous }),
      reason: change.reason,
    });
    const events = { model: "model_version_alias.created", prompt: "prompt_alias.created" } as const;
    await announceChange(tx, model, events, { alias: change.alias, version: String(change.version) });
    return previous;
  });
}

/** Takes an alias away; one that is not there is fine. */
export async function removeAlias(ctx: Ctx, change: Omit<AliasChange, "version">): Promise<number | undefined> {
  checkAlias(change.alias);
  return ctx.db.write(async (tx) => {
    const model = await getModelRow(tx, change.project, change.name);
    const previous = await findAlias(tx, model.id, change.alias);
    if (previous === undefined) return undefined;
    await removeRow(tx, model.id, change.alias);
    await updateModel(tx, model.id, {}, ctx.clock.now());
    await record(ctx, tx, model, "alias-removed", change.alias, undefined, change.reason, previous);
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
