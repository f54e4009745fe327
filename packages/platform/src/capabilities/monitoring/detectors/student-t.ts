import { studentSf } from "../math/distributions.js";
import { mean, variance } from "../math/samples.js";
import { checkSamples, type SampleDetector } from "./detector.js";

/** Student's t for equal means, equal variances assumed; positive when the reference's mean is larger. */
export default {
  name: "student-t",
  kind: "samples",
  states: "t",
  range: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  symmetric: false,
  least: 2,
  reference: "Student, Biometrika 6, 1908",
  example: { statistic: 2.006358447933263, p: 0.04535820005 },
  compare(reference, current) {
    checkSamples("student-t", 2, reference, current);
    const m = reference.length;
    const n = current.length;
    const df = m + n - 2;
    const pooled = ((m - 1) * variance(reference) + (n - 1) * variance(current)) / df;
    const statistic = ratio(mean(reference) - mean(current), Math.sqrt(pooled * (1 / m + 1 / n)));
    return { statistic, df, p: 2 * studentSf(Math.abs(statistic), df) };
  },
} satisfies SampleDetector;

function ratio(difference: number, error: number): number {
  if (difference === 0) return 0;
  return error === 0 ? Math.sign(difference) * Number.POSITIVE_INFINITY : difference / error;
}
