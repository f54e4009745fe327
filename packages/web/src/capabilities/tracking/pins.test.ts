import { expect, test } from "vitest";
import { readPins, togglePin, writePins } from "./pins.js";

test("a pinned run keeps its colour when another is unpinned, and a freed colour goes to the next", () => {
  let pins = readPins(undefined);
  for (const id of ["a", "b", "c"]) pins = togglePin(pins, id);
  pins = togglePin(pins, "a");
  expect([...pins]).toEqual([
    ["b", 1],
    ["c", 2],
  ]);
  pins = togglePin(pins, "d");
  expect(writePins(pins)).toBe("1.b,2.c,0.d");
  expect(readPins(writePins(pins))).toEqual(pins);
});

test("a ninth run is not pinned, and nonsense in the URL is passed over", () => {
  let pins = readPins("9.x,evil,0.");
  expect(pins.size).toBe(0);
  for (const id of "abcdefghi") pins = togglePin(pins, id);
  expect(pins.size).toBe(8);
  expect(writePins(readPins(""))).toBeUndefined();
});
