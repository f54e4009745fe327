import { studentSf } from "../math/distributions.js";
import { joined, mean, rank } from "../math/samples.js";
import { checkSamples, type SampleDetector } from "./detector.js";

/** Brunner-Munzel: is one side stochastically larger, without assuming equal shapes; positive when the current side is. */
export default {
  name: "brunner-munzel",
  kind: "samples",
  states: "W",
  range: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  symmetric: false,
  least: 2,
  reference: "Brunner and Munzel, Biom. J. 42, 2000",
  example: { statistic: -2.042189093169891, p: 0.04174286535 },
  compare(reference, current) {
    checkSamples("brunner-munzel", 2, reference, current);
    const nx = reference.length;
    const ny = current.length;
    const both = rank(joined(reference, current)).ranks;
    const jointX = both.subarray(0, nx);
    const jointY = both.subarray(nx);
    const sx = scatter(jointX, rank(reference).ranks);
    const sy = scatter(jointY, rank(current).ranks);
    const difference = mean(jointY) - mean(jointX);
    const spread = nx * sx + ny * sy;
    if (spread === 0) {
      return difference === 0
        ? { statistic: 0, p: 1 }
        : { statistic: Math.sign(difference) * Number.POSITIVE_INFINITY, p: 0 };
    }
    const statistic = (nx * ny * difference) / ((nx + ny) * Math.sqrt(spread));
    const df = spread ** 2 / ((nx * sx) ** 2 / (nx - 1) + (ny * sy) ** 2 / (ny - 1));
    return { statistic, df, p: Math.min(1, 2 * studentSf(Math.abs(statistic), df)) };
  },
} satisfies SampleDetector;

function scatter(joint: Float64Array, own: Float64Array): number {
  const shift = mean(joint) - mean(own);
  let sum = 0;
  for (let i = 0; i < joint.length; i++) sum += (joint[i]! - own[i]! - shift) ** 2;
  return sum / (joint.length - 1);
}
