import { normalQuantileSf, normalSf } from "../math/distributions.js";
import { parkMiller } from "../math/random.js";
import { mean, quantile, sorted, variance } from "../math/samples.js";
import type { Difference, Estimate } from "./estimate.js";

/** A number computed from some rows; undefined when these rows do not allow it. */
type Statistic = (rows: Uint32Array) => number | undefined;

/**
 * Bootstrap over rows: value on all of them, standard error and percentile interval from seeded resamples. Resamples on which
 * the statistic is undefined are left out. Efron, Ann. Stat. 7, 1979.
 */
export function bootstrap(n: number, statistic: Statistic, draws = 400, seed = 1): Estimate | undefined {
  const value = statistic(Uint32Array.from({ length: n }, (_, i) => i));
  if (value === undefined) return undefined;
  const seen = resamples(n, statistic, draws, seed);
  if (seen.length < 2) return { value, error: Number.POSITIVE_INFINITY, low: value, high: value, n };
  const ascending = sorted(seen);
  return {
    value,
    error: Math.sqrt(variance(seen)),
    low: Math.min(value, quantile(ascending, 0.025)),
    high: Math.max(value, quantile(ascending, 0.975)),
    n,
  };
}

/** The same for a difference on the same rows; p from the normal law with the bootstrap's standard error. */
export function pairedBootstrap(n: number, difference: Statistic, draws = 400, seed = 1): Difference | undefined {
  const estimate = bootstrap(n, difference, draws, seed);
  if (estimate === undefined) return undefined;
  const z =
    estimate.error > 0
      ? Math.abs(estimate.value) / estimate.error
      : estimate.value === 0
        ? 0
        : Number.POSITIVE_INFINITY;
  return { ...estimate, p: Math.min(1, 2 * normalSf(z)) };
}

/** Difference of two losses row by row (first minus second): the paired t in its large-sample form. */
export function pairedMean(first: ArrayLike<number>, second: ArrayLike<number>): Difference | undefined {
  const n = first.length;
  if (n < 2) return undefined;
  const differences = Float64Array.from({ length: n }, (_, i) => first[i]! - second[i]!);
  const value = mean(differences);
  const error = Math.sqrt(variance(differences) / n);
  const reach = normalQuantileSf(0.025) * error;
  const z = error > 0 ? Math.abs(value) / error : value === 0 ? 0 : Number.POSITIVE_INFINITY;
  return { value, error, low: value - reach, high: value + reach, n, p: Math.min(1, 2 * normalSf(z)) };
}

function resamples(n: number, statistic: Statistic, draws: number, seed: number): number[] {
  const random = parkMiller(seed);
  const rows = new Uint32Array(n);
  const seen: number[] = [];
  for (let i = 0; i < draws; i++) {
    for (let j = 0; j < n; j++) rows[j] = Math.min(n - 1, Math.floor(random() * n));
    const value = statistic(rows);
    if (value !== undefined) seen.push(value);
  }
  return seen;
}
