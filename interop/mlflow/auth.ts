import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { SuiteResult } from "../checks.ts";
import { root, startServer } from "../server.ts";

const run = promisify(execFile);
const checks = fileURLToPath(new URL("./auth_checks.py", import.meta.url));

/** The authentication client imports MLflow's server, so it is the whole package and not the skinny one. */
const clients: Readonly<Record<string, readonly string[]>> = {
  "2.22.5": ["mlflow[auth]==2.22.5", "sqlalchemy<2.1", "fastapi<0.116"],
  "3.17.2": ["mlflow[auth]==3.17.2"],
};
const admin = { user: "admin", password: "correct admin battery" };

/** MLflow's own authentication clients against the built server with accounts; prints a line a check. */
export async function mlflowAuthSuite(): Promise<SuiteResult> {
  let passed = 0;
  let failed = 0;
  for (const version of Object.keys(clients)) await prepareClient(version);
  const data = await mkdtemp(join(tmpdir(), "paydown-mlflow-auth-"));
  const server = await startServer(["--data", data, "--port", "0", "--basic-auth", "--log-level", "warn"], {
    ...process.env,
    PAYDOWN_ADMIN_PASSWORD: admin.password,
  });
  try {
    for (const version of Object.keys(clients)) {
      const lines = await runChecks(version, [server.url, admin.user, admin.password]);
      passed += lines.filter((line) => line.startsWith("ok ")).length;
      failed += lines.filter((line) => line.startsWith("FAIL ")).length;
      if (!lines.some((line) => /^(ok|FAIL) /.test(line))) failed++;
    }
  } finally {
    await server.stop();
    await rm(data, { recursive: true, force: true });
  }
  return { name: "mlflow-auth", passed, failed };
}

function pythonOf(version: string): string {
  return join(root, ".interop", `stock-${version}`, "bin", "python");
}

/** A virtual environment with the whole package, kept between runs; a mark tells a finished one from a broken one. */
async function prepareClient(version: string): Promise<void> {
  const folder = join(root, ".interop", `stock-${version}`);
  const mark = join(folder, "ready");
  if (existsSync(mark)) return;
  console.log(`installing MLflow ${version} ...`);
  await mkdir(join(root, ".interop"), { recursive: true });
  if (!existsSync(pythonOf(version))) await run("python3", ["-m", "venv", folder]);
  await run(pythonOf(version), ["-m", "pip", "install", "-q", ...(clients[version] ?? [])], {
    maxBuffer: 64 * 1024 * 1024,
  });
  await writeFile(mark, `${version}\n`);
}

function runChecks(version: string, words: readonly string[]): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(pythonOf(version), ["-W", "ignore", checks, ...words], { stdio: ["ignore", "pipe", "pipe"] });
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
        console.error(err.split("\n").slice(-120).join("\n"));
      }
      resolve(lines);
    });
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const result = await mlflowAuthSuite();
  console.log(`${result.passed} passed, ${result.failed} failed`);
  process.exitCode = result.failed === 0 ? 0 : 1;
}
