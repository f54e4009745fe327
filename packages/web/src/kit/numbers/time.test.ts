import { expect, test } from "vitest";
import { ago, day, fromUrlTime, month, stamp, toUrlTime } from "./time.js";

const NOW = Date.UTC(2026, 9, 20, 12, 0, 0);

test("moments are relative up to seven days, then a date", () => {
  expect(ago(NOW - 10_000, NOW)).toBe("just now");
  expect(ago(NOW - 36 * 60_000, NOW)).toBe("36 min ago");
  expect(ago(NOW - 4.5 * 3_600_000, NOW)).toBe("4 h ago");
  expect(ago(NOW - 6 * 86_400_000, NOW)).toBe("6 d ago");
  expect(ago(NOW + 3 * 86_400_000, NOW)).toBe("in 3 d");
  expect(ago(NOW - 8 * 86_400_000, NOW, "utc")).toBe("12 Oct 2026");
});

test("dates and stamps can be read in UTC", () => {
  expect(day(NOW, "utc")).toBe("20 Oct 2026");
  expect(month(NOW)).toBe("October 2026");
  expect(stamp(NOW, "utc")).toBe("20 Oct 2026, 12:00:00 UTC");
});

test("a moment in the URL is absolute and comes back as it went", () => {
  expect(toUrlTime(NOW)).toBe("2026-10-20T12:00:00Z");
  expect(fromUrlTime(toUrlTime(NOW))).toBe(NOW);
  expect(fromUrlTime("yesterday")).toBeUndefined();
  expect(fromUrlTime(undefined)).toBeUndefined();
});
