import { describe, expect, test } from "vitest";
import { parseQuery } from "./query.js";

const now = Date.UTC(2026, 0, 31);
const refuse = (problem: string) => new RangeError(problem);
const parse = (text: string) => parseQuery(text, now, refuse);

describe("the ledger's filter", () => {
  test("reads states, families, severities and the sort of the example", () => {
    expect(parse("state:open family:data sev:<=1 sort:-rate")).toEqual({
      terms: [
        { key: "state", values: ["open"], negated: false },
        { key: "family", values: ["data"], negated: false },
        { key: "sev", values: ["SEV0", "SEV1"], negated: false },
      ],
      sort: { key: "rate", descending: true },
    });
  });

  test("reads lists, exclusions, quotes and plain words", () => {
    expect(parse('state:open,called -team:"search ads" "no schema" leak').terms).toEqual([
      { key: "state", values: ["open", "called"], negated: false },
      { key: "team", values: ["search ads"], negated: true },
      { key: "words", text: "no schema", negated: false },
      { key: "words", text: "leak", negated: false },
    ]);
  });

  test("reads what is new and what is due", () => {
    expect(parse("new:30d").terms[0]).toMatchObject({ key: "new", from: Date.UTC(2026, 0, 1) });
    expect(parse("due:overdue").terms[0]).toMatchObject({ key: "due", before: now });
    expect(parse("due:2026-03-01").terms[0]).toMatchObject({ before: Date.UTC(2026, 2, 1) });
  });

  test("says what it cannot read instead of passing over it", () => {
    for (const text of [
      "state:broken",
      "colour:red",
      "sev:9",
      "sort:price",
      "new:soon",
      'a "b',
      "fixable:maybe",
      "family:",
    ]) {
      expect(() => parse(text), text).toThrow(RangeError);
    }
  });
});
