import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { estimateDistinct } from "#base/engine/hyperloglog.js";
import { binnedFeatures, changeOf, jsDistance, psi, schemaChanges } from "./model.change.js";
import { decodeProfile, encodeProfile } from "./model.codec.js";
import { type ColumnProfile, distinctOf, mergeColumns, mergeProfiles, type Profile, profileValues } from "./model.js";

fc.configureGlobal({ seed: 20260101 });

type Value = number | string | null;

const number = fc.oneof(
  { weight: 6, arbitrary: fc.double({ min: -1e6, max: 1e6, noNaN: true }) },
  { weight: 3, arbitrary: fc.integer({ min: -20, max: 20 }) },
  { weight: 1, arbitrary: fc.constantFrom(null, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0) },
);
const text = fc.oneof(fc.constantFrom("a", "b", "c", ""), fc.string({ maxLength: 6 }), fc.constant(null));
const edges = [-1000, -3, 0, 0.5, 7, 1e5];
const numeric = { name: "x", type: "DOUBLE", kind: "numeric" as const, edges };
const words = { name: "w", type: "VARCHAR", kind: "text" as const, categories: ["a", "b", ""] };

function profileOf(rows: readonly [Value, Value][], limit?: number): Profile {
  const columns = [
    profileValues(
      numeric,
      rows.map((row) => row[0]),
      limit,
    ),
    profileValues(
      words,
      rows.map((row) => row[1]),
      limit,
    ),
  ];
  return { rows: rows.length, columns };
}

/** Everything but the moments, which merge up to rounding. */
function exactOf(profile: Profile): unknown {
  return profile.columns.map(({ moments, ...rest }) => ({ n: moments?.n, ...rest }));
}

function expectCloseMoments(a: ColumnProfile | undefined, b: ColumnProfile | undefined): void {
  if (a?.moments === undefined || b?.moments === undefined) {
    expect(a?.moments).toEqual(b?.moments);
    return;
  }
  const std = Math.sqrt(Math.max(a.moments.m2, b.moments.m2) / a.moments.n);
  // Values up to 1e6 apart: a spread below their rounding is no spread.
  const size = Math.max(std, 1e-3, Math.abs(a.moments.mean) * 1e-6);
  expect(Math.abs(a.moments.mean - b.moments.mean)).toBeLessThanOrEqual(
    1e-9 * Math.max(size, Math.abs(a.moments.mean)),
  );
  for (const [key, k] of [
    ["m2", 2],
    ["m3", 3],
    ["m4", 4],
  ] as const) {
    expect(Math.abs(a.moments[key] - b.moments[key])).toBeLessThanOrEqual(1e-9 * a.moments.n * size ** k);
  }
}

const rows = fc.array(fc.tuple(number, text) as fc.Arbitrary<[Value, Value]>, { maxLength: 60 });

