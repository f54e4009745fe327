import { binMoments, shares } from "../math/bins.js";
import { type BinDetector, checkBins } from "./detector.js";

/**
 * First Wasserstein (earth mover's) distance between histograms whose rows lie at their bins' positions, in the feature's
 * unit. Off from the distance of the rows by at most the mean distance of rows from their positions, both sides added.
 */
export default {
  name: "wasserstein-on-bins",
  kind: "bins",
  states: "distance, unit of the feature",
  range: [0, Number.POSITIVE_INFINITY],
  symmetric: true,
  ordered: true,
  reference: "Vallender, Theory Probab. Appl. 18, 1974",
  example: { statistic: 0.090909090909 },
  compare(reference, current) {
    checkBins("wasserstein-on-bins", reference, current);
    const positions = reference.positions ?? current.positions ?? Array.from(reference.counts, (_, i) => i);
    const p = shares(reference.counts);
    const q = shares(current.counts);
    let below = 0;
    let sum = 0;
    for (let i = 0; i + 1 < p.length; i++) {
      below += p[i]! - q[i]!;
      sum += Math.abs(below) * (positions[i + 1]! - positions[i]!);
    }
    return { statistic: sum };
  },
} satisfies BinDetector;

/**
 * The same in standard deviations of the reference, with the sign of the shift of the mean: the effect size of numeric
 * inputs. A reference without spread counts as one of 0.001, as Evidently does.
 */
export function signedShift(
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
  positions: ArrayLike<number>,
): number {
  const before = binMoments(reference, positions);
  const after = binMoments(current, positions);
  const p = shares(reference);
  const q = shares(current);
  let below = 0;
  let sum = 0;
  for (let i = 0; i + 1 < p.length; i++) {
    below += p[i]! - q[i]!;
    sum += Math.abs(below) * (positions[i + 1]! - positions[i]!);
  }
  return ((after.mean < before.mean ? -1 : 1) * sum) / Math.max(before.std, 0.001);
}
