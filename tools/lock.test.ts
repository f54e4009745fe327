import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { completeLock } from "./lock.ts";
import { root } from "./source.ts";

const text = readFileSync(join(root, "package-lock.json"), "utf8");

test("the lock file is complete for every system and names no address (else run `node tools/lock.ts`)", () => {
  expect(completeLock(text) === text).toBe(true);
  expect(text).not.toMatch(/"resolved": "https?:/);
});

test("a binary for another system gets its system, so that nobody tries to install it here", () => {
  const { packages } = JSON.parse(text) as {
    packages: Record<string, { os?: string[]; cpu?: string[]; libc?: string[] }>;
  };
  expect(packages["node_modules/@biomejs/cli-win32-arm64"]).toMatchObject({ os: ["win32"], cpu: ["arm64"] });
  expect(packages["node_modules/@biomejs/cli-linux-x64-musl"]).toMatchObject({
    os: ["linux"],
    cpu: ["x64"],
    libc: ["musl"],
  });
});
