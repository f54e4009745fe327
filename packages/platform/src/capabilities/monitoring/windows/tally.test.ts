import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Plan } from "../model.js";
import type { PredictionChunk } from "../needs.js";
import { observe } from "./observe.js";
import { createCounter, type Tally } from "./tally.js";

const plan: Plan = {
  window: "hour",
  features: [
    { feature: "age", kind: "numeric", edges: [0, 10], counts: [1, 1, 1], missing: 0 },
    { feature: "colour", kind: "categorical", categories: ["red"], counts: [1, 1], missing: 0 },
    { feature: "absent", kind: "numeric", edges: [0], counts: [1, 1], missing: 0 },
  ],
  prediction: { edges: [0.5] },
  quality: { metric: "accuracy" },
  calibration: { from: 0, to: 1 },
  promise: { falsePagesPerWeek: 1, shiftInSigmas: 2 },
  naiveRules: [],
};

interface Row {
  readonly age: number;
  readonly colour: string;
  readonly score: number;
  readonly outcome: number;
}

function chunk(rows: readonly Row[]): PredictionChunk {
  const column = (pick: (row: Row) => number) => Float64Array.from(rows, pick);
  return {
    rows: rows.length,
    version: 1,
    times: new Float64Array(rows.length),
    inputs: { age: column(({ age }) => age) },
    texts: { colour: rows.map(({ colour }) => colour) },
    scores: column(({ score }) => score),
    outcomes: column(({ outcome }) => outcome),
  };
}

function count(parts: readonly (readonly Row[])[]): Tally {
  const counter = createCounter(plan);
  const tally = counter.open(0);
  for (const part of parts) counter.add(tally, chunk(part), 0, part.length);
  return tally;
}

describe("counting a window", () => {
  test("a value on an edge lies in the bin above, strangers in the last, missing in none", () => {
    const tally = count([
      [
        { age: -1, colour: "red", score: 0.2, outcome: 0 },
        { age: 0, colour: "green", score: 0.5, outcome: 1 },
        { age: 10, colour: "", score: 0.9, outcome: Number.NaN },
        { age: Number.NaN, colour: "red", score: Number.NaN, outcome: 1 },
        { age: Number.POSITIVE_INFINITY, colour: "red", score: 0.1, outcome: Number.NaN },
      ],
    ]);
    expect(Array.from(tally.features[0]!.counts)).toEqual([1, 1, 2]);
    expect(Array.from(tally.features[1]!.counts)).toEqual([3, 1]);
    expect(tally.features.map(({ missing }) => missing)).toEqual([1, 1, 5]);
    expect(Array.from(tally.scores)).toEqual([2, 2]);
    expect(tally.labelled.outcomes).toEqual([0, 1]);
  });

  test("counts do not depend on how the rows came in chunks", () => {
    const row = fc.record({
      age: fc.oneof(fc.double({ min: -20, max: 20 }), fc.constant(Number.NaN)),
      colour: fc.constantFrom("red", "blue", ""),
      score: fc.double({ min: 0, max: 1, noNaN: true }),
      outcome: fc.constantFrom(0, 1, Number.NaN),
    });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 60 }), fc.nat(60), (rows, cut) => {
        const whole = count([rows]);
        const parts = count([rows.slice(0, cut), rows.slice(cut)]);
        expect(parts.features.map(({ counts, missing }) => [Array.from(counts), missing])).toEqual(
          whole.features.map(({ counts, missing }) => [Array.from(counts), missing]),
        );
        expect(parts.labelled).toEqual(whole.labelled);
        expect(parts.rows).toBe(rows.length);
      }),
      { seed: 1 },
    );
  });

  test("what cannot be said has a reason, never a zero", () => {
    const empty = observe(plan, count([]));
    const of = (observations: typeof empty, id: string) => observations.find(({ signal }) => signal.id === id)!;
    expect(of(empty, "volume:rows").value).toBe(0);
    expect(of(empty, "drift:age")).toMatchObject({ reason: "no rows in this window" });
    const one = observe(plan, count([[{ age: 5, colour: "", score: Number.NaN, outcome: Number.NaN }]]));
    expect(of(one, "drift:colour")).toMatchObject({ reason: expect.stringContaining("missing") });
    expect(of(one, "missing:colour").value).toBe(1);
    expect(of(one, "prediction:score")).toMatchObject({ reason: expect.stringContaining("score") });
    expect(of(one, "quality:accuracy")).toMatchObject({ reason: "no label has arrived for this window" });
    expect(of(one, "association:age")).toMatchObject({ reason: expect.stringContaining("10 labelled rows") });
  });

  test("the correlation with the outcome is Pearson's", () => {
    const rows = Array.from({ length: 40 }, (_, i) => ({
      age: i,
      colour: "red",
      score: 0.5,
      outcome: i >= 20 ? 1 : 0,
    }));
    const found = observe(plan, count([rows])).find(({ signal }) => signal.id === "association:age")!;
    expect(found.value).toBeCloseTo(0.86629616364842, 12);
    expect(found.error).toBeCloseTo(1 / Math.sqrt(37), 12);
  });
});
