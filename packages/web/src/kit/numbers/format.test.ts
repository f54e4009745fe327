import { describe, expect, test } from "vitest";
import {
  bytes,
  count,
  delta,
  duration,
  estimate,
  many,
  measured,
  metric,
  percent,
  rangeText,
  shortId,
  span,
} from "./format.js";

describe("numbers", () => {
  test("counts are exact and grouped by a thin space", () => {
    expect(count(1284)).toBe("1284");
    expect(count(100_000)).toBe("100\u202f000");
    expect(count(-12_345)).toBe("\u221212\u202f345");
  });

  test("estimates carry one significant figure, a leading 1 keeps a second", () => {
    expect(estimate(2.4)).toBe("2");
    expect(estimate(0.034)).toBe("0.03");
    expect(estimate(347)).toBe("300");
    expect(estimate(14.6)).toBe("15");
    expect(estimate(0)).toBe("0");
    expect(estimate(1.02)).toBe("1");
    expect(estimate(0.101)).toBe("0.1");
    expect(estimate(100)).toBe("100");
  });

  test("a range reads as its middle with the ends in brackets", () => {
    expect(rangeText({ p10: 1.1, p50: 2.2, p90: 6.4 })).toBe("2 (1.1\u20136)");
    expect(span(6.2, 15)).toBe("6\u201315");
    expect(span(-3, 4)).toBe("\u22123 to 4");
    expect(rangeText({ p10: 3, p50: 3, p90: 3 })).toBe("3");
  });

  test("measured values carry three figures", () => {
    expect(measured(0.123456)).toBe("0.123");
    expect(measured(12.3456)).toBe("12.3");
    expect(measured(123_456)).toBe("123\u202f000");
    expect(measured(9.999)).toBe("10.0");
  });

  test("metrics align on four decimals and drop the leading zero", () => {
    expect(metric(0.74123)).toBe(".7412");
    expect(metric(-0.5)).toBe("\u2212.5000");
    expect(metric(0.00012)).toBe("1.2e\u22124");
    expect(metric(0)).toBe(".0000");
  });

  test("percentages have no decimals unless they are below one", () => {
    expect(percent(0.641)).toBe("64 %");
    expect(percent(0.0042)).toBe("0.4 %");
    expect(percent(0)).toBe("0 %");
  });

  test("not-a-number and infinities are words", () => {
    for (const write of [count, estimate, measured, metric, percent, bytes, duration]) {
      expect(write(Number.NaN)).toBe("not a number");
      expect(write(Number.POSITIVE_INFINITY)).toBe("infinite");
    }
  });

  test("durations use the largest unit that fits", () => {
    expect(duration(36 * 60_000)).toBe("36 min");
    expect(duration(4 * 3_600_000)).toBe("4 h");
    expect(duration(3.5 * 86_400_000)).toBe("3.5 d");
    expect(duration(250)).toBe("250 ms");
    expect(duration(1500)).toBe("1.5 s");
    expect(duration(0)).toBe("0 s");
  });

  test("bytes step by 1,024, differences carry their sign, nouns their number", () => {
    expect(bytes(1536)).toBe("1.50 KiB");
    expect(bytes(12)).toBe("12 B");
    expect(delta(0.0123)).toBe("+0.0123");
    expect(delta(-2)).toBe("\u22122.00");
    expect(many(1, "run")).toBe("1 run");
    expect(many(2, "entry", "entries")).toBe("2 entries");
    expect(shortId("0123456789abcdef")).toBe("0123456");
  });
});
