import type { DebtChannel } from "@paydown/api/debt";
import type { Range } from "@paydown/api/values";
import type { Channel } from "#base/rule.js";
import { drawHours, mayExplain } from "./attribution.js";
import { createRandom, drawBeta, drawCount, drawNormal, sample, toRange } from "./draws.js";

/** What was spent in a span of time, by asset and channel: whole events, nothing decayed, no prior. */
export interface SpentGroup {
  readonly asset: string;
  readonly channel: Channel;
  readonly events: readonly {
    readonly at: number;
    readonly low: number;
    readonly high: number;
    readonly explained: boolean;
  }[];
  /** Measured outside of the platform: hours a week, and events behind it. */
  readonly standing?: { readonly weekly: number; readonly events: number } | undefined;
  /** True when at least one item can be charged with what no rule explains. */
  readonly hasItems: boolean;
}

export interface Spending {
  readonly measured: Float64Array;
  readonly attributed: Float64Array;
  events: number;
}

/** What each channel takes away. */
export const channelGroups: Readonly<Record<DebtChannel, "lead-time" | "operating" | "quality">> = {
  "fix-rework": "lead-time",
  "change-drag": "lead-time",
  "failed-runs": "lead-time",
  "re-runs": "lead-time",
  waiting: "lead-time",
  "unscheduled-retrains": "operating",
  incidents: "operating",
  "manual-steps": "operating",
  "label-rework": "operating",
  carrying: "operating",
  "quality-loss": "quality",
};

/** Above this many assets the avoidable shares are summed by their moments: same mean and variance, a hundredth of the work. */
const exactLimit = 24;
/** Mean and second moment of the avoidable share, Beta(1, 9). */
const shareMean = 0.1;
const shareSquare = 9 / 1100 + shareMean ** 2;

/**
 * Hours a week spent over `weeks` weeks by channel: measured, and attributed to items. Explained events are attributed
 * whole, of the rest the avoidable share; in every draw attributed is at most measured.
 */
export function spendingOf(groups: readonly SpentGroup[], weeks: number): Map<Channel, Spending> {
  const byChannel = new Map<Channel, SpentGroup[]>();
  for (const group of groups) {
    if (group.events.length === 0 && group.standing === undefined) continue;
    const list = byChannel.get(group.channel);
    if (list === undefined) byChannel.set(group.channel, [group]);
    else list.push(group);
  }
  return new Map([...byChannel].map(([channel, list]) => [channel, spendingOfChannel(channel, list, weeks)]));
}

function spendingOfChannel(channel: Channel, groups: readonly SpentGroup[], weeks: number): Spending {
  const random = createRandom(`${channel}/${groups.length}/${groups[0]?.asset}`);
  const perWeek = () => 1 / weeks;
  const isExplained = (event: { readonly explained: boolean }) => event.explained && mayExplain(channel);
  const explained = drawHours(
    groups.flatMap((group) => group.events.filter(isExplained)),
    perWeek,
    random,
  );
  const rests = groups.map((group) => ({
    hasItems: group.hasItems,
    events: group.events.filter((event) => !isExplained(event)),
    standing: group.events.length === 0 ? (group.standing?.weekly ?? 0) : 0,
  }));
  const shared = rests.filter((one) => one.hasItems && (one.events.length > 0 || one.standing > 0));
  const unshared = rests.filter((one) => !one.hasItems);
  const free = unshared.reduce((sum, one) => sum + one.standing, 0);
  const alone = drawHours(
    unshared.flatMap((one) => one.events),
    perWeek,
    random,
  );
  const { rest, open } =
    shared.length <= exactLimit ? shareExactly(shared, perWeek, random) : shareByMoments(shared, perWeek, random);
  const attributed = new Float64Array(drawCount);
  const measured = new Float64Array(drawCount);
  for (let d = 0; d < drawCount; d++) {
    attributed[d] = (explained[d] as number) + Math.min(rest[d] as number, open[d] as number);
    measured[d] = (explained[d] as number) + (rest[d] as number) + (alone[d] as number) + free;
  }
  const events = groups.reduce(
    (sum, group) => sum + (group.events.length > 0 ? group.events.length : (group.standing?.events ?? 0)),
    0,
  );
  return { measured, attributed, events };
}

interface Shared {
  readonly events: SpentGroup["events"];
  readonly standing: number;
}

/** What no rule explains on assets with open items, and the avoidable part of it: an own share for every asset. */
function shareExactly(
  groups: readonly Shared[],
  perWeek: () => number,
  random: () => number,
): { rest: Float64Array; open: Float64Array } {
  const rest = new Float64Array(drawCount);
  const open = new Float64Array(drawCount);
  for (const group of groups) {
    const hours = drawHours(group.events, perWeek, random);
    for (let d = 0; d < drawCount; d++) {
      const own = (hours[d] as number) + group.standing;
      rest[d] = (rest[d] as number) + own;
      open[d] = (open[d] as number) + own * drawBeta(random, 1, 9);
    }
  }
  return { rest, open };
}

function shareByMoments(
  groups: readonly Shared[],
  perWeek: () => number,
  random: () => number,
): { rest: Float64Array; open: Float64Array } {
  const standing = groups.reduce((sum, group) => sum + group.standing, 0);
  const rest = drawHours(
    groups.flatMap((group) => group.events),
    perWeek,
    random,
  ).map((hours) => hours + standing);
  let mean = 0;
  let variance = 0;
  for (const group of groups) {
    const own = group.events.reduce((sum, event) => sum + ((event.low + event.high) / 2) * perWeek(), group.standing);
    mean += shareMean * own;
    variance += (shareSquare - shareMean ** 2) * own ** 2;
  }
  if (mean <= 0) return { rest, open: new Float64Array(drawCount) };
  const s2 = Math.log1p(variance / mean ** 2);
  const mu = Math.log(mean) - s2 / 2;
  return { rest, open: sample(drawCount, () => Math.exp(mu + Math.sqrt(s2) * drawNormal(random))) };
}

/** Sums over the channels; undefined when no channel was visible. */
export function totalOf(
  spending: ReadonlyMap<Channel, Spending>,
): { measured: Range; attributed: Range; events: number } | undefined {
  if (spending.size === 0) return undefined;
  const measured = new Float64Array(drawCount);
  const attributed = new Float64Array(drawCount);
  let events = 0;
  for (const one of spending.values()) {
    events += one.events;
    for (let d = 0; d < drawCount; d++) {
      measured[d] = (measured[d] as number) + (one.measured[d] as number);
      attributed[d] = (attributed[d] as number) + (one.attributed[d] as number);
    }
  }
  return { measured: toRange(measured, events), attributed: toRange(attributed, events), events };
}

/** Share of measured hours that the costliest 5 % of assets carry (at least one); undefined below five costly assets. */
export function concentration(hours: ReadonlyMap<string, number>): { assets: number; share: number } | undefined {
  const costly = [...hours.values()].filter((one) => one > 0).sort((a, b) => b - a);
  if (costly.length < 5) return undefined;
  const top = Math.max(1, Math.round(costly.length * 0.05));
  const total = costly.reduce((sum, one) => sum + one, 0);
  const carried = costly.slice(0, top).reduce((sum, one) => sum + one, 0);
  return { assets: Number((top / costly.length).toPrecision(2)), share: Number((carried / total).toPrecision(3)) };
}

/** A range divided by an exact number. */
export function divide(range: Range, by: number): Range {
  return { p10: range.p10 / by, p50: range.p50 / by, p90: range.p90 / by, n: range.n };
}
