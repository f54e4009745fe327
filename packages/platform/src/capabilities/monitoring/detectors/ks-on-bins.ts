import { shares, total } from "../math/bins.js";
import { kolmogorovSf } from "../math/distributions.js";
import { type BinDetector, checkBins } from "./detector.js";

/**
 * Two-sample Kolmogorov-Smirnov on fixed bins: the largest difference of the cumulative shares at the edges. It never
 * exceeds the D of the rows, and falls short of it by at most `eps`, the largest share any bin holds on either side. The
 * p-value is that of the D seen (asymptotic), so it never claims more than the rows would; with a sketch instead of exact
 * counts even that would be lost.
 */
export default {
  name: "ks-on-bins",
  kind: "bins",
  states: "distance of distribution functions at the edges, 0 to 1",
  range: [0, 1],
  symmetric: true,
  ordered: true,
  reference: "Smirnov 1939; Noether, The Annals of Mathematical Statistics 34, 1963, for discrete data",
  example: { statistic: 0.045454545455, p: 0.9999463119067196 },
  compare(reference, current) {
    checkBins("ks-on-bins", reference, current);
    const p = shares(reference.counts);
    const q = shares(current.counts);
    let below = 0;
    let statistic = 0;
    let eps = 0;
    for (let i = 0; i < p.length; i++) {
      below += p[i]! - q[i]!;
      statistic = Math.max(statistic, Math.abs(below));
      eps = Math.max(eps, p[i]!, q[i]!);
    }
    const m = total(reference.counts);
    const n = total(current.counts);
    return { statistic, p: kolmogorovSf(statistic, Math.round((m * n) / (m + n))), eps };
  },
} satisfies BinDetector;
