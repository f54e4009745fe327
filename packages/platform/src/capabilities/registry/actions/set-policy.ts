import { type PolicySettings, PromotionPolicySet, type Tier } from "@paydown/api/registry";
import type { Ctx } from "#base/context.js";
import { checkNewAlias } from "../model.js";
import { upsertSettings } from "../store/promotions.js";
import { updateTier } from "../store.js";
import { getModelRow } from "./create-model.js";
import { record } from "./record-change.js";

/** Replaces the settings of the project, or of one model; what they leave out is inherited. */
export async function setPolicy(
  ctx: Ctx,
  input: { project: string; model?: string; settings: PolicySettings; reason?: string },
): Promise<void> {
  const { project, model: name, settings, reason = "" } = input;
  for (const alias of settings.aliases ?? []) checkNewAlias(alias);
  await ctx.db.write(async (tx) => {
    const model = name === undefined ? undefined : await getModelRow(tx, project, name);
    await upsertSettings(tx, project, model?.id, settings);
    if (model !== undefined) await record(ctx, tx, model, "policy-set", "", undefined, reason);
    await tx.emit(PromotionPolicySet, project, { ...(name === undefined ? {} : { model: name }), reason });
  });
}

/** Says how much hangs on a model. */
export async function setTier(
  ctx: Ctx,
  input: { project: string; model: string; tier: Tier; reason: string },
): Promise<void> {
  const { project, model: name, tier, reason } = input;
  await ctx.db.write(async (tx) => {
    const model = await getModelRow(tx, project, name);
    if (model.tier === tier) return;
    await updateTier(tx, model.id, tier, ctx.clock.now());
    await record(ctx, tx, model, "tier-set", tier, undefined, reason);
    await tx.emit(PromotionPolicySet, project, { model: name, tier, reason });
  });
}
