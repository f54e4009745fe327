import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { build } from "../tools/build.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const main = join(root, "packages/platform/dist/main.js");

interface SuiteResult {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
}

interface Suite {
  readonly name: string;
  readonly doc: string;
  readonly run: () => Promise<SuiteResult>;
}

const home = mkdtempSync(join(tmpdir(), "paydown-interop-"));
const demoData = join(home, "demo");

/** Every suite against the built platform, in order; the browser reads what the demo leaves. */
const suites: readonly Suite[] = [
  { name: "demo", doc: "the whole story on real data, from the built command line", run: demoSuite },
  { name: "web", doc: "a real browser over the demo's server", run: webSuite },
  { name: "mlflow", doc: "stock MLflow clients", run: () => call("interop/mlflow/run.ts", "mlflowSuite") },
  { name: "serving", doc: "stock Open Inference clients", run: () => call("interop/serving/run.ts", "servingSuite") },
  {
    name: "postgres",
    doc: "replicas on a real PostgreSQL",
    run: () => call("interop/postgres/run.ts", "postgresSuite"),
  },
];

/** Calls a suite of its own folder; one that is not there is an error, not a skip. */
async function call(file: string, name: string, ...args: unknown[]): Promise<SuiteResult> {
  const module = (await import(pathToFileURL(join(root, file)).href)) as Record<string, unknown>;
  const suite = module[name];
  if (typeof suite !== "function") throw new TypeError(`${file} exports no ${name}`);
  return (await suite(...args)) as SuiteResult;
}

function paydown(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [main, ...args], { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
}

async function demoSuite(): Promise<SuiteResult> {
  const child = paydown(["demo", "--exit", "--data", demoData, "--port", "0"]);
  child.stdout?.pipe(process.stdout, { end: false });
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { name: "demo", passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1 };
}

async function webSuite(): Promise<SuiteResult> {
  if (!existsSync(demoData)) throw new RangeError("the demo left no data to look at; run it first");
  const child = paydown(["up", "--data", demoData, "--port", "0"]);
  const ended = new Promise((resolve) => child.once("close", resolve));
  try {
    return await call("packages/web/e2e/suite.ts", "webSuite", await urlOf(child));
  } finally {
    child.kill("SIGTERM");
    await ended;
  }
}

/** The address a server says it listens at. */
function urlOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = "";
    const timer = setTimeout(() => reject(new RangeError(`the server said no address in 60 s: ${output}`)), 60_000);
    child.stdout?.on("data", (chunk: Buffer) => {
      output += chunk.toString("utf8");
      const match = /https?:\/\/[^\s"',]+:\d+/.exec(output);
      if (match === null) return;
      clearTimeout(timer);
      resolve(match[0]);
    });
    child.on("close", () => {
      clearTimeout(timer);
      reject(new RangeError(`the server ended before it listened: ${output}`));
    });
  });
}

const { values } = parseArgs({ options: { only: { type: "string" } } });
const only = values.only?.split(",");
build({ ifStale: true });
let passed = 0;
let failed = 0;
const lines: string[] = [];
for (const suite of suites.filter((one) => only === undefined || only.includes(one.name))) {
  process.stdout.write(`\n== ${suite.name}: ${suite.doc}\n`);
  const started = performance.now();
  let result: SuiteResult;
  try {
    result = await suite.run();
  } catch (error) {
    process.stdout.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    result = { name: suite.name, passed: 0, failed: 1 };
  }
  // A suite that checked nothing proved nothing.
  const missing = result.passed + result.failed === 0 ? 1 : 0;
  passed += result.passed;
  failed += result.failed + missing;
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  lines.push(`${suite.name}: ${result.passed} passed, ${result.failed + missing} failed (${seconds} s)`);
}
rmSync(home, { recursive: true, force: true });
process.stdout.write(`\n${lines.map((line) => `  ${line}`).join("\n")}\n${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
