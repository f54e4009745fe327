import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { startServer } from "../interop/server.ts";
import { systemClock } from "../packages/platform/src/base/clock.js";
import type { Db } from "../packages/platform/src/base/db/db.js";
import { openDb } from "../packages/platform/src/base/db/open.js";
import { silentLog } from "../packages/platform/src/base/log.js";
import { postgresMissing, startPostgres } from "../packages/platform/src/base/testing/postgres.ts";
import { repeat, rounded, runLoad } from "./harness/load.ts";
import { residentMiB } from "./harness/memory.ts";
import { createExperiment, type MlflowCalls, openMlflow } from "./harness/mlflow-calls.ts";
import { seedLongHistory, seedRuns } from "./harness/seed.ts";

/**
 * Cost against size: 1,000, 10,000 and 100,000 runs of ten metrics with 100 points each, that is 1, 10 and 100 million points,
 * and histories of 1 and 10 million points; SQLite and PostgreSQL. `PAYDOWN_BENCH_SCALE` lists other numbers of runs.
 */
const levels = (process.env.PAYDOWN_BENCH_SCALE ?? "1000,10000,100000").split(",").map(Number);
const databases = (process.env.PAYDOWN_BENCH_DATABASES ?? "sqlite,postgres").split(",");
const pointsOfMetric = 100;
const seconds = 3;
const project = "default";
const longRuns = { million: 1_000_000, tenMillion: 10_000_000 };

const say = (text: string) => console.error(`${new Date().toISOString().slice(11, 19)} ${text}`);

