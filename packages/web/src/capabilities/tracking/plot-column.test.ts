import { expect, test } from "vitest";
import { shareOf, textsBetween, toPlotColumn, valueAt } from "./plot-column.js";

test("NaN, infinities and what is missing stand apart from numbers", () => {
  const column = toPlotColumn("metrics.auc", [0.5, "NaN", null, 1.7976931348623157e308, 0.9]);
  expect([column.missing, column.nan, column.low, column.high, column.positive]).toEqual([1, 2, 0.5, 0.9, true]);
  expect([...column.at].map(Number.isNaN)).toEqual([false, true, true, true, false]);
});

test("parameters that all read as numbers are numbers, others are categories in order", () => {
  expect(toPlotColumn("params.lr", ["1e-3", "0.1", null]).texts).toBeUndefined();
  const model = toPlotColumn("params.model", ["xgb", "gbm", "xgb", ""]);
  expect(model.texts).toEqual(["", "gbm", "xgb"]);
  expect([...model.at]).toEqual([2, 1, 2, 0]);
  expect(textsBetween(model, ["xgb", "gbm", "xgb", ""], 0.5, 2)).toEqual(["xgb", "gbm"]);
});

test("a place on a logarithmic axis leads back to its value", () => {
  const lr = toPlotColumn("params.lr", ["0.001", "0.1"]);
  expect(shareOf(lr, 0.01, true)).toBeCloseTo(0.5);
  expect(valueAt(lr, 0.5, true)).toBeCloseTo(0.01);
  expect(shareOf(toPlotColumn("metrics.a", [3, 3]), 3, false)).toBe(0.5);
});
