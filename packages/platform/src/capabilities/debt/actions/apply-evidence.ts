import * as api from "@paydown/api/debt";
import type { Ctx } from "#base/context.js";
import type { Reader, Tx } from "#base/db/db.js";
import { extendTrend, growthOf, type TrendPoint } from "../model/growth.js";
import {
  learnPrincipal,
  type PrincipalModel,
  principalMinutes,
  type Repayment,
  type Scale,
} from "../model/principal.js";
import { standingStates } from "../model/query.js";
import type { Sighting } from "../model/sighting.js";
import { type EntryKind, monthOf } from "../model/statement.js";
import * as store from "../store.js";
import type { ItemRow } from "../tables.js";
import type { Evidence } from "./gather-evidence.js";

interface Applied {
  opened: number;
  reopened: number;
  revalued: number;
  paid: number;
  vanished: number;
}

interface Surroundings {
  readonly teams: ReadonlyMap<string, string>;
  readonly payable: ReadonlySet<string>;
}

/** Sightings whose events share a transaction: others who write wait no longer than one of these. */
export const sightingsPerWrite = 500;

/**
 * Writes down what happened: cost events, which item explains them, and what scans measured. Facts by their own identity,
 * so writing them again changes nothing, and they need not wait for the items they concern.
 */
export async function recordCosts(
  tx: Tx,
  ctx: Ctx,
  project: string,
  sightings: readonly Sighting[],
  repositories: Evidence["repositories"],
): Promise<void> {
  const now = ctx.clock.now();
  for (const sighting of sightings) {
    for (const event of sighting.events) {
      await store.upsertCost(tx, {
        project,
        event: event.id,
        channel: event.channel,
        asset_kind: sighting.asset.kind,
        asset_id: sighting.asset.id,
        at: event.at,
        low: Math.max(0, Math.min(event.hours.low, event.hours.high)),
        high: Math.max(0, event.hours.low, event.hours.high),
        what: event.what,
      });
      await store.upsertClaim(tx, {
        project,
        item: sighting.id,
        event: event.id,
        channel: event.channel,
        explained: event.explained ? 1 : 0,
      });
    }
    if (sighting.standing !== undefined) {
      await store.upsertStanding(tx, {
        project,
        asset_kind: sighting.asset.kind,
        asset_id: sighting.asset.id,
        channel: "fix-rework",
        month: monthOf(repositories.get(sighting.repository ?? "") ?? now),
        ...sighting.standing,
      });
    }
  }
}

/**
 * Brings the ledger in line with what was seen, in one transaction: opens, reopens and revalues items, proves payments,
 * and books as vanished what is gone without one.
 */
