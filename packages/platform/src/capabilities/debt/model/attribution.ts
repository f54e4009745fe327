import type { Channel } from "#base/rule.js";
import { createRandom, drawBeta, drawCount, drawGamma, drawNormal, type Random, sample } from "./draws.js";
import { type AssetRate, decayOf, windowsPerWeek } from "./rates.js";

/** Prior of the avoidable share Phi of cost that no rule explains: Beta(1, 9), mean 10 % (debt model, finding 5). */
const avoidable = [1, 9] as const;

/** An event of one channel on one asset. Hours are this asset's part when several assets saw the same event. */
export interface GroupEvent {
  readonly id: string;
  readonly at: number;
  readonly low: number;
  readonly high: number;
  /** Items whose rule explains it by itself, open or closed. */
  readonly explainedBy: readonly string[];
}

/** Measured outside of the platform, e.g. in a git history: only weekly totals are known. */
export interface Standing {
  /** Hours a week measured. */
  readonly weekly: number;
  /** Hours a week forecast. */
  readonly forecast: number;
  readonly events: number;
}

/** The cost of one channel on one asset, and the open items that can be charged with it. */
export interface Group {
  readonly asset: string;
  readonly channel: Channel;
  readonly events: readonly GroupEvent[];
  readonly standing?: Standing | undefined;
  readonly items: readonly string[];
}

/** Draws of one group, hours a week. In every single draw the items together are charged at most `measured`. */
export interface GroupDraws {
  readonly measured: Float64Array;
  /** Expected cost: event rate times hours per event. For ranking and plans, never billed. */
  readonly cost: Float64Array;
  readonly charged: ReadonlyMap<string, Float64Array>;
  readonly expected: ReadonlyMap<string, Float64Array>;
  /** Mean share of the channel's cost by item. */
  readonly phi: ReadonlyMap<string, number>;
  /** Mean share of an event that no rule explains, by item. */
  readonly sharedPhi: number;
  /** Mean hours a week that repairing this item alone would spare: events it explains count whole, shared or not. */
  readonly solo: ReadonlyMap<string, number>;
  /** Mean hours a week that repairing all open items together would spare; never more than the expected cost. */
  readonly ceiling: number;
  readonly events: number;
}

/** Change drag is only ever a regression on churn: no rule explains an event of it. */
export function mayExplain(channel: Channel): boolean {
  return channel !== "change-drag";
}

/**
 * Attribution (debt model, section 3.2). An event that items explain is split among them; the rest of the cost gets
 * Phi, shared equally over the open items. The shares of one group never sum to more than one, in any draw.
 */
export function drawGroup(group: Group, rate: AssetRate | undefined, now: number, correction = 1): GroupDraws {
  const random = createRandom(`${group.asset}/${group.channel}`);
  const phi = sample(drawCount, () => drawBeta(random, avoidable[0], avoidable[1]));
  const measuredByEvents = group.events.length > 0 && rate !== undefined;
  const perWeek = measuredByEvents ? windowsPerWeek / rate.exposure : 0;
  const buckets = measuredByEvents ? drawBuckets(group, now, perWeek, random) : [];
  const rest = buckets.find((bucket) => bucket.explainedBy.length === 0)?.draws;
  const standing = measuredByEvents ? undefined : group.standing;
  const measured = sample(drawCount, (d) =>
    standing === undefined ? buckets.reduce((sum, bucket) => sum + (bucket.draws[d] as number), 0) : standing.weekly,
  );
  const cost = drawCost(rate, standing, correction, random);
  const common = standing === undefined ? rest : measured;
  const open = group.items.length;
  const explained = new Map<string, Bucket[]>();
  for (const bucket of buckets) {
    for (const item of bucket.explainedBy) explained.set(item, [...(explained.get(item) ?? []), bucket]);
  }

  const charged = new Map<string, Float64Array>();
  const expected = new Map<string, Float64Array>();
  const shares = new Map<string, number>();
  const solo = new Map<string, number>();
  let plain: { charged: Float64Array; expected: Float64Array; share: number; solo: number } | undefined;
  for (const item of group.items) {
    const own = explained.get(item);
    // Items without an event of their own all have the same draws.
    if (own === undefined && plain !== undefined) {
      charged.set(item, plain.charged);
      expected.set(item, plain.expected);
      shares.set(item, plain.share);
      solo.set(item, plain.solo);
      continue;
    }
    const itemCharged = new Float64Array(drawCount);
    const itemExpected = new Float64Array(drawCount);
    let share = 0;
    let alone = 0;
    for (let d = 0; d < drawCount; d++) {
      const total = measured[d] as number;
      const spread = (phi[d] as number) / open;
      let part = common === undefined ? 0 : spread * (common[d] as number);
      let whole = part;
      for (const bucket of own ?? []) {
        part += (bucket.draws[d] as number) / bucket.explainedBy.length;
        whole += bucket.draws[d] as number;
      }
      const fraction = total > 0 ? part / total : spread;
      alone += (total > 0 ? whole / total : spread) * (cost[d] as number);
      itemExpected[d] = fraction * (cost[d] as number);
      // What is billed follows the expectation but never exceeds what was measured.
      itemCharged[d] = fraction * Math.min(cost[d] as number, total);
      share += fraction;
    }
    charged.set(item, itemCharged);
    expected.set(item, itemExpected);
    shares.set(item, share / drawCount);
    solo.set(item, alone / drawCount);
    if (own === undefined) {
      plain = { charged: itemCharged, expected: itemExpected, share: share / drawCount, solo: alone / drawCount };
    }
  }
  const openItems = new Set(group.items);
  const reachable = buckets.filter((bucket) => bucket.explainedBy.some((item) => openItems.has(item)));
  let ceiling = 0;
  for (let d = 0; d < drawCount && open > 0; d++) {
    const total = measured[d] as number;
    let part = common === undefined ? 0 : (phi[d] as number) * (common[d] as number);
    for (const bucket of reachable) part += bucket.draws[d] as number;
    ceiling += (total > 0 ? part / total : (phi[d] as number)) * (cost[d] as number);
  }
  const meanPhi = avoidable[0] / (avoidable[0] + avoidable[1]);
  return {
    measured,
    cost,
    charged,
    expected,
    phi: shares,
    sharedPhi: open === 0 ? 0 : meanPhi / open,
    solo,
    ceiling: ceiling / drawCount,
    events: group.events.length > 0 ? group.events.length : (group.standing?.events ?? 0),
  };
}

