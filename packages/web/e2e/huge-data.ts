import { mkdirSync } from "node:fs";
import { join } from "node:path";

/**
 * Fills an empty data folder with what a run table must bear: an experiment of many runs with thousands of columns, one of
 * curves with running runs, one of odd names and values, one of artifacts of every kind. Seeded; written past the events, so that it takes seconds.
 * `node huge-data.ts DIR [runs]` by the source hook of tools/source.ts.
 */
export async function fillHuge(folder: string, runs = 100_000): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const tools = new URL("../../../tools/source.ts", import.meta.url).href;
  const { load } = (await import(tools)) as { load(path: string): Promise<unknown> };
  const [
    { openDb },
    { openBlobs },
    { createIds },
    { baseMigrations },
    { trackingMigrations },
    runStore,
    { insertMetrics },
    { foldKeyUses },
    experiments,
    artifacts,
  ] = (await Promise.all(
    [
      "base/db/open",
      "base/blobs/open",
      "base/ids",
      "base/migrations",
      "capabilities/tracking/tables",
      "capabilities/tracking/store/runs",
      "capabilities/tracking/store/log-metrics",
      "capabilities/tracking/store/keys",
      "capabilities/tracking/store/experiments",
      "capabilities/tracking/store/artifacts",
    ].map((file) => load(`packages/platform/src/${file}.ts`)),
  )) as unknown as [
    Opens,
    Opens,
    Ids,
    Migrations,
    Migrations,
    RunStore,
    MetricStore,
    KeyStore,
    ExperimentStore,
    ArtifactStore,
  ];
  const clock = { now: () => Date.now() };
  const ids = createIds(clock, seededBytes(7));
  const random = randomOf(11);
  const db = await openDb({ url: `sqlite:${join(folder, "paydown.db")}`, clock, log: undefined });
  const blobs = await openBlobs({ url: `file:${join(folder, "objects")}`, ids });
  await db.migrate([...baseMigrations, ...trackingMigrations]);
  const project = "default";
  const now = Date.now();

  async function experiment(name: string) {
    return db.write(async (tx: unknown) => {
      const row = await experiments.insertExperiment(tx, {
        project,
        name,
        artifact_location: "",
        created_at: now,
        updated_at: now,
      });
      const artifact_location = `mlflow-artifacts:/${row.id}`;
      await experiments.updateExperiment(tx, row.id, { artifact_location }, now);
      return { ...row, artifact_location };
    });
  }
  async function run(
    tx: unknown,
    of: { id: number; artifact_location: string },
    given: { name: string; start: number; status: string },
  ) {
    const id = ids.hex(16);
    return runStore.insertRun(tx, {
      run_id: id,
      project,
      experiment_id: of.id,
      name: given.name,
      user_name: "seed",
      status: given.status,
      start_time: given.start,
      end_time: given.status === "RUNNING" ? null : given.start + 60_000 * (1 + Math.floor(random() * 90)),
      deleted: 0,
      artifact_uri: `${of.artifact_location}/${id}/artifacts`,
    });
  }
  const point = (key: string, value: number, step = 0, timestamp = now) => ({ key, value, step, timestamp });

  const many = await experiment("flights-delay");
  for (let from = 0; from < runs; from += 500) {
    await db.write(async (tx: unknown) => {
      for (let i = from; i < Math.min(runs, from + 500); i += 1) {
        const lr = 10 ** (-4 + 3 * random());
        const depth = 2 + Math.floor(random() * 10);
        const auc = Math.min(
          0.99,
          Math.max(0.3, 0.72 - 0.05 * (Math.log10(lr) + 2.5) ** 2 + 0.01 * depth + 0.05 * (random() - 0.5)),
        );
        const status = i > runs - 4 ? "RUNNING" : random() < 0.03 ? "FAILED" : "FINISHED";
        const made = await run(tx, many, {
          name: `${["xgb", "gbm", "mlp", "linear"][i % 4]}-${String(i).padStart(5, "0")}`,
          start: now - (runs - i) * 30_000,
          status,
        });
        await insertMetrics(tx, [
          {
            run: made,
            points: [
              ...(random() < 0.01 ? [] : [point("val_auc", random() < 0.002 ? Number.NaN : auc)]),
              point("val_logloss", 1 - auc + 0.1 * random()),
              point("train_loss", 0.9 - auc + 0.1 * random()),
              point("importance.distance", random()),
              point("importance.hour", random()),
              point("fit_seconds", 20 + 400 * random()),
              ...(i % 500 === 0
                ? Array.from({ length: 60 }, (_, at) => point(`layer.${(i / 500) * 60 + at}.grad_norm`, random()))
                : []),
            ],
          },
        ]);
        await runStore.insertParams(tx, made, [
          { key: "lr", value: lr.toPrecision(4) },
          { key: "depth", value: String(depth) },
          { key: "model", value: ["xgb", "gbm", "mlp", "linear"][i % 4] as string },
          { key: "seed", value: String(i % 5) },
          { key: "objective", value: "binary:logistic" },
          ...(i % 100 === 0 ? [{ key: "note", value: "tried once" }] : []),
        ]);
        await runStore.upsertTags(tx, made, [
          { key: "mlflow.source.git.commit", value: `a91d${String(i % 40).padStart(36, "0")}` },
        ]);
      }
    });
    // The events that would do this are not written.
    while ((await db.write(foldKeyUses)) > 0);
  }

  const curves = await experiment("curves");
  for (let i = 0; i < 60; i += 1) {
    await db.write(async (tx: unknown) => {
      const status = i < 2 ? "RUNNING" : i === 5 ? "FAILED" : "FINISHED";
      const start = now - (60 - i) * 3_600_000;
      const made = await run(tx, curves, { name: `curve-${i}`, start, status });
      const top = 0.7 + 0.25 * random();
      const points = [];
      const length = i < 2 ? 400 : 600 + 20 * i;
      for (let step = 0; step < length; step += 1) {
        const at = start + step * 5000;
        const noise = 0.03 * (random() - 0.5);
        points.push(
          point(
            "val_auc",
            step % 97 === 50 && i % 7 === 0 ? Number.NaN : top * (1 - Math.exp(-step / 120)) + noise,
            step,
            at,
          ),
        );
        points.push(
          point("loss", Math.exp(-step / 150) + 0.05 + Math.abs(noise) + (step === 33 && i === 9 ? 40 : 0), step, at),
        );
        if (step % 10 === 0) points.push(point("epoch", step / 10, step, at));
      }
      await insertMetrics(tx, [{ run: made, points }]);
      await runStore.insertParams(tx, made, [
        { key: "model", value: i % 2 === 0 ? "mlp" : "cnn" },
        { key: "lr", value: String([0.1, 0.01, 0.001][i % 3]) },
        { key: "seed", value: String(i % 4) },
      ]);
      if (i === 5)
        await runStore.upsertTags(tx, made, [
          {
            key: "paydown.error",
            value: "Traceback (most recent call last):\n  File \"train.py\", line 3\nKeyError: 'dep_delay'",
          },
        ]);
    });
  }

  const odd = await experiment(`名前 ${"long ".repeat(40)}\u202bעברית\u202c 🦆`);
  for (let i = 0; i < 12; i += 1) {
    await db.write(async (tx: unknown) => {
      const name = ["", "<script>alert(1)</script>", "🦆🦆🦆", "\u05e8\u05e5 מימין", "x".repeat(240), "ordinary"][
        i % 6
      ] as string;
      const made = await run(tx, odd, {
        name,
        start: now - i * 1000,
        status: ["FINISHED", "FAILED", "KILLED", "SCHEDULED"][i % 4] as string,
      });
      await insertMetrics(tx, [
        {
          run: made,
          points: [
            point("val_auc", i % 3 === 0 ? Number.NaN : i / 12),
            point("huge", [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e300, -1e-300, 0][i % 5] as number),
            point("a metric with spaces / and slashes", i * 1234.5),
            point("k".repeat(200), i),
          ],
        },
      ]);
      await runStore.insertParams(tx, made, [
        { key: "quote's `and` ticks", value: `${i}` },
        { key: "text", value: i % 2 === 0 ? "v".repeat(4000) : "" },
      ]);
    });
  }

  const files = await experiment("artifacts");
  const found = await db.write((tx: unknown) => run(tx, files, { name: "every-kind", start: now, status: "FINISHED" }));
  for (const [path, content] of Object.entries(samples())) {
    const blob = (await blobs.put(content)) as { hash: string; size: number };
    const full = `${files.id}/${found.run_id}/artifacts/${path}`;
    await db.write((tx: unknown) => artifacts.upsertFile(tx, project, full, blob, now));
  }
  await db.close();
}