async function measureAll(database: string, url: string | undefined) {
  const data = mkdtempSync(join(tmpdir(), "paydown-scale-"));
  const file = join(data, "paydown.db");
  const words = ["--data", data, "--port", "0", "--log-level", "error", "--database", url ?? `sqlite:${file}`];
  const withDb = async (work: (db: Db) => Promise<void>) => {
    const db = await openDb({ url: url ?? `sqlite:${file}`, clock: systemClock, log: silentLog });
    await work(db);
    await db.close();
  };
  try {
    const first = await startServer(words);
    const calls = await openMlflow(first.url);
    const experiment = await createExperiment(calls, "seeded");
    const loaded = await createExperiment(calls, "loaded");
    calls.close();
    await first.stop();
    const curve = [];
    let from = 0;
    for (const to of levels) {
      say(`${database}: seeding ${to} runs`);
      const began = performance.now();
      await withDb(async (db) => {
        if (from === 0) {
          for (const [name, length] of Object.entries(longRuns)) {
            await seedLongHistory(db, project, Number(loaded), name, length);
          }
        }
        await seedRuns(db, { project, experimentId: Number(experiment), from, to, pointsOfMetric });
      });
      const seedSeconds = Math.round((performance.now() - began) / 1000);
      from = to;
      const bytes = await bytesOf(url, file);
      curve.push({
        runs: to,
        points: to * 10 * pointsOfMetric,
        seedSeconds,
        ...bytes,
        ...(await measure(words, experiment, loaded)),
      });
    }
    return curve;
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}

async function bytesOf(url: string | undefined, file: string) {
  if (url === undefined) return { databaseMiB: Math.round(statSync(file).size / 2 ** 20) };
  const db = await openDb({ url, clock: systemClock, log: silentLog });
  const row = await db.read((r) =>
    r.get<{ n: number }>({ sql: "select pg_database_size(current_database()) as n", parameters: [] }),
  );
  await db.close();
  return { databaseMiB: Math.round(Number(row?.n) / 2 ** 20) };
}

async function measure(words: readonly string[], experiment: string, loaded: string) {
  const started = performance.now();
  const first = await startServer(words);
  const readyMs = Math.round(performance.now() - started);
  await first.stop("SIGKILL");
  const again = performance.now();
  const server = await startServer(words);
  const readyAfterKillMs = Math.round(performance.now() - again);
  try {
    await after(6000);
    const idleRssMiB = residentMiB(server.process.pid as number);
    const calls = await openMlflow(server.url);
    const searches = await search(calls, experiment);
    const histories: Record<string, unknown> = {};
    for (const run of Object.keys(longRuns)) histories[run] = await history(calls, run);
    const logMetric = await runLoad({ url: server.url, kind: "log-metric", experiment: loaded, clients: 8, seconds });
    const logBatchOf1000 = await runLoad({
      url: server.url,
      kind: "log-batch",
      experiment: loaded,
      clients: 1,
      seconds,
    });
    const cycle = await runLoad({ url: server.url, kind: "cycle", experiment: loaded, clients: 8, seconds });
    calls.close();
    return { readyMs, readyAfterKillMs, idleRssMiB, logMetric, logBatchOf1000, cycle, searches, histories };
  } finally {
    await server.stop();
  }
}

async function search(calls: MlflowCalls, experiment: string) {
  const found: Record<string, unknown> = {};
  const page = (filter: string, order: readonly string[], more: object = {}) =>
    calls.post<{ runs?: unknown[]; next_page_token?: string }>("/runs/search", {
      experiment_ids: [experiment],
      max_results: 100,
      filter,
      order_by: order,
      ...more,
    });
  const byMetric = ["metrics.m1 DESC"];
  const filters = {
    one: "metrics.m0 > 0 and params.own = '777'",
    hundredth: "metrics.m0 > 0.5 and params.hundredth = '7'",
    half: "metrics.m0 > 0.5 and params.half = '1'",
    all: "metrics.m0 >= 0 and params.same = '1'",
    lastHundredth: "metrics.m0 > 0.99 and params.same = '1'",
    like: "metrics.m0 > 0.5 and params.own LIKE '%77'",
    none: "metrics.m0 > 2 and params.half = '1'",
    "": "",
  };
  for (const [name, filter] of Object.entries(filters)) {
    for (const order of [
      [],
      byMetric,
      ["metrics.m1 ASC"],
      ["params.rate DESC", "metrics.m2 ASC"],
      ["attributes.end_time DESC"],
    ]) {
      const at = `${name || "no filter"}${order.length === 0 ? "" : `, by ${order.join(", ")}`}`;
      const { p50, p99 } = await repeat(() => page(filter, order), 15, 2);
      found[at] = { p50, p99 };
    }
  }
  let token: string | undefined;
  for (let i = 0; i < 50; i++) {
    token = (await page(filters.half, byMetric, token === undefined ? {} : { page_token: token })).next_page_token;
    if (token === undefined) break;
  }
  if (token !== undefined) {
    const { p50, p99 } = await repeat(() => page(filters.half, byMetric, { page_token: token }), 15, 2);
    found["half, by metrics.m1 DESC, page 51"] = { p50, p99 };
  }
  const query = `experimentIds=${experiment}&limit=100`;
  for (const [name, filter] of Object.entries({ "no filter": "", half: filters.half })) {
    const { p50, p99 } = await repeat(
      () => calls.raw(`/api/v1/projects/${project}/runs?${query}&filter=${encodeURIComponent(filter)}`),
      15,
      2,
    );
    found[`table with columns and exact total, ${name}`] = { p50, p99 };
  }
  return found;
}

async function history(calls: MlflowCalls, run: string) {
  const p50 = async (path: string) => (await repeat(() => calls.raw(path), 15, 3)).p50;
  const native = `/api/v1/projects/${project}/metric-history?runIds=${run}&key=long&buckets=1000`;
  return {
    sampled: await p50(
      `/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval?run_ids=${run}&metric_key=long&max_results=1000`,
    ),
    bySteps: await p50(native),
    byTime: await p50(`${native}&axis=time`),
    smoothed: await p50(`${native}&smoothing=0.9`),
  };
}

const result: Record<string, unknown> = { pointsOfMetric, unit: "ms, MiB", clients: 8 };
for (const database of databases) {
  if (database === "sqlite") result.sqlite = await measureAll("sqlite", undefined);
  else {
    const missing = postgresMissing();
    if (missing !== undefined) {
      result.postgres = `not measured: ${missing}`;
      continue;
    }
    const cluster = await startPostgres();
    try {
      result.postgres = await measureAll("postgres", cluster.createDatabase());
    } finally {
      cluster.stop();
    }
  }
}
say(`took ${rounded(performance.now() / 1000)} s`);
console.log(JSON.stringify(result));
