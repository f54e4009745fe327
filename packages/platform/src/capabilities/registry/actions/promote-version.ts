import type { Input } from "@paydown/api/operation";
import type * as api from "@paydown/api/registry";
import { GateWaived, PromotionDecided, PromotionRequested } from "@paydown/api/registry";
import { may } from "#base/auth/principal.js";
import type { Ctx } from "#base/context.js";
import type { Tx } from "#base/db/db.js";
import { registryErrors } from "../errors.js";
import { gapsOf } from "../model/gates.js";
import type { Target } from "../model/policy.js";
import { activeStages, checkNewAlias, toStage } from "../model.js";
import type { ModelSources } from "../needs.js";
import {
  closePromotion,
  decisionsOf,
  findOpenPromotion,
  findPromotion,
  insertDecision,
  insertPromotion,
  upsertWaiver,
  waiversOf,
} from "../store/promotions.js";
import { findAlias, findVersion, lockModelById, versionsInStage } from "../store.js";
import type { DecisionRow, PromotionRow } from "../tables.js";
import { toWaiver, viewPromotion } from "../views/promotion-page.js";
import { type Weighed, weighVersion } from "../views/weigh-version.js";
import { getVersionRow, putStage } from "./change-version.js";
import { putAlias } from "./set-alias.js";

/** Asks that a version take over an alias or a stage; where no gate blocks and nobody need approve, it does at once. */
export async function requestPromotion(
  ctx: Ctx,
  sources: ModelSources,
  input: Input<typeof api.requestPromotion>,
): Promise<api.Promotion> {
  const { project, version, reason } = input;
  const target = toTarget(input);
  const weighed = await weighVersion(ctx, sources, { project, model: input.model, version, target });
  const id = ctx.ids.ulid();
  const now = ctx.clock.now();
  await ctx.db.write(async (tx) => {
    const { model } = await getVersionRow(tx, project, input.model, version);
    const open = await findOpenPromotion(tx, model.id, { version, ...target });
    if (open !== undefined) {
      const values = { version, model: model.name, target: spelled(target), promotion: open.id };
      throw registryErrors.REGISTRY_PROMOTION_OPEN(values);
    }
    const row: PromotionRow = {
      id,
      project,
      model_id: model.id,
      version,
      ...target,
      state: "open",
      requested_by: ctx.principal.name,
      requested_at: now,
      reason,
      previous: (await standing(tx, model.id, target)) ?? null,
      approvals_needed: weighed.policy.approvals,
      four_eyes: weighed.policy.fourEyes ? 1 : 0,
      gates: null,
      closed_at: null,
    };
    await insertPromotion(tx, row);
    await tx.emit(PromotionRequested, project, {
      promotion: id,
      model: model.name,
      version,
      target: spelled(target),
      reason,
    });
    await promoteIfReady(ctx, tx, weighed, row);
  });
  return viewPromotion(ctx, sources, { project, promotion: id });
}

/** Throws REGISTRY_FOUR_EYES, REGISTRY_GATES_CLOSED, REGISTRY_DECIDED_ALREADY, REGISTRY_PROMOTION_CLOSED. */
export async function approvePromotion(
  ctx: Ctx,
  sources: ModelSources,
  input: Input<typeof api.approvePromotion>,
): Promise<api.Promotion> {
  const { project, promotion, reason } = input;
  const weighed = await weighPromotion(ctx, sources, project, promotion);
  await ctx.db.write(async (tx) => {
    // Of two who approve at once the second sees the first.
    await lockModelById(tx, weighed.model.id);
    const row = await openPromotion(tx, project, promotion);
    checkEyes(ctx, weighed, row, "approve");
    const gaps = gapsOf(weighed.gates(await givenWaivers(tx, row.id)));
    if (gaps !== "") {
      const values = { version: row.version, model: weighed.model.name, gaps, promotion };
      throw registryErrors.REGISTRY_GATES_CLOSED(values);
    }
    await decide(ctx, tx, row, "approve", reason);
    const state = (await promoteIfReady(ctx, tx, weighed, row)) ? "promoted" : "open";
    await emitDecision(tx, weighed, row, "approve", state, reason);
  });
  return viewPromotion(ctx, sources, { project, promotion });
}

