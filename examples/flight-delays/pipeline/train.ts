import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { parse } from "yaml";
import { type BoostedTrees, type BoostingOptions, type Columns, score, train } from "./boosting.ts";
import { type Flight, type Inputs, isLate, numericInputs, textInputs, toInputs } from "./features.ts";
import { draw, randomFrom, readFlights } from "./flights.ts";
import { type Quality, quality } from "./metrics.ts";
import { connect, type Run, sha256 } from "./mlflow.ts";
import { type Lookup, toOnnx } from "./onnx.ts";

/**
 * Trains the flight-delay classifier on the Parquet files of some dataset versions, tracks everything through the MLflow
 * REST protocol, writes the model as ONNX and registers it. The last line printed is one JSON object.
 *
 *   node pipeline/train.ts --data jan.parquet --dataset flights --versions 0123456789abcdef --model delay --seed 1
 */
const { values: flags } = parseArgs({
  options: {
    data: { type: "string", multiple: true },
    dataset: { type: "string", default: "flights" },
    versions: { type: "string", default: "" },
    model: { type: "string", default: "delay" },
    experiment: { type: "string", default: "flight-delays" },
    seed: { type: "string", default: "1" },
    sample: { type: "string", default: "120000" },
    out: { type: "string" },
    tracking: { type: "string", default: process.env.MLFLOW_TRACKING_URI ?? "http://127.0.0.1:7860" },
  },
});
const files = flags.data ?? [];
if (files.length === 0) {
  console.error("--data FILE is missing: give the Parquet files to train on");
  process.exit(2);
}
const seed = Number(flags.seed);
const sample = Number(flags.sample);
const folder = import.meta.dirname;
const configText = readFileSync(join(folder, "../config.yaml"), "utf8");
const config = parse(configText) as {
  label: { late_minutes: number };
  training: {
    trees: number;
    depth: number;
    learning_rate: number;
    bins: number;
    min_rows: number;
    lambda: number;
    holdout: number;
    decision_threshold: number;
  };
};
const boosting: BoostingOptions = {
  trees: config.training.trees,
  depth: config.training.depth,
  learningRate: config.training.learning_rate,
  bins: config.training.bins,
  minRows: config.training.min_rows,
  lambda: config.training.lambda,
};
const late = (flight: Flight): 0 | 1 => isLate(flight, config.label.late_minutes);

const mlflow = connect(flags.tracking.replace(/\/+$/, ""), process.env.MLFLOW_TRACKING_TOKEN);
const lock = readLock();
const environment = JSON.stringify(
  { node: process.version, platform: process.platform, arch: process.arch, lock: sha256(lock) },
  null,
  2,
);
const commit = gitCommit();
const run = await mlflow.startRun(flags.experiment, `boosted-trees on ${flags.dataset}, seed ${seed}`, {
  "mlflow.source.name": "pipeline/train.ts",
  "mlflow.source.type": "LOCAL",
  "mlflow.user": "pipeline",
  "paydown.seed": String(seed),
  "paydown.config.hash": sha256(configText),
  "paydown.environment.hash": sha256(environment),
  ...(commit === undefined ? {} : { "mlflow.source.git.commit": commit }),
});

try {
  const { version, held, rows } = await trainAndRegister(run);
  await run.finish("FINISHED");
  console.log(JSON.stringify({ runId: run.id, model: flags.model, version, rows, metrics: held }));
} catch (error) {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  await run.tags({ "paydown.error": text.slice(0, 4000) });
  await run.finish("FAILED");
  console.error(text);
  process.exit(1);
}

