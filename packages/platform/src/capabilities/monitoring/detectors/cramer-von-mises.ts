import { besselK, logGamma } from "../math/distributions.js";
import { joined, rank, sorted } from "../math/samples.js";
import { checkSamples, type SampleDetector } from "./detector.js";

/** Two-sample Cramer-von Mises: squared distance of the distribution functions over the joint ranks; p asymptotic. */
export default {
  name: "cramer-von-mises",
  kind: "samples",
  states: "Cramer-von Mises T",
  range: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  symmetric: true,
  least: 2,
  reference: "Anderson, Ann. Math. Stat. 33, 1962; Csorgo and Faraway, J. R. Stat. Soc. B 58, 1996, for the limit law",
  example: { statistic: 0.44963, p: 0.053610697490638404 },
  compare(reference, current) {
    checkSamples("cramer-von-mises", 2, reference, current);
    const nx = reference.length;
    const ny = current.length;
    const { ranks } = rank(joined(sorted(reference), sorted(current)));
    let u = 0;
    for (let i = 0; i < nx; i++) u += nx * (ranks[i]! - i - 1) ** 2;
    for (let j = 0; j < ny; j++) u += ny * (ranks[nx + j]! - j - 1) ** 2;
    const k = nx * ny;
    const n = nx + ny;
    const statistic = u / (k * n) - (4 * k - 1) / (6 * n);
    const expected = (1 + 1 / n) / 6;
    const spread = ((n + 1) * (4 * k * n - 3 * (nx * nx + ny * ny) - 2 * k)) / (45 * n * n * 4 * k);
    const limit = 1 / 6 + (statistic - expected) / Math.sqrt(45 * spread);
    return { statistic, p: limit < 0.003 ? 1 : Math.min(1, Math.max(0, 1 - limitCdf(limit))) };
  },
} satisfies SampleDetector;

/** Distribution function of the statistic for infinitely many rows; not meant for x > 4, where it is 1 to 1e-9. */
function limitCdf(x: number): number {
  let sum = 0;
  for (let k = 0; k < 200; k++) {
    const y = 4 * k + 1;
    const q = (y * y) / (16 * x);
    const u = Math.exp(logGamma(k + 0.5) - logGamma(k + 1)) / (Math.PI ** 1.5 * Math.sqrt(x));
    const term = u * Math.sqrt(y) * Math.exp(-q) * besselK(0.25, q);
    sum += term;
    if (term < 1e-12) break;
  }
  return sum;
}