export async function applyEvidence(
  tx: Tx,
  ctx: Ctx,
  project: string,
  evidence: Evidence,
  around: Surroundings,
): Promise<Applied> {
  const now = ctx.clock.now();
  const applied: Applied = { opened: 0, reopened: 0, revalued: 0, paid: 0, vanished: 0 };
  const known = new Map((await store.allItems(tx, project)).map((row) => [row.id, row]));
  const learn = await learnModels(tx, project);
  const ledger = await store.findLedger(tx, project);
  const pending = new Map((await store.pendingPayments(tx, project)).map((payment) => [payment.item, payment]));
  const newest = new Map<string, number>();

  for (const sighting of evidence.sightings.values()) {
    for (const event of sighting.events) newest.set(sighting.id, Math.max(newest.get(sighting.id) ?? 0, event.at));
  }

  for (const sighting of evidence.sightings.values()) {
    const row = known.get(sighting.id);
    const model = learn(sighting.rule, sighting.medianHours);
    const minutes = principalMinutes(model, sighting);
    const team = around.teams.get(`${sighting.asset.kind}:${sighting.asset.id}`) ?? null;
    if (row === undefined) {
      await open(tx, ctx, project, sighting, minutes, {
        team,
        fixable: around.payable.has(sighting.rule),
        isNew: ledger !== undefined,
      });
      applied.opened++;
      continue;
    }
    const change = seenAgain(row, sighting, now, around.payable.has(sighting.rule), team);
    if (standingStates.includes(row.state as api.ItemState)) {
      applied.revalued += await revalue(tx, ctx, project, { ...row, ...change }, minutes, "its evidence changed");
      const payment = pending.get(row.id);
      if (payment?.state === "awaiting-proof" && wasLookedAtSince(row, payment.started_at, evidence)) {
        await failPayment(tx, ctx, project, row, payment, "The re-check still finds it.");
      }
      await store.updateItem(tx, project, row.id, change);
      continue;
    }
    const kind = howItReturns(row, sighting, newest.get(row.id));
    if (kind === undefined) {
      await store.updateItem(tx, project, row.id, { last_seen_at: now });
      continue;
    }
    await store.updateItem(tx, project, row.id, { ...change, state: "open", closed_at: null, minutes });
    await store.appendEntry(tx, project, {
      item: row.id,
      at: now,
      kind,
      minutes,
      principal: minutes,
      by: "paydown",
      note: `found again after it was ${row.state}`,
    });
    await tx.emit(api.ItemOpened, project, {
      ...payloadOf(row, minutes),
      severity: sighting.severity,
      message: sighting.message,
      returned: true,
    });
    applied.reopened++;
  }

  for (const row of known.values()) {
    if (!standingStates.includes(row.state as api.ItemState) || evidence.sightings.has(row.id)) continue;
    if (isGone(row, evidence)) {
      const payment = pending.get(row.id);
      // Whoever is paying it shows the repair, or fails, in a moment: what is gone by then is not gone by itself.
      if (payment?.state === "running") continue;
      if (payment?.state === "awaiting-proof" && wasLookedAtSince(row, payment.started_at, evidence)) {
        await bookPaid(tx, ctx, project, row, payment);
        applied.paid++;
      } else {
        await close(tx, project, row, "vanished", now, "no longer found, and nobody showed a repair");
        await tx.emit(api.ItemVanished, project, payloadOf(row, row.minutes));
        applied.vanished++;
      }
      continue;
    }
    // Not looked at this time, or declared by a person: what repairs cost may still have been learned.
    const minutes = principalMinutes(learn(row.rule, row.median_hours), scaleOf(row));
    applied.revalued += await revalue(tx, ctx, project, row, minutes, "repairs of its rule were observed");
  }
  await store.replaceUnseen(
    tx,
    project,
    evidence.unseen.map((one) => ({ project, ...one })),
  );
  return applied;
}

/** Principal models by rule, learned from proved payments with hours. */
export async function learnModels(
  r: Reader,
  project: string,
): Promise<(rule: string, medianHours: number) => PrincipalModel> {
  const byRule = new Map<string, Repayment[]>();
  for (const payment of await store.provedPayments(r, project)) {
    if (payment.hours === null) continue;
    const one = {
      rule: payment.rule,
      hours: payment.hours,
      size: payment.size,
      complexity: payment.complexity,
      assets: payment.assets,
    };
    byRule.set(payment.rule, [...(byRule.get(payment.rule) ?? []), one]);
  }
  return (rule, medianHours) => learnPrincipal(medianHours, byRule.get(rule) ?? []);
}

export function scaleOf(row: Pick<ItemRow, "size" | "complexity" | "assets">): Scale {
  return { size: row.size, complexity: row.complexity, assets: row.assets };
}

export function payloadOf(row: Pick<ItemRow, "id" | "rule" | "asset_kind" | "asset_id">, minutes: number) {
  return { item: row.id, rule: row.rule, asset: { kind: row.asset_kind, id: row.asset_id }, minutes };
}

async function open(
  tx: Tx,
  ctx: Ctx,
  project: string,
  sighting: Sighting,
  minutes: number,
  extra: { team: string | null; fixable: boolean; isNew: boolean },
): Promise<void> {
  const now = ctx.clock.now();
  const row = newItem(project, {
    id: sighting.id,
    rule: sighting.rule,
    slug: sighting.slug,
    family: sighting.family,
    severity: sighting.severity,
    confidence: sighting.confidence,
    source: sighting.source,
    asset: sighting.asset,
    key: sighting.key,
    repository: sighting.repository,
    place: sighting.place,
    message: sighting.message,
    evidence: sighting.evidence,
    medianHours: sighting.medianHours,
    scale: sighting,
    risk: sighting.risk,
    minutes,
    now,
    ...extra,
  });
  await store.insertItem(tx, row);
  await store.appendEntry(tx, project, {
    item: row.id,
    at: now,
    kind: "opened",
    minutes,
    principal: minutes,
    by: "paydown",
    note: sighting.message,
  });
  await tx.emit(api.ItemOpened, project, {
    ...payloadOf(row, minutes),
    severity: sighting.severity,
    message: sighting.message,
    returned: false,
  });
}

