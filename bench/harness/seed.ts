import type { Db, Tx } from "../../packages/platform/src/base/db/db.js";
import { insertRows } from "../../packages/platform/src/base/db/rows.js";
import { encodeBlock, type Points, summarizeBlock } from "../../packages/platform/src/capabilities/tracking/index.js";

/** Runs as a server would have them after months, written through its own tables: over the wire that would take hours. */
export interface Seeding {
  readonly project: string;
  readonly experimentId: number;
  /** Numbers of the runs to add; each makes its own values, the same on every machine. */
  readonly from: number;
  readonly to: number;
  readonly pointsOfMetric: number;
}

const metricsOfRun = 10;
const runsAtOnce = 200;
const start = 1_700_000_000_000;
const params: readonly [string, (i: number) => string][] = [
  ["half", (i) => String(i % 2)],
  ["hundredth", (i) => String(i % 100)],
  ["own", (i) => String(i)],
  ["same", () => "1"],
  ["rate", (i) => String(2 ** -(i % 12))],
];
const tags: readonly [string, (i: number) => string][] = [
  ["mlflow.runName", (i) => `seeded ${i}`],
  ["mlflow.user", (i) => `user ${i % 7}`],
  ["team", (i) => `team ${i % 3}`],
];

/** A number in [0, 1) that looks random and is not. */
function hash(n: number): number {
  let mixed = Math.imul(n ^ (n >>> 16), 0x45d9f3b);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x45d9f3b);
  return ((mixed ^ (mixed >>> 16)) >>> 0) / 4294967296;
}

const runIdOf = (i: number): string => i.toString(16).padStart(32, "0");
/** The last value of a seeded metric: spread evenly over [0, 1). */
const lastValue = (run: number, metric: number): number => Math.fround(hash(run * 31 + metric));

export async function seedRuns(db: Db, seeding: Seeding): Promise<void> {
  const { project, experimentId } = seeding;
  const keys = await db.write((tx) => ensureNames(tx, experimentId, seeding.to));
  let block = await greatest(db, "metric_block_data");
  let run = await greatest(db, "runs");
  const points = emptyPoints(seeding.pointsOfMetric);
  for (let from = seeding.from; from < seeding.to; from += runsAtOnce) {
    const to = Math.min(seeding.to, from + runsAtOnce);
    const rows = { runs: [], params: [], tags: [], latest: [], blocks: [], data: [] } as Record<string, unknown[][]>;
    const put = (table: string, row: unknown[]) => (rows[table] as unknown[][]).push(row);
    for (let i = from; i < to; i++) {
      const id = ++run;
      const began = start + i * 60_000;
      const uri = `mlflow-artifacts:/${experimentId}/${runIdOf(i)}/artifacts`;
      const status = i % 50 === 0 ? "FAILED" : "FINISHED";
      put("runs", [
        id,
        runIdOf(i),
        project,
        experimentId,
        `seeded ${i}`,
        `user ${i % 7}`,
        status,
        began,
        began + 50_000,
        0,
        uri,
      ]);
      for (const [p, [, value]] of params.entries()) put("params", [id, keys.params[p], value(i)]);
      for (const [t, [, value]] of tags.entries()) put("tags", [id, keys.tags[t], value(i)]);
      for (let m = 0; m < metricsOfRun; m++) {
        const key = keys.metrics[m];
        fill(points, i * metricsOfRun + m, began, lastValue(i, m));
        const s = summarizeBlock(points);
        const last = points.length - 1;
        put("data", [++block, encodeBlock(points)]);
        put("blocks", [
          ...[id, key, block, s.first_step, s.first_time, s.last_step, s.last_time, s.from_time, s.to_time],
          ...[s.points, s.nans, s.low, s.high, s.total],
        ]);
        put("latest", [id, key, points.values[last], 0, points.steps[last], points.times[last], 0]);
      }
    }
    await db.write(async (tx) => {
      await insert(
        tx,
        "runs (id, run_id, project, experiment_id, name, user_name, status, start_time, end_time, deleted, artifact_uri)",
        rows.runs,
      );
      await insert(tx, "params (run_id, key_id, value)", rows.params);
      await insert(tx, "run_tags (run_id, key_id, value)", rows.tags);
      await insert(tx, "latest_metrics (run_id, key_id, value, nan, step, timestamp, open)", rows.latest);
      await insert(
        tx,
        `metric_blocks (run_id, key_id, id, first_step, first_time, last_step, last_time, from_time, to_time, points, nans,
           low, high, total)`,
        rows.blocks,
      );
      await insert(tx, "metric_block_data (id, data)", rows.data);
    });
  }
  await settle(db);
}

