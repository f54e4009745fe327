import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { scoreOf, scoreSentence, scoreTests, type TestEvidence } from "./score.js";

const now = Date.UTC(2026, 0, 1);

describe("the ML Test Score", () => {
  test("has 28 tests, seven a section, each with the evidence that would settle it", () => {
    expect(scoreTests.length).toBe(28);
    for (const section of ["data", "model", "infrastructure", "monitoring"]) {
      expect(scoreTests.filter((one) => one.section === section).length).toBe(7);
    }
    expect(new Set(scoreTests.map((one) => one.asks)).size).toBe(28);
    for (const one of scoreTests) expect(one.settle.length).toBeGreaterThan(10);
  });

  test("of a project nobody has looked at is the whole interval, not zero", () => {
    const score = scoreOf({}, now);
    expect(score).toMatchObject({ low: 0, high: 7, unknown: 28 });
    expect(score.cheapest[0]?.minutes).toBe(2);
    expect(scoreSentence(score)).toContain("28 unknown");
  });

  test("counts automatic 1, by hand 0.5, looked for and missing 0", () => {
    const evidence: TestEvidence = {
      schema: { enforcedAt: now - 86_400_000, refs: [{ kind: "run", id: "91bc" }] },
      featureBenefit: { scheduledAt: null, report: true },
      featureCost: { monitored: false, once: false },
    };
    const data = scoreOf(evidence, now).sections[0];
    expect(data?.tests.slice(0, 3).map((one) => one.verdict)).toEqual(["auto", "manual", "none"]);
    expect(data).toMatchObject({ low: 1.5, high: 5.5 });
    expect(data?.tests[0]?.evidence).toEqual([{ kind: "run", id: "91bc" }]);
  });

  test("lets evidence that has to be repeated grow old", () => {
    const score = scoreOf({ schema: { enforcedAt: now - 60 * 86_400_000 } }, now);
    expect(score.sections[0]?.tests[0]?.verdict).toBe("manual");
  });

  test("does not call quality known while no labels arrive", () => {
    expect(scoreOf({ predictionQuality: { labels: false, alerting: true } }, now).sections[3]?.tests[6]?.verdict).toBe(
      "unknown",
    );
  });

  test("is the weakest section, and more evidence never widens the interval", () => {
    const facts: TestEvidence = {
      schema: { enforcedAt: now },
      modelReview: { live: 2, reviewed: 2 },
      rollback: { rehearsedAt: null, documented: false },
      numericStability: { alerting: true },
      baseline: { inPipeline: false, once: false },
      canary: { live: 2, recorded: 1 },
    };
    const keys = Object.keys(facts) as (keyof TestEvidence)[];
    fc.assert(
      fc.property(fc.subarray(keys), fc.constantFrom(...keys), (some, more) => {
        const pick = (names: readonly string[]) =>
          Object.fromEntries(Object.entries(facts).filter(([name]) => names.includes(name)));
        const before = scoreOf(pick(some), now);
        const after = scoreOf(pick([...some, more]), now);
        expect(after.low).toBeGreaterThanOrEqual(before.low);
        expect(after.high).toBeLessThanOrEqual(before.high);
        expect(after.low).toBe(Math.min(...after.sections.map((section) => section.low)));
      }),
      { seed: 12 },
    );
  });
});
