import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { drawCount, quantile } from "./draws.js";
import { duration, figure, interval, oneFigure } from "./figures.js";
import { fingerprintOf, nodeName, toNode } from "./fingerprint.js";
import { extendTrend, growthOf } from "./growth.js";
import { type AssetInput, emptyTotals, hazardOf, isBetterWrittenOff, priceAsset } from "./pricing.js";
import { drawPrincipal, learnPrincipal, medianPrincipal } from "./principal.js";
import { calibration, learnRates, priorStrength } from "./rates.js";

const now = Date.UTC(2026, 0, 1);
const day = 86_400_000;
const scale = { size: 1, complexity: 0, assets: 1 };

function asset(extra: Partial<AssetInput["items"][number]> = {}): AssetInput {
  const events = [1, 8, 20].map((age) => ({
    id: `run ${age}`,
    at: now - age * day,
    low: 1,
    high: 3,
    explainedBy: ["aa"],
  }));
  const rates = learnRates(
    [
      {
        asset: "dataset:x",
        events: events.map((event) => ({ at: event.at, hours: 2 })),
        since: now - 90 * day,
        weight: 1,
      },
    ],
    now,
  );
  return {
    asset: "dataset:x",
    items: [
      { id: "aa", asset: "dataset:x", assetKind: "dataset", model: learnPrincipal(2, []), scale, trend: [], ...extra },
    ],
    groups: [{ asset: "dataset:x", channel: "failed-runs", events, items: ["aa"] }],
    rates: new Map([["failed-runs", rates.get("dataset:x") as never]]),
    hazard: hazardOf(0, 0),
  };
}

describe("a price", () => {
  test("is the same for the same evidence", () => {
    expect(priceAsset(asset(), now, 1, emptyTotals())).toEqual(priceAsset(asset(), now, 1, emptyTotals()));
  });

  test("keeps risk interest in its own column", () => {
    const risk = { weekly: 0.1, hours: { min: 1, mode: 8, max: 40 }, quietWeeks: 10 };
    const [plain] = priceAsset(asset(), now, 1, emptyTotals());
    const [risky] = priceAsset(asset({ risk }), now, 1, emptyTotals());
    expect(risky?.price.interest).toEqual(plain?.price.interest);
    expect(risky?.price.riskInterest?.p90).toBeGreaterThan(0);
    expect(plain?.price.riskInterest).toBeNull();
  });

  test("of risk falls with every quiet week", () => {
    const priceAfter = (quietWeeks: number) =>
      priceAsset(
        asset({ risk: { weekly: 0.1, hours: { min: 1, mode: 8, max: 40 }, quietWeeks } }),
        now,
        1,
        emptyTotals(),
      )[0]?.price.riskInterest?.p50 ?? 0;
    expect(priceAfter(30)).toBeLessThan(priceAfter(0));
  });

  test("is unknown, not zero, when no channel covers the item", () => {
    const [priced] = priceAsset({ ...asset(), groups: [] }, now, 1, emptyTotals());
    expect(priced?.price).toMatchObject({ interest: null, expected: null, rate: null, payback: null, delay: null });
    expect(priced?.price.principal.p50).toBeGreaterThan(0);
  });

  test("never leaves percentiles out of order", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.02, max: 100, noNaN: true }),
        fc.double({ min: 1, max: 1e6, noNaN: true }),
        (hours, size) => {
          const [priced] = priceAsset(
            asset({ model: learnPrincipal(hours, []), scale: { ...scale, size } }),
            now,
            1,
            emptyTotals(),
          );
          for (const range of Object.values(priced?.price ?? {})) {
            if (range === null || Array.isArray(range) || typeof range !== "object") continue;
            expect(range.p10).toBeLessThanOrEqual(range.p50);
            expect(range.p50).toBeLessThanOrEqual(range.p90);
          }
          expect(priced?.price.principalDots).toEqual([...(priced?.price.principalDots ?? [])].sort((a, b) => a - b));
        },
      ),
      { seed: 11, numRuns: 15 },
    );
  });

  test("advises a write-off only when keeping the debt costs less than a quarter of it", () => {
    const range = (p50: number) => ({ p10: p50, p50, p90: p50, n: 3 });
    expect(isBetterWrittenOff({ expected: range(0.1), principal: range(100) }, 0)).toBe(true);
    expect(isBetterWrittenOff({ expected: range(4), principal: range(100) }, 0)).toBe(false);
    expect(isBetterWrittenOff({ expected: null, principal: range(100) }, 0)).toBe(false);
  });
});