/** One run whose only metric, `long`, has so many points. */
export async function seedLongHistory(
  db: Db,
  project: string,
  experimentId: number,
  runId: string,
  length: number,
): Promise<void> {
  const blockLength = 2048;
  const run = (await greatest(db, "runs")) + 1;
  let block = await greatest(db, "metric_block_data");
  const key = await db.write(async (tx) => {
    await insert(
      tx,
      "runs (id, run_id, project, experiment_id, name, user_name, status, start_time, end_time, deleted, artifact_uri)",
      [[run, runId, project, experimentId, "long", "bench", "FINISHED", start, start, 0, "mlflow-artifacts:/long"]],
    );
    return nameIn(tx, experimentId, 0, "long", 1, null, 0);
  });
  for (let from = 0; from < length; from += blockLength * 100) {
    const blocks: unknown[][] = [];
    const data: unknown[][] = [];
    for (let at = from; at < Math.min(length, from + blockLength * 100); at += blockLength) {
      const points = emptyPoints(Math.min(blockLength, length - at));
      for (let i = 0; i < points.length; i++) {
        points.steps[i] = at + i;
        points.times[i] = start + (at + i) * 50;
        points.values[i] = Math.sin((at + i) / 1000) + hash(at + i);
      }
      const s = summarizeBlock(points);
      data.push([++block, encodeBlock(points)]);
      blocks.push([
        ...[run, key, block, s.first_step, s.first_time, s.last_step, s.last_time, s.from_time, s.to_time],
        ...[s.points, s.nans, s.low, s.high, s.total],
      ]);
    }
    await db.write(async (tx) => {
      await insert(
        tx,
        `metric_blocks (run_id, key_id, id, first_step, first_time, last_step, last_time, from_time, to_time, points, nans,
           low, high, total)`,
        blocks,
      );
      await insert(tx, "metric_block_data (id, data)", data);
    });
  }
  await db.write((tx) =>
    insert(tx, "latest_metrics (run_id, key_id, value, nan, step, timestamp, open)", [
      [run, key, 0.5, 0, length - 1, start + (length - 1) * 50, 0],
    ]),
  );
  await settle(db);
}

function emptyPoints(length: number): Points {
  return {
    length,
    steps: new Float64Array(length),
    times: new Float64Array(length),
    values: new Float64Array(length),
  };
}

/** A loss that falls, with noise, in 32-bit numbers as training frameworks log them. */
function fill(points: Points, seed: number, began: number, last: number): void {
  for (let j = 0; j < points.length; j++) {
    points.steps[j] = j;
    points.times[j] = began + j * 450 + (j % 7);
    points.values[j] = Math.fround(1 / (j + 1) + hash(seed * 131 + j) / 10);
  }
  points.values[points.length - 1] = last;
}

async function insert(tx: Tx, into: string, rows: readonly (readonly unknown[])[] = []): Promise<void> {
  await Promise.all(insertRows(`insert into ${into}`, rows).map((statement) => tx.run(statement)));
}

async function ensureNames(tx: Tx, experiment: number, runs: number) {
  const all = { metrics: [] as number[], params: [] as number[], tags: [] as number[] };
  for (let m = 0; m < metricsOfRun; m++) all.metrics.push(await nameIn(tx, experiment, 0, `m${m}`, runs, null, 0));
  for (const [name, value] of params) {
    all.params.push(await nameIn(tx, experiment, 1, name, runs, value(0), name === "same" ? 0 : 1));
  }
  for (const [name, value] of tags) all.tags.push(await nameIn(tx, experiment, 2, name, runs, value(0), 1));
  return all;
}

async function nameIn(
  tx: Tx,
  experiment: number,
  kind: number,
  name: string,
  runs: number,
  first: string | null,
  varies: number,
): Promise<number> {
  const row = await tx.get<{ id: number }>({
    sql: `insert into run_keys (experiment_id, kind, name, runs, first_value, varies) values (?, ?, ?, ?, ?, ?)
          on conflict (experiment_id, kind, name) do update set runs = excluded.runs returning id`,
    parameters: [experiment, kind, name, runs, first, varies],
  });
  return Number((row as { id: number }).id);
}

async function greatest(db: Db, table: string): Promise<number> {
  const row = await db.read((r) =>
    r.get<{ n: number | null }>({ sql: `select max(id) as n from ${table}`, parameters: [] }),
  );
  return Number(row?.n ?? 0);
}

/** Ids were given by hand: PostgreSQL's counters have to follow, and both planners want to know what is there now. */
async function settle(db: Db): Promise<void> {
  await db.write(async (tx) => {
    if (db.dialect === "sqlite") return;
    for (const table of ["runs", "run_keys", "metric_block_data"]) {
      await tx.get({
        sql: `select setval(pg_get_serial_sequence('${table}', 'id'), (select max(id) from ${table}))`,
        parameters: [],
      });
    }
    for (const table of ["runs", "run_keys", "params", "run_tags", "latest_metrics", "metric_blocks"]) {
      await tx.run({ sql: `analyze ${table}`, parameters: [] });
    }
  });
}
