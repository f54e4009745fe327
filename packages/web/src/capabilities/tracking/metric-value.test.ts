import { expect, test } from "vitest";
import { primaryMetric, writeMetric, writeParam } from "./metric-value.js";

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

test("the metric shown first is the one on data the model has not seen", () => {
  expect(primaryMetric(["importance.hour", "train_auc", "val_loss", "val_auc"])).toBe("val_auc");
  expect(primaryMetric(["train_loss", "holdout_log_loss"])).toBe("holdout_log_loss");
  expect(primaryMetric(["importance.hour", "auc"])).toBe("auc");
  expect(primaryMetric(["speed"])).toBe("speed");
  expect(primaryMetric([])).toBeUndefined();
});
