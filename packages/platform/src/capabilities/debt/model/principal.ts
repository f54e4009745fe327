import type { PrincipalClass } from "#base/rule.js";
import { createRandom, drawCount, drawNormal, sample } from "./draws.js";

/** Median hours of a repair by class, before any repayment was seen (debt model, section 3.2). */
export const classHours: Readonly<Record<PrincipalClass, number>> = {
  lint: 5 / 60,
  config: 0.5,
  pin: 0.5,
  document: 1,
  schema: 2,
  test: 2,
  monitor: 2,
  contract: 2,
  retrain: 4,
  "untested-transform": 4,
  "pipeline-split": 24,
};

/** Exponents of size, complexity and assets touched. */
const sizeExponent = 0.5;
const complexityExponent = 0.2;
const perExtraAsset = 0.2;

/**
 * Prior sigma of ln P is 1.0 (80 % band a factor 3.6 to each side), half of its variance between rules of a class, half
 * between repairs of a rule. Observed hours carry an error of about 20 %, which is small beside the second half.
 */
const varianceBetweenRules = 0.5;
const varianceWithinRule = 0.5;

/** What makes a repair of a rule larger than its smallest one. */
export interface Scale {
  /** Rows, files, columns, ...: 1 when it does not scale. */
  readonly size: number;
  /** Cyclomatic or other complexity; 0 when unknown. */
  readonly complexity: number;
  /** Assets a repair must touch. */
  readonly assets: number;
}

/** A repair that was proved, with the hours it took. */
export interface Repayment extends Scale {
  readonly rule: string;
  readonly hours: number;
}

/** ln P ~ N(mu, sigma^2) for a repair of scale one; `n` repayments were seen. */
export interface PrincipalModel {
  readonly mu: number;
  readonly sigma: number;
  readonly n: number;
}

/** What the scale adds to ln P. */
function scaleOffset(scale: Scale): number {
  return (
    sizeExponent * Math.log(Math.max(1, scale.size)) +
    complexityExponent * Math.log1p(Math.max(0, scale.complexity)) +
    perExtraAsset * Math.max(0, scale.assets - 1)
  );
}

/** Prior from the class's median and the rule's observed repayments: conjugate normal with known variance. */
export function learnPrincipal(medianHours: number, repayments: readonly Repayment[]): PrincipalModel {
  const n = repayments.length;
  const observed = repayments.reduce((sum, one) => sum + Math.log(Math.max(1 / 60, one.hours)) - scaleOffset(one), 0);
  const precision = 1 / varianceBetweenRules + n / varianceWithinRule;
  const mu = (Math.log(medianHours) / varianceBetweenRules + observed / varianceWithinRule) / precision;
  return { mu, sigma: Math.sqrt(1 / precision + varianceWithinRule), n };
}

/** Median hours of a repair of this scale. */
export function medianPrincipal(model: PrincipalModel, scale: Scale): number {
  return Math.exp(model.mu + scaleOffset(scale));
}

/** Principal in whole minutes, as the ledger books it; never nothing. */
export function principalMinutes(model: PrincipalModel, scale: Scale): number {
  return Math.max(1, Math.round(60 * medianPrincipal(model, scale)));
}

/** Draws of the principal, hours. */
export function drawPrincipal(model: PrincipalModel, scale: Scale, seed: string): Float64Array {
  const random = createRandom(`${seed}/principal`);
  const mu = model.mu + scaleOffset(scale);
  return sample(drawCount, () => Math.exp(mu + model.sigma * drawNormal(random)));
}

/** Share of a repair that prepares the ground for all repairs of its rule, paid once in a batch. */
export const setupShare = 0.3;
