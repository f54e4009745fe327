import type { Exposure, Reach } from "@paydown/api/debt";
import type { Range } from "@paydown/api/values";
import type { Ctx } from "#base/context.js";
import type { Reader } from "#base/db/db.js";
import { tidy, toRange } from "../model/draws.js";
import { nodeName, toNode } from "../model/fingerprint.js";
import type { TrendPoint } from "../model/growth.js";
import { emptyTotals, type Priced, priceAsset, type Totals, weeksBetween } from "../model/pricing.js";
import { reachOf } from "../model/reach.js";
import { monthOf } from "../model/statement.js";
import { toAssets, type World } from "../model/world.js";
import type { DebtNeeds } from "../needs.js";
import * as store from "../store.js";
import type { ItemRow } from "../tables.js";
import { learnModels, scaleOf } from "./apply-evidence.js";

/** Sums over all open items, as the statement shows them. Hours, or hours a week. */
export interface StoredTotals {
  readonly principal: Range;
  readonly charged: Range;
  readonly expected: Range;
  readonly measured: Range;
  readonly cost: Range;
  readonly risk: Range;
  readonly items: number;
}

/** How the graph, the traffic and the teams see the assets of the open items. */
interface Neighbourhood {
  readonly reach: ReadonlyMap<string, Reach>;
  readonly exposure: ReadonlyMap<string, Exposure>;
  readonly since: ReadonlyMap<string, number>;
}

const unknownExposure: Exposure = { predictionsPerWeek: null, highStakesPerWeek: null, dataSubjects: null };
/** Priced between two breaths, so that requests are answered while a large ledger is priced. */
const itemsPerTurn = 40;
const rowsPerWrite = 500;

/** Asks the rest of the house about every asset; what it cannot answer stays unknown. */
export async function lookAround(
  ctx: Ctx,
  needs: DebtNeeds,
  project: string,
  assets: Iterable<string>,
): Promise<Neighbourhood> {
  const reach = new Map<string, Reach>();
  const exposure = new Map<string, Exposure>();
  const since = new Map<string, number>();
  for (const name of assets) {
    const node = toNode(name);
    const downstream = await needs.downstream?.(ctx, project, node);
    if (downstream !== undefined) reach.set(name, reachOf(node, downstream));
    const seen = await needs.exposure?.(ctx, project, node);
    if (seen !== undefined) exposure.set(name, seen);
    const first = await needs.firstSeen?.(ctx, project, node);
    if (first !== undefined) since.set(name, first);
  }
  return { reach, exposure, since };
}

