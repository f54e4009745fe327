import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/**
 * `paydown import mlflow` of a generated `mlflow.db`: many small runs, then few long series. Runs and points a second, and
 * the most memory the importing process, which is its own server here, ever had.
 */
const main = join(import.meta.dirname, "../packages/platform/dist/main.js");
const home = mkdtempSync(join(tmpdir(), "paydown-bench-import-"));

interface Shape {
  readonly runs: number;
  readonly metrics: number;
  readonly steps: number;
}

/** A database as MLflow 2 writes it, filled by plain inserts. */
function generate(path: string, { runs, metrics, steps }: Shape): void {
  const db = new DatabaseSync(path);
  db.exec(`pragma journal_mode = off; pragma synchronous = off;
    create table experiments (experiment_id integer primary key, name text, artifact_location text, lifecycle_stage text, creation_time bigint, last_update_time bigint);
    create table runs (run_uuid text primary key, name text, user_id text, status text, start_time bigint, end_time bigint, lifecycle_stage text, artifact_uri text, experiment_id integer);
    create table metrics (key text, value float, timestamp bigint, run_uuid text, step bigint, is_nan boolean, primary key (key, timestamp, step, run_uuid, value, is_nan));
    create index index_metrics_run_uuid on metrics (run_uuid);
    create table params (key text, value text, run_uuid text, primary key (key, run_uuid));
    create index index_params_run_uuid on params (run_uuid);
    create table tags (key text, value text, run_uuid text, primary key (key, run_uuid));
    create index index_tags_run_uuid on tags (run_uuid);
    insert into experiments values (1, 'bench', 's3://bucket/1', 'active', 1700000000000, 1700000000000);
    begin`);
  const run = db.prepare("insert into runs values (?, ?, 'ann', 'FINISHED', ?, ?, 'active', ?, 1)");
  const metric = db.prepare("insert into metrics values (?, ?, ?, ?, ?, 0)");
  const param = db.prepare("insert into params values (?, ?, ?)");
  const tag = db.prepare("insert into tags values (?, ?, ?)");
  for (let i = 0; i < runs; i++) {
    const id = i.toString(16).padStart(32, "0");
    run.run(id, `run ${i}`, 1_700_000_000_000 + i, 1_700_000_001_000 + i, `s3://bucket/1/${id}/artifacts`);
    for (let k = 0; k < 5; k++) {
      param.run(`p${k}`, String((i * k) % 97), id);
      tag.run(`t${k}`, String((i + k) % 13), id);
    }
    for (let k = 0; k < metrics; k++) {
      for (let s = 0; s < steps; s++) metric.run(`m${k}`, 1 / (s + 1 + k), 1_700_000_000_000 + s, id, s);
    }
  }
  db.exec("commit");
  db.close();
}

async function measure(name: string, shape: Shape): Promise<object> {
  const path = join(home, `${name}.db`);
  generate(path, shape);
  const started = performance.now();
  const child = spawn(process.execPath, [main, "import", "mlflow", path, "--data", join(home, name), "--json"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  let peak = 0;
  const watch = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
    } catch {
      // It has ended; the last figure stands.
    }
  }, 200);
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  clearInterval(watch);
  const seconds = (performance.now() - started) / 1000;
  if (code !== 0 || JSON.parse(text).verified !== true)
    throw new RangeError(`the import of ${name} ended with ${code}`);
  const points = shape.runs * shape.metrics * shape.steps;
  return {
    ...shape,
    points,
    sourceMiB: Math.round(statSync(path).size / 2 ** 20),
    seconds: Number(seconds.toFixed(1)),
    runsPerSecond: Math.round(shape.runs / seconds),
    pointsPerSecond: Math.round(points / seconds),
    peakMiB: Math.round(peak),
  };
}

try {
  const result = {
    smallRuns: await measure("small", { runs: 5000, metrics: 5, steps: 2 }),
    longSeries: await measure("long", { runs: 20, metrics: 10, steps: 10_000 }),
  };
  console.log(JSON.stringify(result));
} finally {
  rmSync(home, { recursive: true, force: true });
}
