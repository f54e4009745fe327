import { studentQuantileSf, studentSf } from "../math/distributions.js";
import { mean, sorted, variance } from "../math/samples.js";

/**
 * How large residuals get in windows known to be in order: exact ranks as far as they reach (split conformal), a fitted tail
 * beyond, because one false page a week on 500 x 168 tests needs p near 1e-5 and no history of ranks reaches there.
 */
export interface Tail {
  readonly size: number;
  /** P(residual of an unchanged window >= u). */
  p(u: number): number;
  /** The u with that p. */
  threshold(p: number): number;
}

/** Share of the largest residuals the exponential tail is fitted to, and how many at least. */
const tailShareWanted = 0.025;
const tailLeast = 20;
/** Residuals needed before an exponential tail is fitted at all. */
const tailNeeds = 100;

/**
 * Learns the tail from residuals of reference windows, each taken against a baseline it was left out of. Below the largest
 * residual p is its rank, (1 + how many are as large) / (N + 1). Beyond, with fewer than 100 windows, it is Student's
 * predictive tail, which pays for their small number; from 100 windows on an exponential through the largest 2.5 %, at least
 * 20, which follows tails heavier than normal. Never above the last rank.
 */
export function learnTail(residuals: ArrayLike<number>): Tail {
  const ascending = sorted(residuals);
  const size = ascending.length;
  const centre = mean(ascending);
  const spread = Math.max(Math.sqrt(variance(ascending)), 1e-12) * Math.sqrt(1 + 1 / size);
  const largest = ascending[size - 1]!;
  const start = Math.max(0, size - Math.max(tailLeast, Math.ceil(size * tailShareWanted)));
  const tailShare = (size - start) / size;
  const knee = ascending[start]!;
  let excess = 0;
  for (let i = start; i < size; i++) excess += ascending[i]! - knee;
  const meanExcess = Math.max(excess / Math.max(1, size - start), 1e-12);
  const heavy = size >= tailNeeds;

  function beyond(u: number): number {
    const fitted = heavy ? tailShare * Math.exp(-(u - knee) / meanExcess) : studentSf((u - centre) / spread, size - 1);
    return Math.min(1 / (size + 1), fitted);
  }

  return {
    size,
    p(u) {
      if (u > largest) return beyond(u);
      let low = 0;
      let high = size;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (ascending[middle]! < u) low = middle + 1;
        else high = middle;
      }
      return (1 + size - low) / (size + 1);
    },
    threshold(p) {
      if (p >= 1 / (size + 1)) {
        return ascending[Math.max(0, Math.min(size - 1, Math.ceil((1 - p) * (size + 1)) - 1))]!;
      }
      return Math.max(
        largest,
        heavy ? knee - meanExcess * Math.log(p / tailShare) : centre + spread * studentQuantileSf(p, size - 1),
      );
    },
  };
}
