import { expect, test } from "vitest";
import { principalOf } from "./price.js";

test("a lint repair takes five minutes in the median, nine of ten less than eighteen", () => {
  const { p10, p50, p90 } = principalOf("lint");
  expect(p50 * 60).toBeCloseTo(5, 1);
  expect(p90 / p50).toBeCloseTo(3.6, 1);
  expect(p50 / p10).toBeCloseTo(3.6, 1);
});
