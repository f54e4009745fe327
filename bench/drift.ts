/**
 * Drift of 3,000,000 x 5 real flights by fixed bins: January 2001 is the reference; every row of the six months is read,
 * counted into its day's bins, and each day is judged by the calibrated rule and four rules of thumb. Prints rows/s and peak
 * memory. Usage: node bench/drift.ts. Needs a build of packages/platform.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const dist = join(root, "packages/platform/dist");
const load = (path: string) => import(join(dist, path));
const { openEngine } = await load("base/engine/open.js");
const { createCounter } = await load("capabilities/monitoring/windows/tally.js");
const { observe } = await load("capabilities/monitoring/windows/observe.js");
const { createWatcher } = await load("capabilities/monitoring/windows/judge.js");
const { signalsOf } = await load("capabilities/monitoring/model.js");

const data = join(root, "node_modules/vega-datasets/data");
const dayMs = 86_400_000;
const [january, february] = [Date.UTC(2001, 0, 1), Date.UTC(2001, 1, 1)];
const rows = { files: { format: "parquet", paths: [join(data, "flights-3m.parquet")] } };
const before = { ...rows, window: { column: "date", from: january, to: february } };
const folder = mkdtempSync(join(tmpdir(), "paydown-drift-"));
const engine = await openEngine({ url: "duckdb:", folder, readable: [data] });

const start = performance.now();
const requests = [
  { column: "date", bins: { parts: 10 }, keep: 0 },
  { column: "delay", bins: { parts: 10 }, keep: 0 },
  { column: "distance", bins: { parts: 10 }, keep: 0 },
  { column: "origin", bins: { parts: 10 }, keep: 50 },
  { column: "destination", bins: { parts: 10 }, keep: 50 },
];
const features: object[] = [];
for await (const facts of engine.profileColumns(before, requests)) {
  const common = { feature: facts.column.name, missing: facts.nulls + facts.nans };
  features.push(
    facts.edges
      ? { ...common, kind: "numeric", edges: facts.edges, counts: facts.counts }
      : { ...common, kind: "categorical", categories: facts.categories, counts: facts.categoryCounts },
  );
}
const profiled = performance.now();

const plan = {
  window: "day",
  features,
  calibration: { from: january, to: february },
  promise: { falsePagesPerWeek: 0.1, shiftInSigmas: 2 },
  naiveRules: ["evidently", "nannyml", "ks-005", "psi-01"],
};
const counter = createCounter(plan);
const tallies = new Map<number, ReturnType<typeof counter.open>>();
const columns = ["date", "delay", "distance", "origin", "destination"];
let counted = 0;
for await (const chunk of engine.readColumns(rows, columns)) {
  const [date, delay, distance, origin, destination] = chunk.columns.map(({ values }: { values: unknown }) => values);
  const none = new Float64Array(chunk.rows).fill(Number.NaN);
  const text = (values: (string | null)[]) => values.map((value) => value ?? "");
  const part = {
    rows: chunk.rows,
    version: 1,
    times: date,
    inputs: { date, delay, distance },
    texts: { origin: text(origin), destination: text(destination) },
    scores: none,
    outcomes: none,
  };
  for (let from = 0; from < chunk.rows; ) {
    const day = Math.floor(date[from] / dayMs) * dayMs;
    let to = from + 1;
    while (to < chunk.rows && Math.floor(date[to] / dayMs) * dayMs === day) to++;
    let tally = tallies.get(day);
    if (tally === undefined) {
      tally = counter.open(day);
      tallies.set(day, tally);
    }
    counter.add(tally, part, from, to);
    from = to;
  }
  counted += chunk.rows;
}
const countedAt = performance.now();

const windows = [...tallies.values()].sort((a, b) => a.at - b.at).map((tally) => observe(plan, tally));
const signals = signalsOf(plan);
let judged = 0;
for (const [i, signal] of signals.entries()) {
  const series = windows.map((observations) => observations[i]);
  const watcher = createWatcher(
    plan,
    signal,
    series.filter(({ at }) => at < february),
    true,
    signals.length,
  );
  let evidence = { up: 0, down: 0 };
  for (const observation of series.filter(({ at }) => at >= february)) {
    evidence = watcher.judge(observation, evidence);
    judged++;
  }
}
const end = performance.now();
await engine.close();
rmSync(folder, { recursive: true, force: true });

const seconds = (from: number, to: number) => Number(((to - from) / 1000).toFixed(3));
console.log(
  JSON.stringify({
    what: "drift of flights-3m.parquet by fixed bins, one window a day",
    rows: counted,
    columns: columns.length,
    windows: windows.length,
    judged,
    seconds: {
      reference: seconds(start, profiled),
      counting: seconds(profiled, countedAt),
      judging: seconds(countedAt, end),
      total: seconds(start, end),
    },
    rowsPerSecond: Math.round(counted / ((end - start) / 1000)),
    peakRssMiB: Math.round(process.resourceUsage().maxRSS / 1024),
  }),
);
