import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Candidate, type Problem, paymentOrder, solve, violations } from "./planner.js";

const anyProblem = (max: number): fc.Arbitrary<Problem> =>
  fc
    .record({
      parts: fc.array(
        fc.record({
          minutes: fc.integer({ min: 10, max: 600 }),
          gain: fc.double({ min: 0, max: 40, noNaN: true }),
          asset: fc.integer({ min: 0, max: 3 }),
          setup: fc.option(fc.integer({ min: 0, max: 1 }), { nil: undefined }),
          must: fc.integer({ min: 0, max: 9 }),
          team: fc.option(fc.integer({ min: 0, max: 1 }), { nil: undefined }),
          requires: fc.option(fc.nat(20), { nil: undefined }),
        }),
        { minLength: 1, maxLength: max },
      ),
      budget: fc.integer({ min: 0, max: 2500 }),
      ceiling: fc.double({ min: 5, max: 60, noNaN: true }),
      cap: fc.option(fc.integer({ min: 100, max: 1500 }), { nil: undefined }),
    })
    .map(({ parts, budget, ceiling, cap }) => ({
      budget,
      ceilings: new Map([["asset 0", ceiling]]),
      ...(cap === undefined ? {} : { teamCaps: new Map([["team 0", cap]]) }),
      candidates: parts.map(
        (part, i): Candidate => ({
          id: `i${i}`,
          minutes: part.minutes + 30,
          lossPerMinute: 1 / 60,
          asset: `asset ${part.asset}`,
          gain: part.gain,
          mustPay: part.must === 0,
          urgency: part.must,
          requires: part.requires === undefined || part.requires >= i ? [] : [`i${part.requires}`],
          ...(part.setup === undefined ? {} : { setup: { group: `rule ${part.setup}`, minutes: 30 } }),
          ...(part.team === undefined ? {} : { team: `team ${part.team}` }),
        }),
      ),
    }));

/** The value of a set, written down apart from the solver. */
function worth(problem: Problem, chosen: ReadonlySet<string>): { value: number; minutes: number } {
  const gains = new Map<string, number>();
  const setups = new Set<string>();
  let minutes = 0;
  for (const candidate of problem.candidates) {
    if (!chosen.has(candidate.id)) continue;
    gains.set(candidate.asset, (gains.get(candidate.asset) ?? 0) + candidate.gain);
    minutes += candidate.minutes - (candidate.setup?.minutes ?? 0);
    if (candidate.setup !== undefined && !setups.has(candidate.setup.group)) {
      setups.add(candidate.setup.group);
      minutes += candidate.setup.minutes;
    }
  }
  let value = -minutes / 60;
  for (const [asset, gain] of gains) value += Math.min(problem.ceilings.get(asset) ?? Number.POSITIVE_INFINITY, gain);
  return { value, minutes };
}

/** The best value any lawful set has, by trying all of them. */
function exhaustive(problem: Problem, must: ReadonlySet<string>): number {
  const { candidates } = problem;
  let best = Number.NEGATIVE_INFINITY;
  for (let mask = 0; mask < 2 ** candidates.length; mask++) {
    const chosen = new Set(candidates.filter((_, i) => mask & (1 << i)).map((one) => one.id));
    if ([...must].some((id) => !chosen.has(id))) continue;
    if (candidates.some((one) => chosen.has(one.id) && one.requires.some((id) => !chosen.has(id)))) continue;
    const { value, minutes } = worth(problem, chosen);
    if (minutes > problem.budget) continue;
    const spent = candidates.reduce(
      (sum, one) => sum + (chosen.has(one.id) && one.team === "team 0" ? one.minutes : 0),
      0,
    );
    if (spent > (problem.teamCaps?.get("team 0") ?? Number.POSITIVE_INFINITY)) continue;
    best = Math.max(best, value);
  }
  return best;
}

describe("a plan", () => {
  test("keeps budget, team caps, prerequisites and must-pay, whatever the problem", () => {
    fc.assert(
      fc.property(anyProblem(60), (problem) => {
        expect(violations(problem, solve(problem))).toEqual([]);
      }),
      { seed: 8, numRuns: 150 },
    );
  });

  test("of few items is as good as trying every combination", () => {
    fc.assert(
      fc.property(anyProblem(11), (problem) => {
        const solution = solve(problem);
        // What does not fit at all is settled before the search; the rest is compared.
        fc.pre(solution.unaffordable.length === 0);
        const must = new Set(problem.candidates.filter((one) => one.mustPay).map((one) => one.id));
        expect(solution.solver).toBe("exact");
        expect(solution.gap).toBe(0);
        expect(solution.value).toBeCloseTo(exhaustive(problem, must), 6);
        expect(solution.value).toBeCloseTo(worth(problem, new Set(solution.chosen)).value, 6);
        expect(solution.minutes).toBeCloseTo(worth(problem, new Set(solution.chosen)).minutes, 6);
      }),
      { seed: 9, numRuns: 200 },
    );
  });

  test("of many items says how far from the best it can be at most", () => {
    const problem: Problem = {
      budget: 6000,
      ceilings: new Map(),
      candidates: Array.from({ length: 1000 }, (_, i) => ({
        id: `i${i}`,
        minutes: 30 + ((i * 7919) % 400),
        lossPerMinute: 1 / 60,
        asset: `asset ${i % 300}`,
        gain: ((i * 104729) % 997) / 60,
        mustPay: false,
        urgency: 0,
        requires: [],
      })),
    };
    const solution = solve(problem);
    expect(solution.solver).toBe("greedy-swap");
    expect(solution.gap).toBeGreaterThan(0);
    expect(solution.gap).toBeLessThan(0.02);
    expect(violations(problem, solution)).toEqual([]);
  });

  test("never pays for what does not earn its hours back", () => {
    const dear: Candidate = {
      id: "a",
      minutes: 600,
      lossPerMinute: 1 / 60,
      asset: "x",
      gain: 2,
      mustPay: false,
      urgency: 0,
      requires: [],
    };
    expect(solve({ candidates: [dear], budget: 10_000, ceilings: new Map() }).chosen).toEqual([]);
    expect(solve({ candidates: [{ ...dear, mustPay: true }], budget: 10_000, ceilings: new Map() }).chosen).toEqual([
      "a",
    ]);
  });

  test("says by how much must-pay items exceed the budget, and takes the most urgent that fit", () => {
    const item = (id: string, urgency: number): Candidate => ({
      id,
      minutes: 100,
      lossPerMinute: 1 / 60,
      asset: id,
      gain: 0,
      mustPay: true,
      urgency,
      requires: [],
    });
    const solution = solve({
      candidates: [item("late", 2), item("now", 0), item("soon", 1)],
      budget: 210,
      ceilings: new Map(),
    });
    expect(solution).toMatchObject({ chosen: ["now", "soon"], unaffordable: ["late"], short: 90 });
  });

  test("grows with its budget in one order: prerequisites come before what needs them", () => {
    fc.assert(
      fc.property(anyProblem(30), (problem) => {
        const order = paymentOrder(problem);
        const place = new Map(order.map((one, i) => [one.id, i]));
        expect(order.length).toBe(problem.candidates.length);
        for (const one of problem.candidates) {
          for (const before of one.requires) expect(place.get(before)).toBeLessThan(place.get(one.id) as number);
        }
      }),
      { seed: 10, numRuns: 60 },
    );
  });
});
