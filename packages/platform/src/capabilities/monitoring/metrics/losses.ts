import { normalQuantileSf } from "../math/distributions.js";
import { mean, variance } from "../math/samples.js";
import type { Estimate } from "./estimate.js";

/** Probabilities nearer to 0 or 1 than this are moved here, so that one certain mistake is dear and not infinite. */
const clip = 1e-15;

/** -ln of the probability given to what happened, each row's. */
export function logLosses(scores: ArrayLike<number>, outcomes: ArrayLike<number>): Float64Array {
  return Float64Array.from({ length: scores.length }, (_, i) => {
    const p = Math.min(1 - clip, Math.max(clip, scores[i]!));
    return outcomes[i] === 1 ? -Math.log(p) : -Math.log1p(-p);
  });
}

/** Squared distance of probability and outcome, each row's (Brier). */
export function squaredLosses(scores: ArrayLike<number>, outcomes: ArrayLike<number>): Float64Array {
  return Float64Array.from({ length: scores.length }, (_, i) => (scores[i]! - outcomes[i]!) ** 2);
}

/** Mean with its standard error and 95 % interval. */
export function meanEstimate(values: ArrayLike<number>): Estimate | undefined {
  const n = values.length;
  if (n === 0) return undefined;
  const value = mean(values);
  const error = n < 2 ? Number.POSITIVE_INFINITY : Math.sqrt(variance(values) / n);
  const reach = normalQuantileSf(0.025) * error;
  return { value, error, low: value - reach, high: value + reach, n };
}

/** Mean score minus mean outcome: positive when the model promises too much. */
export function bias(scores: ArrayLike<number>, outcomes: ArrayLike<number>): Estimate | undefined {
  return meanEstimate(Float64Array.from({ length: scores.length }, (_, i) => scores[i]! - outcomes[i]!));
}

/**
 * Expected calibration error: distance of mean score and share of outcomes in bins of equal width, weighted by rows.
 * Guo et al., ICML 2017.
 */
export function calibrationError(scores: ArrayLike<number>, outcomes: ArrayLike<number>, bins = 10): number {
  const rows = new Float64Array(bins);
  const promised = new Float64Array(bins);
  const happened = new Float64Array(bins);
  for (let i = 0; i < scores.length; i++) {
    const bin = Math.min(bins - 1, Math.max(0, Math.floor(scores[i]! * bins)));
    rows[bin]! += 1;
    promised[bin]! += scores[i]!;
    happened[bin]! += outcomes[i]!;
  }
  let sum = 0;
  for (let i = 0; i < bins; i++) sum += Math.abs(promised[i]! - happened[i]!);
  return sum / scores.length;
}
