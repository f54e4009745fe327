import { describe, expect, test } from "vitest";
import { sumUp } from "./sum-up.js";

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
