import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { train } from "../examples/flight-delays/pipeline/boosting.ts";
import { toOnnx } from "../examples/flight-delays/pipeline/onnx.ts";

/**
 * ONNX inference through the v2 protocol with everything on (schema check, contract on every column, durable log, traffic
 * counts) against the same engine behind bare node:http: no checks, no log, one process, synchronous in its event loop.
 * 100 trees of depth 3 over 7 inputs; short runs alternate between the sides, medians are told; the load comes from this
 * process on the same machine, its share is told too. CPU is that of the server's process per request.
 */
const seconds = Number(process.env.PAYDOWN_BENCH_SECONDS ?? 2);
const rounds = Number(process.env.PAYDOWN_BENCH_ROUNDS ?? 3);
const names = ["hour", "minute", "weekday", "month", "distance", "origin_rows", "destination_rows"];
const folder = mkdtempSync(join(tmpdir(), "paydown-bench-"));

interface Side {
  readonly name: string;
  readonly port: number;
  readonly path: string;
  readonly child: ChildProcess;
}

interface Measured {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly cpuMs: number;
  readonly loadCores: number;
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function model(): Uint8Array {
  const random = seeded(1);
  const rows = 20_000;
  const columns = names.map(() => Float32Array.from({ length: rows }, () => random() * 24));
  const labels = Uint8Array.from({ length: rows }, (_, i) => {
    const odds = (columns[0]?.[i] as number) + (columns[4]?.[i] as number) * (columns[2]?.[i] as number) * 0.05;
    return odds + random() * 20 > 40 ? 1 : 0;
  });
  const options = { trees: 100, depth: 3, learningRate: 0.1, bins: 64, minRows: 20, lambda: 1 };
  return toOnnx(
    train(columns, labels, options, () => undefined),
    names,
    [],
    [],
  );
}

const bareServer = `
import { createServer } from "node:http";
import { createRequire } from "node:module";
const ort = createRequire(${JSON.stringify(import.meta.url)})("onnxruntime-node");
const session = await ort.InferenceSession.create(process.argv[2], { intraOpNumThreads: 1, interOpNumThreads: 1 });
createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", async () => {
    const body = JSON.parse(Buffer.concat(parts).toString());
    const feeds = {};
    for (const one of body.inputs) feeds[one.name] = new ort.Tensor("float32", Float32Array.from(one.data), one.shape);
    const { probabilities } = await session.run(feeds, ["probabilities"]);
    const outputs = [{ name: "probabilities", shape: probabilities.dims, datatype: "FP32", data: Array.from(probabilities.data) }];
    const text = JSON.stringify({ model_name: "delay", outputs });
    response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) }).end(text);
  });
}).listen(0, "127.0.0.1", function () { console.log("ready http://127.0.0.1:" + this.address().port); });
`;

function start(words: readonly string[]): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
  return new Promise((resolve, reject) => {
    let seen = "";
    child.stdout?.on("data", (text: Buffer) => {
      seen += text.toString();
      const url = /^ready (http:\S+)/m.exec(seen)?.[1];
      if (url !== undefined) resolve({ child, url });
    });
    child.once("exit", (code) => reject(new RangeError(`the server ended with ${code}`)));
  });
}

async function openSides(): Promise<Side[]> {
  const onnx = model();
  writeFileSync(join(folder, "model.onnx"), onnx);
  writeFileSync(join(folder, "bare.mjs"), bareServer);
  const bare = await start([join(folder, "bare.mjs"), join(folder, "model.onnx")]);
  const main = join(import.meta.dirname, "../packages/platform/dist/main.js");
  const ours = await start([main, "up", "--data", join(folder, "data"), "--port", "0"]);
  await deploy(ours.url, onnx);
  const port = (url: string): number => Number(new URL(url).port);
  return [
    { name: "bare", port: port(bare.url), path: "/", child: bare.child },
    { name: "paydown", port: port(ours.url), path: "/v2/models/delay/infer", child: ours.child },
  ];
}

async function call<T>(url: string, method: string, body?: object | Uint8Array): Promise<T> {
  const bytes = body instanceof Uint8Array ? Buffer.from(body) : JSON.stringify(body);
  const response = await fetch(url, { method, body: bytes, headers: { "content-type": "application/json" } });
  const text = await response.text();
  if (!response.ok) throw new RangeError(`${url} was answered with ${response.status}: ${text}`);
  return JSON.parse(text) as T;
}

async function deploy(url: string, onnx: Uint8Array): Promise<void> {
  const mlflow = `${url}/api/2.0/mlflow`;
  const { run } = await call<{ run: { info: { run_id: string; artifact_uri: string } } }>(
    `${mlflow}/runs/create`,
    "POST",
    {
      experiment_id: "0",
      start_time: 0,
    },
  );
  const path = run.info.artifact_uri.replace(/^mlflow-artifacts:\/+/, "");
  await call(`${url}/api/2.0/mlflow-artifacts/artifacts/${path}/model/model.onnx`, "PUT", onnx);
  await call(`${mlflow}/registered-models/create`, "POST", { name: "delay" });
  await call(`${mlflow}/model-versions/create`, "POST", { name: "delay", source: `${run.info.artifact_uri}/model` });
  await call(`${url}/api/v1/projects/default/deployments`, "POST", {
    name: "delay",
    model: "delay",
    version: 1,
    contract: { columns: names.map((column) => ({ column, min: 0, max: 24 })) },
    limits: { rowsPerRequest: 1000 },
  });
}

