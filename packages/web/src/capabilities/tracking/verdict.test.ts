import { expect, test } from "vitest";
import { verdict } from "./verdict.js";

test("overlapping intervals are never called better", () => {
  const a = { n: 5, mean: 0.9, low: 0.88, high: 0.92 };
  expect(verdict("auc", a, { n: 3, mean: 0.87, low: 0.85, high: 0.89 })).toBe("not distinguishable (n=3)");
  expect(verdict("auc", a, { n: 5, mean: 0.8, low: 0.78, high: 0.82 })).toBe("better (n=5)");
  expect(verdict("val_loss", a, { n: 5, mean: 0.8, low: 0.78, high: 0.82 })).toBe("worse (n=5)");
});

test("fewer than three runs settle nothing", () => {
  expect(verdict("auc", { n: 2, low: 1, high: 1 }, { n: 9, low: 0, high: 0.1 })).toBe("not distinguishable (n=2)");
});
