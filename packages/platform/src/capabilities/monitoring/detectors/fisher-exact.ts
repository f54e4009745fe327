import { errors } from "../errors.js";
import { logChoose } from "../math/distributions.js";
import { type BinDetector, checkBins } from "./detector.js";

/**
 * Fisher's exact test on two categories: two-sided p, the sum of all tables no likelier than the one seen. The statistic is
 * the odds ratio. Exact at any size; use it where chi-square's counts are below five.
 */
export default {
  name: "fisher-exact",
  kind: "bins",
  states: "odds ratio of the first bin",
  range: [0, Number.POSITIVE_INFINITY],
  symmetric: false,
  ordered: false,
  reference: "Fisher, J. R. Stat. Soc. 98, 1935",
  example: { statistic: 20, p: 0.034965034965 },
  compare(reference, current) {
    checkBins("fisher-exact", reference, current);
    if (reference.counts.length !== 2) {
      throw errors.MONITORING_BINS_DIFFER({ detector: "fisher-exact", left: reference.counts.length, right: 2 });
    }
    const a = reference.counts[0]!;
    const b = reference.counts[1]!;
    const c = current.counts[0]!;
    const d = current.counts[1]!;
    const first = a + c;
    const rowA = a + b;
    const all = a + b + c + d;
    const whole = logChoose(all, rowA);
    const chance = (k: number) => Math.exp(logChoose(first, k) + logChoose(all - first, rowA - k) - whole);
    const seen = chance(a);
    let p = 0;
    for (let k = Math.max(0, rowA - (all - first)); k <= Math.min(rowA, first); k++) {
      const each = chance(k);
      if (each <= seen * (1 + 1e-10)) p += each;
    }
    const statistic = b * c === 0 ? (a * d === 0 ? 1 : Number.POSITIVE_INFINITY) : (a * d) / (b * c);
    return { statistic, p: Math.min(1, p) };
  },
} satisfies BinDetector;