interface NewItem {
  readonly id: string;
  readonly rule: string;
  readonly slug: string;
  readonly family: string;
  readonly severity: api.DebtSeverity;
  readonly confidence: "high" | "medium" | "low";
  readonly source: ItemRow["source"];
  readonly asset: { readonly kind: string; readonly id: string };
  readonly key: string;
  readonly repository: string | null;
  readonly place: string | null;
  readonly message: string;
  readonly evidence: Readonly<Record<string, unknown>>;
  readonly medianHours: number;
  readonly scale: Scale;
  readonly risk: Sighting["risk"];
  readonly minutes: number;
  readonly now: number;
  readonly team: string | null;
  readonly fixable: boolean;
  readonly isNew: boolean;
}

/** A row that has no price yet but its median: the next pricing fills the rest. */
export function newItem(project: string, item: NewItem): ItemRow {
  const hours = item.minutes / 60;
  // The prior's mean and variance: sigma of ln P is one.
  const mean = hours * Math.exp(0.5);
  return {
    project,
    id: item.id,
    rule: item.rule,
    slug: item.slug,
    family: item.family,
    severity: item.severity,
    confidence: item.confidence,
    source: item.source,
    asset_kind: item.asset.kind,
    asset_id: item.asset.id,
    item_key: item.key,
    repository: item.repository,
    place: item.place,
    message: item.message,
    search: searchText(item),
    evidence: JSON.stringify(item.evidence),
    state: "open",
    team: item.team,
    fixable: item.fixable ? 1 : 0,
    is_new: item.isNew ? 1 : 0,
    channels: " ",
    opened_at: item.now,
    last_seen_at: item.now,
    closed_at: null,
    due_at: null,
    deferrals: 0,
    minutes: item.minutes,
    median_hours: item.medianHours,
    size: item.scale.size,
    complexity: item.scale.complexity,
    assets: item.scale.assets,
    since_at: null,
    risk: item.risk === undefined ? null : JSON.stringify(item.risk),
    trend: JSON.stringify([{ at: item.now, size: item.scale.size }]),
    growth: null,
    prudent: null,
    reach: null,
    reach_score: null,
    exposure: JSON.stringify({ predictionsPerWeek: null, highStakesPerWeek: null, dataSubjects: null }),
    predictions: null,
    price: null,
    principal_p50: hours,
    principal_width: 0,
    interest_p50: null,
    interest_width: 0,
    expected_p50: null,
    risk_p50: null,
    rate_p50: null,
    payback_p50: null,
    delay_p50: null,
    net_p50: null,
    principal_mean: mean,
    principal_var: mean ** 2 * Math.expm1(1),
    interest_mean: 0,
    interest_var: 0,
    interest_n: 0,
    solo: null,
    ceiling: 0,
    expected_dots: "[]",
  };
}

function searchText(item: Pick<NewItem, "message" | "rule" | "slug" | "asset" | "place">): string {
  return `${item.message} ${item.rule} ${item.slug} ${item.asset.kind}:${item.asset.id} ${item.place ?? ""}`
    .toLowerCase()
    .slice(0, 4000);
}

function seenAgain(
  row: ItemRow,
  sighting: Sighting,
  now: number,
  fixable: boolean,
  team: string | null,
): Partial<ItemRow> {
  const trend = extendTrend(JSON.parse(row.trend) as TrendPoint[], { at: now, size: sighting.size });
  return {
    severity: sighting.severity,
    confidence: sighting.confidence,
    asset_kind: sighting.asset.kind,
    asset_id: sighting.asset.id,
    place: sighting.place,
    message: sighting.message,
    search: searchText(sighting),
    evidence: JSON.stringify(sighting.evidence),
    last_seen_at: now,
    median_hours: sighting.medianHours,
    size: sighting.size,
    complexity: sighting.complexity,
    assets: sighting.assets,
    risk: sighting.risk === undefined ? null : JSON.stringify(sighting.risk),
    trend: JSON.stringify(trend),
    growth: growthOf(trend) ?? null,
    fixable: fixable ? 1 : 0,
    // A team assigned by hand or by a loan stays; the graph only fills what is empty.
    team: row.team ?? team,
  };
}

