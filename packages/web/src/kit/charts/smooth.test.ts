import { describe, expect, test } from "vitest";
import { smooth, sumUp } from "./smooth.js";

describe("smoothing", () => {
  const x = Array.from({ length: 50 }, (_, at) => at);
  test("leaves a flat curve flat, from its first point on, and gaps where they are", () => {
    const y = x.map((at) => (at === 7 ? null : 3));
    const calm = smooth(x, y, 0.8);
    expect(calm[7]).toBeNull();
    for (const value of calm) if (value !== null) expect(value).toBeCloseTo(3, 10);
  });
  test("off is exactly what was measured; on swings less", () => {
    const y = x.map((at) => (at % 2 === 0 ? 0 : 1));
    expect(smooth(x, y, 0)).toEqual(y);
    const calm = smooth(x, y, 0.9) as number[];
    const swing = Math.max(...calm.slice(20)) - Math.min(...calm.slice(20));
    expect(swing).toBeLessThan(0.3);
  });
});

describe("many curves summed up", () => {
  test("gives median and P10 to P90 of those that are there", () => {
    const curves = Array.from({ length: 11 }, (_, at) => ({ x: [0, 10], y: [at, at + 10] }));
    const sums = sumUp([...curves, { x: [0, 4], y: [5, 9] }]);
    expect(sums.x).toEqual([0, 4, 10]);
    expect(sums.median).toEqual([5, 9, 15]);
    expect(sums.n).toEqual([12, 12, 11]);
    expect(sums.low[2]).toBe(11);
    expect(sums.high[2]).toBe(19);
    expect(sumUp([]).x).toEqual([]);
  });
});