describe("profiles merge", () => {
  test("the profile of the whole is the merge of the profiles of its parts", () => {
    fc.assert(
      fc.property(rows, fc.nat(60), (all, cut) => {
        const merged = mergeProfiles(profileOf(all.slice(0, cut)), profileOf(all.slice(cut)));
        const whole = profileOf(all);
        expect(exactOf(merged)).toEqual(exactOf(whole));
        expect(merged.rows).toBe(whole.rows);
        for (const [i, column] of merged.columns.entries()) expectCloseMoments(column, whole.columns[i]);
      }),
      { numRuns: 300 },
    );
  });

  test("the order of the sides does not matter", () => {
    fc.assert(
      fc.property(rows, rows, (a, b) => {
        const [x, y] = [mergeProfiles(profileOf(a), profileOf(b)), mergeProfiles(profileOf(b), profileOf(a))];
        expect(exactOf(x)).toEqual(exactOf(y));
        expectCloseMoments(x.columns[0], y.columns[0]);
      }),
    );
  });

  test("the order of merging does not matter", () => {
    fc.assert(
      fc.property(rows, rows, rows, (a, b, c) => {
        const [x, y, z] = [profileOf(a), profileOf(b), profileOf(c)];
        const left = mergeProfiles(mergeProfiles(x, y), z);
        const right = mergeProfiles(x, mergeProfiles(y, z));
        expect(exactOf(left)).toEqual(exactOf(right));
        expectCloseMoments(left.columns[0], right.columns[0]);
      }),
    );
  });

  test("when values had to be cut, every true count lies within the stated error", () => {
    const few = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(few, few, few, (a, b, c) => {
        const part = (values: number[]) => profileValues({ ...numeric }, values, 8);
        const merged = mergeColumns(mergeColumns(part(a), part(b), 8), part(c), 8);
        const truth = new Map<string, number>();
        for (const value of [...a, ...b, ...c]) truth.set(String(value), (truth.get(String(value)) ?? 0) + 1);
        const kept = new Map(merged.kept.map((one) => [one.value, one.count]));
        expect(merged.kept.length).toBeLessThanOrEqual(8);
        for (const [value, count] of truth) {
          const low = kept.get(value) ?? 0;
          expect(count).toBeGreaterThanOrEqual(low);
          expect(count).toBeLessThanOrEqual(low + merged.keptError);
        }
      }),
    );
  });

  test("profiles on other bins, categories or columns are refused", () => {
    const one = profileValues(numeric, [1]);
    const refused = { code: "DATA_PROFILES_DIFFER" };
    expect(() => mergeColumns(one, profileValues({ ...numeric, edges: [0] }, [1]))).toThrow(
      expect.objectContaining(refused),
    );
    expect(() => mergeColumns(one, profileValues({ ...numeric, name: "y" }, [1]))).toThrow(
      expect.objectContaining(refused),
    );
    const both = { rows: 1, columns: [one, one] };
    expect(() => mergeProfiles(both, { rows: 1, columns: [one] })).toThrow(expect.objectContaining(refused));
  });

  test("a mean far from zero keeps its small spread", () => {
    const part = (from: number) =>
      profileValues(
        numeric,
        Array.from({ length: 500 }, (_, i) => 1e9 + ((from + i) % 7)),
      );
    const merged = mergeColumns(part(0), part(500));
    const whole = profileValues(
      numeric,
      Array.from({ length: 1000 }, (_, i) => 1e9 + (i % 7)),
    );
    expect(merged.moments?.m2).toBeCloseTo(whole.moments?.m2 as number, 3);
  });
});

describe("distinct values", () => {
  test("are exact while all are kept", () => {
    expect(distinctOf(profileValues(words, ["a", "b", "a", null]))).toEqual({
      estimate: 2,
      low: 2,
      high: 2,
      exact: true,
    });
  });

  test("are estimated beyond, within the stated interval nineteen times in twenty", () => {
    let inside = 0;
    for (let trial = 0; trial < 30; trial++) {
      const truth = 1500 + trial * 500;
      const column = profileValues(
        words,
        Array.from({ length: truth }, (_, i) => `${trial}-${i}`),
      );
      const { low, high, exact } = distinctOf(column) as { low: number; high: number; exact: boolean };
      expect(exact).toBe(false);
      if (low <= truth && truth <= high) inside++;
    }
    expect(inside).toBeGreaterThanOrEqual(27);
  });

  test("of nothing are none", () => {
    const empty = profileValues(words, []);
    expect(estimateDistinct(empty.registers as Uint8Array)).toBe(0);
    expect(distinctOf(empty)).toEqual({ estimate: 0, low: 0, high: 0, exact: true });
  });
});

