import type { Exposure, Price } from "@paydown/api/debt";
import type { Range } from "@paydown/api/values";
import type { Channel } from "#base/rule.js";
import { drawGroup, type Group, type GroupDraws } from "./attribution.js";
import {
  createRandom,
  drawCount,
  drawGamma,
  drawPert,
  mean,
  rangeOfSorted,
  sample,
  tidy,
  toDots,
  toRange,
} from "./draws.js";
import { growthOf, type TrendPoint } from "./growth.js";
import { drawPrincipal, type PrincipalModel, principalMinutes, type Scale } from "./principal.js";
import type { AssetRate } from "./rates.js";

/** Weeks ahead that costs of delay and net values look. */
export const horizon = 26;
const week = 7 * 86_400_000;

interface RiskInput {
  /** Harmful events a week, declared. */
  readonly weekly: number;
  readonly hours: { readonly min: number; readonly mode: number; readonly max: number };
  /** Weeks that passed without such an event. */
  readonly quietWeeks: number;
}

/** What an open item brings to its price. */
export interface ItemInput {
  readonly id: string;
  readonly asset: string;
  readonly assetKind: string;
  readonly model: PrincipalModel;
  readonly scale: Scale;
  readonly trend: readonly TrendPoint[];
  readonly risk?: RiskInput | undefined;
  readonly exposure?: Exposure | undefined;
}

/** All open items of one asset with what was measured on it. */
export interface AssetInput {
  readonly asset: string;
  readonly items: readonly ItemInput[];
  readonly groups: readonly Group[];
  readonly rates: ReadonlyMap<Channel, AssetRate>;
  /** Chance a week that the asset is deleted, by its kind. */
  readonly hazard: number;
}

/** What an explanation and the item's page need beside the price. */
export interface Derivation {
  readonly channels: readonly {
    readonly channel: Channel;
    readonly phi: number;
    readonly sharedPhi: number;
    readonly measured: Range;
    readonly charged: Range;
    readonly prior: boolean;
    readonly items: number;
    readonly rate: Pick<AssetRate, "rate" | "hoursPerEvent" | "alpha" | "beta" | "exposure" | "decayedEvents"> | null;
  }[];
  readonly conservation: {
    readonly items: number;
    readonly charged: Range;
    readonly measured: Range;
    readonly unattributed: Range;
  };
  readonly principal: { readonly mu: number; readonly sigma: number; readonly n: number } & Scale;
  readonly growth: number | null;
  readonly hazard: number;
  readonly risk: { readonly mean: number; readonly quietWeeks: number; readonly declared: number } | null;
}

export interface Priced {
  readonly id: string;
  readonly minutes: number;
  readonly price: Omit<Price, "priceAt">;
  readonly derivation: Derivation;
  /** 50 dots of the expected interest, for planning. */
  readonly expectedDots: readonly number[];
  /** Mean hours a week that repairing it alone would spare; null when unknown. */
  readonly solo: number | null;
  /** Mean hours a week that repairing everything open on its asset would spare. */
  readonly ceiling: number;
  readonly moments: {
    readonly principal: readonly [mean: number, variance: number];
    readonly interest: readonly [mean: number, variance: number];
  };
}

/** Sums over a project, draw by draw, so that shared causes stay shared. */
export interface Totals {
  readonly principal: Float64Array;
  readonly charged: Float64Array;
  readonly expected: Float64Array;
  readonly measured: Float64Array;
  readonly cost: Float64Array;
  readonly risk: Float64Array;
  events: number;
}

export function emptyTotals(): Totals {
  const zero = () => new Float64Array(drawCount);
  return {
    principal: zero(),
    charged: zero(),
    expected: zero(),
    measured: zero(),
    cost: zero(),
    risk: zero(),
    events: 0,
  };
}

/** Prices all open items of one asset; 2,000 seeded draws each, so that the same evidence gives the same price. */
export function priceAsset(input: AssetInput, now: number, correction: number, totals: Totals): Priced[] {
  const groups = input.groups.map((group) => ({
    group,
    rate: input.rates.get(group.channel),
    draws: drawGroup(group, input.rates.get(group.channel), now, correction),
  }));
  const measured = sum(groups.map((one) => one.draws.measured));
  const charged = new Float64Array(drawCount);
  for (const { draws } of groups) {
    totals.events += draws.events;
    for (const item of draws.charged.values()) addTo(charged, item);
    addTo(totals.cost, draws.cost);
  }
  addTo(totals.measured, measured);
  addTo(totals.charged, charged);
  const events = groups.reduce((count, one) => count + one.draws.events, 0);
  const conservation = {
    items: input.items.length,
    charged: toRange(charged, events),
    measured: toRange(measured, events),
    unattributed: toRange(
      sample(drawCount, (d) => Math.max(0, (measured[d] as number) - (charged[d] as number))),
      events,
    ),
  };
  return input.items.map((item) => priceItem(item, input, groups, conservation, totals));
}

interface DrawnGroup {
  readonly group: Group;
  readonly rate: AssetRate | undefined;
  readonly draws: GroupDraws;
}