/** Prices every open item and stores the prices with their derivations. */
export async function priceItems(
  ctx: Ctx,
  project: string,
  around: Neighbourhood,
  correction: number,
): Promise<StoredTotals> {
  const now = ctx.clock.now();
  const world = await ctx.db.read((r) => readWorld(r, project, now, around));
  const totals = emptyTotals();
  const priced: Priced[] = [];
  let turn = 0;
  for (const asset of toAssets(world)) {
    priced.push(...priceAsset(asset, now, correction, totals));
    turn += asset.items.length;
    if (turn >= itemsPerTurn) {
      turn = 0;
      ctx.signal.throwIfAborted();
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }
  const byId = new Map(world.items.map((item) => [item.id, item]));
  for (let i = 0; i < priced.length; i += rowsPerWrite) {
    await ctx.db.write(async (tx) => {
      for (const one of priced.slice(i, i + rowsPerWrite)) {
        const item = byId.get(one.id);
        const asset = item === undefined ? "" : nodeName({ kind: item.assetKind, id: item.assetId });
        await store.updateItem(
          tx,
          project,
          one.id,
          toColumns(one, now, around.reach.get(asset), around.exposure.get(asset), around.since.get(asset)),
        );
        await store.upsertDerivation(tx, project, one.id, JSON.stringify(one.derivation));
      }
    });
  }
  return toStored(totals, priced.length);
}

/** Everything the model asks for, from the ledger. */
async function readWorld(r: Reader, project: string, now: number, around: Neighbourhood): Promise<World> {
  const rows = await store.allItems(r, project);
  const open = await store.standingItems(r, project);
  const learn = await learnModels(r, project);
  const deletions = new Map<string, { count: number; weeks: number }>();
  for (const row of rows) {
    const known = deletions.get(row.asset_kind) ?? { count: 0, weeks: 0 };
    deletions.set(row.asset_kind, {
      count: known.count + (row.state === "vanished" ? 1 : 0),
      weeks: known.weeks + weeksBetween(row.opened_at, row.closed_at ?? now),
    });
  }
  return {
    now,
    items: open.map((row) => {
      const asset = `${row.asset_kind}:${row.asset_id}`;
      return {
        id: row.id,
        rule: row.rule,
        assetKind: row.asset_kind,
        assetId: row.asset_id,
        openedAt: row.opened_at,
        model: learn(row.rule, row.median_hours),
        scale: scaleOf(row),
        trend: JSON.parse(row.trend) as TrendPoint[],
        risk: row.risk === null ? undefined : JSON.parse(row.risk),
        exposure: around.exposure.get(asset),
        reachScore: around.reach.get(asset)?.score ?? 0,
        since: around.since.get(asset) ?? row.since_at ?? undefined,
      };
    }),
    costs: (await store.allCosts(r, project)).map((cost) => ({
      event: cost.event,
      channel: cost.channel,
      assetKind: cost.asset_kind,
      assetId: cost.asset_id,
      at: cost.at,
      low: cost.low,
      high: cost.high,
    })),
    claims: (await store.allClaims(r, project)).map((claim) => ({ ...claim, explained: claim.explained === 1 })),
    ruleOf: new Map(rows.map((row) => [row.id, row.rule])),
    standing: (await store.standingAt(r, project, monthOf(now))).map((one) => ({
      assetKind: one.asset_kind,
      assetId: one.asset_id,
      channel: one.channel,
      weekly: one.weekly,
      forecast: one.forecast,
      events: one.events,
    })),
    deletions,
  };
}

function toColumns(
  one: Priced,
  now: number,
  reach: Reach | undefined,
  exposure: Exposure | undefined,
  since: number | undefined,
): Partial<ItemRow> {
  const { price, moments } = one;
  const channels = one.derivation.channels.map((channel) => channel.channel);
  return {
    channels: channels.length === 0 ? " " : ` ${channels.join(" ")} `,
    price: JSON.stringify({ ...price, priceAt: now }),
    principal_p50: price.principal.p50,
    principal_width: tidy(price.principal.p90 - price.principal.p10),
    interest_p50: price.interest?.p50 ?? null,
    interest_width: price.interest === null ? 0 : tidy(price.interest.p90 - price.interest.p10),
    expected_p50: price.expected?.p50 ?? null,
    risk_p50: price.riskInterest?.p50 ?? null,
    rate_p50: price.rate?.p50 ?? null,
    payback_p50: price.payback?.p50 ?? null,
    delay_p50: price.delay?.p50 ?? null,
    net_p50: price.netValue?.p50 ?? null,
    principal_mean: moments.principal[0],
    principal_var: moments.principal[1],
    interest_mean: moments.interest[0],
    interest_var: moments.interest[1],
    interest_n: price.interest?.n ?? 0,
    solo: one.solo,
    ceiling: one.ceiling,
    expected_dots: JSON.stringify(one.expectedDots),
    growth: one.derivation.growth,
    reach: reach === undefined ? null : JSON.stringify(reach),
    reach_score: reach?.score ?? null,
    exposure: JSON.stringify(exposure ?? unknownExposure),
    predictions: exposure?.predictionsPerWeek ?? null,
    ...(since === undefined ? {} : { since_at: since }),
  };
}

function toStored(totals: Totals, items: number): StoredTotals {
  return {
    principal: toRange(totals.principal, items),
    charged: toRange(totals.charged, totals.events),
    expected: toRange(totals.expected, totals.events),
    measured: toRange(totals.measured, totals.events),
    cost: toRange(totals.cost, totals.events),
    risk: toRange(totals.risk, 0),
    items,
  };
}
