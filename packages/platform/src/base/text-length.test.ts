import fc from "fast-check";
import { expect, test } from "vitest";
import { cutTo, isLonger } from "./text-length.js";

test("length and cut agree with a list of characters", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 30 }), fc.nat(30), (text, limit) => {
      const characters = Array.from(text);
      expect(isLonger(text, limit)).toBe(characters.length > limit);
      expect(cutTo(text, limit)).toBe(characters.slice(0, limit).join(""));
    }),
  );
});

test("a rocket is one character", () => {
  expect(isLonger("🚀🚀", 2)).toBe(false);
  expect(cutTo("a🚀🚀", 2)).toBe("a🚀");
});