async function trainAndRegister(run: Run): Promise<{ version: number; held: Quality; rows: number }> {
  await run.params({
    model: "boosted-trees",
    seed,
    sample,
    late_minutes: config.label.late_minutes,
    ...Object.fromEntries(Object.entries(config.training)),
  });
  const all = await readFlights(files);
  for (const version of flags.versions.split(",").filter((one) => one !== "")) {
    await run.dataset(
      {
        name: flags.dataset,
        digest: version,
        source: JSON.stringify({ uri: `paydown:datasets/${flags.dataset}@${version}` }),
        schema: {
          mlflow_colspec: [
            { name: "date", type: "datetime", required: true },
            { name: "delay", type: "long", required: true },
            { name: "distance", type: "long", required: true },
            { name: "origin", type: "string", required: true },
            { name: "destination", type: "string", required: true },
          ],
        },
        profile: { num_rows: all.length },
      },
      "training",
    );
  }

  // Look-ups are learned on rows that neither train nor test: a rate that has seen a row's own label would leak it.
  const chosen = new Set(draw([...all.keys()], Math.min(sample, Math.floor(all.length / 2)), seed));
  const rest = all.filter((_, i) => !chosen.has(i));
  const lookups = learnLookups(rest, all.length);
  const random = randomFrom(seed + 1);
  const test: Flight[] = [];
  const training: Flight[] = [];
  for (const i of chosen) (random() < config.training.holdout ? test : training).push(all[i] as Flight);

  const columns = toColumns(training.map(toInputs), lookups);
  const labels = Uint8Array.from(training, late);
  const losses: { key: string; value: number; step: number }[] = [];
  const model = train(columns, labels, boosting, (step, value) => losses.push({ key: "train_log_loss", value, step }));
  await run.metrics(losses);

  const testInputs = test.map(toInputs);
  const testLabels = Uint8Array.from(test, late);
  const testColumns = toColumns(testInputs, lookups);
  const scores = score(model, testColumns);
  const held = quality(scores, testLabels, config.training.decision_threshold);
  await run.metrics([
    { key: "val_auc", value: held.auc, step: 0 },
    { key: "val_log_loss", value: held.logLoss, step: 0 },
    { key: "val_brier", value: held.brier, step: 0 },
    { key: "val_accuracy", value: held.accuracy, step: 0 },
    { key: "val_calibration_error", value: held.calibrationError, step: 0 },
    { key: "val_base_rate", value: testLabels.reduce((sum, label) => sum + label, 0) / testLabels.length, step: 0 },
  ]);

  const importance = permutationImportance(model, testInputs, testLabels, lookups, held.auc);
  await run.metrics(Object.entries(importance).map(([key, value]) => ({ key: `importance.${key}`, value, step: 0 })));

  const onnx = toOnnx(model, numericInputs, textInputs, lookups);
  const reference = referenceCounts(all, scores);
  const artifacts: Record<string, Uint8Array | string> = {
    "config.yaml": configText,
    "environment.json": environment,
    "importance.json": JSON.stringify(importance, null, 2),
    "reference.json": JSON.stringify(reference),
    "model/model.onnx": onnx,
    "model/MLmodel": mlmodel(run.id),
    "model/requirements.txt": "onnxruntime\nnumpy\n",
  };
  for (const [path, content] of Object.entries(artifacts)) await run.artifact(path, content);
  if (flags.out !== undefined) {
    for (const [path, content] of Object.entries(artifacts)) {
      const file = join(flags.out, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
    }
    const first = testInputs.slice(0, 200);
    await writeFile(
      join(flags.out, "scored.json"),
      JSON.stringify({ inputs: first, scores: [...scores.slice(0, 200)] }),
    );
  }
  return { version: await mlflow.register(flags.model, run, "model"), held, rows: all.length };
}

/** Late rate (shrunk to the mean by 200 flights) and share of traffic of each airport. */
function learnLookups(flights: readonly Flight[], total: number): Lookup[] {
  const mean = flights.reduce((sum, flight) => sum + late(flight), 0) / Math.max(flights.length, 1);
  const lookups: Lookup[] = [];
  for (const input of textInputs) {
    const seen = new Map<string, { n: number; late: number }>();
    for (const flight of flights) {
      const airport = seen.get(flight[input]) ?? { n: 0, late: 0 };
      airport.n++;
      airport.late += late(flight);
      seen.set(flight[input], airport);
    }
    const sorted = [...seen].sort(([a], [b]) => (a < b ? -1 : 1));
    const rate = new Map(sorted.map(([name, one]) => [name, Math.fround((one.late + 200 * mean) / (one.n + 200))]));
    const traffic = new Map(
      sorted.map(([name, one]) => [name, Math.fround(Math.log1p((one.n * total) / flights.length))]),
    );
    lookups.push({ input, feature: `${input}_late_rate`, values: rate, otherwise: Math.fround(mean) });
    lookups.push({ input, feature: `${input}_traffic`, values: traffic, otherwise: 0 });
  }
  return lookups;
}

function toColumns(inputs: readonly Inputs[], lookups: readonly Lookup[]): Columns {
  return [
    ...numericInputs.map((name) => Float32Array.from(inputs, (one) => one[name])),
    ...lookups.map((lookup) =>
      Float32Array.from(inputs, (one) => lookup.values.get(one[lookup.input as "origin"]) ?? lookup.otherwise),
    ),
  ];
}

/** How much AUC is lost on held-out rows when one input is shuffled (Breiman 2001); mean of three seeded shuffles. */
function permutationImportance(
  model: BoostedTrees,
  inputs: readonly Inputs[],
  labels: Uint8Array,
  lookups: readonly Lookup[],
  auc: number,
): Record<string, number> {
  const result: Record<string, number> = {};
  for (const name of [...numericInputs, ...textInputs]) {
    let sum = 0;
    for (let round = 0; round < 3; round++) {
      const random = randomFrom(seed * 31 + round);
      const order = [...inputs.keys()];
      for (let i = order.length - 1; i > 0; i--) {
        const j = Math.floor(random() * (i + 1));
        [order[i], order[j]] = [order[j] as number, order[i] as number];
      }
      const shuffled = inputs.map((one, i) => ({ ...one, [name]: (inputs[order[i] as number] as Inputs)[name] }));
      sum += auc - quality(score(model, toColumns(shuffled, lookups)), labels, 0.5).auc;
    }
    result[name] = sum / 3;
  }
  return result;
}

/** Fixed bins of every input over all rows of the training versions, and of the scores on held-out rows: what monitors compare with. */
function referenceCounts(flights: readonly Flight[], scores: Float64Array): object {
  const inputs = flights.map(toInputs);
  const numeric = numericInputs.map((feature) => {
    const values = Float64Array.from(inputs, (one) => one[feature]).sort();
    const edges = [
      ...new Set(Array.from({ length: 19 }, (_, i) => values[Math.floor(((i + 1) * values.length) / 20)] as number)),
    ].filter((edge) => edge > (values[0] as number));
    const inner = edges.length > 0 ? edges : [values[0] as number];
    return { feature, kind: "numeric", edges: inner, counts: countBins(values, inner), missing: 0 };
  });
  const texts = textInputs.map((feature) => {
    const counts = new Map<string, number>();
    for (const one of inputs) counts.set(one[feature], (counts.get(one[feature]) ?? 0) + 1);
    const top = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, 60);
    const other = inputs.length - top.reduce((sum, [, n]) => sum + n, 0);
    return {
      feature,
      kind: "categorical",
      categories: top.map(([name]) => name),
      counts: [...top.map(([, n]) => n), other],
      missing: 0,
    };
  });
  const sorted = Float64Array.from(scores).sort();
  const edges = [
    ...new Set(Array.from({ length: 9 }, (_, i) => sorted[Math.floor(((i + 1) * sorted.length) / 10)] as number)),
  ];
  return { features: [...numeric, ...texts], score: { edges, counts: countBins(sorted, edges) } };
}

