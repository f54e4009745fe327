import type { DebtChannel } from "@paydown/api/debt";
import type { Range } from "@paydown/api/values";
import type { Channel } from "#base/rule.js";
import { drawHours, mayExplain } from "./attribution.js";
import { createRandom, drawBeta, drawCount, sample, toRange } from "./draws.js";

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

/**
 * Hours a week spent over `weeks` weeks by channel: measured, and attributed to items. Explained events are attributed
 * whole, of the rest the avoidable share; in every draw attributed is at most measured.
 */
export function spendingOf(groups: readonly SpentGroup[], weeks: number): Map<Channel, Spending> {
  const byChannel = new Map<Channel, Spending>();
  for (const group of groups) {
    const events = group.events.length > 0 ? group.events.length : (group.standing?.events ?? 0);
    if (group.events.length === 0 && group.standing === undefined) continue;
    const spending = byChannel.get(group.channel) ?? {
      measured: new Float64Array(drawCount),
      attributed: new Float64Array(drawCount),
      events: 0,
    };
    byChannel.set(group.channel, spending);
    spending.events += events;
    const random = createRandom(`${group.asset}/${group.channel}`);
    const phi = sample(drawCount, () => drawBeta(random, 1, 9));
    const perWeek = () => 1 / weeks;
    const explained = drawHours(
      group.events.filter((event) => event.explained && mayExplain(group.channel)),
      perWeek,
      random,
    );
    const rest =
      group.events.length > 0
        ? drawHours(
            group.events.filter((event) => !(event.explained && mayExplain(group.channel))),
            perWeek,
            random,
          )
        : new Float64Array(drawCount).fill(group.standing?.weekly ?? 0);
    for (let d = 0; d < drawCount; d++) {
      const open = group.hasItems ? (phi[d] as number) * (rest[d] as number) : 0;
      spending.measured[d] = (spending.measured[d] as number) + (explained[d] as number) + (rest[d] as number);
      spending.attributed[d] = (spending.attributed[d] as number) + (explained[d] as number) + open;
    }
  }
  return byChannel;
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