interface Bucket {
  readonly explainedBy: readonly string[];
  /** Hours a week of its events, decayed. */
  readonly draws: Float64Array;
}

/** Events explained by the same items behave as one. */
function drawBuckets(group: Group, now: number, perWeek: number, random: Random): Bucket[] {
  const bySet = new Map<string, { explainedBy: readonly string[]; events: GroupEvent[] }>();
  for (const event of group.events) {
    const explainedBy = mayExplain(group.channel) ? [...new Set(event.explainedBy)].sort() : [];
    const key = explainedBy.join(" ");
    const bucket = bySet.get(key);
    if (bucket === undefined) bySet.set(key, { explainedBy, events: [event] });
    else bucket.events.push(event);
  }
  return [...bySet.values()].map(({ explainedBy, events }) => ({
    explainedBy,
    draws: drawHours(events, (event) => decayOf(event.at, now) * perWeek, random),
  }));
}

/** Above this many events their uniform spreads are summed as a normal, cut to what is possible. */
const uniformLimit = 12;

/** Draws of the weighted sum of the events' hours, each uniform within its own spread. */
export function drawHours(
  events: readonly { readonly low: number; readonly high: number; readonly at: number }[],
  weight: (event: { readonly low: number; readonly high: number; readonly at: number }) => number,
  random: Random,
): Float64Array {
  const spreads = events.map((event) => ({ low: event.low * weight(event), high: event.high * weight(event) }));
  const low = spreads.reduce((sum, one) => sum + one.low, 0);
  const high = spreads.reduce((sum, one) => sum + one.high, 0);
  if (spreads.length <= uniformLimit) {
    return sample(drawCount, () => spreads.reduce((sum, one) => sum + one.low + random() * (one.high - one.low), 0));
  }
  const sigma = Math.sqrt(spreads.reduce((sum, one) => sum + (one.high - one.low) ** 2 / 12, 0));
  const middle = (low + high) / 2;
  return sample(drawCount, () => Math.min(high, Math.max(low, middle + sigma * drawNormal(random))));
}

function drawCost(
  rate: AssetRate | undefined,
  standing: Standing | undefined,
  correction: number,
  random: Random,
): Float64Array {
  if (standing !== undefined) {
    const shape = standing.events + 0.5;
    return sample(drawCount, () => (drawGamma(random, shape) / shape) * standing.forecast * correction);
  }
  if (rate === undefined) return new Float64Array(drawCount);
  const shape = rate.alpha + rate.decayedEvents;
  const scale = (rate.hoursPerEvent * windowsPerWeek * correction) / (rate.beta + rate.exposure);
  return sample(drawCount, () => drawGamma(random, shape) * scale);
}
