import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startServer } from "../interop/server.ts";
import { figuresOf, rounded } from "./harness/load.ts";
import { residentMiB } from "./harness/memory.ts";
import { createExperiment, createRun, type MlflowCalls, openMlflow } from "./harness/mlflow-calls.ts";

/**
 * 200 clients log, each its own runs, while eight search and draw curves: `npm run bench soak -- --minutes 10` (10 when
 * absent, 60 at most). Ends with an error when a call fails, a point is missing at the end, a repeat was counted or memory
 * has grown; everything is counted over the wire.
 */
const { values } = parseArgs({ options: { minutes: { type: "string", default: "10" } } });
const minutes = Math.min(60, Math.max(0.2, Number(values.minutes)));
const writers = 200;
const readers = 8;
const pointsOfRun = 400;
/** Every so many points a client sends the last one again, as one does whose answer was lost. */
const repeatEvery = 50;

interface Written {
  readonly run: string;
  readonly points: number;
}

function fail(problem: string): never {
  console.error(problem);
  process.exit(1);
}

const data = mkdtempSync(join(tmpdir(), "paydown-soak-"));
const server = await startServer(["--data", data, "--port", "0", "--log-level", "error"]);
const pid = server.process.pid as number;
const began = performance.now();
const until = began + minutes * 60_000;
const writes: number[] = [];
const reads: number[] = [];
const written: Written[] = [];

async function write(client: number, experiment: string): Promise<void> {
  const calls = await openMlflow(server.url);
  while (performance.now() < until) {
    const run = await createRun(calls, experiment);
    await calls.post("/runs/log-parameter", { run_id: run, key: "client", value: String(client) });
    let points = 0;
    for (; points < pointsOfRun && performance.now() < until; points++) {
      const point = {
        run_id: run,
        key: "loss",
        value: 1 / (points + 1),
        timestamp: 1_700_000_000_000 + points,
        step: points,
      };
      const before = performance.now();
      await calls.post("/runs/log-metric", point);
      writes.push(performance.now() - before);
      if (points % repeatEvery === 0) await calls.post("/runs/log-metric", point);
    }
    await calls.post("/runs/update", { run_id: run, status: "FINISHED", end_time: Date.now() });
    written.push({ run, points });
  }
  calls.close();
}

async function read(experiment: string): Promise<void> {
  const calls = await openMlflow(server.url);
  for (let i = 0; performance.now() < until; i++) {
    const before = performance.now();
    await calls.post("/runs/search", {
      experiment_ids: [experiment],
      filter: i % 2 === 0 ? "metrics.loss < 0.01" : `params.client = '${i % writers}'`,
      order_by: ["metrics.loss ASC"],
      max_results: 50,
    });
    const some = written[i % Math.max(1, written.length)];
    if (some !== undefined) {
      await calls.get(`/api/v1/projects/default/metric-history?runIds=${some.run}&key=loss&buckets=100`);
    }
    reads.push(performance.now() - before);
  }
  calls.close();
}

async function count(calls: MlflowCalls, run: string): Promise<number> {
  const history = await calls.get<{ series: { points: number }[] }>(
    `/api/v1/projects/default/metric-history?runIds=${run}&key=loss&buckets=2`,
  );
  return history.series[0]?.points ?? 0;
}

try {
  const calls = await openMlflow(server.url);
  const experiment = await createExperiment(calls, "soak");
  const memory: number[] = [];
  const watch = setInterval(() => {
    memory.push(residentMiB(pid));
    console.error(`${Math.round((performance.now() - began) / 1000)} s: ${writes.length} points, ${memory.at(-1)} MiB`);
  }, 10_000);
  await Promise.all([
    ...Array.from({ length: writers }, (_, client) => write(client, experiment)),
    ...Array.from({ length: readers }, () => read(experiment)),
  ]);
  clearInterval(watch);
  const seconds = (performance.now() - began) / 1000;
  let found = 0;
  for (const { run, points } of written) {
    const there = await count(calls, run);
    if (there !== points) fail(`run ${run} has ${there} points; ${points} were answered as logged`);
    found += there;
  }
  calls.close();
  // The first third warms caches up; after that memory must stay where it is.
  const settled = memory.slice(Math.floor(memory.length / 3));
  const half = Math.floor(settled.length / 2);
  const mean = (list: readonly number[]) => list.reduce((sum, one) => sum + one, 0) / Math.max(1, list.length);
  const [early, late] = [mean(settled.slice(0, half)), mean(settled.slice(half))];
  if (half >= 3 && late > early * 1.25 + 16) {
    fail(`memory grew from ${Math.round(early)} to ${Math.round(late)} MiB`);
  }
  console.log(
    JSON.stringify({
      minutes,
      writers,
      readers,
      runs: written.length,
      points: found,
      errors: 0,
      lost: 0,
      log: figuresOf(writes, seconds),
      searchAndCurve: figuresOf(reads, seconds),
      residentMiB: {
        settledFirstHalf: rounded(early),
        settledSecondHalf: rounded(late),
        greatest: Math.max(...memory),
      },
    }),
  );
} finally {
  await server.stop();
  rmSync(data, { recursive: true, force: true });
}
