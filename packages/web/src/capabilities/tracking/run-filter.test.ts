import { describe, expect, test } from "vitest";
import { errorPlace, intervalOf, spellColumn, splitAnd, toOrder, withInterval, withTexts } from "./run-filter.js";

describe("a brush writes into the filter", () => {
  test("a range is added, replaced and taken away; the rest stays as it was typed", () => {
    const first = withInterval("params.model = 'xgb'", "metrics.auc", { low: 0.70004, high: 0.9 });
    expect(first).toBe("params.model = 'xgb' AND metrics.auc >= 0.7 AND metrics.auc <= 0.9");
    expect(intervalOf(first, "metrics.auc")).toEqual({ low: 0.7, high: 0.9 });
    const moved = withInterval(first, "metrics.auc", { low: -1e-7, high: 1 });
    expect(moved).toBe("params.model = 'xgb' AND metrics.auc >= -1e-7 AND metrics.auc <= 1");
    expect(withInterval(moved, "metrics.auc", undefined)).toBe("params.model = 'xgb'");
  });

  test("edges are rounded outwards, so that the best run stays inside", () => {
    expect(withInterval("", "metrics.auc", { low: 0.123456, high: 0.987641 })).toBe(
      "metrics.auc >= 0.1234 AND metrics.auc <= 0.9877",
    );
    expect(withInterval("", "metrics.loss", { low: -123.456, high: -0.00012341 })).toBe(
      "metrics.loss >= -123.5 AND metrics.loss <= -0.0001234",
    );
  });

  test("what holds an OR is put into brackets", () => {
    expect(withInterval("a.b = 1 or a.c = 2", "metrics.x", { low: 0, high: 1 })).toBe(
      "(a.b = 1 or a.c = 2) AND metrics.x >= 0 AND metrics.x <= 1",
    );
  });

  test("words inside quotes and brackets are no AND", () => {
    expect(splitAnd("params.a = 'x AND y' AND (b = 1 OR c = 2) and d = 3")).toEqual([
      "params.a = 'x AND y'",
      "(b = 1 OR c = 2)",
      "d = 3",
    ]);
  });

  test("texts become a list; odd names are quoted", () => {
    expect(withTexts("", "params.my key", ["a", "it's"])).toBe("params.`my key` IN ('a', \"it's\")");
    expect(spellColumn("metrics.val/auc")).toBe("metrics.val/auc");
    expect(toOrder("-metrics.val auc")).toBe("metrics.`val auc` DESC");
    expect(toOrder("start_time")).toBe("start_time ASC");
  });
});

test("a complaint is found where it points", () => {
  expect(errorPlace("metrics.a > 1 AND nonsense", "Invalid clause(s) in filter string: 'nonsense'")).toBe(18);
  expect(errorPlace("foo = 1", "Invalid attribute key 'foo' specified. Valid keys are '{'run_id'}'")).toBe(0);
  expect(errorPlace("metrics.a > 'x'", "something else")).toBeUndefined();
});
