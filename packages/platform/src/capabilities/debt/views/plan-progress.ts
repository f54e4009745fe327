import type * as api from "@paydown/api/debt";
import type { Range } from "@paydown/api/values";
import type { Reader } from "#base/db/db.js";
import { matchNearest, type Pair, savingsOf } from "../model/savings.js";
import * as store from "../store.js";
import type { CostRow, ItemRow } from "../tables.js";

const week = 7 * 86_400_000;
/** Weeks compared on each side of a payment; fewer after it say nothing yet. */
const compared = 8;
const leastAfter = 4;

/** The adopted plan against what happened: hours, items, and savings only by comparison. */
export async function planProgress(
  r: Reader,
  project: string,
  at: number,
  rows: readonly ItemRow[],
): Promise<api.Statement["plan"]> {
  const plan = await store.planAt(r, project, at);
  if (plan === undefined) return null;
  const ids = new Set(JSON.parse(plan.items) as string[]);
  const proved = (await store.provedPayments(r, project)).filter(
    (payment) =>
      ids.has(payment.item) && Number(payment.ended_at) >= Number(plan.adopted_at) && Number(payment.ended_at) < at,
  );
  const spent = proved.filter((payment) => payment.hours !== null);
  const savings = savingsOf(await pairsOf(r, project, at, rows, proved));
  return {
    adoptedAt: Number(plan.adopted_at),
    plannedHours: plan.hours,
    spentHours: spent.length === 0 ? null : spent.reduce((sum, payment) => sum + (payment.hours as number), 0),
    items: ids.size,
    paid: new Set(proved.map((payment) => payment.item)).size,
    promised: JSON.parse(plan.promised) as Range,
    savings,
  };
}

interface Side {
  readonly kind: string;
  readonly asset: string;
  readonly before: number;
  readonly after: number;
}

/** Each paid asset with the unpaid one of its kind that cost most nearly the same before. */
async function pairsOf(
  r: Reader,
  project: string,
  at: number,
  rows: readonly ItemRow[],
  proved: readonly store.PaymentRow[],
): Promise<Pair[]> {
  const byId = new Map(rows.map((row) => [row.id, row]));
  const costs = await store.allCosts(r, project);
  const byAsset = new Map<string, CostRow[]>();
  for (const cost of costs) {
    const asset = `${cost.asset_kind}:${cost.asset_id}`;
    const list = byAsset.get(asset);
    if (list === undefined) byAsset.set(asset, [cost]);
    else list.push(cost);
  }
  const paidAssets = new Set(proved.flatMap((payment) => assetOf(byId.get(payment.item)) ?? []));
  const unpaid = [
    ...new Set(rows.filter((row) => row.closed_at === null).map((row) => `${row.asset_kind}:${row.asset_id}`)),
  ].filter((asset) => !paidAssets.has(asset));
  const used = new Set<string>();
  const pairs: Pair[] = [];
  for (const payment of proved) {
    const row = byId.get(payment.item);
    const asset = assetOf(row);
    const paidAt = Number(payment.ended_at);
    if (row === undefined || asset === undefined || at - paidAt < leastAfter * week) continue;
    const side = (name: string): Side => ({
      kind: name.slice(0, name.indexOf(":")),
      asset: name,
      before: rateOf(byAsset.get(name) ?? [], paidAt - compared * week, paidAt),
      after: rateOf(byAsset.get(name) ?? [], paidAt, Math.min(at, paidAt + compared * week)),
    });
    const paid = side(asset);
    const match = matchNearest(paid, unpaid.filter((name) => !used.has(name)).map(side), new Set());
    if (match === undefined) continue;
    used.add(match.asset);
    pairs.push({ paid, unpaid: match });
  }
  return pairs;
}

function assetOf(row: ItemRow | undefined): string | undefined {
  return row === undefined ? undefined : `${row.asset_kind}:${row.asset_id}`;
}

/** Hours a week within a span. */
function rateOf(costs: readonly CostRow[], from: number, to: number): number {
  const weeks = Math.max(1, (to - from) / week);
  return (
    costs.reduce((sum, cost) => sum + (cost.at >= from && cost.at < to ? (cost.low + cost.high) / 2 : 0), 0) / weeks
  );
}
