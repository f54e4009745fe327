import { expect, test } from "vitest";
import { overAxis, serverAxis } from "./curve-data.js";

const bucket = { step: 3, stepTo: 4, at: 10_000, count: 2, nan: 0, mean: 1, min: 0, max: 2 };

test("every axis is asked of the server, which divides it over every point", () => {
  expect(["step", "time", "relative", "metric:epoch"].map(serverAxis)).toEqual([
    undefined,
    "time",
    "time",
    "metrics.epoch",
  ]);
});

test("a bucket stands where it begins on its axis; what has no place there is left out", () => {
  expect(overAxis([bucket], "step", 0).x).toEqual([3]);
  expect(overAxis([{ ...bucket, x: 12_000 }], "time", 0).x).toEqual([12]);
  expect(overAxis([{ ...bucket, x: 12_000 }], "relative", 2_000).x).toEqual([10]);
  expect(overAxis([{ ...bucket, x: 0.5 }, bucket], "metric:epoch", 0).x).toEqual([0.5]);
});

test("the smoothed value is drawn where there is one, a gap stays a gap", () => {
  const { mean, ...gap } = bucket;
  expect(overAxis([{ ...bucket, smooth: 0.7 }, bucket, gap], "step", 0).smooth).toEqual([0.7, mean, null]);
});
