import type { Range } from "@paydown/api/values";
import type { Reader } from "#base/db/db.js";
import type { Channel } from "#base/rule.js";
import { type Spending, type SpentGroup, spendingOf, totalOf } from "../model/spending.js";
import { addMonths, monthBounds } from "../model/statement.js";
import * as store from "../store.js";
import type { CostRow } from "../tables.js";

export interface MonthSpending {
  readonly channels: ReadonlyMap<Channel, Spending>;
  readonly measured: Range;
  readonly attributed: Range;
  readonly events: number;
  /** Measured hours by asset. */
  readonly byAsset: ReadonlyMap<string, number>;
}

const week = 7 * 86_400_000;

/** What a month cost a week; for the running month, up to now. Undefined when no channel was visible. */
export async function measuredIn(
  r: Reader,
  project: string,
  month: string,
  now: number,
): Promise<MonthSpending | undefined> {
  return (await spendingByMonth(r, project, month, 1, now)).get(month);
}

/** The same for `count` months up to and with `last`. */
export async function spendingByMonth(
  r: Reader,
  project: string,
  last: string,
  count: number,
  now: number,
): Promise<Map<string, MonthSpending>> {
  const months = Array.from({ length: count }, (_, i) => addMonths(last, i + 1 - count));
  const { from } = monthBounds(months[0] as string);
  const costs = await store.allCosts(r, project, from);
  const spread = await store.spreadOfEvents(r, project);
  const explained = new Set<string>();
  const claimed = new Set<string>();
  const assetsOfItems = new Map<string, string>();
  for (const row of await store.allItems(r, project)) assetsOfItems.set(row.id, `${row.asset_kind}:${row.asset_id}`);
  for (const claim of await store.allClaims(r, project)) {
    if (claim.explained === 1) explained.add(`${claim.event} ${claim.channel}`);
    claimed.add(`${assetsOfItems.get(claim.item)} ${claim.channel}`);
  }
  const result = new Map<string, MonthSpending>();
  for (const month of months) {
    const bounds = monthBounds(month);
    if (bounds.from > now) continue;
    const weeks = Math.max(1, (Math.min(bounds.to, now) - bounds.from) / week);
    const inMonth = costs.filter((cost) => cost.at >= bounds.from && cost.at < bounds.to);
    const standing = await store.standingAt(r, project, month);
    const groups = toGroups(inMonth, standing, spread, explained, claimed);
    const channels = spendingOf(groups, weeks);
    const total = totalOf(channels);
    if (total === undefined) continue;
    result.set(month, { channels, ...total, byAsset: hoursByAsset(groups, weeks) });
  }
  return result;
}

function toGroups(
  costs: readonly CostRow[],
  standing: Awaited<ReturnType<typeof store.standingAt>>,
  spread: ReadonlyMap<string, number>,
  explained: ReadonlySet<string>,
  claimed: ReadonlySet<string>,
): SpentGroup[] {
  const groups = new Map<string, SpentGroup & { events: SpentGroup["events"][number][] }>();
  for (const cost of costs) {
    const asset = `${cost.asset_kind}:${cost.asset_id}`;
    const key = `${asset} ${cost.channel}`;
    const share = spread.get(cost.event) ?? 1;
    const group = groups.get(key) ?? {
      asset,
      channel: cost.channel as Channel,
      events: [],
      hasItems: claimed.has(key),
    };
    groups.set(key, group);
    group.events.push({
      at: cost.at,
      low: cost.low / share,
      high: cost.high / share,
      explained: explained.has(`${cost.event} ${cost.channel}`),
    });
  }
  const list: SpentGroup[] = [...groups.values()];
  for (const one of standing) {
    const asset = `${one.asset_kind}:${one.asset_id}`;
    // Events the platform saw itself say more than a standing rate over the same work.
    if (groups.has(`${asset} ${one.channel}`)) continue;
    list.push({
      asset,
      channel: one.channel as Channel,
      events: [],
      standing: { weekly: one.weekly, events: one.events },
      hasItems: true,
    });
  }
  return list;
}

function hoursByAsset(groups: readonly SpentGroup[], weeks: number): Map<string, number> {
  const hours = new Map<string, number>();
  for (const group of groups) {
    const own =
      group.events.reduce((sum, event) => sum + (event.low + event.high) / 2, 0) / weeks +
      (group.standing?.weekly ?? 0);
    hours.set(group.asset, (hours.get(group.asset) ?? 0) + own);
  }
  return hours;
}
