import fc from "fast-check";
import { expect, test } from "vitest";
import { createRandom, drawBeta, mean, quantile, rangeOfMoments, sample, toRange } from "./draws.js";

test("percentiles by selection are those of the sorted draws", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 200 }),
      (values) => {
        const draws = Float64Array.from(values);
        const before = draws.slice();
        const sorted = draws.slice().sort();
        const range = toRange(draws, 1);
        for (const [key, q] of [
          ["p10", 0.1],
          ["p50", 0.5],
          ["p90", 0.9],
        ] as const) {
          const exact = quantile(sorted, q);
          expect(Math.abs(range[key] - exact)).toBeLessThanOrEqual(Math.abs(exact) * 1e-5 + 1e-9);
        }
        expect(draws).toEqual(before);
      },
    ),
    { seed: 15, numRuns: 500 },
  );
});

test("the avoidable share has mean 10 % and 95th percentile 28 %", () => {
  const random = createRandom("share");
  const draws = sample(50_000, () => drawBeta(random, 1, 9));
  expect(mean(draws)).toBeCloseTo(0.1, 2);
  expect(quantile(draws.sort(), 0.95)).toBeCloseTo(0.28, 2);
});

test("a sum known by its moments has them", () => {
  const range = rangeOfMoments(10, 4, 3);
  expect(range.p50).toBeCloseTo(9.8, 1);
  expect(range.p10).toBeLessThan(range.p50);
  expect(rangeOfMoments(0, 0, 0)).toEqual({ p10: 0, p50: 0, p90: 0, n: 0 });
});
