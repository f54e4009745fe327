import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * MLflow's hot calls over HTTP with keep-alive, durable (every answer follows a synced commit): log-metric with eight
 * clients, log-batch of 1,000 metrics, and pages of a search. `PAYDOWN_BENCH_URL` measures a server that already runs,
 * such as a stock MLflow server, with the same calls.
 */
const clients = 8;
const seconds = Number(process.env.PAYDOWN_BENCH_SECONDS ?? 5);
const agent = new Agent({ keepAlive: true, maxSockets: clients });

interface Server {
  readonly url: string;
  stop(): Promise<void>;
}

async function openServer(): Promise<Server> {
  const given = process.env.PAYDOWN_BENCH_URL;
  if (given !== undefined) return { url: given, stop: async () => undefined };
  const data = mkdtempSync(join(tmpdir(), "paydown-bench-"));
  const main = join(import.meta.dirname, "../packages/platform/dist/main.js");
  const child = spawn(process.execPath, [main, "up", "--data", data, "--port", "0"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const url = await new Promise<string>((resolve, reject) => {
    let seen = "";
    child.stdout.on("data", (text: Buffer) => {
      seen += text.toString();
      const ready = /^ready (http:\S+)/m.exec(seen)?.[1];
      if (ready !== undefined) resolve(ready);
    });
    child.once("exit", (code) => reject(new RangeError(`the server ended with ${code}`)));
  });
  return {
    url,
    async stop() {
      child.removeAllListeners("exit");
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await ended;
      rmSync(data, { recursive: true });
    },
  };
}

function post<T>(url: string, body: object): Promise<T> {
  return new Promise((resolve, reject) => {
    const payload = JSON.stringify(body);
    const call = request(
      url,
      {
        method: "POST",
        agent,
        headers: { "content-type": "application/json", "content-length": Buffer.byteLength(payload) },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString();
          if (response.statusCode === 200) resolve(JSON.parse(text) as T);
          else reject(new RangeError(`${url} answered ${response.statusCode}: ${text.slice(0, 300)}`));
        });
      },
    );
    call.setNoDelay(true);
    call.on("error", reject);
    call.end(payload);
  });
}

/** Runs a call from so many clients, one after another in each, and sums up what it took. */
async function measure(parallel: number, call: (client: number, i: number) => Promise<unknown>) {
  const times: number[] = [];
  const start = performance.now();
  const until = start + seconds * 1000;
  await Promise.all(
    Array.from({ length: parallel }, async (_, client) => {
      for (let i = 0; performance.now() < until; i++) {
        const before = performance.now();
        await call(client, i);
        times.push(performance.now() - before);
      }
    }),
  );
  const took = (performance.now() - start) / 1000;
  times.sort((a, b) => a - b);
  const at = (share: number) =>
    Number((times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0).toFixed(2));
  return { requestsPerSecond: Math.round(times.length / took), p50: at(0.5), p99: at(0.99), requests: times.length };
}

const server = await openServer();
const api = `${server.url}/api/2.0/mlflow`;
try {
  const { experiment_id } = await post<{ experiment_id: string }>(`${api}/experiments/create`, {
    name: `bench ${Date.now()}`,
  });
  const newRun = async (i: number) =>
    (
      await post<{ run: { info: { run_id: string } } }>(`${api}/runs/create`, {
        experiment_id,
        start_time: 1_700_000_000_000 + i,
      })
    ).run.info.run_id;
  const runs = await Promise.all(Array.from({ length: clients }, (_, i) => newRun(i)));

  const logMetric = await measure(clients, (client, i) =>
    post(`${api}/runs/log-metric`, {
      run_id: runs[client],
      key: "loss",
      value: 1 / (i + 1),
      timestamp: 1_700_000_000_000 + i,
      step: i,
    }),
  );
  const oneClient = await measure(1, (client, i) =>
    post(`${api}/runs/log-metric`, {
      run_id: runs[client],
      key: "single",
      value: i,
      timestamp: 1_700_000_000_000 + i,
      step: i,
    }),
  );
  const logBatch = await measure(1, (client, i) =>
    post(`${api}/runs/log-batch`, {
      run_id: runs[client],
      metrics: Array.from({ length: 1000 }, (_, j) => ({
        key: `m${j % 20}`,
        value: j,
        timestamp: 1_700_000_000_000 + j,
        step: i * 50 + Math.floor(j / 20),
      })),
    }),
  );
  for (let i = 0; i < 1000; i++) {
    const run_id = await newRun(100 + i);
    await post(`${api}/runs/log-batch`, {
      run_id,
      metrics: Array.from({ length: 10 }, (_, j) => ({
        key: `score${j}`,
        value: (i * 7919) % 1000,
        timestamp: 1,
        step: 0,
      })),
      params: Array.from({ length: 10 }, (_, j) => ({ key: `param${j}`, value: String(i % (j + 2)) })),
      tags: Array.from({ length: 5 }, (_, j) => ({ key: `tag${j}`, value: `value ${i % 3}` })),
    });
  }
  const search = (body: object) =>
    measure(1, () => post(`${api}/runs/search`, { experiment_ids: [experiment_id], ...body }));
  const result = {
    clients,
    logMetric,
    logMetricOneClient: oneClient,
    logBatchOf1000: logBatch,
    search100Of1000: await search({ max_results: 100 }),
    search100FilteredSorted: await search({
      max_results: 100,
      filter: "params.param3 = '1' and metrics.score1 > 200",
      order_by: ["metrics.score0 DESC"],
    }),
    searchAll1000: await search({ max_results: 1000 }),
  };
  console.log(JSON.stringify(result));
} finally {
  agent.destroy();
  await server.stop();
}