const text = (content: string) => new TextEncoder().encode(content);

/** A small file of every kind that has a preview, and some that pretend. */
function samples(): Record<string, Uint8Array> {
  const png = Buffer.from(
    "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAIAAACQkWg2AAAAKUlEQVR4nGNkYPjPQApgIkn1qIZRDaMaRjWMahjVMKphVMOohlENQ0sDAFYAAh+6WyLkAAAAAElFTkSuQmCC",
    "base64",
  );
  // Eight rows of id, name and a list, as DuckDB writes them.
  const parquet = Buffer.from(
    "UEFSMRUAFYwBFYwBLBUQFQAVBhUGAAACAAAAEAEAAAAAAAAAAAEAAAAAAAAAAgAAAAAAAAADAAAAAAAAAAQAAAAAAAAABQAAAAAAAAAGAAAAAAAAAAcAAAAAAAAAFQAVrAEVrAEsFRAVABUGFQYAAAIAAAAQAQYAAABuYW1lIDAGAAAAbmFtZSAxBgAAAG5hbWUgMgYAAABuYW1lIDMGAAAAbmFtZSA0BgAAAG5hbWUgNQYAAABuYW1lIDYGAAAAbmFtZSA3FQAV9AIV9AIsFRoVABUGFQYAACEAAABBlBIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABBAAAAQfzzzwMAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABAAAAAAAAAAIAAAAAAAAAAgAAAAAAAAADAAAAAAAAAAQAAAAAAAAABQAAAAAAAAAFAAAAAAAAAAYAAAAAAAAABwAAAAAAAAAIAAAAAAAAABUCGWw1ABgNZHVja2RiX3NjaGVtYRUGABUEJQIYAmlkJSQAFQwlAhgEbmFtZSUAADUCGARwYWlyFQIVBgA1BBgEbGlzdBUCABUEJQIYB2VsZW1lbnQlJAAWEBkcGTwmABwVBBkVABkYAmlkFQAWEBayARayASYIPBgIBwAAAAAAAAAYCAAAAAAAAAAAFgAoCAcAAAAAAAAAGAgAAAAAAAAAABERAAAAJgAcFQwZFQAZGARuYW1lFQAWEBbSARbSASa6ATwYBm5hbWUgNxgGbmFtZSAwFgAoBm5hbWUgNxgGbmFtZSAwEREAAAAmABwVBBkVABk4BHBhaXIEbGlzdAdlbGVtZW50FQAWGhaaAxaaAyaMAzwYCAgAAAAAAAAAGAgBAAAAAAAAABYGKAgIAAAAAAAAABgIAQAAAAAAAAAREQAAABaeBhYQJggWngYAKChEdWNrREIgdmVyc2lvbiB2MS41LjYgKGJ1aWxkIDA2OWNjOWY5YjUpGTwcAAAcAAAcAAAAhQEAAFBBUjE=",
    "base64",
  );
  const rows = Array.from({ length: 5000 }, (_, i) => `${i},name ${i},"a, quoted ""text""",${Math.sin(i)}`).join("\n");
  return {
    "figures/confusion.png": png,
    "figures/plot.svg": text(
      '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="100"><script>alert(1)</script><circle cx="50" cy="50" r="40" fill="teal"/></svg>',
    ),
    "figures/bomb.png": Buffer.concat([
      png.subarray(0, 16),
      Buffer.from([0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff]),
      png.subarray(24),
    ]),
    "tables/head.csv": text(`id,name,text,value\n${rows}\n`),
    "tables/rows.jsonl": text('{"a":1,"b":"x"}\n{"a":2,"c":[1,2]}\n'),
    "tables/tabs.tsv": text("a\tb\n1\t2\n"),
    "tables/rows.parquet": parquet,
    "tables/broken.parquet": parquet.subarray(0, 300),
    "config.yaml": text("lr: 0.1\nlayers:\n  - 64\n  - 32\n"),
    "report.html": text("<h1>hello</h1><script>fetch('/api/v1/projects')</script>"),
    "notes.md": text("# Notes\n\n<img src=x onerror=alert(1)>\n\n- one\n- two\n"),
    "result.json": text('{"auc":0.91,"per_class":{"a":0.9,"b":0.8}}'),
    "train.py": text("import mlflow\n\nwith mlflow.start_run():\n    mlflow.log_metric('auc', 0.9)\n"),
    "explore.ipynb": text(
      JSON.stringify({
        nbformat: 4,
        metadata: { language_info: { name: "python" } },
        cells: [
          { cell_type: "markdown", source: ["# Title\n", "<script>alert(1)</script>"] },
          {
            cell_type: "code",
            execution_count: 1,
            source: "print('hello')",
            outputs: [
              { output_type: "stream", name: "stdout", text: ["hello\n"] },
              { output_type: "display_data", data: { "image/png": png.toString("base64"), "text/plain": "<Figure>" } },
              {
                output_type: "execute_result",
                data: { "text/html": "<b onclick=alert(1)>table</b>", "text/plain": "   a\n0  1" },
              },
              {
                output_type: "error",
                ename: "KeyError",
                evalue: "'x'",
                traceback: ["\u001b[31mKeyError\u001b[0m: 'x'"],
              },
            ],
          },
        ],
      }),
    ),
    "broken.ipynb": text('{"cells": [{'),
    "model/MLmodel": text(
      'artifact_path: model\nflavors:\n  python_function:\n    loader_module: mlflow.sklearn\n    python_version: 3.11.4\n  sklearn:\n    sklearn_version: 1.5.0\nmlflow_version: 2.22.0\nmodel_size_bytes: 1234\nsignature:\n  inputs: \'[{"name": "x", "type": "double"}]\'\n  outputs: \'[{"type": "long"}]\'\nutc_time_created: \'2026-01-01\'\n',
    ),
    "model/model.pkl": Buffer.from("80049526000000000000008c08", "hex"),
    "model/requirements.txt": text("scikit-learn==1.5.0\n"),
    "model/model.onnx": text("not onnx"),
    ...Object.fromEntries(
      Array.from({ length: 1500 }, (_, i) => [
        `many/part-${String(i).padStart(4, "0")}.bin`,
        new Uint8Array([i & 255, 1, 2, 3]),
      ]),
    ),
  };
}