function body(rows: number, seed: number): string {
  const random = seeded(seed);
  const inputs = names.map((name) => ({
    name,
    shape: [rows, 1],
    datatype: "FP32",
    data: Array.from({ length: rows }, () => Math.fround(Math.round(random() * 2400) / 100)),
  }));
  return JSON.stringify({ inputs, outputs: [{ name: "probabilities" }] });
}

/** User and system time of a process in ms. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** Keeps one request under way on each connection; raw sockets, so that the load costs little. */
async function measure(side: Side, connections: number, payload: string, forSeconds: number): Promise<Measured> {
  const head = `POST ${side.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(payload)}\r\n\r\n`;
  const request = Buffer.from(head + payload);
  const times: number[] = [];
  const started = performance.now();
  const cpu = cpuOf(side.child.pid as number);
  const own = process.cpuUsage();
  const until = started + forSeconds * 1000;
  await Promise.all(
    Array.from({ length: connections }, () => {
      const socket: Socket = connect(side.port, "127.0.0.1");
      socket.setNoDelay(true);
      return new Promise<void>((resolve, reject) => {
        let at = 0;
        let pending: Buffer = Buffer.alloc(0);
        const send = (): void => {
          at = performance.now();
          socket.write(request);
        };
        socket.once("connect", send);
        socket.once("error", reject);
        socket.on("data", (chunk: Buffer) => {
          pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
          const end = pending.indexOf("\r\n\r\n");
          if (end < 0) return;
          const headers = pending.toString("latin1", 0, end);
          const length = Number(/content-length: (\d+)/i.exec(headers)?.[1]);
          if (pending.length < end + 4 + length) return;
          if (!headers.startsWith("HTTP/1.1 200")) return reject(new RangeError(pending.toString()));
          pending = Buffer.alloc(0);
          const now = performance.now();
          times.push(now - at);
          if (now < until) send();
          else {
            socket.destroy();
            resolve();
          }
        });
      });
    }),
  );
  const ms = performance.now() - started;
  const { user, system } = process.cpuUsage(own);
  times.sort((a, b) => a - b);
  return {
    perSecond: (times.length / ms) * 1000,
    p50Ms: times[Math.floor(times.length / 2)] as number,
    p99Ms: times[Math.floor(times.length * 0.99)] as number,
    cpuMs: (cpuOf(side.child.pid as number) - cpu) / times.length,
    loadCores: (user + system) / 1000 / ms,
  };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

function summary(all: readonly Measured[]): Record<string, number> {
  const of = (key: keyof Measured, digits: number): number =>
    Number(median(all.map((one) => one[key])).toFixed(digits));
  return {
    perSecond: of("perSecond", 0),
    p50Ms: of("p50Ms", 3),
    p99Ms: of("p99Ms", 3),
    cpuMsPerRequest: of("cpuMs", 3),
    loadCores: of("loadCores", 2),
  };
}

/** Both sides must compute the same before their speed means anything. */
async function compareAnswers(sides: readonly Side[]): Promise<number> {
  const answers = await Promise.all(
    sides.map((side) =>
      call<{ outputs: { data: number[] }[] }>(
        `http://127.0.0.1:${side.port}${side.path}`,
        "POST",
        JSON.parse(body(32, 5)),
      ),
    ),
  );
  const [a, b] = answers.map((answer) => answer.outputs[0]?.data ?? []);
  return Math.max(...(a as number[]).map((value, i) => Math.abs(value - ((b as number[])[i] ?? Number.NaN))));
}

const sides = await openSides();
const difference = await compareAnswers(sides);
if (!(difference < 1e-6)) throw new RangeError(`the two sides answer differently, by ${difference}`);
const cells: object[] = [];
for (const rows of [1, 32]) {
  const payload = body(rows, 9);
  for (const connections of [1, 8, 32]) {
    const results = new Map<string, Measured[]>(sides.map((side) => [side.name, []]));
    for (const side of sides) await measure(side, connections, payload, 0.5);
    for (let round = 0; round < rounds; round++) {
      for (const side of sides) results.get(side.name)?.push(await measure(side, connections, payload, seconds));
    }
    const bare = summary(results.get("bare") as Measured[]);
    const paydown = summary(results.get("paydown") as Measured[]);
    cells.push({
      rows,
      connections,
      bare,
      paydown,
      p50OverBareMs: Number(((paydown.p50Ms as number) - (bare.p50Ms as number)).toFixed(3)),
    });
  }
}
for (const side of sides) {
  side.child.removeAllListeners("exit");
  const ended = new Promise((resolve) => side.child.once("exit", resolve));
  side.child.kill("SIGTERM");
  await ended;
}
rmSync(folder, { recursive: true });
console.log(JSON.stringify({ model: "100 trees, depth 3, 7 named inputs, JSON", seconds, rounds, cells }));