/** Rows in (-inf, e1), [e1, e2), ..., [ek, inf); `values` sorted ascending. */
function countBins(values: Float64Array, edges: readonly number[]): number[] {
  const counts = new Array<number>(edges.length + 1).fill(0);
  let bin = 0;
  for (const value of values) {
    while (bin < edges.length && value >= (edges[bin] as number)) bin++;
    counts[bin] = (counts[bin] as number) + 1;
  }
  return counts;
}

function mlmodel(runId: string): string {
  const inputs = [
    ...numericInputs.map((name) => ({ name, type: "tensor", "tensor-spec": { dtype: "float32", shape: [-1, 1] } })),
    ...textInputs.map((name) => ({ name, type: "tensor", "tensor-spec": { dtype: "str", shape: [-1, 1] } })),
  ];
  const outputs = [
    { name: "label", type: "tensor", "tensor-spec": { dtype: "int64", shape: [-1] } },
    { name: "probabilities", type: "tensor", "tensor-spec": { dtype: "float32", shape: [-1, 2] } },
  ];
  return `artifact_path: model
flavors:
  onnx:
    data: model.onnx
    onnx_version: 1.17.0
  python_function:
    data: model.onnx
    loader_module: mlflow.onnx
    python_version: 3.11.7
    env:
      virtualenv: python_env.yaml
run_id: ${runId}
utc_time_created: '${new Date().toISOString().replace("T", " ").replace("Z", "")}'
signature:
  inputs: '${JSON.stringify(inputs)}'
  outputs: '${JSON.stringify(outputs)}'
  params: null
`;
}

function gitCommit(): string | undefined {
  try {
    return execFileSync("git", ["-C", folder, "rev-parse", "HEAD"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return undefined;
  }
}

/** The lock file that says which packages ran; the run's environment hash covers it. */
function readLock(): string {
  for (const path of ["../../../package-lock.json", "../package-lock.json"]) {
    try {
      return readFileSync(join(folder, path), "utf8");
    } catch {
      // Not here: the next place.
    }
  }
  return "";
}