function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function seededBytes(seed: number): (size: number) => Uint8Array {
  const random = randomOf(seed);
  return (size) => Uint8Array.from({ length: size }, () => Math.floor(random() * 256));
}

interface Opens {
  openDb(options: object): Promise<Database>;
  openBlobs(options: object): Promise<{ put(content: Uint8Array): Promise<unknown> }>;
}
interface Database {
  // What the platform's own types say; this file is loaded beside it, not with it.
  write<R>(work: (tx: unknown) => Promise<R>): Promise<R>;
  migrate(migrations: readonly unknown[]): Promise<void>;
  close(): Promise<void>;
}
interface Ids {
  createIds(clock: object, random: (size: number) => Uint8Array): { hex(bytes: number): string };
}
interface Migrations {
  baseMigrations: readonly unknown[];
  trackingMigrations: readonly unknown[];
}
interface Made {
  id: number;
  run_id: string;
}
interface RunStore {
  insertRun(tx: unknown, run: object): Promise<Made>;
  insertParams(tx: unknown, run: Made, params: readonly object[]): Promise<unknown>;
  upsertTags(tx: unknown, run: Made, tags: readonly object[]): Promise<void>;
}
interface MetricStore {
  insertMetrics(tx: unknown, list: readonly { run: Made; points: readonly object[] }[]): Promise<void>;
}
interface KeyStore {
  foldKeyUses(tx: unknown): Promise<number>;
}
interface ExperimentStore {
  insertExperiment(tx: unknown, row: object): Promise<{ id: number }>;
  updateExperiment(tx: unknown, id: number, change: object, now: number): Promise<void>;
}
interface ArtifactStore {
  upsertFile(tx: unknown, project: string, path: string, blob: object, now: number): Promise<void>;
}

if (process.argv[1] === import.meta.filename) {
  const [, , folder, runs = "100000"] = process.argv;
  if (folder === undefined) {
    console.error("Say which folder to fill: huge-data.ts DIR [runs]");
    process.exitCode = 2;
  } else await fillHuge(folder, Number(runs));
}
