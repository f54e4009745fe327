import { total } from "../math/bins.js";
import { chiSquareSf } from "../math/distributions.js";
import { type BinDetector, checkBins } from "./detector.js";

/** Pearson's chi-square of the 2 x bins contingency table: both sides are samples. Bins empty on both sides are left out. */
export default {
  name: "chi-square",
  kind: "bins",
  states: "chi-square statistic",
  range: [0, Number.POSITIVE_INFINITY],
  symmetric: true,
  ordered: false,
  reference: "Pearson, Biometrika 8, 1911",
  example: { statistic: 1.6224089635854342, p: 0.8985262394 },
  compare(reference, current) {
    checkBins("chi-square", reference, current);
    const m = total(reference.counts);
    const n = total(current.counts);
    let sum = 0;
    let bins = 0;
    for (let i = 0; i < reference.counts.length; i++) {
      const a = reference.counts[i]!;
      const b = current.counts[i]!;
      if (a + b === 0) continue;
      bins++;
      const hopedA = ((a + b) * m) / (m + n);
      const hopedB = ((a + b) * n) / (m + n);
      sum += (a - hopedA) ** 2 / hopedA + (b - hopedB) ** 2 / hopedB;
    }
    const df = Math.max(1, bins - 1);
    return { statistic: sum, p: chiSquareSf(sum, df), df };
  },
} satisfies BinDetector;
