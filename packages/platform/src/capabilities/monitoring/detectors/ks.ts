import { kolmogorovSf } from "../math/distributions.js";
import { walkDistributions } from "../math/samples.js";
import { checkSamples, type Reading, type SampleDetector } from "./detector.js";

/**
 * Two-sample Kolmogorov-Smirnov: largest distance of the empirical distribution functions; p asymptotic (one-sample law at
 * the effective size, as scipy's method "asymp"). `exactKs` gives the exact p, for samples up to a few thousand rows.
 */
export default {
  name: "ks",
  kind: "samples",
  states: "distance of distribution functions, 0 to 1",
  range: [0, 1],
  symmetric: true,
  least: 1,
  reference: "Smirnov, Ann. Math. Stat. 19, 1948; Simard and L'Ecuyer, J. Stat. Soft. 39 (11), 2011",
  example: { statistic: 0.113333333333, p: 0.0847130476706 },
  compare(reference, current) {
    checkSamples("ks", 1, reference, current);
    const statistic = distance(reference, current);
    const m = reference.length;
    const n = current.length;
    return { statistic, p: kolmogorovSf(statistic, Math.round((m * n) / (m + n))) };
  },
} satisfies SampleDetector;

function distance(x: ArrayLike<number>, y: ArrayLike<number>): number {
  let most = 0;
  walkDistributions(x, y, (_value, _next, fx, fy) => {
    most = Math.max(most, Math.abs(fx - fy));
  });
  return most;
}

/**
 * The same with the exact p: the share of all lattice paths that leave the band, summed at the moment they leave so that
 * tiny probabilities keep their digits. Time and memory m x n and n.
 */
export function exactKs(reference: ArrayLike<number>, current: ArrayLike<number>): Reading {
  checkSamples("ks", 1, reference, current);
  const statistic = distance(reference, current);
  const m = reference.length;
  const n = current.length;
  const limit = Math.round(statistic * m * n) - 0.5;
  const inside = new Float64Array(n + 1);
  let outside = 0;
  for (let i = 0; i <= m; i++) {
    for (let j = 0; j <= n; j++) {
      let mass = i === 0 && j === 0 ? 1 : 0;
      const left = m + n - i - j + 1;
      if (i > 0) mass += (inside[j]! * (m - i + 1)) / left;
      if (j > 0) mass += (inside[j - 1]! * (n - j + 1)) / left;
      if (Math.abs(i * n - j * m) > limit) {
        outside += mass;
        inside[j] = 0;
      } else inside[j] = mass;
    }
  }
  return { statistic, p: Math.min(1, outside) };
}
