import { flooredShares } from "../math/bins.js";
import { type BinDetector, checkBins } from "./detector.js";

/**
 * Kullback-Leibler divergence of the current side from the reference: sum of p ln(p / q), p the reference, in nats. Not
 * symmetric. Empty bins count as half a row.
 */
export default {
  name: "kl",
  kind: "bins",
  states: "divergence of reference from current, nats",
  range: [0, Number.POSITIVE_INFINITY],
  symmetric: false,
  ordered: false,
  reference: "Kullback and Leibler, Ann. Math. Stat. 22, 1951",
  example: { statistic: 0.018909676965 },
  compare(reference, current) {
    checkBins("kl", reference, current);
    const p = flooredShares(reference.counts);
    const q = flooredShares(current.counts);
    let sum = 0;
    for (let i = 0; i < p.length; i++) sum += p[i]! * Math.log(p[i]! / q[i]!);
    return { statistic: Math.max(0, sum) };
  },
} satisfies BinDetector;
