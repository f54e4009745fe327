import type { Exposure } from "@paydown/api/debt";
import type { Channel } from "#base/rule.js";
import type { Group, GroupEvent, Standing } from "./attribution.js";
import type { TrendPoint } from "./growth.js";
import { type AssetInput, hazardOf, type ItemInput, weeksBetween } from "./pricing.js";
import type { PrincipalModel, Scale } from "./principal.js";
import { type AssetRate, learnRates, type Observed } from "./rates.js";

/** An open item as the ledger holds it. */
interface WorldItem {
  readonly id: string;
  readonly rule: string;
  readonly assetKind: string;
  readonly assetId: string;
  readonly openedAt: number;
  readonly model: PrincipalModel;
  readonly scale: Scale;
  readonly trend: readonly TrendPoint[];
  readonly risk?: { readonly weekly: number; readonly hours: { min: number; mode: number; max: number } } | undefined;
  readonly exposure?: Exposure | undefined;
  readonly reachScore: number;
  /** Since when its asset exists; undefined when nobody knows. */
  readonly since?: number | undefined;
}

interface WorldCost {
  readonly event: string;
  readonly channel: string;
  readonly assetKind: string;
  readonly assetId: string;
  readonly at: number;
  readonly low: number;
  readonly high: number;
}

/** Everything prices are made from, at one instant. */
export interface World {
  readonly now: number;
  readonly items: readonly WorldItem[];
  readonly costs: readonly WorldCost[];
  readonly claims: readonly {
    readonly item: string;
    readonly event: string;
    readonly channel: string;
    readonly explained: boolean;
  }[];
  /** Rule of every item that ever claimed an event, open or closed. */
  readonly ruleOf: ReadonlyMap<string, string>;
  readonly standing: readonly ({
    readonly assetKind: string;
    readonly assetId: string;
    readonly channel: string;
  } & Standing)[];
  /** Items by asset kind whose asset went away, and the weeks they were watched. */
  readonly deletions: ReadonlyMap<string, { readonly count: number; readonly weeks: number }>;
}

const nameOf = (kind: string, id: string) => `${kind}:${id}`;

/**
 * Sorts what is known into assets: which events belong to which channel on it, which open items share them, and how
 * often they happen. An event seen on several assets or channels is split evenly, so that it is billed once.
 */
export function toAssets(world: World): AssetInput[] {
  const spread = new Map<string, number>();
  for (const cost of world.costs) spread.set(cost.event, (spread.get(cost.event) ?? 0) + 1);

  const explainers = new Map<string, string[]>();
  const channelsOfRule = new Map<string, Set<string>>();
  for (const claim of world.claims) {
    const rule = world.ruleOf.get(claim.item);
    if (rule !== undefined) add(channelsOfRule, rule, claim.channel);
    if (!claim.explained) continue;
    const key = `${claim.event} ${claim.channel}`;
    const items = explainers.get(key);
    if (items === undefined) explainers.set(key, [claim.item]);
    else items.push(claim.item);
  }

  const events = new Map<string, Map<string, GroupEvent[]>>();
  for (const cost of world.costs) {
    const asset = nameOf(cost.assetKind, cost.assetId);
    const share = spread.get(cost.event) ?? 1;
    const channels = events.get(asset) ?? new Map<string, GroupEvent[]>();
    events.set(asset, channels);
    const list = channels.get(cost.channel) ?? [];
    channels.set(cost.channel, list);
    list.push({
      id: cost.event,
      at: cost.at,
      low: cost.low / share,
      high: cost.high / share,
      explainedBy: explainers.get(`${cost.event} ${cost.channel}`) ?? [],
    });
  }
  const standing = new Map(world.standing.map((one) => [`${nameOf(one.assetKind, one.assetId)} ${one.channel}`, one]));

  const itemsByAsset = new Map<string, WorldItem[]>();
  for (const item of world.items) {
    const asset = nameOf(item.assetKind, item.assetId);
    const list = itemsByAsset.get(asset);
    if (list === undefined) itemsByAsset.set(asset, [item]);
    else list.push(item);
  }

  const channelsOf = (item: WorldItem): Set<string> => {
    const channels = new Set(channelsOfRule.get(item.rule) ?? []);
    if (standing.has(`${nameOf(item.assetKind, item.assetId)} fix-rework`)) channels.add("fix-rework");
    return channels;
  };
  const channelsByAsset = new Map<string, Set<string>>();
  for (const [asset, items] of itemsByAsset) {
    const channels = new Set<string>(events.get(asset)?.keys() ?? []);
    for (const item of items) for (const channel of channelsOf(item)) channels.add(channel);
    channelsByAsset.set(asset, channels);
  }

  const rates = ratesByChannel(world, itemsByAsset, channelsByAsset, events);
  return [...itemsByAsset].map(([asset, items]) => {
    const kind = (items[0] as WorldItem).assetKind;
    const groups: Group[] = [...(channelsByAsset.get(asset) ?? [])].sort().map((channel) => ({
      asset,
      channel: channel as Channel,
      events: events.get(asset)?.get(channel) ?? [],
      standing: standing.get(`${asset} ${channel}`),
      items: items.filter((item) => channelsOf(item).has(channel)).map((item) => item.id),
    }));
    const deletion = world.deletions.get(kind) ?? { count: 0, weeks: 0 };
    return {
      asset,
      items: items.map((item) => toInput(item, asset, events.get(asset), world.now)),
      groups,
      rates: new Map(
        [...(channelsByAsset.get(asset) ?? [])].flatMap((channel) => {
          const rate = rates.get(channel)?.get(asset);
          return rate === undefined ? [] : [[channel as Channel, rate] as const];
        }),
      ),
      hazard: hazardOf(deletion.count, deletion.weeks),
    };
  });
}

