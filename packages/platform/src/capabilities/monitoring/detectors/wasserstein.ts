import { walkDistributions } from "../math/samples.js";
import { checkSamples, type SampleDetector } from "./detector.js";

/** First Wasserstein (earth mover's) distance of two samples: area between their distribution functions, in the unit of the values. */
export default {
  name: "wasserstein",
  kind: "samples",
  states: "distance, unit of the values",
  range: [0, Number.POSITIVE_INFINITY],
  symmetric: true,
  least: 1,
  reference: "Vallender, Theory Probab. Appl. 18, 1974",
  example: { statistic: 0.054429059259 },
  compare(reference, current) {
    checkSamples("wasserstein", 1, reference, current);
    let area = 0;
    walkDistributions(reference, current, (value, next, fx, fy) => {
      if (next !== undefined) area += Math.abs(fx - fy) * (next - value);
    });
    return { statistic: area };
  },
} satisfies SampleDetector;
