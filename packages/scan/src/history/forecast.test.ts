import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Commit } from "#sources/git.js";
import { hoursOfCommits, isFix } from "./commits.js";
import { attributeInterest, forecastFiles, measuredHours } from "./forecast.js";
import { createPricer } from "./interest.js";

const day = 86_400_000;
const now = 1_760_000_000_000;

function commit(index: number, daysAgo: number, subject: string, changes: Commit["changes"], email = "a@b.c"): Commit {
  return { hash: String(index).padStart(40, "0"), parents: 1, time: now - daysAgo * day, email, subject, changes };
}

const history = fc
  .array(
    fc.record({
      daysAgo: fc.double({ min: 0, max: 900, noNaN: true }),
      fix: fc.boolean(),
      files: fc.subarray(["a.py", "b.py", "c.py"], { minLength: 1 }),
      lines: fc.integer({ min: 0, max: 500 }),
    }),
    { maxLength: 40 },
  )
  .map((list) =>
    list.map((entry, index) =>
      commit(
        index,
        entry.daysAgo,
        entry.fix ? "fix crash" : "add",
        entry.files.map((path) => ({ path, lines: entry.lines })),
      ),
    ),
  );

describe("reading a subject", () => {
  test("knows repairs and leaves out documentation, layout and typing", () => {
    for (const subject of [
      "Fix crash on empty input",
      "bugfix: wrong label",
      'Revert "x"',
      "hotfix",
      "handle regression in loader",
      "workaround for leak",
    ])
      expect(isFix(subject), subject).toBe(true);
    for (const subject of [
      "Add feature",
      "fix typo",
      "docs: fix link",
      "fix lint errors",
      "bump torch, fixes ci",
      "prefix names",
      "fix formatting",
    ])
      expect(isFix(subject), subject).toBe(false);
  });

  test("takes hours from the gap to the author's previous commit", () => {
    const hours = hoursOfCommits([
      commit(1, 2, "a", []),
      commit(2, 2 - 1 / 24, "b", []),
      commit(3, 2 - 1 / 24 - 1 / 2400, "c", []),
      commit(4, 1, "d", [], "x@y.z"),
    ]);
    const [first, second, third, other] = [...hours.entries()].sort().map(([, value]) => value);
    expect([first, other]).toEqual([1, 1]);
    expect(second).toBeCloseTo(1);
    expect(third).toBeCloseTo(0.1);
  });
});

describe("interest", () => {
  test("follows the formulas of the backtest", () => {
    const commits = [
      commit(1, 400, "add", [
        { path: "a.py", lines: 10 },
        { path: "b.py", lines: 10 },
      ]),
      commit(2, 180, "fix bug", [{ path: "a.py", lines: 10 }]),
    ];
    const forecast = forecastFiles(
      commits,
      new Map([
        ["a.py", 100],
        ["b.py", 100],
      ]),
      now,
    );
    const a = forecast.get("a.py");
    const b = forecast.get("b.py");
    const exposure = (1 / Math.LN2) * (1 - 2 ** (-400 / 180));
    expect(a?.exposure).toBeCloseTo(exposure, 10);
    expect(a?.decayedEvents).toBeCloseTo(0.5, 10);
    const mean = 0.5 / (2 * exposure);
    const rates = [0.5 / exposure, 0];
    const variance = ((rates[0] as number) - mean) ** 2;
    const beta = Math.min(5, Math.max(0.3, mean / Math.max(1e-6, variance - mean / exposure)));
    const old = 2 ** (-400 / 180);
    const weights = [1 + old + 0.5, 1 + old];
    const alpha = (beta * mean * (weights[0] as number)) / (((weights[0] as number) + (weights[1] as number)) / 2);
    expect(a?.rate).toBeCloseTo((alpha + 0.5) / (beta + exposure), 10);
    expect(a?.hoursPerEvent).toBeCloseTo((3 * 1 + 0.5) / 3.5, 10);
    expect(b?.events).toBe(0);
  });

  test("follows renames and leaves out merges, bots and sweeping commits", () => {
    const many = Array.from({ length: 60 }, (_, index) => ({ path: `f${index}.py`, lines: 1 }));
    const commits = [
      commit(1, 30, "fix x", [{ path: "new.py", lines: 5 }]),
      commit(2, 40, "rename", [{ path: "new.py", from: "old.py", lines: 0 }]),
      commit(3, 50, "fix y", [{ path: "old.py", lines: 5 }]),
      { ...commit(4, 20, "fix merge", [{ path: "new.py", lines: 5 }]), parents: 2 },
      commit(5, 10, "fix bot", [{ path: "new.py", lines: 5 }], "1+dependabot[bot]@users.noreply.github.com"),
      commit(6, 5, "fix all", [...many, { path: "new.py", lines: 1 }]),
    ];
    const files = new Map([["new.py", 50], ...many.map(({ path }) => [path, 10] as const)]);
    expect(forecastFiles(commits, files, now).get("new.py")?.events).toBe(2);
  });

  test("never bills more on a file than was measured there", () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 1, max: 30 }), (commits, count) => {
        for (const [path, forecast] of forecastFiles(
          commits,
          new Map([
            ["a.py", 10],
            ["b.py", 900],
            ["c.py", 100],
          ]),
          now,
        )) {
          const interest = attributeInterest(forecast, count, path);
          expect(interest.p90 * count).toBeLessThanOrEqual(measuredHours(forecast) * 1.001 + 1e-12);
          expect(interest.p10).toBeLessThanOrEqual(interest.p50);
          expect(interest.p50).toBeLessThanOrEqual(interest.p90);
          if (forecast.events === 0) expect(interest.p90).toBe(0);
        }
      }),
      { numRuns: 60 },
    );
  });

  test("is the same for the same history", () => {
    const commits = [commit(1, 10, "fix", [{ path: "a.py", lines: 3 }])];
    const price = () =>
      createPricer([{ path: "a.py" }], new Map([["a.py", { codeLines: 10, isTest: false }]]), commits, now).price(
        "a.py",
      );
    expect(price()).toEqual(price());
    expect(price().interest?.events).toBe(1);
  });

  test("is unknown, with the reason, where there is no evidence", () => {
    const sizes = new Map([
      ["a.py", { codeLines: 10, isTest: false }],
      ["test_a.py", { codeLines: 10, isTest: true }],
    ]);
    expect(createPricer([{ path: "a.py" }], sizes, [], now).price("a.py")).toEqual({
      interest: null,
      interestUnknown: "no readable history",
    });
    const pricer = createPricer([{ path: "a.py" }], sizes, [commit(1, 3, "fix", [{ path: "b.py", lines: 1 }])], now);
    expect(pricer.price("a.py").interestUnknown).toContain("no commits");
    expect(pricer.price("test_a.py").interestUnknown).toContain("tests");
    expect(pricer.price("requirements.txt").interestUnknown).toContain("Python");
  });
});