export async function rejectPromotion(
  ctx: Ctx,
  sources: ModelSources,
  input: Input<typeof api.rejectPromotion>,
): Promise<api.Promotion> {
  return refuse(ctx, sources, { ...input, decision: "reject" });
}

/** Only who asked, and approvers, take a request back. */
export async function withdrawPromotion(
  ctx: Ctx,
  sources: ModelSources,
  { reason = "", ...input }: Input<typeof api.withdrawPromotion>,
): Promise<api.Promotion> {
  return refuse(ctx, sources, { ...input, reason, decision: "withdraw" });
}

async function refuse(
  ctx: Ctx,
  sources: ModelSources,
  input: { project: string; promotion: string; reason: string; decision: "reject" | "withdraw" },
): Promise<api.Promotion> {
  const { project, promotion, reason, decision } = input;
  const weighed = await weighPromotion(ctx, sources, project, promotion);
  await ctx.db.write(async (tx) => {
    // Of two who approve at once the second sees the first.
    await lockModelById(tx, weighed.model.id);
    const row = await openPromotion(tx, project, promotion);
    const mine = row.requested_by === ctx.principal.name;
    if (decision === "withdraw" && !mine && !may(ctx.principal, "approve", project)) {
      throw registryErrors.REGISTRY_PROMOTION_NOT_YOURS({ promotion, owner: row.requested_by });
    }
    const state = decision === "reject" ? "rejected" : "withdrawn";
    await decide(ctx, tx, row, decision, reason);
    await close(ctx, tx, weighed, row, state);
    await emitDecision(tx, weighed, row, decision, state, reason);
  });
  return viewPromotion(ctx, sources, { project, promotion });
}

/** Lets a request past a gate until a date, by which the gap is to be closed. */
export async function waiveGate(
  ctx: Ctx,
  sources: ModelSources,
  input: Input<typeof api.waiveGate>,
): Promise<api.Promotion> {
  const { project, promotion, gate, reason, dueAt } = input;
  const now = ctx.clock.now();
  if (dueAt <= now) throw registryErrors.REGISTRY_WAIVER_PAST({ dueAt });
  const weighed = await weighPromotion(ctx, sources, project, promotion);
  await ctx.db.write(async (tx) => {
    // Of two who approve at once the second sees the first.
    await lockModelById(tx, weighed.model.id);
    const row = await openPromotion(tx, project, promotion);
    checkEyes(ctx, weighed, row, "waive a gate of");
    const found = weighed.gates(await givenWaivers(tx, row.id)).find((one) => one.gate === gate);
    if (found === undefined || !(found.blocks || found.waiver !== undefined)) {
      throw registryErrors.REGISTRY_WAIVER_NOT_NEEDED({ gate, promotion });
    }
    await upsertWaiver(tx, { promotion, gate, project, caused_by: ctx.principal.name, at: now, reason, due_at: dueAt });
    await tx.emit(GateWaived, project, {
      promotion,
      model: weighed.model.name,
      version: row.version,
      gate,
      reason,
      dueAt,
    });
    const { approvals } = await tally(tx, row);
    // Who need not be asked need not be waited for; where approvals are needed the last of them decides.
    if (approvals.length >= weighed.policy.approvals) await promoteIfReady(ctx, tx, weighed, row);
  });
  return viewPromotion(ctx, sources, { project, promotion });
}

function toTarget({ alias, stage }: { alias?: string; stage?: string }): Target {
  if ((alias === undefined) === (stage === undefined)) {
    throw registryErrors.REGISTRY_PROMOTION_TARGET({
      given: alias === undefined ? "none was given" : "both were given",
    });
  }
  if (alias !== undefined) {
    checkNewAlias(alias);
    return { kind: "alias", name: alias };
  }
  return { kind: "stage", name: toStage(stage as string) };
}

function spelled({ kind, name }: Target): string {
  return `${kind}:${name}`;
}

/** Version that stands at the target now; of several in a stage the newest. */
async function standing(tx: Tx, model: number, { kind, name }: Target): Promise<number | undefined> {
  if (kind === "alias") return findAlias(tx, model, name);
  const versions = (await versionsInStage(tx, model, name)).map((one) => one.version);
  return versions.length === 0 ? undefined : Math.max(...versions);
}

