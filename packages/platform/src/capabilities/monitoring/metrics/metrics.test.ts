import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { normalDraw, parkMiller } from "../math/random.js";
import { auc, binnedAuc, compareAuc } from "./auc.js";
import { bootstrap, pairedBootstrap } from "./bootstrap.js";
import { decay } from "./decay.js";
import { accuracy, confusion, precision, recall, shareEstimate } from "./decisions.js";
import { bias, calibrationError, logLosses, meanEstimate, squaredLosses } from "./losses.js";
import { compareQuality, quality } from "./quality.js";

/** 400 rows with tied scores of a good and a poor model; numbers from scikit-learn 1.9.1, numpy 2.4.6, statsmodels 0.15. */
const random = parkMiller(21);
const outcomes: number[] = [];
const good: number[] = [];
const poor: number[] = [];
for (let i = 0; i < 400; i++) {
  const [u, v, w] = [random(), random(), random()];
  const outcome = u < 0.4 ? 1 : 0;
  outcomes.push(outcome);
  good.push(Math.round((0.3 * outcome + 0.7 * v) * 100) / 100);
  poor.push(Math.round((0.15 * outcome + 0.85 * w) * 100) / 100);
}

describe("metrics agree with scikit-learn", () => {
  test("AUC with DeLong's error", () => {
    const estimate = auc(good, outcomes)!;
    expect(estimate.value).toBeCloseTo(0.8286782720825274, 12);
    expect(estimate.error).toBeCloseTo(0.019687284403630986, 12);
    expect(estimate.low).toBeLessThan(estimate.value);
    expect(estimate.high).toBeLessThan(1);
    expect(auc(poor, outcomes)!.value).toBeCloseTo(0.6422437137330754, 12);
  });

  test("DeLong's paired test of champion and challenger", () => {
    const difference = compareAuc(good, poor, outcomes)!;
    expect(difference.value).toBeCloseTo(0.186434558349452, 12);
    expect(difference.error).toBeCloseTo(0.03440334054703574, 12);
    expect(difference.p / 5.99054988429208e-8).toBeCloseTo(1, 6);
  });

  test("log loss, Brier, accuracy, precision, recall, calibration", () => {
    expect(meanEstimate(logLosses(good, outcomes))!.value).toBeCloseTo(0.4916412101269381, 12);
    expect(meanEstimate(squaredLosses(good, outcomes))!.value).toBeCloseTo(0.16726525, 12);
    const cells = confusion(good, outcomes);
    expect(accuracy(cells)!.value).toBeCloseTo(0.6925, 12);
    expect(precision(cells)!.value).toBeCloseTo(0.6019417475728155, 12);
    expect(recall(cells)!.value).toBeCloseTo(0.7515151515151515, 12);
    expect(calibrationError(good, outcomes)).toBeCloseTo(0.146075, 10);
    expect(shareEstimate(37, 50)).toMatchObject({
      low: expect.closeTo(0.6044684273515116, 12),
      high: expect.closeTo(0.841284725064476, 12),
    });
  });
});

