/**
 * Profiles a table in this process with the engine port, as `paydown datasets add` has it done, and prints rows/s, wall
 * and CPU seconds, and peak memory. `flights`: vega-datasets' flights-3m.parquet, 3,000,000 x 5. `flightsTenfold`: the same
 * file ten times over. `wide`: 1,000,000 x 100 seeded doubles, all distinct, the worst case of a profile.
 * Each case runs in a process of its own, so that peak memory is its own.
 * Usage: tsx -C source bench/profile.ts [case]
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { DuckDBInstance } from "@duckdb/node-api";
import { openEngine } from "../packages/platform/src/base/engine/open.ts";
import { type ColumnProfile, encodeProfile, fromFacts } from "../packages/platform/src/capabilities/data/index.ts";

const flights = fileURLToPath(new URL("../data/flights-3m.parquet", import.meta.resolve("vega-datasets")));

const cases: Record<string, (folder: string) => Promise<readonly string[]>> = {
  flights: async () => [flights],
  flightsTenfold: async () => new Array<string>(10).fill(flights),
  wide: makeWide,
};

const [wanted] = process.argv.slice(2);
if (wanted === undefined) {
  const result = Object.fromEntries(Object.keys(cases).map((name) => [name, runApart(name)]));
  console.log(JSON.stringify(result));
} else {
  console.log(JSON.stringify(await profile(wanted)));
}

function runApart(name: string): unknown {
  const run = spawnSync("tsx", ["-C", "source", fileURLToPath(import.meta.url), name], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (run.status !== 0) process.exit(run.status ?? 2);
  return JSON.parse(run.stdout.trim().split("\n").at(-1) ?? "");
}

async function profile(name: string): Promise<object> {
  const folder = mkdtempSync(join(tmpdir(), "paydown-bench-"));
  try {
    const paths = (await cases[name]?.(folder)) ?? [];
    const readable = [...new Set(paths.map((path) => dirname(path)))];
    const engine = await openEngine({ url: "duckdb:", folder: join(folder, "engine"), readable });
    const files = { format: "parquet" as const, paths };
    const described = await engine.describe(files);
    const cpu = process.cpuUsage();
    const start = performance.now();
    const columns: ColumnProfile[] = [];
    const requests = described.columns.map((column) => ({ column: column.name, bins: { parts: 30 }, keep: 1000 }));
    for await (const facts of engine.profileColumns({ files }, requests)) columns.push(fromFacts(facts));
    const bytes = encodeProfile({ rows: described.rows, columns }).length;
    const wall = (performance.now() - start) / 1000;
    const used = process.cpuUsage(cpu);
    await engine.close();
    return {
      rows: described.rows,
      columns: columns.length,
      wallSeconds: Number(wall.toFixed(2)),
      cpuSeconds: Number(((used.user + used.system) / 1e6).toFixed(2)),
      rowsPerSecond: Math.round(described.rows / wall),
      valuesPerSecond: Math.round((described.rows * columns.length) / wall),
      peakMiB: Math.round(process.resourceUsage().maxRSS / 1024),
      profileBytes: bytes,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Made by a process of its own: what writing costs is not part of the peak. */
async function makeWide(folder: string): Promise<readonly string[]> {
  const path = join(folder, "wide.parquet");
  if (process.argv[3] === "make") {
    const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
    const connection = await instance.connect();
    const columns = Array.from({ length: 100 }, (_, i) => `random() * ${i + 1} as c${i}`).join(", ");
    await connection.run("select setseed(0.5)");
    await connection.run(`copy (select ${columns} from range(1000000)) to '${process.argv[4]}' (format parquet)`);
    process.exit(0);
  }
  const run = spawnSync("tsx", ["-C", "source", fileURLToPath(import.meta.url), "wide", "make", path], {
    stdio: "inherit",
  });
  if (run.status !== 0) process.exit(run.status ?? 2);
  return [path];
}