async function openPromotion(tx: Tx, project: string, promotion: string): Promise<PromotionRow> {
  const row = await findPromotion(tx, project, promotion);
  if (row === undefined) throw registryErrors.REGISTRY_PROMOTION_NOT_FOUND({ project, promotion });
  if (row.state !== "open") throw registryErrors.REGISTRY_PROMOTION_CLOSED({ promotion, state: row.state });
  return row;
}

async function weighPromotion(ctx: Ctx, sources: ModelSources, project: string, promotion: string): Promise<Weighed> {
  const row = await ctx.db.read((r) => findPromotion(r, project, promotion));
  if (row === undefined) throw registryErrors.REGISTRY_PROMOTION_NOT_FOUND({ project, promotion });
  if (row.state !== "open") throw registryErrors.REGISTRY_PROMOTION_CLOSED({ promotion, state: row.state });
  const target: Target = { kind: row.kind, name: row.name };
  return weighVersion(ctx, sources, { project, model: row.model_id, version: row.version, target });
}

function checkEyes(ctx: Ctx, weighed: Weighed, row: PromotionRow, what: string): void {
  if (!weighed.policy.fourEyes || row.requested_by !== ctx.principal.name) return;
  throw registryErrors.REGISTRY_FOUR_EYES({ who: ctx.principal.name, promotion: row.id, what });
}

async function givenWaivers(tx: Tx, promotion: string) {
  return (await waiversOf(tx, promotion)).map(toWaiver);
}

async function tally(tx: Tx, row: PromotionRow): Promise<{ approvals: DecisionRow[] }> {
  return { approvals: (await decisionsOf(tx, row.id)).filter((one) => one.decision === "approve") };
}

async function decide(
  ctx: Ctx,
  tx: Tx,
  row: PromotionRow,
  decision: DecisionRow["decision"],
  reason: string,
): Promise<void> {
  const decided = await insertDecision(tx, {
    project: row.project,
    promotion: row.id,
    caused_by: ctx.principal.name,
    at: ctx.clock.now(),
    decision,
    reason,
  });
  if (!decided) throw registryErrors.REGISTRY_DECIDED_ALREADY({ who: ctx.principal.name, promotion: row.id });
}

/** Moves the alias or the stage when enough approved and no gate blocks; answers whether it did. */
async function promoteIfReady(ctx: Ctx, tx: Tx, weighed: Weighed, row: PromotionRow): Promise<boolean> {
  const { approvals } = await tally(tx, row);
  if (approvals.length < weighed.policy.approvals) return false;
  if (weighed.gates(await givenWaivers(tx, row.id)).some((gate) => gate.blocks)) return false;
  const { model } = weighed;
  const version = await findVersion(tx, model.id, row.version);
  if (version === undefined) throw registryErrors.REGISTRY_TARGET_MOVED({ version: row.version, model: model.name });
  const target: Target = { kind: row.kind, name: row.name };
  const previous = await standing(tx, model.id, target);
  const approvers = approvals.map((one) => one.caused_by);
  const provision = { promotion: { id: row.id, approvers } };
  if (row.kind === "alias") {
    await putAlias(ctx, tx, model, { alias: row.name, version: row.version, reason: row.reason }, provision);
  } else {
    const stage = toStage(row.name);
    await putStage(ctx, tx, model, version, stage, activeStages.includes(stage), row.reason, provision);
  }
  await close(ctx, tx, weighed, { ...row, previous: previous ?? null }, "promoted");
  return true;
}

/** What the gates said when it closed is kept with it. */
async function close(
  ctx: Ctx,
  tx: Tx,
  weighed: Weighed,
  row: PromotionRow,
  state: "promoted" | "rejected" | "withdrawn",
): Promise<void> {
  await closePromotion(tx, row.id, {
    state,
    previous: row.previous,
    approvals_needed: weighed.policy.approvals,
    four_eyes: weighed.policy.fourEyes ? 1 : 0,
    gates: JSON.stringify(weighed.gates(await givenWaivers(tx, row.id))),
    closed_at: ctx.clock.now(),
  });
}

async function emitDecision(
  tx: Tx,
  weighed: Weighed,
  row: PromotionRow,
  decision: DecisionRow["decision"],
  state: string,
  reason: string,
): Promise<void> {
  await tx.emit(PromotionDecided, row.project, {
    promotion: row.id,
    model: weighed.model.name,
    version: row.version,
    target: spelled({ kind: row.kind, name: row.name }),
    decision,
    state,
    reason,
  });
}
