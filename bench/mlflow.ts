import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { startServer } from "../interop/server.ts";
import { postgresMissing, startPostgres } from "../packages/platform/src/base/testing/postgres.ts";
import { figuresOf, repeat, rounded, runLoad } from "./harness/load.ts";
import { proportionalMiB, residentMiB } from "./harness/memory.ts";
import { createExperiment, createRun, type MlflowCalls, openMlflow } from "./harness/mlflow-calls.ts";
import { ensureStock, startStock, stockVersion } from "./harness/stock.ts";
import { download, upload } from "./harness/transfer.ts";

/**
 * MLflow's own server and this one, one after the other on the same machine: the same calls from the same generator, SQLite
 * and PostgreSQL, the defaults of each, every record durable before its answer on both sides (artifacts
 * are on this side alone). `PAYDOWN_BENCH_SECONDS` sets how
 * long each load runs, 5 when absent.
 */
const seconds = Number(process.env.PAYDOWN_BENCH_SECONDS ?? 5);
const clients = 8;
const longHistory = 1_000_000;
const mebibyte = 2 ** 20;
const artifact = Buffer.alloc(100 * mebibyte, "paydown bench ");

interface Side {
  readonly url: string;
  readonly readyMs: number;
  readonly pid: number;
  /** Leaves 1,000,000 points of the metric `long` in a run. */
  seedHistory(calls: MlflowCalls, run: string): Promise<void>;
  stop(): Promise<void>;
}

const say = (text: string) => console.error(`${new Date().toISOString().slice(11, 19)} ${text}`);

async function stock(database: string): Promise<Side> {
  const server = await startStock(database);
  return { ...server, seedHistory: async (_calls, run) => server.seedHistory(run, longHistory) };
}

async function paydown(database: string): Promise<Side> {
  const data = mkdtempSync(join(tmpdir(), "paydown-bench-"));
  const started = performance.now();
  const server = await startServer([
    ...["--data", data, "--port", "0", "--log-level", "error"],
    ...(database === "sqlite" ? [] : ["--database", database]),
  ]);
  return {
    url: server.url,
    readyMs: Math.round(performance.now() - started),
    pid: server.process.pid as number,
    async seedHistory(calls, run) {
      for (let i = 0; i < longHistory; i += 1000) {
        const metrics = Array.from({ length: 1000 }, (_, j) => ({
          key: "long",
          value: Math.sin((i + j) / 1000) + (((i + j) * 7919) % 1000) / 1000,
          timestamp: 1_700_000_000_000 + (i + j) * 50,
          step: i + j,
        }));
        await calls.post("/runs/log-batch", { run_id: run, metrics });
      }
    },
    async stop() {
      await server.stop();
      rmSync(data, { recursive: true, force: true });
    },
  };
}

async function seedRuns(url: string, experiment: string): Promise<void> {
  await Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      const calls = await openMlflow(url);
      for (let i = client; i < 1000; i += clients) {
        const run_id = await createRun(calls, experiment, 1_700_000_000_000 + i);
        await calls.post("/runs/log-batch", {
          run_id,
          metrics: Array.from({ length: 10 }, (_one, j) => ({
            key: `score${j}`,
            value: (i * 7919 + j) % 1000,
            timestamp: 1_700_000_000_000,
            step: 0,
          })),
          params: Array.from({ length: 10 }, (_one, j) => ({ key: `param${j}`, value: String(i % (j + 2)) })),
          tags: Array.from({ length: 5 }, (_one, j) => ({ key: `tag${j}`, value: `value ${i % 3}` })),
        });
      }
      calls.close();
    }),
  );
}

async function artifacts(url: string, experiment: string) {
  const path = `${url}/api/2.0/mlflow-artifacts/artifacts/${experiment}/bench/artifacts`;
  // The first one is not counted: it makes folders and fills caches on both sides.
  const times = async (call: (i: number) => Promise<number>): Promise<number> => {
    const all: number[] = [];
    for (let i = 0; i < 16; i++) all.push(await call(i));
    return figuresOf(all.slice(1), 1).p50;
  };
  const up = await times((i) => upload(`${path}/${i}.bin`, artifact));
  const down = await times(() => download(`${path}/0.bin`, artifact.length));
  return { upMiBPerSecond: rounded(100 / (up / 1000)), downMiBPerSecond: rounded(100 / (down / 1000)) };
}