describe("principal", () => {
  test("begins at its class with an 80 % band of a factor 3.6 to each side", () => {
    const draws = drawPrincipal(learnPrincipal(2, []), scale, "seed").sort();
    expect(draws.length).toBe(drawCount);
    expect(quantile(draws, 0.5) / 2).toBeCloseTo(1, 0);
    expect(quantile(draws, 0.9) / quantile(draws, 0.5)).toBeGreaterThan(3.2);
    expect(quantile(draws, 0.9) / quantile(draws, 0.5)).toBeLessThan(4.1);
  });

  test("moves to what repairs really took, and grows surer with each", () => {
    const repair = { rule: "DAT001", hours: 8, ...scale };
    const one = learnPrincipal(2, [repair]);
    const many = learnPrincipal(
      2,
      Array.from({ length: 30 }, () => repair),
    );
    expect(medianPrincipal(one, scale)).toBeGreaterThan(2);
    expect(medianPrincipal(many, scale)).toBeGreaterThan(7.2);
    expect(many.sigma).toBeLessThan(one.sigma);
    expect(one.sigma).toBeLessThan(1);
  });
});

describe("event rates", () => {
  test("shrink assets with few events towards the project, and keep those with many", () => {
    const events = (n: number) => Array.from({ length: n }, (_, i) => ({ at: now - i * 5 * day, hours: 1 }));
    const rates = learnRates(
      [
        { asset: "busy", events: events(30), since: now - 400 * day, weight: 1 },
        { asset: "calm", events: [], since: now - 400 * day, weight: 1 },
        { asset: "some", events: events(3), since: now - 400 * day, weight: 1 },
      ],
      now,
    );
    expect(rates.get("calm")?.rate).toBeGreaterThan(0);
    expect(rates.get("calm")?.rate).toBeLessThan(rates.get("some")?.rate ?? 0);
    expect(rates.get("busy")?.rate).toBeGreaterThan(10);
    expect(rates.get("busy")?.exposure).toBeLessThanOrEqual(Math.LOG2E);
  });

  test("keep the strength of the prior within its bounds, and 1 when nothing varies", () => {
    expect(priorStrength([1, 1, 1], 1, 1)).toBe(1);
    expect(priorStrength([0, 100], 50, 1)).toBe(0.3);
    expect(priorStrength([1, 1.0001], 1, 1)).toBe(5);
  });

  test("correct totals by the damped error of last month", () => {
    expect(calibration(4, 1)).toBe(2);
    expect(calibration(0, 0)).toBe(1);
  });
});

describe("growth", () => {
  const points = (n: number, factor: number) =>
    Array.from({ length: n }, (_, i) => ({ at: i * 7 * day, size: factor ** i }));
  test("needs four points", () => {
    expect(growthOf(points(3, 2))).toBeUndefined();
    expect(growthOf(points(12, 1.1)) ?? 0).toBeGreaterThan(0.06);
    expect(growthOf(points(12, 1))).toBeCloseTo(0, 9);
  });
  test("keeps one point a day and the last 26", () => {
    let trend = extendTrend([], { at: 0, size: 1 });
    trend = extendTrend(trend, { at: 1000, size: 2 });
    expect(trend).toEqual([{ at: 1000, size: 2 }]);
    for (let i = 1; i < 40; i++) trend = extendTrend(trend, { at: i * day, size: i });
    expect(trend.length).toBe(26);
  });
});

describe("what people read", () => {
  test("one significant figure, an interval, and the number of events", () => {
    expect(oneFigure(14.7)).toBe("10");
    expect(interval({ p10: 5.6, p90: 14.6 })).toBe("6-10");
    expect(figure({ p10: 1.2, p50: 2.1, p90: 6.4, n: 4 })).toBe("2 (1-6, n=4)");
    expect(oneFigure(0.0003)).toBe("less than 0.01");
    expect(duration(0.08)).toBe("5 min");
    expect(duration(30)).toBe("4 d");
  });
  test("an item keeps its identity by rule, asset and key alone", () => {
    const node = { kind: "model-version", id: "delay/7:x" };
    expect(fingerprintOf("DAT001", node, "a")).toBe(fingerprintOf("DAT001", { ...node }, "a"));
    expect(fingerprintOf("DAT001", node, "a")).not.toBe(fingerprintOf("DAT001", node, "b"));
    expect(toNode(nodeName(node))).toEqual(node);
  });
});
