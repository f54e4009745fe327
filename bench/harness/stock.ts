import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { freePort } from "../../packages/platform/src/base/testing/port.ts";

export const stockVersion = "3.17.2";
const folder = join(import.meta.dirname, `../../.interop/stock-${stockVersion}`);

export interface StockServer {
  readonly url: string;
  /** Milliseconds until `/health` first answered. */
  readonly readyMs: number;
  readonly pid: number;
  /** Writes a history of so many points under the key `long` into its tables. */
  seedHistory(run: string, points: number): void;
  stop(): Promise<void>;
}

/** MLflow's own server with its defaults, installed from PyPI when it is not here yet (a minute or two). */
export function ensureStock(): void {
  if (existsSync(join(folder, "bin/mlflow"))) return;
  console.error(`installing mlflow==${stockVersion} into ${folder}`);
  execFileSync("python3", ["-m", "venv", folder], { stdio: "inherit" });
  execFileSync(
    join(folder, "bin/pip"),
    ["install", "--quiet", "--disable-pip-version-check", `mlflow==${stockVersion}`, "psycopg2-binary"],
    { stdio: ["ignore", 2, 2] },
  );
}

/** Starts it on a database: `sqlite` in a folder of its own, or a `postgres://` URL. */
export async function startStock(database: string): Promise<StockServer> {
  const data = mkdtempSync(join(tmpdir(), "stock-bench-"));
  const port = await freePort();
  const store =
    database === "sqlite"
      ? `sqlite:///${join(data, "mlflow.db")}`
      : database.replace(/^postgres(ql)?:/, "postgresql+psycopg2:");
  const started = performance.now();
  const child: ChildProcess = spawn(
    join(folder, "bin/mlflow"),
    [
      ...["server", "--host", "127.0.0.1", "--port", String(port)],
      ...["--backend-store-uri", store, "--artifacts-destination", join(data, "artifacts")],
    ],
    {
      // Of its own session: its workers and job consumers outlive a parent that is ended alone.
      detached: true,
      stdio: "ignore",
      env: { ...process.env, PATH: `${join(folder, "bin")}:${process.env.PATH}`, MLFLOW_DISABLE_TELEMETRY: "true" },
    },
  );
  const url = `http://127.0.0.1:${port}`;
  for (;;) {
    const ok = await fetch(`${url}/health`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ok) break;
    if (child.exitCode !== null) throw new RangeError(`the stock server ended with ${child.exitCode}`);
    if (performance.now() - started > 600_000) throw new RangeError("the stock server was not ready within 600 s");
    await after(50);
  }
  const pid = child.pid as number;
  return {
    url,
    readyMs: Math.round(performance.now() - started),
    pid,
    seedHistory(run, points) {
      const uri = database === "sqlite" ? store : database;
      execFileSync(join(folder, "bin/python"), [join(import.meta.dirname, "seed-stock.py"), uri, run, String(points)], {
        stdio: ["ignore", 2, 2],
      });
    },
    async stop() {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      process.kill(-pid, "SIGTERM");
      await Promise.race([ended, after(10_000)]);
      try {
        process.kill(-pid, "SIGKILL");
      } catch (problem) {
        if ((problem as NodeJS.ErrnoException).code !== "ESRCH") throw problem;
      }
      rmSync(data, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 });
    },
  };
}