async function measure(name: string, open: () => Promise<Side>) {
  say(`${name}: starting`);
  const side = await open();
  try {
    const { url } = side;
    await after(6000);
    const memory = { idleRssMiB: residentMiB(side.pid), idlePssMiB: proportionalMiB(side.pid) };
    const calls = await openMlflow(url);
    const experiment = await createExperiment(calls, "bench");
    const load = { url, experiment, seconds };
    say(`${name}: loads`);
    const logMetric = await runLoad({ ...load, kind: "log-metric", clients });
    const logMetricOneClient = await runLoad({ ...load, kind: "log-metric", clients: 1 });
    const logBatchOf1000 = await runLoad({ ...load, kind: "log-batch", clients: 1 });
    const cycle = await runLoad({ ...load, kind: "cycle", clients });
    say(`${name}: searches`);
    const searched = await createExperiment(calls, "searched");
    await seedRuns(url, searched);
    const search = (body: object) =>
      repeat(() => calls.post("/runs/search", { experiment_ids: [searched], ...body }), 50, seconds);
    const filter = "params.param3 = '1' and metrics.score1 > 200";
    const searches = {
      first100Of1000: await search({ max_results: 100 }),
      filteredSorted: await search({ max_results: 100, filter, order_by: ["metrics.score0 DESC"] }),
      all1000: await search({ max_results: 1000 }),
    };
    say(`${name}: a history of ${longHistory} points`);
    const run = await createRun(calls, searched);
    await side.seedHistory(calls, run);
    const sampled = await repeat(
      () =>
        calls.raw(
          `/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval?run_ids=${run}&metric_key=long&max_results=1000`,
        ),
      20,
    );
    const raw = await repeat(
      () => calls.raw(`/api/2.0/mlflow/metrics/get-history?run_id=${run}&metric_key=long`),
      3,
      3,
    );
    say(`${name}: artifacts`);
    const files = await artifacts(url, experiment);
    calls.close();
    return {
      ready: { ms: side.readyMs },
      memory,
      logMetric,
      logMetricOneClient,
      logBatchOf1000,
      cycle,
      ...searches,
      sampled,
      raw,
      artifacts: files,
    };
  } finally {
    await side.stop();
  }
}

type Measured = Awaited<ReturnType<typeof measure>>;

/** How many times better than the peer. */
function ratios(ours: Measured, peers: Measured) {
  const faster = (key: "logMetric" | "logMetricOneClient" | "logBatchOf1000" | "cycle") =>
    rounded(ours[key].perSecond / peers[key].perSecond);
  const sooner = (key: "first100Of1000" | "filteredSorted" | "all1000" | "sampled" | "raw") =>
    rounded(peers[key].p50 / ours[key].p50);
  return {
    logMetric: faster("logMetric"),
    logMetricP99: rounded(peers.logMetric.p99 / ours.logMetric.p99),
    logMetricOneClient: faster("logMetricOneClient"),
    logBatchOf1000: faster("logBatchOf1000"),
    cycle: faster("cycle"),
    first100Of1000: sooner("first100Of1000"),
    filteredSorted: sooner("filteredSorted"),
    all1000: sooner("all1000"),
    sampled: sooner("sampled"),
    raw: sooner("raw"),
    artifactUp: rounded(ours.artifacts.upMiBPerSecond / peers.artifacts.upMiBPerSecond),
    artifactDown: rounded(ours.artifacts.downMiBPerSecond / peers.artifacts.downMiBPerSecond),
    ready: rounded(peers.ready.ms / ours.ready.ms),
    idlePss: rounded(peers.memory.idlePssMiB / ours.memory.idlePssMiB),
  };
}

ensureStock();
const missing = postgresMissing();
const cluster = missing === undefined ? await startPostgres() : undefined;
const result: Record<string, unknown> = {
  peer: `mlflow ${stockVersion}, default workers`,
  clients,
  secondsOfEachLoad: seconds,
};
try {
  for (const database of cluster === undefined ? ["sqlite"] : ["sqlite", "postgres"]) {
    const url = () => (database === "sqlite" || cluster === undefined ? "sqlite" : cluster.createDatabase());
    const peers = await measure(`mlflow on ${database}`, () => stock(url()));
    const ours = await measure(`paydown on ${database}`, () => paydown(url()));
    result[database] = { mlflow: peers, paydown: ours, times: ratios(ours, peers) };
  }
} finally {
  cluster?.stop();
}
if (missing !== undefined) result.postgres = `not measured: ${missing}`;
console.log(JSON.stringify(result));
