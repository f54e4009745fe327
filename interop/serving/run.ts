import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { DuckDBInstance } from "@duckdb/node-api";
import { type RunningServer, root, startServer } from "../server.ts";

const run = promisify(execFile);
const client = ["tritonclient[http]==2.73.0", "scikit-learn==1.9.1", "skl2onnx==1.20.0"];
const venv = join(root, ".interop/serving");
const python = join(venv, "bin/python");
const output = { maxBuffer: 64 * 1024 * 1024 };

export interface SuiteResult {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
}

/**
 * The stock Triton client against the built server: models of scikit-learn, of the example project's own training, and one of
 * many data types, registered through MLflow's protocol and deployed through ours. Prints a line a check.
 */
export async function servingSuite(): Promise<SuiteResult> {
  await prepareClient();
  const folder = await mkdtemp(join(tmpdir(), "paydown-serving-"));
  const server = await startServer(["--data", join(folder, "data"), "--port", "0"]);
  try {
    await run(python, [join(import.meta.dirname, "models.py"), folder], output);
    for (const name of ["gbm", "types", "endless"]) {
      await register(server.url, name, await readFile(join(folder, `${name}.onnx`)));
      await deploy(server.url, name);
    }
    await trainExample(server.url, folder);
    await deploy(server.url, "delay");
    const lines = await runChecks(server.url, folder);
    lines.push(...(await afterwards(server.url)));
    lines.push(await ending(server));
    const passed = lines.filter((line) => line.startsWith("ok ")).length;
    const failed = lines.filter((line) => line.startsWith("FAIL ")).length;
    return { name: "serving", passed, failed: passed + failed === 0 ? 1 : failed };
  } finally {
    await server.stop("SIGKILL");
    await rm(folder, { recursive: true, force: true });
  }
}

/** A virtual environment with the client, kept between runs; a mark tells a finished one from a broken one. */
async function prepareClient(): Promise<void> {
  const mark = join(venv, "ready");
  if (existsSync(mark)) return;
  console.log("installing the Triton client ...");
  await mkdir(join(root, ".interop"), { recursive: true });
  await run("python3", ["-m", "venv", venv]);
  await run(python, ["-m", "pip", "install", "-q", ...client], output);
  await writeFile(mark, `${client.join(" ")}\n`);
}

async function call<T>(url: string, method: string, body?: object): Promise<T> {
  const response = await fetch(url, {
    method,
    ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok)
    throw new RangeError(`${method} ${url} was answered with ${response.status}: ${text.slice(0, 500)}`);
  return JSON.parse(text) as T;
}

/** As any MLflow client does: a run, its artifact through the proxy, a version from it. */
async function register(url: string, name: string, onnx: Uint8Array): Promise<void> {
  const mlflow = `${url}/api/2.0/mlflow`;
  const made = await call<{ run: { info: { run_id: string; artifact_uri: string } } }>(
    `${mlflow}/runs/create`,
    "POST",
    {
      experiment_id: "0",
      start_time: Date.now(),
    },
  );
  const { run_id, artifact_uri } = made.run.info;
  const path = artifact_uri.replace(/^mlflow-artifacts:\/+/, "");
  const put = await fetch(`${url}/api/2.0/mlflow-artifacts/artifacts/${path}/model/model.onnx`, {
    method: "PUT",
    body: Buffer.from(onnx),
  });
  if (!put.ok) throw new RangeError(`the upload was answered with ${put.status}`);
  await call(`${mlflow}/registered-models/create`, "POST", { name });
  await call(`${mlflow}/model-versions/create`, "POST", { name, source: `${artifact_uri}/model`, run_id });
}

function deploy(url: string, name: string): Promise<unknown> {
  const limits = name === "endless" ? { limits: { timeoutMs: 300 } } : {};
  return call(`${url}/api/v1/projects/default/deployments`, "POST", { name, model: name, version: 1, ...limits });
}

/** The example's own trainer on the first days of the flights, against this server. */
async function trainExample(url: string, folder: string): Promise<void> {
  const all = join(root, "node_modules/vega-datasets/data/flights-3m.parquet");
  const days = join(folder, "days.parquet");
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  await connection.run(`copy (select * from '${all}' where date < '2001-01-06') to '${days}' (format parquet)`);
  connection.closeSync();
  await run(
    process.execPath,
    [
      join(root, "examples/flight-delays/pipeline/train.ts"),
      `--data=${days}`,
      "--dataset=flights",
      "--versions=0123456789abcdef",
      "--sample=20000",
      `--out=${folder}`,
      `--tracking=${url}`,
    ],
    output,
  );
}

async function runChecks(url: string, folder: string): Promise<string[]> {
  const { stdout, stderr } = await run(
    python,
    [join(import.meta.dirname, "checks.py"), url.replace("http://", ""), folder],
    output,
  );
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  return stdout.split("\n");
}

/** What the stock client left behind: a log of every row, and a consumer nobody declared. */
async function afterwards(url: string): Promise<string[]> {
  const lines: string[] = [];
  const page = await call<{ consumers: { consumer: string; state: string; rows: number }[] }>(
    `${url}/api/v1/projects/default/deployments/delay`,
    "GET",
  );
  const board = page.consumers.find((one) => one.consumer === "ops-board");
  const seen = board?.state === "undeclared" && board.rows === 200;
  lines.push(`${seen ? "ok" : "FAIL"} knows who called, that nobody declared it, and how many rows it asked for`);
  const log = await call<{ items: { requestId: string; rows: number }[] }>(
    `${url}/api/v1/projects/default/deployments/delay/predictions`,
    "GET",
  );
  const one = await call<{ inputs: Record<string, unknown>; score?: number }>(
    `${url}/api/v1/projects/default/predictions/${log.items[0]?.requestId}/7`,
    "GET",
  );
  const whole = typeof one.inputs.origin === "string" && typeof one.score === "number";
  lines.push(`${whole ? "ok" : "FAIL"} shows any row of the log with its inputs and score`);
  console.log(lines.join("\n"));
  return lines;
}

/** A thread that hangs in the engine must not keep the server from ending. */
async function ending(server: RunningServer): Promise<string> {
  const late = new Promise<string>((resolve) => setTimeout(() => resolve("FAIL"), 20_000).unref());
  const state = await Promise.race([server.stop().then(() => "ok"), late]);
  const line = `${state} ends when asked to, although an engine thread hangs`;
  console.log(line);
  return line;
}

if (import.meta.main) {
  const { passed, failed } = await servingSuite();
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
}
