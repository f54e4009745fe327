import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { drawGroup, type Group } from "./attribution.js";
import { drawCount } from "./draws.js";
import { learnRates } from "./rates.js";

const now = Date.UTC(2026, 0, 1);
const day = 86_400_000;

const items = ["a1", "b2", "c3", "d4"];
const anyGroup: fc.Arbitrary<Group> = fc.record({
  asset: fc.constantFrom("dataset:x", "run:y"),
  channel: fc.constantFrom("failed-runs" as const, "incidents" as const, "change-drag" as const),
  events: fc.array(
    fc
      .record({
        id: fc.uuid(),
        age: fc.integer({ min: 0, max: 900 }),
        low: fc.double({ min: 0, max: 20, noNaN: true }),
        more: fc.double({ min: 0, max: 20, noNaN: true }),
        explainedBy: fc.subarray(items),
      })
      .map(({ age, more, ...event }) => ({ ...event, at: now - age * day, high: event.low + more })),
    { maxLength: 30 },
  ),
  items: fc.subarray(items),
  standing: fc.option(
    fc.record({
      weekly: fc.double({ min: 0, max: 30, noNaN: true }),
      forecast: fc.double({ min: 0, max: 30, noNaN: true }),
      events: fc.integer({ min: 0, max: 50 }),
    }),
    { nil: undefined },
  ),
});

function drawn(group: Group) {
  const rates = learnRates(
    [
      {
        asset: group.asset,
        events: group.events.map((event) => ({ at: event.at, hours: (event.low + event.high) / 2 })),
        since: now - 365 * day,
        weight: 1,
      },
      { asset: "other", events: [{ at: now - 3 * day, hours: 2 }], since: now - 365 * day, weight: 2 },
    ],
    now,
  );
  return drawGroup(group, rates.get(group.asset), now, 1.3);
}

describe("attribution conserves cost", () => {
  test("the shares of all items of one asset and channel never exceed the whole", () => {
    fc.assert(
      fc.property(anyGroup, (group) => {
        const total = [...drawn(group).phi.values()].reduce((sum, phi) => sum + phi, 0);
        expect(total).toBeLessThanOrEqual(1 + 1e-9);
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  test("in every single draw all items together are billed at most what was measured", () => {
    fc.assert(
      fc.property(anyGroup, (group) => {
        const draws = drawn(group);
        for (let d = 0; d < drawCount; d++) {
          let billed = 0;
          let expected = 0;
          for (const item of group.items) {
            billed += draws.charged.get(item)?.[d] ?? 0;
            expected += draws.expected.get(item)?.[d] ?? 0;
          }
          expect(billed).toBeLessThanOrEqual((draws.measured[d] as number) * (1 + 1e-9) + 1e-12);
          expect(expected).toBeLessThanOrEqual((draws.cost[d] as number) * (1 + 1e-9) + 1e-12);
        }
      }),
      { numRuns: 40, seed: 2 },
    );
  });

  test("repairing items one by one gains at least what they are charged, together at most the ceiling's cost", () => {
    fc.assert(
      fc.property(anyGroup, (group) => {
        const draws = drawn(group);
        const cost = draws.cost.reduce((sum, one) => sum + one, 0) / drawCount;
        expect(draws.ceiling).toBeLessThanOrEqual(cost * (1 + 1e-9) + 1e-12);
        for (const item of group.items)
          expect(draws.solo.get(item)).toBeLessThanOrEqual(draws.ceiling * (1 + 1e-9) + 1e-12);
      }),
      { numRuns: 40, seed: 3 },
    );
  });

  test("an event one rule explains is charged whole, an event two explain is halved, the rest only its avoidable share", () => {
    const event = { at: now, low: 4, high: 4 };
    const group: Group = {
      asset: "dataset:x",
      channel: "failed-runs",
      items: ["a1", "b2"],
      events: [
        { ...event, id: "1", explainedBy: ["a1"] },
        { ...event, id: "2", explainedBy: ["a1", "b2"] },
        { ...event, id: "3", explainedBy: [] },
      ],
    };
    const { phi, sharedPhi } = drawn(group);
    expect(phi.get("a1")).toBeCloseTo((1 + 0.5 + 0.05) / 3, 2);
    expect(phi.get("b2")).toBeCloseTo((0.5 + 0.05) / 3, 2);
    expect(sharedPhi).toBeCloseTo(0.05, 9);
  });

  test("change drag is never explained by a rule", () => {
    const group: Group = {
      asset: "file:x.py",
      channel: "change-drag",
      items: ["a1"],
      events: [{ id: "1", at: now, low: 4, high: 4, explainedBy: ["a1"] }],
    };
    expect(drawn(group).phi.get("a1")).toBeLessThan(0.15);
  });

  test("without any event nothing is billed, and only the expectation speaks", () => {
    const group: Group = { asset: "dataset:x", channel: "failed-runs", items: ["a1"], events: [] };
    const draws = drawn(group);
    expect(Math.max(...(draws.charged.get("a1") as Float64Array))).toBe(0);
    expect(Math.max(...(draws.expected.get("a1") as Float64Array))).toBeGreaterThan(0);
  });
});
