import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build } from "../tools/build.ts";
import { load } from "../tools/source.ts";

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
  {
    name: "demo",
    doc: "the whole story on real data, from the built command line",
    run: () => call("interop/demo/run.ts", "demoSuite", demoData),
  },
  {
    name: "web",
    doc: "a real browser over the demo's server",
    run: () => overDemo((url) => call("packages/web/e2e/suite.ts", "webSuite", url)),
  },
  {
    name: "web-kit",
    doc: "every part of the interface in every state",
    run: () => call("packages/web/e2e/kit-suite.ts", "kitSuite"),
  },
  {
    name: "web-runs",
    doc: "a real browser over a hundred thousand runs",
    run: overHuge,
  },
  {
    name: "mlflow-demo",
    doc: "stock MLflow clients read the demo's experiment, runs and model",
    run: () => overDemo((url) => call("interop/mlflow/run.ts", "mlflowSuite", { url })),
  },
  { name: "mlflow", doc: "stock MLflow clients", run: () => call("interop/mlflow/run.ts", "mlflowSuite") },
  {
    name: "mlflow-auth",
    doc: "MLflow's own authentication clients, with accounts",
    run: () => call("interop/mlflow/auth.ts", "mlflowAuthSuite"),
  },
  {
    name: "mlflow-import",
    doc: "stock MLflow stores and servers, imported and read back by the client that wrote them",
    run: () => call("interop/mlflow/import.ts", "importSuite"),
  },
  {
    name: "mlflow-traces",
    doc: "stock MLflow clients trace",
    run: () => call("interop/mlflow/traces-and-webhooks.ts", "tracesSuite"),
  },
  {
    name: "mlflow-webhooks",
    doc: "webhooks made by a stock MLflow client",
    run: () => call("interop/mlflow/traces-and-webhooks.ts", "webhooksSuite"),
  },
  {
    name: "mlflow-side-by-side",
    doc: "the same requests to the stock MLflow server and to ours",
    run: () => call("interop/mlflow/side-by-side/run.ts", "sideBySideSuite"),
  },
  { name: "serving", doc: "stock Open Inference clients", run: () => call("interop/serving/run.ts", "servingSuite") },
  {
    name: "postgres",
    doc: "replicas on a real PostgreSQL",
    run: () => call("interop/postgres/run.ts", "postgresSuite"),
  },
  {
    name: "s3",
    doc: "replicas on a real PostgreSQL with their objects in a real S3 server",
    run: () => call("interop/s3/run.ts", "s3Suite"),
  },
];

/** Calls a suite of its own folder; one that is not there is an error, not a skip. */
async function call(file: string, name: string, ...args: unknown[]): Promise<SuiteResult> {
  const module = await load(file);
  const suite = module[name];
  if (typeof suite !== "function") throw new TypeError(`${file} exports no ${name}`);
  return (await suite(...args)) as SuiteResult;
}

/** Asks a server of its own over what the demo left. */
async function overDemo(ask: (url: string) => Promise<SuiteResult>): Promise<SuiteResult> {
  if (!existsSync(demoData)) throw new RangeError("the demo left no data to look at; run it first");
  const { startServer } = await import("./server.ts");
  const server = await startServer(["--data", demoData, "--port", "0", "--project", "flights", "--log-level", "warn"]);
  try {
    return await ask(server.url);
  } finally {
    await server.stop();
  }
}

/** Run screens at size: a server of its own over a folder filled for them. */
async function overHuge(): Promise<SuiteResult> {
  const folder = join(home, "huge");
  const { fillHuge } = await load("packages/web/e2e/huge-data.ts");
  await (fillHuge as (folder: string) => Promise<void>)(folder);
  const { startServer } = await import("./server.ts");
  const server = await startServer(["--data", folder, "--port", "0", "--log-level", "warn"]);
  try {
    return await call("packages/web/e2e/runs-suite.ts", "runsSuite", server.url);
  } finally {
    await server.stop();
  }
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
