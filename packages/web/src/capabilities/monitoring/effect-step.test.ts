import { expect, test } from "vitest";
import { effectStep } from "./effect-step.js";

test("no effect is the middle, the largest effects are the ends, outliers stay on the scale", () => {
  expect(effectStep(0, 2)).toBe(4);
  expect(effectStep(2, 2)).toBe(7);
  expect(effectStep(-2, 2)).toBe(1);
  expect(effectStep(99, 2)).toBe(7);
  expect(effectStep(0.1, 0)).toBe(7);
});
