import { total } from "../math/bins.js";
import { chiSquareSf } from "../math/distributions.js";
import { type BinDetector, checkBins } from "./detector.js";

/** G-test: log-likelihood ratio of the 2 x bins contingency table, without correction. Empty cells add nothing. */
export default {
  name: "g-test",
  kind: "bins",
  states: "log-likelihood ratio statistic",
  range: [0, Number.POSITIVE_INFINITY],
  symmetric: true,
  ordered: false,
  reference: "Woolf, Ann. Hum. Genet. 21, 1957; Sokal and Rohlf, Biometry",
  example: { statistic: 1.629956065, p: 0.8976032399 },
  compare(reference, current) {
    checkBins("g-test", reference, current);
    const m = total(reference.counts);
    const n = total(current.counts);
    let sum = 0;
    let bins = 0;
    for (let i = 0; i < reference.counts.length; i++) {
      const a = reference.counts[i]!;
      const b = current.counts[i]!;
      if (a + b === 0) continue;
      bins++;
      if (a > 0) sum += a * Math.log((a * (m + n)) / ((a + b) * m));
      if (b > 0) sum += b * Math.log((b * (m + n)) / ((a + b) * n));
    }
    const df = Math.max(1, bins - 1);
    const statistic = Math.max(0, 2 * sum);
    return { statistic, p: chiSquareSf(statistic, df), df };
  },
} satisfies BinDetector;
