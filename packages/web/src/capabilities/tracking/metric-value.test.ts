import { expect, test } from "vitest";
import { writeMetric, writeParam } from "./metric-value.js";

test("a metric that is no number says so in words", () => {
  expect(writeMetric("NaN")).toBe("not a number");
  expect(writeMetric(1.7976931348623157e308)).toBe("infinite");
  expect(writeMetric(-1.7976931348623157e308)).toBe("minus infinite");
  expect(writeMetric(0.74)).toBe(".7400");
  expect(writeMetric(undefined)).toBe("");
});

test("a parameter stays as it was logged, unless it is a long number", () => {
  expect(writeParam("xgb")).toBe("xgb");
  expect(writeParam("0.1")).toBe("0.1");
  expect(writeParam("0.30000000000000004")).toBe("0.3");
});
