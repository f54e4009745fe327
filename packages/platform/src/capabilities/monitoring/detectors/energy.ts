import { walkDistributions } from "../math/samples.js";
import { checkSamples, type SampleDetector } from "./detector.js";

/** Energy distance in scipy's form, the square root: sqrt(2 x integral of (F - G)^2). */
export default {
  name: "energy",
  kind: "samples",
  states: "distance (square root form), square root of the values' unit",
  range: [0, Number.POSITIVE_INFINITY],
  symmetric: true,
  least: 1,
  reference: "Szekely and Rizzo, J. Stat. Plan. Inference 143, 2013",
  example: { statistic: 0.087504242119 },
  compare(reference, current) {
    checkSamples("energy", 1, reference, current);
    let area = 0;
    walkDistributions(reference, current, (value, next, fx, fy) => {
      if (next !== undefined) area += (fx - fy) ** 2 * (next - value);
    });
    return { statistic: Math.sqrt(2 * area) };
  },
} satisfies SampleDetector;
