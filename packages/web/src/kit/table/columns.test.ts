import { expect, test } from "vitest";
import { nextSort, sortRows, sortState } from "./columns.js";

test("a column sorts downwards first, then upwards", () => {
  expect(nextSort(undefined, "rate")).toBe("-rate");
  expect(nextSort("-rate", "rate")).toBe("rate");
  expect(nextSort("rate", "rate")).toBe("-rate");
  expect(nextSort("-age", "rate")).toBe("-rate");
  expect(sortState("-rate", "rate")).toBe("descending");
  expect(sortState("rate", "rate")).toBe("ascending");
  expect(sortState("-rate", "age")).toBe("none");
});

test("unknown sorts last, upwards and downwards", () => {
  const rows = [{ v: 2 }, { v: undefined }, { v: 10 }];
  const by = (row: { v: number | undefined }) => row.v;
  expect(sortRows(rows, "v", by).map((row) => row.v)).toEqual([2, 10, undefined]);
  expect(sortRows(rows, "-v", by).map((row) => row.v)).toEqual([10, 2, undefined]);
  expect(sortRows(rows, undefined, by)).toEqual(rows);
});

test("names sort as people count", () => {
  const rows = ["v10", "v2"];
  expect(sortRows(rows, "name", (row) => row)).toEqual(["v2", "v10"]);
});