/** Books the difference; the ledger's minutes and the item's are the same number after it. */
async function revalue(tx: Tx, ctx: Ctx, project: string, row: ItemRow, minutes: number, why: string): Promise<number> {
  const change = minutes - row.minutes;
  if (change === 0) return 0;
  await store.updateItem(tx, project, row.id, { minutes });
  await store.appendEntry(tx, project, {
    item: row.id,
    at: ctx.clock.now(),
    kind: "revalued",
    minutes: change,
    principal: minutes,
    by: "paydown",
    note: why,
  });
  await tx.emit(api.ItemRevalued, project, { ...payloadOf(row, minutes), change, why });
  return 1;
}

/** Closed items come back under their own name; a written-off one only when its asset was touched since. */
function howItReturns(row: ItemRow, sighting: Sighting, newestEvent: number | undefined): EntryKind | undefined {
  if (row.state === "vanished") return "returned";
  if (row.state === "paid") return "reopened";
  const touched = sighting.size > row.size || (newestEvent !== undefined && newestEvent > (row.closed_at ?? 0));
  return touched ? "reopened" : undefined;
}

/** Gone only if somebody looked: the rule saw all of its evidence, or the repository was scanned and the file read. */
function isGone(row: ItemRow, evidence: Evidence): boolean {
  if (row.source === "evidence") return evidence.seenRules.has(row.rule);
  if (row.source === "scan") {
    return evidence.repositories.has(row.repository ?? "") && !evidence.hidden.has(`${row.repository} ${row.item_key}`);
  }
  return false;
}

/** A scan proves nothing about work done after it. */
function wasLookedAtSince(
  row: Pick<ItemRow, "source" | "repository">,
  started: number,
  evidence: Pick<Evidence, "repositories">,
): boolean {
  if (row.source !== "scan") return true;
  return (evidence.repositories.get(row.repository ?? "") ?? 0) > started;
}

async function close(
  tx: Tx,
  project: string,
  row: ItemRow,
  kind: "vanished" | "paid" | "written-off",
  at: number,
  note: string,
  by = "paydown",
): Promise<void> {
  await store.updateItem(tx, project, row.id, { state: kind, closed_at: at });
  await store.appendEntry(tx, project, { item: row.id, at, kind, minutes: -row.minutes, principal: 0, by, note });
}

export { close as closeItem };

/** The re-check found nothing any more: only now is it paid. */
export async function bookPaid(
  tx: Tx,
  ctx: Ctx,
  project: string,
  row: ItemRow,
  payment: store.PaymentRow,
): Promise<void> {
  const now = ctx.clock.now();
  await store.updatePayment(tx, project, payment.id, { state: "proved", ended_at: now, problem: null });
  await close(tx, project, row, "paid", now, payment.what);
  await tx.emit(api.ItemPaid, project, { ...payloadOf(row, row.minutes), payment: payment.id, how: payment.how });
}

/** The item stays as it was; what went wrong is written down. */
export async function failPayment(
  tx: Tx,
  ctx: Ctx,
  project: string,
  row: ItemRow,
  payment: Pick<store.PaymentRow, "id">,
  problem: string,
): Promise<void> {
  const now = ctx.clock.now();
  await store.updatePayment(tx, project, payment.id, { state: "failed", ended_at: now, problem });
  await store.appendEntry(tx, project, {
    item: row.id,
    at: now,
    kind: "note",
    minutes: 0,
    principal: row.minutes,
    by: "paydown",
    note: `payment failed: ${problem}`,
  });
  await tx.emit(api.PaymentFailed, project, { ...payloadOf(row, row.minutes), payment: payment.id, problem });
}
