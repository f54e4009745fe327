import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { SuiteResult } from "../checks.ts";
import { startServer } from "../server.ts";
import { prepareClient, runChecks } from "./run.ts";

/** The last 2.x traces only with the OpenTelemetry of its time: with a newer one it never ends a trace, on any server. */
const tracing2 = ["mlflow-skinny==2.22.5", "pandas==2.3.3", "opentelemetry-api==1.34.1", "opentelemetry-sdk==1.34.1"];

/** Stock MLflow clients trace, search and assess against the built server. */
export async function tracesSuite(): Promise<SuiteResult> {
  await prepareClient("3.17.2");
  await prepareClient("2.22.5-tracing", { packages: tracing2 });
  return overServer("mlflow-traces", {}, [
    ["3.17.2", "traces.py"],
    ["2.22.5-tracing", "traces.py"],
  ]);
}

/** A stock MLflow client makes webhooks; a receiver of its own checks what arrives; then the guard as it is by default. */
export async function webhooksSuite(): Promise<SuiteResult> {
  await prepareClient("3.17.2");
  const open = { MLFLOW_WEBHOOK_ALLOWED_SCHEMES: "http,https", MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS: "true" };
  const told = await overServer("mlflow-webhooks", open, [["3.17.2", "webhooks.py"]]);
  const guarded = await overServer("mlflow-webhooks", {}, [["3.17.2", "guard.py"]]);
  return { ...told, passed: told.passed + guarded.passed, failed: told.failed + guarded.failed };
}

async function overServer(
  name: string,
  environment: Readonly<Record<string, string>>,
  scripts: readonly (readonly [string, string])[],
): Promise<SuiteResult> {
  const data = await mkdtemp(join(tmpdir(), `paydown-${name}-`));
  const server = await startServer(["--data", data, "--port", "0", "--log-level", "error"], {
    ...process.env,
    ...environment,
  });
  let passed = 0;
  let failed = 0;
  try {
    for (const [version, script] of scripts) {
      const lines = await runChecks(version, [fileURLToPath(new URL(`./${script}`, import.meta.url)), server.url]);
      passed += lines.filter((line) => line.startsWith("ok ")).length;
      failed += lines.filter((line) => line.startsWith("FAIL ")).length;
      if (!lines.some((line) => /^(ok|FAIL) /.test(line))) failed++;
    }
  } finally {
    await server.stop();
    await rm(data, { recursive: true, force: true });
  }
  return { name, passed, failed };
}
