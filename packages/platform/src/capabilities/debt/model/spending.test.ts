import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { calledBecause, defaultCovenants, type LoanFacts } from "./covenants.js";
import { outlookOf } from "./outlook.js";
import { concentration, spendingOf, totalOf } from "./spending.js";

describe("what a month cost", () => {
  test("is never attributed beyond what was measured, in any draw", () => {
    const event = fc
      .record({ at: fc.constant(0), low: fc.double({ min: 0, max: 9, noNaN: true }), explained: fc.boolean() })
      .map((one) => ({ ...one, high: one.low * 2 }));
    fc.assert(
      fc.property(fc.array(event, { maxLength: 20 }), fc.boolean(), (events, hasItems) => {
        const spending = spendingOf([{ asset: "a", channel: "failed-runs", events, hasItems }], 4).get("failed-runs");
        for (const [d, measured] of (spending?.measured ?? []).entries()) {
          expect(spending?.attributed[d]).toBeLessThanOrEqual(measured * (1 + 1e-9) + 1e-12);
        }
      }),
      { seed: 13, numRuns: 40 },
    );
  });

  test("over many assets is summed by moments to the same figure", () => {
    const groups = (n: number) =>
      Array.from({ length: n }, (_, i) => ({
        asset: `a${i}`,
        channel: "incidents" as const,
        events: [{ at: 0, low: 2, high: 4, explained: false }],
        hasItems: true,
      }));
    const few = totalOf(spendingOf(groups(24), 1));
    const many = totalOf(spendingOf(groups(48), 2));
    expect(few?.measured.p50).toBeCloseTo(72, 0);
    expect(many?.measured.p50).toBeCloseTo(72, 0);
    expect(Math.abs((few?.attributed.p50 ?? 0) - (many?.attributed.p50 ?? 9))).toBeLessThan(0.5);
    expect(many?.attributed.p90).toBeLessThan(few?.attributed.p90 ?? 0);
  });

  test("is unknown when nothing was visible", () => {
    expect(totalOf(spendingOf([], 4))).toBeUndefined();
  });

  test("says how few assets carry most of it", () => {
    expect(concentration(new Map(Array.from({ length: 20 }, (_, i) => [`${i}`, i === 0 ? 64 : 36 / 19])))).toEqual({
      assets: 0.05,
      share: 0.64,
    });
    expect(concentration(new Map([["a", 1]]))).toBeUndefined();
  });
});

describe("a covenant", () => {
  const facts: LoanFacts = {
    now: 10,
    dueAt: 100,
    signedInterest: 1,
    interest: 1,
    predictionsPerWeek: undefined,
    consumers: undefined,
    promoted: false,
    rightsChanged: false,
  };
  test("holds until its due date", () => {
    expect(calledBecause(defaultCovenants, facts)).toBeUndefined();
    expect(calledBecause(defaultCovenants, { ...facts, now: 100 })).toContain("due date");
  });
  test("calls the debt on promotion, rights, doubled interest, exposure or consumers, and unknown breaks nothing", () => {
    expect(calledBecause(defaultCovenants, { ...facts, promoted: true })).toContain("promoted");
    expect(calledBecause(defaultCovenants, { ...facts, rightsChanged: true })).toContain("rights");
    expect(calledBecause(defaultCovenants, { ...facts, interest: 2.1 })).toContain("2 times");
    expect(calledBecause({ ...defaultCovenants, exposureOver: 10 }, { ...facts, predictionsPerWeek: 11 })).toContain(
      "predictions",
    );
    expect(calledBecause({ ...defaultCovenants, consumersOver: 3 }, { ...facts, consumers: 4 })).toContain("consumers");
    expect(
      calledBecause({ ...defaultCovenants, exposureOver: 10, consumersOver: 3 }, { ...facts, interest: undefined }),
    ).toBeUndefined();
  });
});

describe("the outlook", () => {
  test("is not drawn before there are twelve weeks, nor when the last week is as good a guess", () => {
    expect(outlookOf([], 100).shown).toBe(false);
    const trending = Array.from({ length: 20 }, (_, i) => ({ inflow: i * 10, outflow: 0 }));
    expect(outlookOf(trending, 100)).toMatchObject({ shown: false, next: [] });
  });
  test("is drawn with a range when it beats that", () => {
    const noisy = Array.from({ length: 30 }, (_, i) => ({ inflow: 10 + (i % 2) * 8, outflow: 4 }));
    const outlook = outlookOf(noisy, 100);
    expect(outlook.shown).toBe(true);
    expect(outlook.next.length).toBe(12);
    expect(outlook.growing).toBe(true);
  });
});
