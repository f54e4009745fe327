import { normalSf } from "../math/distributions.js";
import { joined, rank } from "../math/samples.js";
import { checkSamples, type SampleDetector } from "./detector.js";

/** Mann-Whitney U of the reference side: pairs in which its value is larger, ties a half; p normal with tie and continuity correction. */
export default {
  name: "mann-whitney",
  kind: "samples",
  states: "U, pairs won by the reference",
  range: [0, Number.POSITIVE_INFINITY],
  symmetric: false,
  least: 1,
  reference: "Mann and Whitney, Ann. Math. Stat. 18, 1947",
  example: { statistic: 33213, p: 0.04238351616770035 },
  compare(reference, current) {
    checkSamples("mann-whitney", 1, reference, current);
    const m = reference.length;
    const n = current.length;
    const { ranks, ties } = rank(joined(reference, current));
    let sum = 0;
    for (let i = 0; i < m; i++) sum += ranks[i]!;
    const statistic = sum - (m * (m + 1)) / 2;
    const total = m + n;
    const tied = ties.reduce((all, t) => all + t ** 3 - t, 0);
    const spread = Math.sqrt(((m * n) / 12) * (total + 1 - tied / (total * (total - 1))));
    const larger = Math.max(statistic, m * n - statistic);
    const z = (larger - (m * n) / 2 - 0.5) / spread;
    return { statistic, p: spread === 0 ? 1 : Math.min(1, 2 * normalSf(z)) };
  },
} satisfies SampleDetector;
