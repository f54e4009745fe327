import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "../../../packages/platform/src/base/testing/port.ts";
import { root, startServer } from "../../server.ts";
import { type Difference, differences } from "./differences.ts";
import { artifacts } from "./requests/artifacts.ts";
import { experiments } from "./requests/experiments.ts";
import { loggedModels } from "./requests/logged-models.ts";
import { registry } from "./requests/registry.ts";
import { runs } from "./requests/runs.ts";
import { searchRuns } from "./requests/search-runs.ts";
import { transport } from "./requests/transport.ts";
import { openSession, type Pair } from "./session.ts";

const run = promisify(execFile);
const version = "3.17.2";
const venv = join(root, ".interop", `stock-${version}`);
const topics = [transport, experiments, runs, searchRuns, loggedModels, registry, artifacts];

interface SuiteResult {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
}

/** The same raw requests to the stock MLflow server and to ours; every reply equal, or different for a reason that is written down. */
export async function sideBySideSuite(): Promise<SuiteResult> {
  await prepareStock();
  const data = await mkdtemp(join(tmpdir(), "paydown-side-by-side-"));
  const [stock, ours] = await Promise.all([
    startStock(join(data, "stock")),
    startServer(["--data", join(data, "ours"), "--port", "0", "--log-level", "warn"]),
  ]);
  try {
    const session = openSession(stock.url, ours.url);
    for (const topic of topics) await topic(session);
    return judge(session.pairs);
  } finally {
    await Promise.all([stock.stop(), ours.stop()]);
    await rm(data, { recursive: true, force: true });
  }
}

function judge(pairs: readonly Pair[]): SuiteResult {
  let passed = 0;
  let failed = 0;
  const used = new Map<RegExp, number>();
  for (const pair of pairs) {
    const known = differences.find((one) => one.of.test(pair.name));
    if (pair.stock === pair.ours) {
      passed++;
    } else if (known === undefined || !fits(known, pair)) {
      failed++;
      console.log(`FAIL side by side: ${pair.name}\n${whereTheyDiffer(pair)}`);
    } else {
      passed++;
      used.set(known.of, (used.get(known.of) ?? 0) + 1);
    }
  }
  for (const one of differences) {
    const count = used.get(one.of) ?? 0;
    if (count === 0) failed++;
    else passed++;
    console.log(`${count === 0 ? "FAIL" : "ok  "} side by side: ${count} replies differ because ${one.reason}`);
  }
  const same = pairs.filter((pair) => pair.stock === pair.ours).length;
  console.log(`ok   side by side: ${same} of ${pairs.length} replies are equal`);
  return { name: "mlflow-side-by-side", passed, failed };
}

/** A known difference is one of its own kind: a refusal that became an answer is news. */
function fits(known: Difference, pair: Pair): boolean {
  const [stock, ours] = [Number(pair.stock.slice(0, 3)), Number(pair.ours.slice(0, 3))];
  if (ours >= 500) return false;
  if (known.wordsOnly) return stock === ours && ours >= 400;
  if (known.ours === "refuses") return ours >= 400;
  if (known.ours === "answers") return ours < 300;
  return true;
}

/** Both replies from a little before the first line in which they differ. */
function whereTheyDiffer(pair: Pair): string {
  const [stock, ours] = [pair.stock.split("\n"), pair.ours.split("\n")];
  const first = stock.findIndex((line, i) => line !== ours[i]);
  const from = Math.max(0, (first < 0 ? stock.length : first) - 3);
  const show = (lines: string[]) => [lines[0], ...lines.slice(Math.max(1, from), from + 12)].join("\n").slice(0, 1500);
  return `--- stock\n${show(stock)}\n--- ours\n${show(ours)}`;
}

/** A virtual environment with the whole stock server, kept between runs; a mark tells a finished one from a broken one. */
async function prepareStock(): Promise<void> {
  const mark = join(venv, "ready");
  if (existsSync(mark)) return;
  if (!existsSync(join(venv, "bin", "mlflow"))) {
    console.log(`installing the stock MLflow server ${version} ...`);
    await mkdir(join(root, ".interop"), { recursive: true });
    await run("python3", ["-m", "venv", venv]);
    const words = ["-m", "pip", "install", "-q", `mlflow==${version}`];
    await run(join(venv, "bin", "python"), words, { maxBuffer: 64 * 1024 * 1024 });
  }
  await run(join(venv, "bin", "python"), ["-c", "import mlflow.server.handlers"]);
  await writeFile(mark, `${version}\n`);
}

/** One worker and no job processes, in a session of its own: ending the parent alone would leave the workers. */
async function startStock(folder: string): Promise<{ url: string; stop: () => Promise<void> }> {
  await mkdir(folder, { recursive: true });
  const port = await freePort();
  const log = await open(join(folder, "log"), "w");
  const words = ["server", "--host", "127.0.0.1", "--port", String(port), "--workers", "1"];
  const stores = [
    "--backend-store-uri",
    `sqlite:///${folder}/mlflow.db`,
    "--artifacts-destination",
    join(folder, "files"),
  ];
  const child = spawn(join(venv, "bin", "mlflow"), [...words, ...stores], {
    cwd: folder,
    detached: true,
    stdio: ["ignore", log.fd, log.fd],
    env: {
      ...process.env,
      PATH: `${join(venv, "bin")}:${process.env.PATH ?? ""}`,
      MLFLOW_SERVER_ENABLE_JOB_EXECUTION: "false",
      MLFLOW_DISABLE_TELEMETRY: "true",
    },
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const stop = async () => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
    await ended;
    await log.close();
  };
  const url = `http://127.0.0.1:${port}`;
  for (let i = 0; i < 240; i++) {
    if (child.exitCode !== null) break;
    const healthy = await fetch(`${url}/health`).then(
      (response) => response.ok,
      () => false,
    );
    if (healthy) return { url, stop };
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  await stop();
  throw new Error(`the stock server was not ready within 120 s; see ${folder}/log`);
}
