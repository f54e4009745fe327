import { bias } from "../metrics/losses.js";
import { quality } from "../metrics/quality.js";
import { needsLabels, type Plan, type Signal, signalsOf } from "../model.js";
import type { Tally } from "./tally.js";

/** What one window showed of one signal, before anything is judged. */
export interface Observation {
  readonly signal: Signal;
  readonly at: number;
  readonly rows: number;
  readonly labels: number;
  /** Histogram signals. */
  readonly counts?: readonly number[];
  /** Number signals, in the unit people read. */
  readonly value?: number;
  /** Standard error from sampling inside the window, in the scale the level is judged on. */
  readonly error?: number;
  readonly low?: number;
  readonly high?: number;
  /** Why there is no value. */
  readonly reason?: string;
}

/** The observations of every signal of the plan in one window. */
export function observe(plan: Plan, tally: Tally): Observation[] {
  return signalsOf(plan).map((signal) => observeSignal(plan, tally, signal));
}

/** Only those that wait for labels. */
export function observeLabels(plan: Plan, tally: Tally): Observation[] {
  return signalsOf(plan)
    .filter(({ kind }) => needsLabels(kind))
    .map((signal) => observeSignal(plan, tally, signal));
}

function observeSignal(plan: Plan, tally: Tally, signal: Signal): Observation {
  const { scores, outcomes } = tally.labelled;
  const common = { signal, at: tally.at, rows: tally.rows, labels: outcomes.length };
  if (signal.kind === "volume")
    return { ...common, value: tally.rows, error: 1 / (Math.LN2 * Math.sqrt(tally.rows + 1)) };
  if (tally.rows === 0) return { ...common, reason: "no rows in this window" };
  const index = plan.features.findIndex(({ feature }) => feature === signal.subject);
  const feature = tally.features[index];
  switch (signal.kind) {
    case "drift": {
      const counts = Array.from(feature!.counts);
      const rows = tally.rows - feature!.missing;
      return rows === 0
        ? { ...common, rows, reason: "every value of this input is missing" }
        : { ...common, rows, counts };
    }
    case "missing":
      return { ...common, value: feature!.missing / tally.rows, error: 0.5 / Math.sqrt(tally.rows) };
    case "prediction": {
      const counts = Array.from(tally.scores);
      const rows = counts.reduce((sum, count) => sum + count, 0);
      return rows === 0
        ? { ...common, rows, reason: "no row of this window has a score" }
        : { ...common, rows, counts };
    }
    case "quality":
    case "bias": {
      if (outcomes.length === 0) return { ...common, reason: "no label has arrived for this window" };
      const plain = plan.quality!;
      const metric = signal.kind === "bias" ? undefined : plain.metric;
      if (metric !== undefined && outcomes.some((outcome) => outcome !== 0 && outcome !== 1)) {
        return { ...common, reason: "outcomes are not 0 or 1" };
      }
      const estimate =
        metric === undefined ? bias(scores, outcomes) : quality(metric, { scores, outcomes }, plain.threshold);
      if (estimate === undefined)
        return { ...common, reason: "the labelled rows do not allow this metric (one outcome only)" };
      if (!Number.isFinite(estimate.error)) return { ...common, reason: "one labelled row says nothing of its error" };
      const { value, error, low, high } = estimate;
      return { ...common, value, error: Math.max(error, 0.5 / outcomes.length), low, high };
    }
    case "association": {
      const [n, x, y, xx, yy, xy] = feature!.sums as unknown as [number, number, number, number, number, number];
      const spread = (xx - (x * x) / n) * (yy - (y * y) / n);
      if (n < 10 || !(spread > 0))
        return { ...common, labels: n, reason: "fewer than 10 labelled rows with two values each" };
      const r = Math.max(-0.999999, Math.min(0.999999, (xy - (x * y) / n) / Math.sqrt(spread)));
      return { ...common, labels: n, value: r, error: 1 / Math.sqrt(n - 3) };
    }
  }
}
