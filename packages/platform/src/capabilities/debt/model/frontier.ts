import type { Range } from "@paydown/api/values";
import { createRandom, drawFromDots, mean, quantile, tidy } from "./draws.js";
import { type Candidate, type Problem, paymentOrder } from "./planner.js";
import { horizon } from "./pricing.js";

/** Sampled worlds in which a plan is tried. */
export const scenarioCount = 200;

/** What the planner knows of an item beside its candidate. */
export interface PlannedItem {
  readonly candidate: Candidate;
  /** Mean hours a week that paying it alone spares; null when unknown. */
  readonly solo: number | null;
  /** Horizon weights of its asset: hours gained per hour a week spared. */
  readonly weight: number;
  readonly principalDots: readonly number[];
  readonly expectedDots: readonly number[];
  readonly events: number;
}

export interface PlanInput {
  readonly items: readonly PlannedItem[];
  readonly ceilings: ReadonlyMap<string, number>;
}

interface FrontierPoint {
  readonly hours: number;
  readonly items: number;
  readonly frees: Range;
  readonly payback: number | null;
  readonly worthwhile: boolean;
}

export interface Frontier {
  readonly mustPayHours: number;
  readonly totalHours: number;
  readonly worthwhileHours: number;
  readonly points: readonly FrontierPoint[];
}

const keptPoints = 500;

/** What every budget frees: the payment order walked once, with the spread of the sampled worlds. */
export function frontierOf(input: PlanInput): Frontier {
  const problem: Problem = {
    candidates: input.items.map((item) => item.candidate),
    ceilings: input.ceilings,
    budget: Number.POSITIVE_INFINITY,
  };
  const order = paymentOrder(problem);
  const byId = new Map(input.items.map((item) => [item.candidate.id, item]));
  const factors = freedFactors(input.items);
  const sums = new Float64Array(scenarioCount);
  const points: FrontierPoint[] = [
    { hours: 0, items: 0, frees: { p10: 0, p50: 0, p90: 0, n: 0 }, payback: null, worthwhile: true },
  ];
  const every = Math.max(1, Math.ceil(order.length / keptPoints));
  let minutes = 0;
  let events = 0;
  let mustPay = 0;
  let worthwhile = 0;
  let total = 0;
  for (const [i, step] of order.entries()) {
    const item = byId.get(step.id) as PlannedItem;
    minutes += step.minutes;
    total = minutes;
    events += item.events;
    if (item.candidate.mustPay) mustPay += step.minutes;
    const freed = step.gain / item.weight;
    const own = factors.get(step.id);
    for (let s = 0; s < scenarioCount; s++) sums[s] = (sums[s] as number) + freed * (own?.[s] ?? 1);
    if (step.net > 0) worthwhile = minutes;
    if (i % every !== every - 1 && i !== order.length - 1) continue;
    points.push({
      hours: tidy(minutes / 60),
      items: i + 1,
      frees: rangeOf(sums, events),
      payback: freed > 1e-9 ? tidy(step.minutes / 60 / freed) : null,
      worthwhile: item.candidate.mustPay || (freed > 1e-9 && step.minutes / 60 / freed <= horizon),
    });
  }
  return {
    mustPayHours: tidy(mustPay / 60),
    totalHours: tidy(total / 60),
    worthwhileHours: tidy(worthwhile / 60),
    points,
  };
}

/** Per item and sampled world, how its gain compares with its mean. */
export function freedFactors(items: readonly PlannedItem[]): Map<string, Float64Array> {
  return new Map(
    items.map((item) => {
      const average = mean(item.expectedDots);
      const random = createRandom(`${item.candidate.id}/scenarios`);
      return [
        item.candidate.id,
        Float64Array.from({ length: scenarioCount }, () =>
          average > 0 ? drawFromDots(random, item.expectedDots) / average : 1,
        ),
      ];
    }),
  );
}

/** The same for the hours a repair takes, compared with its median. */
export function hoursFactors(items: readonly PlannedItem[]): Map<string, Float64Array> {
  return new Map(
    items.map((item) => {
      const middle = item.principalDots.length === 0 ? 0 : quantile(item.principalDots, 0.5);
      const random = createRandom(`${item.candidate.id}/hours`);
      return [
        item.candidate.id,
        Float64Array.from({ length: scenarioCount }, () =>
          middle > 0 ? drawFromDots(random, item.principalDots) / middle : 1,
        ),
      ];
    }),
  );
}

export function rangeOf(values: Float64Array, n: number): Range {
  const sorted = values.slice().sort();
  return { p10: tidy(quantile(sorted, 0.1)), p50: tidy(quantile(sorted, 0.5)), p90: tidy(quantile(sorted, 0.9)), n };
}
