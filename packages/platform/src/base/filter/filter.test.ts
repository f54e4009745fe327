import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { printFilter } from "../testing/print-filter.js";
import { comparisons, type Filter, type FilterValue, type Identifier } from "./filter.js";
import { parseFilter } from "./parse.js";

class Refused extends Error {}
const parse = (text: string) => parseFilter(text, (problem) => new Refused(problem));

const identifier: fc.Arbitrary<Identifier> = fc.record({
  prefix: fc.constantFrom(undefined, "metrics", "params", "tags", "attributes"),
  key: fc.string({ minLength: 1 }).filter((text) => !text.includes("`")),
});
const value: fc.Arbitrary<FilterValue> = fc.oneof(
  fc
    .string()
    .filter((text) => !(text.includes("'") && text.includes('"')))
    .map((text) => ({ kind: "text", text }) as const),
  fc
    .oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }))
    .map((n) => ({ kind: "number", spelling: String(n) }) as const),
);
const leaf: fc.Arbitrary<Filter> = fc.oneof(
  fc.record({
    kind: fc.constant("compare" as const),
    of: identifier,
    with: fc.constantFrom("=", "!=", "<", "<=", ">", ">=", "LIKE", "ILIKE"),
    value,
  }),
  fc.record({
    kind: fc.constant("in" as const),
    of: identifier,
    negated: fc.boolean(),
    values: fc.array(value, { minLength: 1, maxLength: 4 }),
  }),
  fc.record({ kind: fc.constant("null" as const), of: identifier, negated: fc.boolean() }),
);
const tree: fc.Arbitrary<Filter> = fc.letrec<{ node: Filter }>((tie) => ({
  node: fc.oneof(
    { depthSize: "small" },
    leaf,
    fc.record({ kind: fc.constantFrom("and", "or"), parts: fc.array(tie("node"), { minLength: 2, maxLength: 3 }) }),
    fc.record({ kind: fc.constant("not" as const), part: tie("node") }),
  ),
})).node;

describe("the filter grammar", () => {
  test("a printed filter reads back as the same tree", () => {
    fc.assert(
      fc.property(tree, (filter) => {
        expect(parse(printFilter(filter))).toEqual(filter);
      }),
      { numRuns: 500 },
    );
  });

  test("any text either parses or is refused, and never fails otherwise", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        try {
          parse(text);
        } catch (error) {
          expect(error).toBeInstanceOf(Refused);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("keys that are SQL words, keys with slashes and keys in quotes are keys", () => {
    const keys = (text: string) => comparisons(parse(text) as Filter).map((one) => [one.of.prefix, one.of.key]);
    expect(keys("metrics.order > 1 and params.select = 'x'")).toEqual([
      ["metrics", "order"],
      ["params", "select"],
    ]);
    expect(keys("metrics.val/loss-1 < .5")).toEqual([["metrics", "val/loss-1"]]);
    expect(keys('tags."a b" = "c" AND tags.`mlflow.user` LIKE \'%x\'')).toEqual([
      ["tags", "a b"],
      ["tags", "mlflow.user"],
    ]);
    expect(keys("\"Run Name\" = 'x'")).toEqual([[undefined, "Run Name"]]);
  });

  test("AND binds closer than OR, and parentheses bind closest", () => {
    expect(parse("a = 1 OR b = 2 AND c = 3")).toMatchObject({ kind: "or", parts: [{}, { kind: "and" }] });
    expect(parse("(a = 1 OR b = 2) AND NOT c = 3")).toMatchObject({
      kind: "and",
      parts: [{ kind: "or" }, { kind: "not" }],
    });
  });

  test("numbers keep sign, exponent and every digit", () => {
    expect(parse("start_time > 9007199254740993")).toMatchObject({ value: { spelling: "9007199254740993" } });
    expect(parse("metrics.a > -1.5e-3")).toMatchObject({ value: { spelling: "-1.5e-3" } });
  });

  test.each([
    "params.a",
    "params.a =",
    "= 'x'",
    "params.a = x",
    "params.a = 'x' AND",
    "a IN ()",
    "a IN ('x'",
    "(a = 1",
    "a = 1 b = 2",
    "metrics.x = 'unclosed",
  ])("%j is refused with the words MLflow uses", (text) => {
    expect(() => parse(text)).toThrow(/^Invalid clause\(s\) in filter string: '/);
  });

  test("an empty filter is no filter, and nesting has an end", () => {
    expect(parse("   ")).toBeUndefined();
    expect(() => parse("(".repeat(5000))).toThrow(Refused);
  });
});
