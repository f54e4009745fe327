import type { Input, Reply } from "@paydown/api/operation";
import type * as api from "@paydown/api/registry";
import type { Ctx } from "#base/context.js";
import { registryErrors } from "../errors.js";
import { effectivePolicy } from "../model/policy.js";
import type { ModelSources } from "../needs.js";
import { decisionsOf, findPromotion, findSettings, promotionsOf, waiversOf } from "../store/promotions.js";
import { findModel, findModelById } from "../store.js";
import type { DecisionRow, PromotionRow, WaiverRow } from "../tables.js";
import { weighVersion } from "./weigh-version.js";

export async function viewPolicy(
  ctx: Ctx,
  { project, model: name }: { project: string; model?: string },
): Promise<api.PromotionPolicy> {
  return ctx.db.read(async (r) => {
    const model = name === undefined ? undefined : await findModel(r, project, name);
    if (name !== undefined && model === undefined) throw registryErrors.REGISTRY_MODEL_NOT_FOUND({ name });
    const settings = await findSettings(r, project, model?.id);
    const tier = (model?.tier ?? undefined) as api.Tier | undefined;
    const { effective, origins } = effectivePolicy(settings.project, tier, settings.own);
    return {
      ...(name === undefined ? {} : { model: name }),
      ...(tier === undefined ? {} : { tier }),
      project: settings.project,
      own: settings.own,
      effective: { ...effective, aliases: [...effective.aliases], stages: [...effective.stages] },
      origins,
    };
  });
}

export async function viewGates(
  ctx: Ctx,
  sources: ModelSources,
  input: Input<typeof api.checkPromotion>,
): Promise<Reply<typeof api.checkPromotion>> {
  const weighed = await weighVersion(ctx, sources, input);
  const gates = weighed.gates([]);
  return {
    model: input.model,
    version: input.version,
    gates,
    blocked: gates.some((gate) => gate.blocks),
    approvalsNeeded: weighed.policy.approvals,
    fourEyes: weighed.policy.fourEyes,
  };
}

export async function viewPromotion(
  ctx: Ctx,
  sources: ModelSources,
  { project, promotion }: { project: string; promotion: string },
): Promise<api.Promotion> {
  const row = await ctx.db.read((r) => findPromotion(r, project, promotion));
  if (row === undefined) throw registryErrors.REGISTRY_PROMOTION_NOT_FOUND({ project, promotion });
  return toPromotion(ctx, sources, row);
}

export async function viewPromotions(
  ctx: Ctx,
  sources: ModelSources,
  input: Input<typeof api.listPromotions>,
): Promise<Reply<typeof api.listPromotions>> {
  const limit = input.limit ?? 100;
  const rows = await ctx.db.read(async (r) => {
    const model = input.model === undefined ? undefined : await findModel(r, input.project, input.model);
    if (input.model !== undefined && model === undefined) {
      throw registryErrors.REGISTRY_MODEL_NOT_FOUND({ name: input.model });
    }
    const filter = {
      project: input.project,
      model: model?.id,
      version: input.version,
      state: input.state,
      before: input.cursor,
    };
    return promotionsOf(r, filter, limit + 1);
  });
  const items = await toPromotions(ctx, sources, rows.slice(0, limit));
  const last = items.at(-1);
  return { items, ...(rows.length > limit && last !== undefined ? { cursor: last.id } : {}) };
}

export async function toPromotions(
  ctx: Ctx,
  sources: ModelSources,
  rows: readonly PromotionRow[],
): Promise<api.Promotion[]> {
  const items: api.Promotion[] = [];
  for (const row of rows) items.push(await toPromotion(ctx, sources, row));
  return items;
}

async function toPromotion(ctx: Ctx, sources: ModelSources, row: PromotionRow): Promise<api.Promotion> {
  const { model, decisions, waivers } = await ctx.db.read(async (r) => ({
    model: await findModelById(r, row.model_id),
    decisions: await decisionsOf(r, row.id),
    waivers: (await waiversOf(r, row.id)).map(toWaiver),
  }));
  const weighed =
    row.state === "open"
      ? await weighVersion(ctx, sources, {
          project: row.project,
          model: row.model_id,
          version: row.version,
          target: { kind: row.kind, name: row.name },
        })
      : undefined;
  const gates = weighed?.gates(waivers) ?? (JSON.parse(row.gates ?? "[]") as api.Gate[]);
  return {
    id: row.id,
    model: model?.name ?? `deleted (${row.model_id})`,
    version: row.version,
    target: { kind: row.kind, name: row.name },
    state: row.state,
    requestedBy: row.requested_by,
    requestedAt: row.requested_at,
    reason: row.reason,
    ...(row.previous === null ? {} : { previous: row.previous }),
    approvals: decisions.filter((one) => one.decision === "approve").length,
    approvalsNeeded: weighed?.policy.approvals ?? row.approvals_needed,
    fourEyes: weighed?.policy.fourEyes ?? row.four_eyes === 1,
    gates,
    waivers,
    decisions: decisions.map(toDecision),
    blocked: weighed !== undefined && gates.some((gate) => gate.blocks),
    ...(row.closed_at === null ? {} : { closedAt: row.closed_at }),
  };
}

function toDecision(row: DecisionRow): api.Promotion["decisions"][number] {
  return { by: row.caused_by, at: row.at, decision: row.decision, reason: row.reason };
}

export function toWaiver(row: WaiverRow): api.Waiver {
  return {
    gate: row.gate as api.GateName,
    by: row.caused_by,
    at: row.at,
    reason: row.reason,
    dueAt: row.due_at,
  };
}
