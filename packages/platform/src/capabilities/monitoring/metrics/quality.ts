import type { QualityMetric } from "@paydown/api/monitoring";
import { auc, compareAuc } from "./auc.js";
import { bootstrap, pairedBootstrap, pairedMean } from "./bootstrap.js";
import { accuracy, confusion, precision, recall } from "./decisions.js";
import type { Difference, Estimate } from "./estimate.js";
import { calibrationError, logLosses, meanEstimate, squaredLosses } from "./losses.js";

/** Scores (probabilities of outcome 1) and outcomes (0 or 1) of the same rows. */
export interface Scored {
  readonly scores: ArrayLike<number>;
  readonly outcomes: ArrayLike<number>;
}

/** Whether a larger value of the metric is better. */
export function largerIsBetter(metric: QualityMetric): boolean {
  return metric === "auc" || metric === "accuracy" || metric === "precision" || metric === "recall";
}

/** Rows above which a bootstrap draws fewer resamples, so that its work stays bounded. */
const bootstrapWork = 4_000_000;

/** The metric with standard error and 95 % interval; undefined when the rows do not allow it (no rows, one outcome only, no positive decision). */
export function quality(metric: QualityMetric, { scores, outcomes }: Scored, threshold = 0.5): Estimate | undefined {
  if (scores.length === 0) return undefined;
  switch (metric) {
    case "auc":
      return auc(scores, outcomes);
    case "log-loss":
      return meanEstimate(logLosses(scores, outcomes));
    case "brier":
      return meanEstimate(squaredLosses(scores, outcomes));
    case "accuracy":
      return accuracy(confusion(scores, outcomes, threshold));
    case "precision":
      return precision(confusion(scores, outcomes, threshold));
    case "recall":
      return recall(confusion(scores, outcomes, threshold));
    case "calibration-error":
      return bootstrap(
        scores.length,
        (rows) => calibrationError(pick(scores, rows), pick(outcomes, rows)),
        draws(scores.length),
      );
  }
}

/**
 * First minus second on the same rows, e.g. champion and challenger: DeLong's paired test for AUC, row-wise differences for
 * losses and accuracy, a seeded paired bootstrap for the rest. Undefined when the rows do not allow it.
 */
export function compareQuality(
  metric: QualityMetric,
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  outcomes: ArrayLike<number>,
  threshold = 0.5,
): Difference | undefined {
  switch (metric) {
    case "auc":
      return compareAuc(first, second, outcomes);
    case "log-loss":
      return pairedMean(logLosses(first, outcomes), logLosses(second, outcomes));
    case "brier":
      return pairedMean(squaredLosses(first, outcomes), squaredLosses(second, outcomes));
    case "accuracy":
      return pairedMean(hits(first, outcomes, threshold), hits(second, outcomes, threshold));
    case "precision":
    case "recall":
    case "calibration-error": {
      const value = (scores: ArrayLike<number>, rows: Uint32Array) => {
        const scored = { scores: pick(scores, rows), outcomes: pick(outcomes, rows) };
        if (metric === "calibration-error") return calibrationError(scored.scores, scored.outcomes);
        const cells = confusion(scored.scores, scored.outcomes, threshold);
        return (metric === "precision" ? precision(cells) : recall(cells))?.value;
      };
      return pairedBootstrap(
        first.length,
        (rows) => {
          const a = value(first, rows);
          const b = value(second, rows);
          return a === undefined || b === undefined ? undefined : a - b;
        },
        draws(first.length),
      );
    }
  }
}

function draws(rows: number): number {
  return Math.max(40, Math.min(400, Math.floor(bootstrapWork / Math.max(1, rows))));
}

function pick(values: ArrayLike<number>, rows: Uint32Array): Float64Array {
  return Float64Array.from(rows, (row) => values[row]!);
}

function hits(scores: ArrayLike<number>, outcomes: ArrayLike<number>, threshold: number): Float64Array {
  return Float64Array.from({ length: scores.length }, (_, i) =>
    scores[i]! >= threshold === (outcomes[i] === 1) ? 1 : 0,
  );
}
