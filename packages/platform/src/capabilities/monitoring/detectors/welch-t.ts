import { studentSf } from "../math/distributions.js";
import { mean, variance } from "../math/samples.js";
import { checkSamples, type SampleDetector } from "./detector.js";

/** Welch's t for equal means without assuming equal variances; positive when the reference's mean is larger. */
export default {
  name: "welch-t",
  kind: "samples",
  states: "t",
  range: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  symmetric: false,
  least: 2,
  reference: "Welch, Biometrika 34, 1947",
  example: { statistic: 2.0073098118501225, p: 0.04534594617 },
  compare(reference, current) {
    checkSamples("welch-t", 2, reference, current);
    const a = variance(reference) / reference.length;
    const b = variance(current) / current.length;
    const difference = mean(reference) - mean(current);
    if (a + b === 0) {
      return difference === 0
        ? { statistic: 0, p: 1 }
        : { statistic: Math.sign(difference) * Number.POSITIVE_INFINITY, p: 0 };
    }
    const statistic = difference / Math.sqrt(a + b);
    const df = (a + b) ** 2 / (a ** 2 / (reference.length - 1) + b ** 2 / (current.length - 1));
    return { statistic, df, p: 2 * studentSf(Math.abs(statistic), df) };
  },
} satisfies SampleDetector;
