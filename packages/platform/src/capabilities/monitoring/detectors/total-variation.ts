import { shares } from "../math/bins.js";
import { type BinDetector, checkBins } from "./detector.js";

/** Total variation distance: half the sum of |p - q|, the share of rows that would have to move to another bin. */
export default {
  name: "total-variation",
  kind: "bins",
  states: "share of rows, 0 to 1",
  range: [0, 1],
  symmetric: true,
  ordered: false,
  reference: "Levin and Peres, Markov Chains and Mixing Times, 2017, chapter 4",
  example: { statistic: 0.068181818182 },
  compare(reference, current) {
    checkBins("total-variation", reference, current);
    const p = shares(reference.counts);
    const q = shares(current.counts);
    let sum = 0;
    for (let i = 0; i < p.length; i++) sum += Math.abs(p[i]! - q[i]!);
    return { statistic: Math.min(1, sum / 2) };
  },
} satisfies BinDetector;
