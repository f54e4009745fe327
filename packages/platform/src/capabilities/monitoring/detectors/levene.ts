import { fisherFSf } from "../math/distributions.js";
import { mean, median } from "../math/samples.js";
import { checkSamples, type SampleDetector } from "./detector.js";

/** Levene's test for equal spread around the medians (Brown and Forsythe's form). */
export default {
  name: "levene",
  kind: "samples",
  states: "W",
  range: [0, Number.POSITIVE_INFINITY],
  symmetric: true,
  least: 2,
  reference: "Brown and Forsythe, J. Am. Stat. Assoc. 69, 1974",
  example: { statistic: 0.017625703555, p: 0.894435368 },
  compare(reference, current) {
    checkSamples("levene", 2, reference, current);
    const groups = [spread(reference), spread(current)];
    const n = reference.length + current.length;
    const means = groups.map((group) => mean(group));
    const overall = groups.reduce((sum, group, i) => sum + means[i]! * group.length, 0) / n;
    let between = 0;
    let within = 0;
    for (const [i, group] of groups.entries()) {
      between += group.length * (means[i]! - overall) ** 2;
      for (const value of group) within += (value - means[i]!) ** 2;
    }
    const statistic = between === 0 ? 0 : ((n - 2) * between) / within;
    return { statistic, df: n - 2, p: fisherFSf(statistic, 1, n - 2) };
  },
} satisfies SampleDetector;

function spread(values: ArrayLike<number>): Float64Array {
  const centre = median(values);
  return Float64Array.from(values, (value) => Math.abs(value - centre));
}
