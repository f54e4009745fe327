import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startServer } from "../interop/server.ts";
import { startPostgres } from "../packages/platform/src/base/testing/postgres.ts";
import { figuresOf, rounded } from "./harness/load.ts";
import { residentMiB } from "./harness/memory.ts";
import { createExperiment, createRun, type MlflowCalls, openMlflow } from "./harness/mlflow-calls.ts";

/**
 * 200 clients log, each its own runs, while eight search and draw curves: `npm run bench soak -- --minutes 10` (10 when
 * absent, 60 at most), on SQLite and then with two servers on one PostgreSQL, where every client turns from one server to the
 * other with each call; `--databases sqlite` has the one alone. Ends with an error when a call fails, a point is missing at the
 * end, a repeat was counted or memory has grown; everything is counted over the wire.
 */
const { values } = parseArgs({
  options: { minutes: { type: "string", default: "10" }, databases: { type: "string", default: "sqlite,postgres" } },
});
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

interface Soak {
  readonly urls: readonly string[];
  readonly experiment: string;
  readonly until: number;
  /** Milliseconds of each call. */
  readonly writes: number[];
  readonly reads: number[];
  readonly written: Written[];
}

async function soak(database: string) {
  const folder = mkdtempSync(join(tmpdir(), "paydown-soak-"));
  const cluster = database === "postgres" ? await startPostgres() : undefined;
  const words = (name: string) => ["--data", join(folder, name), "--port", "0", "--log-level", "error"];
  const shared = cluster && ["--database", cluster.createDatabase(), "--artifacts", `file:${join(folder, "objects")}`];
  const servers = [await startServer([...words("one"), ...(shared ?? [])])];
  try {
    if (shared !== undefined) servers.push(await startServer([...words("two"), ...shared]));
    const urls = servers.map((server) => server.url);
    const calls = await openMlflow(urls[0] as string);
    const experiment = await createExperiment(calls, "soak");
    const began = performance.now();
    const run: Soak = { urls, experiment, until: began + minutes * 60_000, writes: [], reads: [], written: [] };
    const memory: number[] = [];
    const watch = setInterval(() => {
      memory.push(servers.reduce((sum, server) => sum + residentMiB(server.process.pid as number), 0));
      const seconds = Math.round((performance.now() - began) / 1000);
      console.error(`${database}, ${seconds} s: ${run.writes.length} points, ${memory.at(-1)} MiB`);
    }, 10_000);
    try {
      await Promise.all([
        ...Array.from({ length: writers }, (_, client) => write(run, client)),
        ...Array.from({ length: readers }, (_, client) => read(run, client)),
      ]);
    } finally {
      clearInterval(watch);
    }
    const seconds = (performance.now() - began) / 1000;
    const points = await countAll(calls, run.written);
    calls.close();
    return {
      servers: servers.length,
      minutes,
      writers,
      readers,
      runs: run.written.length,
      points,
      errors: 0,
      lost: 0,
      log: figuresOf(run.writes, seconds),
      searchAndCurve: figuresOf(run.reads, seconds),
      residentMiB: settled(memory),
    };
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
    cluster?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A client of all servers, which asks each in turn. */
async function openAll(urls: readonly string[], from: number) {
  const each = await Promise.all(urls.map((url) => openMlflow(url)));
  let turn = from;
  return {
    next: () => each[turn++ % each.length] as MlflowCalls,
    close() {
      for (const calls of each) calls.close();
    },
  };
}

async function write(soak: Soak, client: number): Promise<void> {
  const servers = await openAll(soak.urls, client);
  while (performance.now() < soak.until) {
    const run = await createRun(servers.next(), soak.experiment);
    await servers.next().post("/runs/log-parameter", { run_id: run, key: "client", value: String(client) });
    let points = 0;
    for (; points < pointsOfRun && performance.now() < soak.until; points++) {
      const point = {
        run_id: run,
        key: "loss",
        value: 1 / (points + 1),
        timestamp: 1_700_000_000_000 + points,
        step: points,
      };
      const before = performance.now();
      await servers.next().post("/runs/log-metric", point);
      soak.writes.push(performance.now() - before);
      if (points % repeatEvery === 0) await servers.next().post("/runs/log-metric", point);
    }
    await servers.next().post("/runs/update", { run_id: run, status: "FINISHED", end_time: Date.now() });
    soak.written.push({ run, points });
  }
  servers.close();
}

async function read(soak: Soak, client: number): Promise<void> {
  const servers = await openAll(soak.urls, client);
  for (let i = 0; performance.now() < soak.until; i++) {
    const before = performance.now();
    await servers.next().post("/runs/search", {
      experiment_ids: [soak.experiment],
      filter: i % 2 === 0 ? "metrics.loss < 0.01" : `params.client = '${i % writers}'`,
      order_by: ["metrics.loss ASC"],
      max_results: 50,
    });
    const some = soak.written[i % Math.max(1, soak.written.length)];
    if (some !== undefined) {
      await servers.next().get(`/api/v1/projects/default/metric-history?runIds=${some.run}&key=loss&buckets=100`);
    }
    soak.reads.push(performance.now() - before);
  }
  servers.close();
}

/** Points found, which must be those that were answered as logged. */
async function countAll(calls: MlflowCalls, written: readonly Written[]): Promise<number> {
  let found = 0;
  for (const { run, points } of written) {
    const history = await calls.get<{ series: { points: number }[] }>(
      `/api/v1/projects/default/metric-history?runIds=${run}&key=loss&buckets=2`,
    );
    const there = history.series[0]?.points ?? 0;
    if (there !== points) throw new RangeError(`run ${run} has ${there} points; ${points} were answered as logged`);
    found += there;
  }
  return found;
}

/** The first third warms caches up; after that memory must stay where it is. */
function settled(memory: readonly number[]) {
  const after = memory.slice(Math.floor(memory.length / 3));
  const half = Math.floor(after.length / 2);
  const mean = (list: readonly number[]) => list.reduce((sum, one) => sum + one, 0) / Math.max(1, list.length);
  const [early, late] = [mean(after.slice(0, half)), mean(after.slice(half))];
  if (half >= 3 && late > early * 1.25 + 16) {
    throw new RangeError(`memory grew from ${Math.round(early)} to ${Math.round(late)} MiB`);
  }
  return { settledFirstHalf: rounded(early), settledSecondHalf: rounded(late), greatest: Math.max(...memory) };
}

const result: Record<string, unknown> = {};
for (const database of values.databases.split(",")) result[database] = await soak(database);
console.log(JSON.stringify(result));
