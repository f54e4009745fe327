import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { writeTables } from "./harness/readme-tables.ts";

/**
 * `npm run bench [name...] [-- --its-own words]`: runs each `bench/<name>.ts` in a process of its own. A bench prints one JSON object on its
 * last line; it is stored with the machine it ran on under `bench/results/<name>.json`. Nothing here asserts a time.
 */
const folder = import.meta.dirname;
const all = readdirSync(folder)
  .filter((file) => file.endsWith(".ts") && file !== "run.ts")
  .map((file) => file.slice(0, -3));
const given = process.argv.slice(2);
/** Words of the benches themselves, such as `--minutes 2`, come after the names. */
const ownAt = given.findIndex((word) => word.startsWith("--"));
const wanted = ownAt < 0 ? given : given.slice(0, ownAt);
const own = ownAt < 0 ? [] : given.slice(ownAt);
const unknown = wanted.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  console.error(`unknown bench: ${unknown.join(", ")}; there are ${all.join(", ")}`);
  process.exit(2);
}

const machine = {
  cpu: cpus()[0]?.model ?? "unknown",
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
};
mkdirSync(join(folder, "results"), { recursive: true });

let failed = 0;
for (const name of wanted.length > 0 ? wanted : all) {
  console.log(`bench ${name}`);
  const began = performance.now();
  const run = spawnSync("tsx", ["-C", "source", join(folder, `${name}.ts`), ...own], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    maxBuffer: 64 * 1024 * 1024,
  });
  const last = run.stdout.trim().split("\n").at(-1) ?? "";
  if (run.status !== 0) {
    console.error(`bench ${name} failed with ${run.status ?? run.signal}\n${run.stdout}`);
    failed++;
    continue;
  }
  const result = {
    bench: name,
    command: ["npm run bench", name, ...(own.length > 0 ? ["--", ...own] : [])].join(" "),
    measuredOn: new Date().toISOString().slice(0, 10),
    machine,
    result: JSON.parse(last),
  };
  writeFileSync(join(folder, "results", `${name}.json`), `${JSON.stringify(result, null, 2)}\n`);
  writeTables(name, result.result);
  console.log(last);
  console.log(`bench ${name} took ${Math.round((performance.now() - began) / 1000)} s`);
}
process.exit(failed === 0 ? 0 : 2);
