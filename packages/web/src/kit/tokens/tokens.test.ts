import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { contrast, distance, type Vision } from "./colour.js";

const css = readFileSync(new URL("./tokens.css", import.meta.url), "utf8");

function token(name: string, theme: "light" | "dark"): string {
  const pair = new RegExp(`--${name}: light-dark\\((#[0-9a-f]{6}), (#[0-9a-f]{6})\\)`).exec(css);
  const value = pair?.[theme === "light" ? 1 : 2] ?? new RegExp(`--${name}: (#[0-9a-f]{6});`).exec(css)?.[1];
  expect(value, `--${name} must be a pair of hex colours`).toBeDefined();
  return value ?? "";
}

const WORDS = ["text", "text-2", "text-3", "accent", "good", "warn", "bad", "unknown", "risk"];
const GROUNDS = ["bg", "surface", "raised"];
const VISIONS: Vision[] = ["normal", "protan", "deutan", "tritan"];

describe.each(["light", "dark"] as const)("the %s theme", (theme) => {
  test.each(WORDS)("%s can be read on every ground", (word) => {
    for (const ground of GROUNDS)
      expect(contrast(token(word, theme), token(ground, theme))).toBeGreaterThanOrEqual(4.5);
  });

  test("controls and focus stand out from every ground", () => {
    for (const name of ["control", "focus"]) {
      for (const ground of GROUNDS)
        expect(contrast(token(name, theme), token(ground, theme))).toBeGreaterThanOrEqual(3);
    }
  });

  test("words on the accent can be read", () => {
    expect(contrast(token("on-accent", theme), token("accent", theme))).toBeGreaterThanOrEqual(4.5);
  });

  test("six series stay apart in every colour vision and visible on the ground", () => {
    const series = [1, 2, 3, 4, 5, 6].map((n) => token(`series-${n}`, theme));
    for (const colour of series) expect(contrast(colour, token("bg", theme))).toBeGreaterThanOrEqual(3);
    for (const vision of VISIONS) {
      const floor = vision === "normal" ? 20 : 12;
      for (const [at, one] of series.entries()) {
        for (const other of series.slice(at + 1)) expect(distance(one, other, vision)).toBeGreaterThanOrEqual(floor);
      }
    }
  });
});

test("neighbours of the diverging scale stay apart in every colour vision", () => {
  const scale = [1, 2, 3, 4, 5, 6, 7].map((n) => token(`diverging-${n}`, "light"));
  for (const vision of VISIONS) {
    for (let at = 1; at < scale.length; at += 1) {
      expect(distance(scale[at - 1] ?? "", scale[at] ?? "", vision)).toBeGreaterThanOrEqual(8);
    }
  }
});
