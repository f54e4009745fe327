import { expect, test } from "vitest";
import { nearestEight, nearestIndex, readAt } from "./nearest.js";

test("the point nearest to a place is found in a sorted axis", () => {
  expect([-5, 0, 4, 6, 99].map((x) => nearestIndex([0, 5, 10], x))).toEqual([0, 0, 1, 1, 2]);
  expect(nearestIndex([], 1)).toBe(-1);
});

test("a reading skips gaps and lines that end elsewhere, and the eight nearest come greatest first", () => {
  const series = [
    { id: "a", name: "a", x: [0, 1, 2], y: [1, null, 3] },
    { id: "b", name: "b", x: [50], y: [9] },
    ...Array.from({ length: 9 }, (_, at) => ({ id: `c${at}`, name: `c${at}`, x: [1], y: [at] })),
  ];
  const read = readAt(series, 1, 5);
  expect(read.map((one) => one.id)).not.toContain("b");
  expect(read[0]).toMatchObject({ id: "a", y: 1 });
  const near = nearestEight(read, (y) => Math.abs(y - 8));
  expect(near).toHaveLength(8);
  expect(near[0]?.y).toBe(8);
});
