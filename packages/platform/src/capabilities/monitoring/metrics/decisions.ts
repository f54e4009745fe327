import { normalQuantileSf } from "../math/distributions.js";
import type { Estimate } from "./estimate.js";

export interface Confusion {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly trueNegatives: number;
  readonly falseNegatives: number;
}

/** What deciding 1 at or above the threshold would have got right and wrong. */
export function confusion(scores: ArrayLike<number>, outcomes: ArrayLike<number>, threshold = 0.5): Confusion {
  const cells = { truePositives: 0, falsePositives: 0, trueNegatives: 0, falseNegatives: 0 };
  for (let i = 0; i < scores.length; i++) {
    if (scores[i]! >= threshold) cells[outcomes[i] === 1 ? "truePositives" : "falsePositives"]++;
    else cells[outcomes[i] === 1 ? "falseNegatives" : "trueNegatives"]++;
  }
  return cells;
}

/** A share with Wilson's 95 % interval; undefined of nothing. Wilson, J. Am. Stat. Assoc. 22, 1927. */
export function shareEstimate(hits: number, n: number): Estimate | undefined {
  if (n === 0) return undefined;
  const z = normalQuantileSf(0.025);
  const value = hits / n;
  const scale = 1 + (z * z) / n;
  const centre = (value + (z * z) / (2 * n)) / scale;
  const reach = (z / scale) * Math.sqrt((value * (1 - value)) / n + (z * z) / (4 * n * n));
  return { value, error: reach / z, low: Math.max(0, centre - reach), high: Math.min(1, centre + reach), n };
}

export function accuracy(cells: Confusion): Estimate | undefined {
  const right = cells.truePositives + cells.trueNegatives;
  return shareEstimate(right, right + cells.falsePositives + cells.falseNegatives);
}

/** Share of positive decisions that were right; undefined when none was made. */
export function precision(cells: Confusion): Estimate | undefined {
  return shareEstimate(cells.truePositives, cells.truePositives + cells.falsePositives);
}

/** Share of positive outcomes that were found; undefined when there was none. */
export function recall(cells: Confusion): Estimate | undefined {
  return shareEstimate(cells.truePositives, cells.truePositives + cells.falseNegatives);
}
