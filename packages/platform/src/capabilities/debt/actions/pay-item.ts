import type * as api from "@paydown/api/debt";
import type { Ctx } from "#base/context.js";
import { enqueue } from "#base/jobs/queue.js";
import { errors } from "../errors.js";
import { standingStates } from "../model/query.js";
import { fromEvidence } from "../model/sighting.js";
import type { DebtNeeds, PaidWork } from "../needs.js";
import * as store from "../store.js";
import type { ItemRow } from "../tables.js";
import { toPayment } from "../views/wire.js";
import { bookPaid, failPayment } from "./apply-evidence.js";
import { getItemRow } from "./find-item.js";

export const payJob = "debt.pay-item";

export interface PayPayload {
  readonly payment: string;
}

function newPayment(row: ItemRow, id: string, now: number): store.PaymentRow {
  return {
    project: row.project,
    id,
    item: row.id,
    rule: row.rule,
    state: "running",
    how: "automatic",
    what: "",
    evidence: "[]",
    hours: null,
    size: row.size,
    complexity: row.complexity,
    assets: row.assets,
    started_at: now,
    ended_at: null,
    problem: null,
    job: null,
  };
}

function refuseUnlessOpen(row: ItemRow, verb: string): void {
  if (!standingStates.includes(row.state as api.ItemState))
    throw errors.DEBT_STATE_WRONG({ item: row.id, state: row.state, verb });
}

/** Starts the automated payment of an item. Throws DEBT_NO_PAYER, DEBT_PAYMENT_RUNNING, DEBT_STATE_WRONG. */
export async function payItem(
  ctx: Ctx,
  needs: DebtNeeds,
  input: { project: string; item: string },
): Promise<api.Payment> {
  return ctx.db.write(async (tx) => {
    const row = await getItemRow(tx, input.project, input.item);
    refuseUnlessOpen(row, "paid");
    if (needs.payers?.[row.rule] === undefined) throw errors.DEBT_NO_PAYER({ rule: row.rule, item: row.id });
    const running = (await store.paymentsOfItem(tx, input.project, row.id)).find((one) => one.state === "running");
    if (running !== undefined) throw errors.DEBT_PAYMENT_RUNNING({ item: row.id, payment: running.id });
    const payment = newPayment(row, ctx.ids.ulid(), ctx.clock.now());
    const job = await enqueue(tx, ctx, {
      kind: payJob,
      project: input.project,
      payload: { payment: payment.id } satisfies PayPayload,
    });
    await store.insertPayment(tx, { ...payment, job });
    return toPayment({ ...payment, job });
  });
}

/** Does the work and has it re-checked. Running again after a crash does no harm: payers are idempotent by payment. */
export async function performPayment(
  ctx: Ctx,
  needs: DebtNeeds,
  project: string,
  id: string,
): Promise<api.Payment | undefined> {
  const payment = await ctx.db.read((r) => store.findPayment(r, project, id));
  if (payment === undefined || payment.state === "proved" || payment.state === "failed")
    return payment && toPayment(payment);
  const row = await ctx.db.read((r) => getItemRow(r, project, payment.item));
  if (payment.state === "running") {
    const work = await doWork(ctx, needs, row, payment);
    if ("problem" in work) {
      await ctx.db.write((tx) => failPayment(tx, ctx, project, row, payment, work.problem));
      return ctx.db.read(async (r) => toPayment((await store.findPayment(r, project, id)) as store.PaymentRow));
    }
    await ctx.db.write((tx) =>
      store.updatePayment(tx, project, id, {
        state: "awaiting-proof",
        what: work.what,
        evidence: JSON.stringify(work.evidence),
        hours: work.hours ?? null,
      }),
    );
  }
  return prove(ctx, needs, project, id);
}

async function doWork(
  ctx: Ctx,
  needs: DebtNeeds,
  row: ItemRow,
  payment: store.PaymentRow,
): Promise<PaidWork | { problem: string }> {
  const payer = needs.payers?.[row.rule];
  if (payer === undefined) return { problem: errors.DEBT_NO_PAYER({ rule: row.rule, item: row.id }).message };
  try {
    return await payer(ctx, row.project, {
      id: row.id,
      rule: row.rule,
      asset: { kind: row.asset_kind, id: row.asset_id },
      key: row.item_key,
      message: row.message,
      evidence: JSON.parse(row.evidence),
      payment: payment.id,
    });
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    ctx.log.error({ err: cause, rule: row.rule, item: row.id, project: row.project }, "A payment failed");
    return { problem: errors.DEBT_PAYER_FAILED({ rule: row.rule, problem }).message };
  }
}

