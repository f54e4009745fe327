import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { freePort } from "../../packages/platform/src/base/testing/port.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
const checks = fileURLToPath(new URL("./checks.py", import.meta.url));
const training = fileURLToPath(new URL("./training.py", import.meta.url));

const libraries = [
  "scikit-learn==1.9.1",
  "lightgbm==4.7.0",
  "xgboost-cpu==3.2.0",
  "matplotlib==3.11.2",
  "pillow==13.0.0",
  "psutil==7.2.2",
];

interface Client {
  readonly packages: readonly string[];
  /** Packages whose own wishes are left out: they ask for servers and test tools that are not called. */
  readonly alone?: readonly string[];
  /** Whether MLflow's export tool runs on this line. */
  readonly exporter?: boolean;
}

/**
 * The stock clients: the last of 2.x and the newest of 3.x, without the server parts that are not called. PyTorch is left
 * out: PyPI has only its build for GPUs, several gigabytes large.
 */
const clients: Readonly<Record<string, Client>> = {
  "2.22.5": {
    packages: ["mlflow-skinny==2.22.5", "pandas==2.3.3", "tabulate==0.9.0", "shortuuid==1.0.13", ...libraries],
    alone: ["mlflow-export-import==1.2.0"],
    exporter: true,
  },
  "3.17.2": { packages: ["mlflow-skinny==3.17.2", "pandas==3.1.1", "skops==0.16.0", ...libraries] },
};

export interface SuiteResult {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
}

export interface SuiteOptions {
  /** A running server to read instead of starting one: its experiments, runs and models. */
  readonly url?: string | undefined;
  /** Client versions; all of them when absent. */
  readonly versions?: readonly string[] | undefined;
}

/** Stock MLflow clients against the built server; prints a line a check. */
export async function mlflowSuite(options: SuiteOptions = {}): Promise<SuiteResult> {
  let passed = 0;
  let failed = 0;
  const versions = options.versions ?? Object.keys(clients);
  for (const version of versions) await prepareClient(version);
  const server = options.url === undefined ? await startServer() : undefined;
  const url = options.url ?? server?.url ?? "";
  try {
    for (const version of versions) {
      for (const words of scriptsOf(version, url, options.url !== undefined)) {
        const lines = await runChecks(version, words);
        passed += lines.filter((line) => line.startsWith("ok ")).length;
        failed += lines.filter((line) => line.startsWith("FAIL ")).length;
        if (!lines.some((line) => /^(ok|FAIL) /.test(line))) failed++;
      }
    }
  } finally {
    await server?.stop();
  }
  return { name: "mlflow", passed, failed };
}

/** Scripts with their words: on a server of its own all of them, on another's only what reads. */
function scriptsOf(version: string, url: string, readOnly: boolean): string[][] {
  if (readOnly) return [[checks, "--read", url]];
  const scripts = [
    [checks, url],
    [training, url],
  ];
  return clients[version]?.exporter === true ? [...scripts, [training, url, "--exporter"]] : scripts;
}

function pythonOf(version: string): string {
  return join(root, ".interop", `mlflow-${version}`, "bin", "python");
}

/** A virtual environment with a client, kept between runs; a mark says what a finished one holds. */
export async function prepareClient(version: string, client: Client | undefined = clients[version]): Promise<void> {
  const { packages, alone = [] } = client ?? { packages: [`mlflow-skinny==${version}`] };
  const folder = join(root, ".interop", `mlflow-${version}`);
  const mark = join(folder, "ready");
  const wanted = `${[...packages, ...alone].join("\n")}\n`;
  if (existsSync(mark) && (await readFile(mark, "utf8")) === wanted) return;
  console.log(`installing the MLflow client ${version} ...`);
  await mkdir(join(root, ".interop"), { recursive: true });
  await run("python3", ["-m", "venv", folder]);
  const pip = (words: readonly string[]) =>
    run(pythonOf(version), ["-m", "pip", "install", "-q", ...words], { maxBuffer: 64 * 1024 * 1024 });
  await pip(packages);
  if (alone.length > 0) await pip(["--no-deps", ...alone]);
  await writeFile(mark, wanted);
}

async function startServer(): Promise<{ url: string; stop: () => Promise<void> }> {
  const data = await mkdtemp(join(tmpdir(), "paydown-mlflow-"));
  const main = join(root, "packages/platform/dist/main.js");
  const child = spawn(process.execPath, [main, "up", "--data", data, "--port", String(await freePort())], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const url = await readyUrl(child);
  return {
    url,
    async stop() {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await ended;
      await rm(data, { recursive: true, force: true });
    },
  };
}

function readyUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let seen = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      seen += chunk.toString();
      const url = /^ready (http:\S+)/m.exec(seen)?.[1];
      if (url !== undefined) resolve(url);
    });
    child.once("exit", (code) => reject(new Error(`the server ended with ${code} before it was ready:\n${seen}`)));
  });
}

/** Runs a script, the first of the words, with a client; answers the lines it printed. */
export function runChecks(version: string, words: readonly string[]): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(pythonOf(version), words, { stdio: ["ignore", "pipe", "pipe"] });
    let out = "";
    let err = "";
    child.stdout.on("data", (chunk: Buffer) => {
      out += chunk.toString();
    });
    child.stderr.on("data", (chunk: Buffer) => {
      err += chunk.toString();
    });
    child.once("error", reject);
    child.once("exit", () => {
      const lines = out.split("\n");
      for (const line of lines) if (/^(ok|FAIL) /.test(line)) console.log(`${line} (${version})`);
      if (lines.some((line) => line.startsWith("FAIL ")) || !lines.some((line) => line.startsWith("ok "))) {
        console.error(err.split("\n").slice(-80).join("\n"));
      }
      resolve(lines);
    });
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const at = process.argv.indexOf("--url");
  const result = await mlflowSuite({ url: at < 0 ? undefined : process.argv[at + 1] });
  console.log(`${result.passed} passed, ${result.failed} failed`);
  process.exitCode = result.failed === 0 ? 0 : 1;
}