describe("quality", () => {
  test("is undefined where the rows do not allow it", () => {
    expect(quality("auc", { scores: [0.1, 0.9], outcomes: [1, 1] })).toBeUndefined();
    expect(quality("precision", { scores: [0.1, 0.2], outcomes: [1, 0] })).toBeUndefined();
    expect(quality("brier", { scores: [], outcomes: [] })).toBeUndefined();
    expect(bias([], [])).toBeUndefined();
  });

  test("intervals hold the value and the same call gives the same numbers", () => {
    for (const metric of [
      "auc",
      "log-loss",
      "brier",
      "accuracy",
      "precision",
      "recall",
      "calibration-error",
    ] as const) {
      const once = quality(metric, { scores: good, outcomes })!;
      expect(once.low).toBeLessThanOrEqual(once.value);
      expect(once.high).toBeGreaterThanOrEqual(once.value);
      expect(quality(metric, { scores: good, outcomes })).toEqual(once);
    }
  });

  test("a model is not distinguishable from itself, and a better one is", () => {
    for (const metric of ["auc", "log-loss", "brier", "precision", "recall", "calibration-error"] as const) {
      expect(compareQuality(metric, good, good, outcomes)).toMatchObject({ value: 0, p: 1 });
    }
    expect(compareQuality("auc", good, poor, outcomes)!.p).toBeLessThan(1e-6);
    expect(compareQuality("brier", good, poor, outcomes)!).toMatchObject({ value: expect.any(Number) });
    expect(compareQuality("brier", good, poor, outcomes)!.value).toBeLessThan(0);
  });

  test("bootstrap and formula agree on the error of a mean", () => {
    const values = Array.from({ length: 500 }, () => normalDraw(random));
    const formula = meanEstimate(values)!;
    const mean = (rows: Uint32Array) => rows.reduce((sum, row) => sum + values[row]!, 0) / rows.length;
    expect(bootstrap(500, mean, 2000)!.error / formula.error).toBeCloseTo(1, 1);
    expect(pairedBootstrap(500, () => 0)).toMatchObject({ value: 0, p: 1 });
  });

  test("AUC from bins lies within its eps of the exact one", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean()), { minLength: 2 }),
        (rows) => {
          const scores = rows.map(([score]) => score);
          const labels = rows.map(([, label]) => (label ? 1 : 0));
          const exact = auc(scores, labels);
          const positives = new Array<number>(20).fill(0);
          const negatives = new Array<number>(20).fill(0);
          for (const [score, label] of rows)
            (label ? positives : negatives)[Math.min(19, Math.floor(score * 20))]! += 1;
          const binned = binnedAuc(positives, negatives);
          expect(binned === undefined).toBe(exact === undefined);
          if (binned && exact) expect(Math.abs(binned.value - exact.value)).toBeLessThanOrEqual(binned.eps + 1e-12);
        },
      ),
      { seed: 3 },
    );
  });
});

describe("decay", () => {
  const band = { value: 0.8, error: 0.005 };

  test("a model that falls is stale from the first of three windows below its band, and the loss is counted", () => {
    const points = Array.from({ length: 20 }, (_, week) => ({
      ageWeeks: week,
      value: 0.8 - 0.004 * week,
      error: 0.005,
    }));
    const found = decay(points, band, "larger");
    expect(found.staleSince).toBe(4);
    expect(found.windowsBelow).toBe(16);
    expect(found.loss).toBeCloseTo(0.046, 3);
    expect(found.slopePerWeek).toBeCloseTo(-0.004, 6);
    expect(found.p).toBeLessThan(1e-6);
  });

  test("one bad window is not stale, recovery ends it, and a slow fall is forecast", () => {
    const flat = [0.8, 0.7, 0.8, 0.8].map((value, week) => ({ ageWeeks: week, value, error: 0.005 }));
    expect(decay(flat, band, "larger").staleSince).toBeUndefined();
    const back = [0.7, 0.7, 0.7, 0.8].map((value, week) => ({ ageWeeks: week, value, error: 0.005 }));
    expect(decay(back, band, "larger").staleSince).toBeUndefined();
    const slow = [0.8, 0.799, 0.798, 0.797].map((value, week) => ({ ageWeeks: week, value, error: 0.005 }));
    expect(decay(slow, band, "larger").forecastWeeks).toBeCloseTo(9.8, 1);
  });

  test("of a loss, smaller is better", () => {
    const points = [0.2, 0.3, 0.3, 0.3].map((value, week) => ({ ageWeeks: week, value, error: 0.01 }));
    expect(decay(points, { value: 0.2, error: 0.01 }, "smaller")).toMatchObject({ staleSince: 1, windowsBelow: 3 });
    expect(decay([], band, "larger")).toMatchObject({ windowsBelow: 0, slopePerWeek: 0 });
  });
});