function priceItem(
  item: ItemInput,
  asset: AssetInput,
  all: readonly DrawnGroup[],
  conservation: Derivation["conservation"],
  totals: Totals,
): Priced {
  const principal = drawPrincipal(item.model, item.scale, item.id);
  addTo(totals.principal, principal);
  const groups = all.filter((one) => one.draws.charged.has(item.id));
  const visible = groups.length > 0;
  const charged = sum(groups.map((one) => one.draws.charged.get(item.id) as Float64Array));
  const expected = sum(groups.map((one) => one.draws.expected.get(item.id) as Float64Array));
  addTo(totals.expected, expected);
  const events = groups.reduce((count, one) => count + one.draws.events, 0);
  const risk = item.risk === undefined ? undefined : drawRisk(item.risk, item.id);
  if (risk !== undefined) addTo(totals.risk, risk);
  const growth = growthOf(item.trend) ?? 0;
  const sizeGrowth = growth * 0.5;
  const future = weightsOfWeeks(growth, 0);
  const surviving = weightsOfWeeks(growth, asset.hazard);
  const grown = Math.expm1(sizeGrowth * horizon);

  const principalSorted = principal.slice().sort();
  const chargedSorted = charged.slice().sort();
  const expectedSorted = expected.slice().sort();
  const pays = (expectedSorted[drawCount / 2] as number) > 1e-9;
  const over = (draw: (e: number, p: number) => number): Range => {
    const draws = new Float64Array(drawCount);
    for (let d = 0; d < drawCount; d++) draws[d] = draw(expected[d] as number, principal[d] as number);
    return toRange(draws, events);
  };
  // Payback is the rate turned around, so its percentiles are those of the rate, turned around.
  const rate = visible ? over((e, p) => (52 * e) / p) : null;
  const weeks = (yearly: number) => tidy(52 / Math.max(yearly, 1e-9));
  return {
    id: item.id,
    minutes: principalMinutes(item.model, item.scale),
    price: {
      principal: rangeOfSorted(principalSorted, item.model.n),
      principalDots: toDots(principalSorted),
      interest: visible ? rangeOfSorted(chargedSorted, events) : null,
      interestDots: visible ? toDots(chargedSorted) : [],
      expected: visible ? rangeOfSorted(expectedSorted, events) : null,
      riskInterest: risk === undefined ? null : toRange(risk, 0),
      rate,
      payback:
        rate !== null && pays ? { p10: weeks(rate.p90), p50: weeks(rate.p50), p90: weeks(rate.p10), n: events } : null,
      delay: visible ? over((e, p) => e * future + p * grown) : null,
      netValue: visible ? over((e, p) => e * surviving - p) : null,
    },
    derivation: {
      channels: groups.map(({ group, rate, draws }) => ({
        channel: group.channel,
        phi: tidy(draws.phi.get(item.id) ?? 0),
        sharedPhi: tidy(draws.sharedPhi),
        measured: toRange(draws.measured, draws.events),
        charged: toRange(draws.charged.get(item.id) as Float64Array, draws.events),
        prior: draws.events === 0,
        items: group.items.length,
        rate:
          rate === undefined
            ? null
            : {
                rate: tidy(rate.rate),
                hoursPerEvent: tidy(rate.hoursPerEvent),
                alpha: tidy(rate.alpha),
                beta: tidy(rate.beta),
                exposure: tidy(rate.exposure),
                decayedEvents: tidy(rate.decayedEvents),
              },
      })),
      conservation,
      principal: { mu: tidy(item.model.mu), sigma: tidy(item.model.sigma), n: item.model.n, ...item.scale },
      growth: growthOf(item.trend) ?? null,
      hazard: tidy(asset.hazard),
      risk:
        item.risk === undefined
          ? null
          : { mean: tidy(mean(risk as Float64Array)), quietWeeks: item.risk.quietWeeks, declared: item.risk.weekly },
    },
    expectedDots: visible ? toDots(expectedSorted) : [],
    solo: visible ? tidy(groups.reduce((total, one) => total + (one.draws.solo.get(item.id) ?? 0), 0)) : null,
    ceiling: tidy(all.reduce((total, one) => total + one.draws.ceiling, 0)),
    moments: { principal: moments(principal), interest: moments(charged) },
  };
}

/** p ~ Gamma(a, b) from the declared base rate, with mean a / (b + n) after n quiet weeks; loss by PERT. */
function drawRisk(risk: RiskInput, seed: string): Float64Array {
  const random = createRandom(`${seed}/risk`);
  const b = 1 / Math.max(1e-9, risk.weekly);
  const { min, mode, max } = risk.hours;
  return sample(
    drawCount,
    () => (drawGamma(random, 1) / (b + Math.max(0, risk.quietWeeks))) * drawPert(random, min, mode, max),
  );
}

/** Sum over the weeks of the horizon of growth and survival: what one hour a week now amounts to. */
export function weightsOfWeeks(growth: number, hazard: number): number {
  let total = 0;
  for (let t = 1; t <= horizon; t++) total += Math.exp((growth - hazard) * t);
  return total;
}

/** Prior of one deletion in five years an asset, and what was seen: (1 + deletions) / (260 + asset weeks). */
export function hazardOf(deletions: number, assetWeeks: number): number {
  return (1 + deletions) / (260 + Math.max(0, assetWeeks));
}

/** Whole and broken weeks between two instants. */
export function weeksBetween(from: number, to: number): number {
  return Math.max(0, (to - from) / week);
}

/** True when keeping the debt for the horizon costs less than a quarter of repaying it. */
export function isBetterWrittenOff(price: Pick<Price, "expected" | "principal">, hazard: number): boolean {
  if (price.expected === null) return false;
  return price.expected.p50 * weightsOfWeeks(0, hazard) < price.principal.p50 / 4;
}

function sum(all: readonly Float64Array[]): Float64Array {
  const total = new Float64Array(drawCount);
  for (const one of all) addTo(total, one);
  return total;
}

function addTo(total: Float64Array, draws: Float64Array): void {
  for (let d = 0; d < total.length; d++) total[d] = (total[d] as number) + (draws[d] as number);
}

function moments(draws: Float64Array): readonly [number, number] {
  const average = mean(draws);
  let variance = 0;
  for (const draw of draws) variance += (draw - average) ** 2;
  return [tidy(average), tidy(variance / draws.length)];
}
