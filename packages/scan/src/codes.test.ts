import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const source = import.meta.dirname;
const guide = readFileSync(join(source, "../../../docs/guide/scan.md"), "utf8");

function codesIn(text: string): Set<string> {
  return new Set(text.match(/SCAN_[A-Z0-9_]+/g) ?? []);
}

test("every code the scan can answer is explained in its guide, and none that it cannot", () => {
  const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter(
    (path) => path.endsWith(".ts") && !path.endsWith(".test.ts"),
  );
  const used = new Set(
    files.flatMap((path) =>
      [...(readFileSync(join(source, path), "utf8").match(/"SCAN_[A-Z0-9_]+"/g) ?? [])].map((code) =>
        code.slice(1, -1),
      ),
    ),
  );
  expect([...used].sort()).toEqual([...codesIn(guide)].sort());
});