/** The prior of each channel is learned over every asset that had its events or has items that may cause them. */
function ratesByChannel(
  world: World,
  itemsByAsset: ReadonlyMap<string, readonly WorldItem[]>,
  channelsByAsset: ReadonlyMap<string, ReadonlySet<string>>,
  events: ReadonlyMap<string, ReadonlyMap<string, readonly GroupEvent[]>>,
): Map<string, Map<string, AssetRate>> {
  const observed = new Map<string, Observed[]>();
  for (const asset of new Set([...channelsByAsset.keys(), ...events.keys()])) {
    const items = itemsByAsset.get(asset) ?? [];
    const seen = events.get(asset);
    for (const channel of new Set([...(channelsByAsset.get(asset) ?? []), ...(seen?.keys() ?? [])])) {
      const own = seen?.get(channel) ?? [];
      const since = Math.min(
        world.now,
        ...items.map((item) => item.since ?? item.openedAt),
        ...own.slice(0, 1).map((event) => event.at),
      );
      const reach = Math.max(0, ...items.map((item) => item.reachScore));
      const list = observed.get(channel) ?? [];
      observed.set(channel, list);
      list.push({
        asset,
        events: own.map((event) => ({ at: event.at, hours: (event.low + event.high) / 2 })),
        since,
        weight: Math.sqrt(1 + reach),
      });
    }
  }
  return new Map([...observed].map(([channel, list]) => [channel, learnRates(list, world.now)]));
}

function toInput(
  item: WorldItem,
  asset: string,
  events: ReadonlyMap<string, readonly GroupEvent[]> | undefined,
  now: number,
): ItemInput {
  let last = item.openedAt;
  for (const list of events?.values() ?? []) {
    for (const event of list) if (event.explainedBy.includes(item.id)) last = Math.max(last, event.at);
  }
  return {
    id: item.id,
    asset,
    assetKind: item.assetKind,
    model: item.model,
    scale: item.scale,
    trend: item.trend,
    exposure: item.exposure,
    risk: item.risk === undefined ? undefined : { ...item.risk, quietWeeks: weeksBetween(last, now) },
  };
}

function add(map: Map<string, Set<string>>, key: string, value: string): void {
  const set = map.get(key);
  if (set === undefined) map.set(key, new Set([value]));
  else set.add(value);
}
