import { deepEqual } from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "../../packages/platform/src/base/testing/port.ts";
import { checksOf, type SuiteResult } from "../checks.ts";
import { mainFile, root, startServer } from "../server.ts";

const run = promisify(execFile);
const script = (name: string) => join(import.meta.dirname, name);

/** Whole installations, server parts included; the pins are what makes the old line start at all. */
const stock: Readonly<Record<string, readonly string[]>> = {
  "2.22.5": ["mlflow==2.22.5", "sqlalchemy<2.1", "fastapi<0.116", "scikit-learn==1.9.1", "pandas==2.3.3", "pillow"],
  "3.17.2": ["mlflow==3.17.2", "scikit-learn==1.9.1", "pillow"],
};

interface Case {
  readonly name: string;
  readonly version: string;
  /** Tracking URI that the client writes to, given the case's folder. */
  readonly uri: (folder: string) => string;
  /** What is imported. */
  readonly source: (folder: string) => string;
  readonly words?: (folder: string) => readonly string[];
  /** The client writes and reads through a stock server on this database. */
  readonly served?: boolean;
}

const database = (folder: string) => `sqlite:///${join(folder, "mlflow.db")}`;

const cases: readonly Case[] = [
  {
    name: "an mlruns folder of 2.22",
    version: "2.22.5",
    uri: (folder) => join(folder, "mlruns"),
    source: (folder) => join(folder, "mlruns"),
  },
  { name: "an mlflow.db of 2.22", version: "2.22.5", uri: database, source: database },
  { name: "an mlflow.db of 3.17", version: "3.17.2", uri: database, source: (folder) => join(folder, "mlflow.db") },
  { name: "a live server of 3.17", version: "3.17.2", uri: database, source: () => "", served: true },
];

/** What the stock client reads here after an import is what it reads at the source. */
export async function importSuite(): Promise<SuiteResult> {
  const checks = checksOf("mlflow-import");
  const home = await mkdtemp(join(tmpdir(), "paydown-import-"));
  try {
    for (const version of Object.keys(stock)) await prepareStock(version);
    for (const [i, one] of cases.entries()) {
      const folder = join(home, String(i));
      await mkdir(folder);
      await checks.check(`${one.name} reads the same after it was imported`, () => moveAndCompare(one, folder));
    }
  } finally {
    await rm(home, { recursive: true, force: true });
  }
  return checks.result();
}

async function moveAndCompare(one: Case, folder: string): Promise<void> {
  const server = one.served ? await startStock(one.version, folder) : undefined;
  try {
    const uri = server?.url ?? one.uri(folder);
    await python(one.version, "import-fill.py", uri, folder);
    const there = await readAll(one.version, uri, folder);
    const data = join(folder, "data");
    const source = server?.url ?? one.source(folder);
    const report = await paydown(["import", "mlflow", source, "--data", data, "--json"]);
    deepEqual(
      JSON.parse(report).problems.filter((problem: { severity: string }) => problem.severity === "loss"),
      [],
    );
    const again = await paydown(["import", "mlflow", source, "--data", data, "--json"]);
    deepEqual(JSON.parse(again).counts, JSON.parse(report).counts);
    const ours = await startServer(["--data", data, "--port", "0", "--log-level", "warn"]);
    try {
      const here = await readAll(one.version, ours.url, folder);
      for (const part of Object.keys(there)) deepEqual(here[part], there[part], `${part} differ`);
    } finally {
      await ours.stop();
    }
    if (server === undefined) return;
    // The same again from the files the server left, without it.
    const words = ["--artifacts", join(folder, "store"), "--data", join(folder, "data2"), "--json"];
    const files = await paydown(["import", "mlflow", join(folder, "mlflow.db"), ...words]);
    deepEqual(countsOf(files), countsOf(report));
  } finally {
    await server?.stop();
  }
}

function countsOf(report: string): unknown {
  return JSON.parse(report).counts;
}

async function paydown(words: readonly string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [mainFile, ...words], { maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

function pythonOf(version: string): string {
  return join(root, ".interop", `stock-${version}`, "bin", "python");
}

async function python(version: string, name: string, ...words: string[]): Promise<string> {
  const { stdout } = await run(pythonOf(version), [script(name), ...words], { maxBuffer: 256 * 1024 * 1024 });
  return stdout;
}

async function readAll(version: string, uri: string, folder: string): Promise<Record<string, unknown>> {
  const line = (await python(version, "import-read.py", uri, folder))
    .split("\n")
    .find((one) => one.startsWith("READ "));
  return JSON.parse((line ?? "READ {}").slice("READ ".length)) as Record<string, unknown>;
}

/** A virtual environment with the whole of MLflow, kept between runs; a mark tells a finished one from a broken one. */
async function prepareStock(version: string): Promise<void> {
  const folder = join(root, ".interop", `stock-${version}`);
  const mark = join(folder, "ready");
  if (existsSync(mark)) return;
  console.log(`installing MLflow ${version}, whole ...`);
  await mkdir(join(root, ".interop"), { recursive: true });
  if (!existsSync(pythonOf(version))) await run("python3", ["-m", "venv", folder]);
  await run(pythonOf(version), ["-m", "pip", "install", "-q", ...(stock[version] ?? [])], {
    maxBuffer: 64 * 1024 * 1024,
  });
  await writeFile(mark, `${version}\n`);
}

async function startStock(version: string, folder: string): Promise<{ url: string; stop: () => Promise<void> }> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const words = ["-m", "mlflow", "server", "--host", "127.0.0.1", "--port", String(port), "--workers", "1"];
  words.push("--backend-store-uri", database(folder), "--artifacts-destination", join(folder, "store"));
  const bin = join(root, ".interop", `stock-${version}`, "bin");
  // In a session of its own: its workers outlive their parent, so the whole session is ended.
  const child: ChildProcess = spawn(pythonOf(version), words, {
    cwd: folder,
    detached: true,
    stdio: "ignore",
    env: { ...process.env, PATH: `${bin}:${process.env.PATH}`, MLFLOW_SERVER_ENABLE_JOB_EXECUTION: "false" },
  });
  const stop = async () => {
    if (child.pid === undefined || child.exitCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    process.kill(-child.pid, "SIGTERM");
    await gone;
  };
  for (let i = 0; i < 240; i++) {
    const up = await fetch(`${url}/health`).then(
      (response) => response.ok,
      () => false,
    );
    if (up) return { url, stop };
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  await stop();
  throw new RangeError("the stock server was not ready within 60 s");
}