/** Re-checks the rule on the asset: gone is paid, still there is failed, not visible keeps the proof open. */
async function prove(ctx: Ctx, needs: DebtNeeds, project: string, id: string): Promise<api.Payment> {
  const payment = (await ctx.db.read((r) => store.findPayment(r, project, id))) as store.PaymentRow;
  const row = await ctx.db.read((r) => getItemRow(r, project, payment.item));
  const check = await recheck(ctx, needs, row, payment.started_at);
  return ctx.db.write(async (tx) => {
    const current = (await store.findPayment(tx, project, id)) as store.PaymentRow;
    const item = await getItemRow(tx, project, current.item);
    if (current.state === "awaiting-proof" && standingStates.includes(item.state as api.ItemState)) {
      if (check.found === false) await bookPaid(tx, ctx, project, item, current);
      else if (check.found === true) await failPayment(tx, ctx, project, item, current, check.why);
      else await store.updatePayment(tx, project, id, { problem: check.why });
    }
    return toPayment((await store.findPayment(tx, project, id)) as store.PaymentRow);
  });
}

interface Recheck {
  /** Undefined when nobody can see. */
  readonly found: boolean | undefined;
  readonly why: string;
}

async function recheck(ctx: Ctx, needs: DebtNeeds, row: ItemRow, since: number): Promise<Recheck> {
  if (row.source === "declared") return { found: false, why: "shown by the evidence given" };
  if (row.source === "scan") {
    const scans = (await needs.scanFindings?.(ctx, row.project)) ?? [];
    const scan = scans.find((one) => one.repository === row.repository);
    if (scan === undefined || scan.scannedAt <= since) {
      return {
        found: undefined,
        why: "It waits for a scan of the repository that is newer than the repair: run `paydown scan`.",
      };
    }
    if (scan.hidden.includes(row.item_key)) return { found: undefined, why: "The last scan could not read the file." };
    const found = scan.findings.some((one) => one.fingerprint === row.item_key && one.rule === row.rule);
    return { found, why: found ? "The newest scan still finds it." : "The newest scan finds it no more." };
  }
  const rule = needs.rules().find((one) => one.code === row.rule);
  if (rule === undefined) return { found: undefined, why: `Rule ${row.rule} is not part of this version.` };
  const answer = await rule.check(ctx, row.project);
  const found = answer.findings.some((finding) => fromEvidence(rule, finding).id === row.id);
  if (found) return { found: true, why: "The re-check still finds it." };
  const blind = answer.unseen[0];
  return blind === undefined
    ? { found: false, why: "The re-check finds it no more." }
    : { found: undefined, why: `The re-check could not see ${blind.what}: ${blind.remedy}` };
}

interface ProveInput {
  readonly project: string;
  readonly item: string;
  readonly what: string;
  readonly hours?: number | undefined;
  readonly evidence?: readonly { kind: string; id: string; note?: string | undefined }[] | undefined;
}

/** A repair by hand: written down, then judged by the same re-check. Throws DEBT_PROOF_EVIDENCE_MISSING for declared debt. */
export async function proveItem(ctx: Ctx, needs: DebtNeeds, input: ProveInput): Promise<api.Payment> {
  const id = await ctx.db.write(async (tx) => {
    const row = await getItemRow(tx, input.project, input.item);
    refuseUnlessOpen(row, "proved");
    if (row.source === "declared" && (input.evidence ?? []).length === 0)
      throw errors.DEBT_PROOF_EVIDENCE_MISSING({ item: row.id });
    const earlier = await store.paymentsOfItem(tx, input.project, row.id);
    const running = earlier.find((one) => one.state === "running");
    if (running !== undefined) throw errors.DEBT_PAYMENT_RUNNING({ item: row.id, payment: running.id });
    for (const one of earlier.filter((payment) => payment.state === "awaiting-proof")) {
      await store.updatePayment(tx, input.project, one.id, {
        state: "failed",
        ended_at: ctx.clock.now(),
        problem: "replaced by a later repair",
      });
    }
    const payment = newPayment(row, ctx.ids.ulid(), ctx.clock.now());
    await store.insertPayment(tx, {
      ...payment,
      state: "awaiting-proof",
      how: "manual",
      what: input.what,
      evidence: JSON.stringify(input.evidence ?? []),
      hours: input.hours ?? null,
    });
    return payment.id;
  });
  return prove(ctx, needs, input.project, id);
}
