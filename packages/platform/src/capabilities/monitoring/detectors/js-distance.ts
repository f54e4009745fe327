import { type Bins, shares } from "../math/bins.js";
import { type BinDetector, checkBins, type Reading } from "./detector.js";

/**
 * Jensen-Shannon distance: square root of the mean Kullback-Leibler divergence from the middle of both sides, in bits
 * (base 2, greatest value 1). Three things are called "JS 0.1" in the field: a distance in nats (Evidently, at most
 * 0.8326), a distance in bits (NannyML) and a divergence in bits (TFDV); `jsDivergence` answers the last two roots of it.
 */
export default {
  name: "js-distance",
  kind: "bins",
  states: "distance, bits (base 2)",
  range: [0, 1],
  symmetric: true,
  ordered: false,
  reference: "Endres and Schindelin, IEEE Trans. Inf. Theory 49, 2003",
  example: { statistic: 0.081734213306 },
  compare: (reference, current) => jsDistance(reference, current, 2),
} satisfies BinDetector;

/** Jensen-Shannon distance in the given base of the logarithm: 2 (bits) or Math.E (nats). */
export function jsDistance(reference: Bins, current: Bins, base: 2 | typeof Math.E): Reading {
  return { statistic: Math.sqrt(jsDivergence(reference, current, base).statistic) };
}

/** Jensen-Shannon divergence, the square of the distance, in the given base. */
export function jsDivergence(reference: Bins, current: Bins, base: 2 | typeof Math.E): Reading {
  checkBins("js-distance", reference, current);
  const p = shares(reference.counts);
  const q = shares(current.counts);
  let sum = 0;
  for (let i = 0; i < p.length; i++) {
    const middle = (p[i]! + q[i]!) / 2;
    if (p[i]! > 0) sum += p[i]! * Math.log(p[i]! / middle);
    if (q[i]! > 0) sum += q[i]! * Math.log(q[i]! / middle);
  }
  return { statistic: Math.max(0, sum / 2 / Math.log(base)) };
}
