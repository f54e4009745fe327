import { expect, test } from "vitest";
import { monthAfter, monthStart, monthTick } from "./months.js";

test("months walk over the turn of the year", () => {
  expect(monthAfter("2026-01", -1)).toBe("2025-12");
  expect(monthAfter("2026-12", 1)).toBe("2027-01");
  expect(monthStart("2026-10")).toBe(Date.UTC(2026, 9, 1));
  expect(monthTick("2026-10")).toBe("Oct");
});
