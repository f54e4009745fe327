import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const file = join(import.meta.dirname, "../bin/node-version.js");

/** What a program says and how it ends that is started by a Node of this version. */
function startedBy(found: string): { status: number | null; said: string } {
  const check = `if (require(${JSON.stringify(file)})("paydown", require("./package.json"), "${found}")) process.stdout.write("starts")`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--input-type=commonjs", "-e", check], {
    cwd: join(import.meta.dirname, ".."),
    encoding: "utf8",
  });
  return { status, said: stdout + stderr };
}

test.each(["12.0.0", "20.20.2", "22.12.9"])("Node %s is told which version is needed and what to do", (found) => {
  expect(startedBy(found)).toEqual({
    status: 2,
    said: `error NODE_TOO_OLD: This is Node ${found}, and paydown needs 22.13 or newer: install one from https://nodejs.org and run the command with it.\n`,
  });
});

test.each(["22.13.0", "23.0.0", "24.9.0", "100.0.0"])("Node %s starts the program", (found) => {
  expect(startedBy(found)).toEqual({ status: 0, said: "starts" });
});

test("what a Node that is too old must read holds nothing newer than Node 12", () => {
  const folder = join(import.meta.dirname, "../..");
  for (const name of ["scan/bin/node-version.js", "scan/bin/paydown-scan.js", "platform/bin/paydown.js"]) {
    const text = readFileSync(join(folder, name), "utf8").replace(/^\s*\/\/.*$/gm, "");
    expect([name, text.match(/\?\.|\?\?|\bawait\b|\|\|=|&&=|#\w+\(|\b\d+_\d+/g)]).toEqual([name, null]);
  }
});
