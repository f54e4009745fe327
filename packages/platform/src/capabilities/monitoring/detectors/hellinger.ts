import { shares } from "../math/bins.js";
import { type BinDetector, checkBins } from "./detector.js";

/** Hellinger distance: square root of half the sum of (sqrt p - sqrt q)^2, between 0 and 1; bounded, needs no floor. */
export default {
  name: "hellinger",
  kind: "bins",
  states: "distance, 0 to 1",
  range: [0, 1],
  symmetric: true,
  ordered: false,
  reference: "Hellinger, J. reine angew. Math. 136, 1909",
  example: { statistic: 0.06812774371 },
  compare(reference, current) {
    checkBins("hellinger", reference, current);
    const p = shares(reference.counts);
    const q = shares(current.counts);
    let sum = 0;
    for (let i = 0; i < p.length; i++) sum += (Math.sqrt(p[i]!) - Math.sqrt(q[i]!)) ** 2;
    return { statistic: Math.min(1, Math.sqrt(sum / 2)) };
  },
} satisfies BinDetector;
