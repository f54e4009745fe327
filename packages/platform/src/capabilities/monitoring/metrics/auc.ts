import { normalQuantileSf, normalSf } from "../math/distributions.js";
import { mean, rank } from "../math/samples.js";
import type { Difference, Estimate } from "./estimate.js";

/** Scores of both classes apart. */
interface Classes {
  readonly positive: Float64Array;
  readonly negative: Float64Array;
}

function split(scores: ArrayLike<number>, outcomes: ArrayLike<number>): Classes {
  const positive: number[] = [];
  const negative: number[] = [];
  for (let i = 0; i < scores.length; i++) (outcomes[i] === 1 ? positive : negative).push(scores[i]!);
  return { positive: Float64Array.from(positive), negative: Float64Array.from(negative) };
}

interface Placements {
  readonly auc: number;
  /** Share of negatives each positive beats, ties a half; and of positives each negative loses to. */
  readonly ofPositive: Float64Array;
  readonly ofNegative: Float64Array;
}

/** Placements from mid-ranks in O(n log n). Sun and Xu, IEEE Signal Process. Lett. 21, 2014. */
function placements({ positive, negative }: Classes): Placements {
  const m = positive.length;
  const n = negative.length;
  const all = new Float64Array(m + n);
  all.set(positive);
  all.set(negative, m);
  const joint = rank(all).ranks;
  const ownPositive = rank(positive).ranks;
  const ownNegative = rank(negative).ranks;
  const ofPositive = Float64Array.from({ length: m }, (_, i) => (joint[i]! - ownPositive[i]!) / n);
  const ofNegative = Float64Array.from({ length: n }, (_, j) => 1 - (joint[m + j]! - ownNegative[j]!) / m);
  return { auc: mean(ofPositive), ofPositive, ofNegative };
}

function covariance(a: Float64Array, b: Float64Array): number {
  if (a.length < 2) return 0;
  const ma = mean(a);
  const mb = mean(b);
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - ma) * (b[i]! - mb);
  return sum / (a.length - 1);
}

/**
 * Area under the ROC curve, exact with ties as halves, with DeLong's standard error and a 95 % interval on the logit scale
 * (so that it stays between 0 and 1). Undefined when only one outcome was seen.
 * DeLong, DeLong and Clarke-Pearson, Biometrics 44, 1988.
 */
export function auc(scores: ArrayLike<number>, outcomes: ArrayLike<number>): Estimate | undefined {
  const classes = split(scores, outcomes);
  if (classes.positive.length === 0 || classes.negative.length === 0) return undefined;
  const { auc: value, ofPositive, ofNegative } = placements(classes);
  const error = Math.sqrt(
    covariance(ofPositive, ofPositive) / ofPositive.length + covariance(ofNegative, ofNegative) / ofNegative.length,
  );
  const z = normalQuantileSf(0.025);
  if (value <= 0 || value >= 1 || error === 0) {
    return {
      value,
      error,
      low: Math.max(0, value - z * error),
      high: Math.min(1, value + z * error),
      n: scores.length,
    };
  }
  const logit = Math.log(value / (1 - value));
  const reach = (z * error) / (value * (1 - value));
  return {
    value,
    error,
    low: 1 / (1 + Math.exp(reach - logit)),
    high: 1 / (1 + Math.exp(-reach - logit)),
    n: scores.length,
  };
}

/**
 * AUC of the first scores minus that of the second on the same rows (champion and challenger), with DeLong's paired test.
 * Undefined when only one outcome was seen.
 */
export function compareAuc(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  outcomes: ArrayLike<number>,
): Difference | undefined {
  const a = split(first, outcomes);
  const b = split(second, outcomes);
  if (a.positive.length === 0 || a.negative.length === 0) return undefined;
  const pa = placements(a);
  const pb = placements(b);
  const m = a.positive.length;
  const n = a.negative.length;
  const spread = (x: Float64Array, y: Float64Array) => covariance(x, x) + covariance(y, y) - 2 * covariance(x, y);
  const error = Math.sqrt(
    Math.max(0, spread(pa.ofPositive, pb.ofPositive) / m + spread(pa.ofNegative, pb.ofNegative) / n),
  );
  const value = pa.auc - pb.auc;
  const z = error === 0 ? (value === 0 ? 0 : Number.POSITIVE_INFINITY) : Math.abs(value) / error;
  const reach = normalQuantileSf(0.025) * error;
  return { value, error, low: value - reach, high: value + reach, n: first.length, p: Math.min(1, 2 * normalSf(z)) };
}

/**
 * AUC from counts of both outcomes in the same score bins, ascending: rows of one bin count as ties. Off from the exact one
 * by at most `eps`, half the share of pairs that fall in one bin.
 */
export function binnedAuc(
  positives: ArrayLike<number>,
  negatives: ArrayLike<number>,
): { value: number; eps: number } | undefined {
  let won = 0;
  let tied = 0;
  let below = 0;
  let m = 0;
  for (let i = 0; i < positives.length; i++) {
    won += positives[i]! * below;
    tied += positives[i]! * negatives[i]!;
    below += negatives[i]!;
    m += positives[i]!;
  }
  const pairs = m * below;
  return pairs === 0 ? undefined : { value: (won + tied / 2) / pairs, eps: tied / 2 / pairs };
}
