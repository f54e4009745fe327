import { expect, test } from "vitest";
import { parseFilter, toggleTerm, valuesOf, writeFilter } from "./filter.js";

test("a filter is fields, comparisons, negations and words", () => {
  expect(parseFilter('state:open sev:<=1 -rule:DAT-014 owner:"data team" schema')).toEqual({
    terms: [
      { field: "state", op: "=", value: "open", not: false },
      { field: "sev", op: "<=", value: "1", not: false },
      { field: "rule", op: "=", value: "DAT-014", not: true },
      { field: "owner", op: "=", value: "data team", not: false },
    ],
    words: ["schema"],
  });
});

test("a filter is written as it was read", () => {
  const text = 'state:open sev:<=1 -rule:DAT-014 owner:"data team" schema';
  expect(writeFilter(parseFilter(text))).toBe(text);
  expect(writeFilter(parseFilter("  "))).toBe("");
});

test("a facet adds its value and takes it away again", () => {
  expect(toggleTerm("schema", "state", "open")).toBe("state:open schema");
  expect(toggleTerm("state:open schema", "state", "open")).toBe("schema");
  expect(toggleTerm("state:open,planned", "state", "open")).toBe("state:planned");
  expect(valuesOf(parseFilter("state:open,planned state:called"), "state")).toEqual(["open", "planned", "called"]);
});
