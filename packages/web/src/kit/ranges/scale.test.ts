import fc from "fast-check";
import { expect, test } from "vitest";
import { logScale, probit, quantile, quantileDots } from "./scale.js";

const spread = fc
  .tuple(
    fc.double({ min: 0.001, max: 1e5, noNaN: true }),
    fc.double({ min: 1, max: 50, noNaN: true }),
    fc.double({ min: 1, max: 50, noNaN: true }),
  )
  .map(([p50, down, up]) => ({ p10: p50 / down, p50, p90: p50 * up, n: 1 }));

test("the normal quantile is right where it is known", () => {
  expect(probit(0.5)).toBeCloseTo(0, 9);
  expect(probit(0.9)).toBeCloseTo(1.2815515655, 8);
  expect(probit(0.01)).toBeCloseTo(-2.326347874, 8);
});

test("the dots of an estimate meet its three printed percentiles", () => {
  fc.assert(
    fc.property(spread, (range) => {
      expect(quantile(range, 0.1) / range.p10).toBeCloseTo(1, 6);
      expect(quantile(range, 0.5) / range.p50).toBeCloseTo(1, 6);
      expect(quantile(range, 0.9) / range.p90).toBeCloseTo(1, 6);
    }),
  );
});

test("dots rise, and one in ten lies under P10", () => {
  const range = { p10: 1, p50: 2, p90: 6, n: 4 };
  const dots = quantileDots(range);
  expect(dots).toHaveLength(50);
  expect(dots).toEqual([...dots].sort((a, b) => a - b));
  expect(dots.filter((value) => value < range.p10)).toHaveLength(5);
});

test("an estimate that may be zero or negative still has dots", () => {
  expect(quantileDots({ p10: -1, p50: 0, p90: 3, n: 0 }).every(Number.isFinite)).toBe(true);
});

test("one axis holds all ranges of a column, and zero sits at its start", () => {
  fc.assert(
    fc.property(fc.array(spread, { minLength: 1, maxLength: 20 }), (ranges) => {
      const scale = logScale(ranges);
      for (const range of ranges) {
        for (const value of [range.p10, range.p50, range.p90]) {
          expect(scale.at(value)).toBeGreaterThanOrEqual(0);
          expect(scale.at(value)).toBeLessThanOrEqual(1);
        }
        expect(scale.at(range.p10)).toBeLessThanOrEqual(scale.at(range.p90));
      }
      expect(scale.at(0)).toBe(0);
      expect(scale.ticks.length).toBeGreaterThan(0);
    }),
  );
});
