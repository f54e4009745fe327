import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as after } from "node:timers/promises";
import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../../../../../..");
const runs = 250;

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** `paydown` as users run it; with `when`, killed with -9 as soon as that holds. */
async function paydown(words: readonly string[], when?: () => boolean): Promise<Ended> {
  const main = join(root, "packages/platform/src/main.ts");
  const child = spawn(process.execPath, ["-C", "source", "--import", "tsx", main, ...words], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    err += chunk.toString();
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  while (when !== undefined && child.exitCode === null && !when()) await after(5);
  if (when !== undefined) child.kill("SIGKILL");
  return { code: await ended, out, err };
}

describe("an import that is killed", () => {
  let home: string;
  let source: string;

  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), "paydown-import-crash-"));
    source = join(home, "mlflow.db");
    const db = new Database(source);
    db.exec(`create table experiments (experiment_id integer primary key, name text, artifact_location text, lifecycle_stage text, creation_time bigint, last_update_time bigint);
      create table runs (run_uuid text primary key, name text, user_id text, status text, start_time bigint, end_time bigint, lifecycle_stage text, artifact_uri text, experiment_id integer);
      create table metrics (key text, value float, timestamp bigint, run_uuid text, step bigint, is_nan boolean, primary key (key, timestamp, step, run_uuid, value, is_nan));
      create index metrics_by_run on metrics (run_uuid);
      create table params (key text, value text, run_uuid text, primary key (key, run_uuid));
      create table tags (key text, value text, run_uuid text, primary key (key, run_uuid));
      insert into experiments values (4, 'e', './mlruns/4', 'active', 1, 2)`);
    const write = db.transaction(() => {
      for (let i = 0; i < runs; i++) {
        const id = i.toString(16).padStart(32, "0");
        db.prepare("insert into runs values (?, 'r', 'ann', 'FINISHED', 1, 2, 'active', ?, 4)").run(
          id,
          `./mlruns/4/${id}/artifacts`,
        );
        db.prepare("insert into params values ('p', ?, ?)").run(String(i), id);
        for (let s = 0; s < 100; s++)
          db.prepare("insert into metrics values ('m', ?, 1, ?, ?, 0)").run(1 / (s + 1), id, s);
        const folder = join(home, "mlruns/4", id, "artifacts");
        mkdirSync(folder, { recursive: true });
        writeFileSync(join(folder, "a.txt"), `run ${i}`);
      }
    });
    write();
    db.close();
  });
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  it("is refused without --resume, and with it ends as one that was not", { timeout: 180_000 }, async () => {
    const once = await paydown(["import", "mlflow", source, "--data", join(home, "once"), "--json"]);
    expect(once.code, once.err).toBe(0);
    const data = join(home, "killed");
    const objects = join(data, "objects/sha256");
    // In the second hundred of runs: the first is whole by then.
    const midway = () => existsSync(objects) && readdirSync(objects, { recursive: true }).length > 300;
    const first = await paydown(["import", "mlflow", source, "--data", data], midway);
    expect(first.code).toBeNull();
    const refused = await paydown(["import", "mlflow", source, "--data", data]);
    expect(refused.code).toBe(2);
    expect(refused.err).toContain("TRACKING_IMPORT_UNFINISHED");
    const resumed = await paydown(["import", "mlflow", source, "--data", data, "--resume", "--json"]);
    expect(resumed.code, resumed.err).toBe(0);
    expect(JSON.parse(resumed.out).counts).toEqual(JSON.parse(once.out).counts);
    const counts = (folder: string) => {
      const db = new Database(join(home, folder, "paydown.db"), { readonly: true });
      const tables = ["runs", "metric_points", "latest_metrics", "params", "run_tags", "artifact_files", "import_runs"];
      const rows = tables.map((table) => db.prepare(`select count(*) as n from ${table}`).get());
      const keys = db.prepare("select kind, name, runs from run_keys order by kind, name").all();
      db.close();
      return { rows, keys };
    };
    expect(counts("killed")).toEqual(counts("once"));
  });
});