describe("a stored profile", () => {
  test("reads back as it was, moments to twelve digits", () => {
    fc.assert(
      fc.property(rows, (all) => {
        const profile = profileOf(all);
        const back = decodeProfile(encodeProfile(profile), "hash");
        expect(exactOf(back)).toEqual(exactOf(profile));
        expectCloseMoments(back.columns[0], profile.columns[0]);
      }),
    );
  });

  test("is the same text however the sums were added", () => {
    const values = Array.from({ length: 1000 }, (_, i) => Math.sin(i) * 10 + i / 7);
    const forwards = profileValues(numeric, values);
    const backwards = profileValues(numeric, values.toReversed());
    expect(forwards.moments).not.toEqual(backwards.moments);
    expect(encodeProfile({ rows: 1000, columns: [forwards] })).toEqual(
      encodeProfile({ rows: 1000, columns: [backwards] }),
    );
  });

  test("of many distinct values keeps all its registers", () => {
    const column = profileValues(
      words,
      Array.from({ length: 5000 }, (_, i) => `v${i}`),
    );
    const back = decodeProfile(encodeProfile({ rows: 5000, columns: [column] }), "hash");
    expect(back.columns[0]?.registers).toEqual(column.registers);
  });

  test("of another format is refused by name", () => {
    expect(() => decodeProfile(Buffer.from("{}"), "abc")).toThrow(
      expect.objectContaining({ code: "DATA_PROFILE_UNREADABLE" }),
    );
    expect(() => decodeProfile(Buffer.from("no"), "abc")).toThrow(
      expect.objectContaining({ code: "DATA_PROFILE_UNREADABLE" }),
    );
  });
});

describe("changes between profiles", () => {
  const reference = [16, 18, 16, 14, 12, 12];
  const current = [16, 16, 16, 16, 16, 8];
  const shares = (counts: number[]) => counts.map((n) => n / counts.reduce((a, b) => a + b, 0));

  test("distances are those of the reference vectors", () => {
    expect(jsDistance(shares(reference), shares(current))).toBeCloseTo(0.081734213306, 11);
    expect(psi(shares(reference), shares(current))).toBeCloseTo(0.037218381577, 11);
    expect(jsDistance([1, 0], [0, 1])).toBe(1);
  });

  test("nothing changed is zero, and a null burst is seen", () => {
    const before = profileValues(words, ["a", "b", "a", "b"]);
    const after = profileValues(words, ["a", null, "a", null]);
    expect(changeOf(before, before)).toMatchObject({ change: { jsDistance: 0, psi: 0 } });
    const { change } = changeOf(before, after) as { change: { jsDistance: number } };
    expect(change).toMatchObject({ nullShareFrom: 0, nullShareTo: 0.5 });
    expect(change.jsDistance).toBeGreaterThan(0.5);
  });

  test("a mean shift is told in standard deviations", () => {
    const before = profileValues(numeric, [0, 2, 0, 2]);
    const after = profileValues(numeric, [3, 5, 3, 5]);
    expect(changeOf(before, after)).toMatchObject({ change: { meanShift: 3 } });
  });

  test("what cannot be compared says why", () => {
    const one = profileValues(numeric, [1]);
    expect(changeOf(one, profileValues({ ...numeric, edges: [0] }, [1]))).toEqual({
      incomparable: "the profiles were computed on different bins",
    });
    expect(changeOf(one, profileValues(numeric, []))).toEqual({ incomparable: "one of the versions has no rows" });
  });

  test("monitors get bins, counts and missing rows", () => {
    const profile = profileOf([
      [0, "a"],
      [null, "z"],
      [Number.NaN, null],
    ]);
    expect(binnedFeatures(profile)).toEqual([
      { feature: "x", kind: "numeric", edges, counts: [0, 0, 0, 1, 0, 0, 0], missing: 2 },
      { feature: "w", kind: "categorical", categories: ["a", "b", ""], counts: [1, 0, 0, 1], missing: 1 },
    ]);
  });

  test("schema changes name what breaks first", () => {
    const column = (name: string, type: string, nullable = true) => ({
      name,
      type,
      kind: "numeric" as const,
      nullable,
    });
    const changes = schemaChanges(
      [column("gone", "BIGINT"), column("wide", "INTEGER"), column("other", "BIGINT"), column("must", "BIGINT", false)],
      [column("wide", "BIGINT"), column("other", "VARCHAR"), column("must", "BIGINT"), column("fresh", "DOUBLE")],
    );
    expect(changes.map(({ column: name, change, breaking }) => [name, change, breaking])).toEqual([
      ["gone", "removed", true],
      ["must", "nullability", true],
      ["other", "type", true],
      ["fresh", "added", false],
      ["wide", "type", false],
    ]);
    expect(schemaChanges([column("a", "BIGINT")], [column("a", "BIGINT")])).toEqual([]);
  });
});
