import { shares, total } from "../math/bins.js";
import { chiSquareSf } from "../math/distributions.js";
import { type BinDetector, checkBins } from "./detector.js";

/**
 * Pearson's chi-square of the current counts against the reference's shares taken as exact, as Evidently does. Only right
 * when the reference is far larger than the window; else use `chi-square`. A bin empty on both sides is left out; one
 * empty in the reference only makes the statistic infinite.
 */
export default {
  name: "chi-square-one-sample",
  kind: "bins",
  states: "chi-square statistic",
  range: [0, Number.POSITIVE_INFINITY],
  symmetric: false,
  ordered: false,
  reference: "Pearson, Phil. Mag. 50, 1900",
  example: { statistic: 3.1746031746, p: 0.67309 },
  compare(reference, current) {
    checkBins("chi-square-one-sample", reference, current);
    const expected = shares(reference.counts);
    const n = total(current.counts);
    let sum = 0;
    let bins = 0;
    for (let i = 0; i < expected.length; i++) {
      const seen = current.counts[i]!;
      const hoped = expected[i]! * n;
      if (hoped === 0 && seen === 0) continue;
      bins++;
      sum += hoped === 0 ? Number.POSITIVE_INFINITY : (seen - hoped) ** 2 / hoped;
    }
    const df = Math.max(1, bins - 1);
    return { statistic: sum, p: chiSquareSf(sum, df), df };
  },
} satisfies BinDetector;
