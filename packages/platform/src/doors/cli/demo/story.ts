import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { type Client, createClient } from "@paydown/api/client";
import { addVersion, createDataset, getVersion, registerSource, updateDataset } from "@paydown/api/data";
import {
  getItem,
  getScore,
  getStatement,
  listItems,
  makePlan,
  payItem,
  refreshLedger,
  type Statement,
} from "@paydown/api/debt";
import { upstream } from "@paydown/api/lineage";
import { createMonitor, evaluateMonitor, getSeries } from "@paydown/api/monitoring";
import type { Reply } from "@paydown/api/operation";
import { getModel, setAlias } from "@paydown/api/registry";
import { ingestScan } from "@paydown/api/scans";
import { createDeployment, declareConsumer } from "@paydown/api/serving";
import { getRun } from "@paydown/api/tracking";
import { scanRepository } from "@paydown/scan";
import { systemClock } from "#base/clock.js";
import { errors } from "../errors.js";
import type { Example } from "./example.js";
import { cutBrokenDelivery, cutMonths, type Month } from "./months.js";
import type { Steps } from "./progress.js";
import { replayDays } from "./replay.js";
import { runTraining, type Trained, trainModel } from "./train.js";
import { until } from "./wait.js";

export interface StoryOptions {
  readonly example: Example;
  readonly url: string;
  readonly project: string;
  readonly data: string;
  readonly seed: number;
  /** 0 for January: the month the first model is trained on. */
  readonly trainingMonth: number;
  readonly rowsPerDay: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface StoryEnd {
  readonly statement: Statement;
  readonly plan: Reply<typeof makePlan>;
  readonly score: Reply<typeof getScore>;
  readonly paid: readonly { readonly message: string; readonly proved: boolean; readonly note: string }[];
  readonly lineage: Reply<typeof upstream>;
  readonly prediction: string;
  readonly alarms: string;
}

export const storySteps = 10;
const model = "delay";
const deployment = "delay-api";
const monitor = "delay-api";
const dataset = "flights";
const dayMs = 86_400_000;
const weekMs = 7 * dayMs;
const lateMinutes = 15;
/** Hours a week of the team whose budget is planned: two people. */
const capacity = 80;

/** The whole story, through the doors a user has. */
export async function tellStory(steps: Steps, options: StoryOptions): Promise<StoryEnd> {
  const { project } = options;
  const client = createClient({ baseUrl: options.url });

  await steps.step("scan the repository", async () => {
    const report = await scanRepository({ path: options.example.folder });
    const scan = await client.call(ingestScan, {
      project,
      repository: "flight-delays",
      report: JSON.parse(JSON.stringify(report)),
    });
    steps.say(`${scan.findings} findings in ${scan.byRule.length} kinds; ${scan.unseen} places could not be seen`);
  });

  const { months, leftOut } = await steps.step("cut the flights into months", (progress) =>
    cutMonths(options.example.flights, options.data, progress),
  );

  const versions = await steps.step("version and profile the data", async (progress) => {
    await client.call(registerSource, {
      project,
      source: "us-bts",
      location: "npm:vega-datasets/data/flights-3m.parquet",
      external: true,
      format: "parquet",
      modality: "tabular",
    });
    await client.call(createDataset, { project, dataset, source: "us-bts" });
    const added: string[] = [];
    for (const [i, month] of months.entries()) {
      progress.update(i / months.length, month.name);
      added.push(await addMonth(client, options, month));
    }
    await client.call(updateDataset, { project, dataset, reference: added[options.trainingMonth] as string });
    for (const version of added) {
      await until("version and profile the data", options.data, async () => {
        const one = await client.call(getVersion, { project, dataset, version });
        if (one.profile === "failed")
          throw errors.CLI_DEMO_STEP_FAILED({ step: "profile", problem: one.profileProblem ?? "", data: options.data });
        return one.profile === "done" ? one : undefined;
      });
    }
    steps.say(
      `${months.reduce((sum, month) => sum + month.rows, 0).toLocaleString("en")} flights in ${added.length} versions of \`${dataset}\`; ${leftOut} of July were left out`,
    );
    return added;
  });

  const training = months[options.trainingMonth] as Month;
  const trained = await steps.step(`train on ${training.name}`, async () => {
    const result = await trainModel({
      script: options.example.trainScript,
      files: [training.file],
      dataset,
      versions: [versions[options.trainingMonth] as string],
      seed: options.seed,
      trackingUrl: options.url,
      data: options.data,
      environment: options.environment,
    });
    steps.say(`AUC ${digits(result.metrics.auc)}, log loss ${digits(result.metrics.logLoss)} on rows it has not seen`);
    return result;
  });

  // Moved by whole weeks, weekdays stay what they were; what would lie in the future is left out.
  const end = (months.at(-1) as Month).to;
  const today = Math.floor(systemClock.now() / dayMs) * dayMs;
  const shift = Math.ceil((today - end) / weekMs) * weekMs;

  await steps.step("deploy behind an endpoint", () => deploy(client, options, trained, training));

  const replayed = await steps.step("replay the months", async (progress) => {
    const days = await options.example.replay.readDays(
      months.slice(options.trainingMonth).map((month) => month.file),
      { rowsPerDay: options.rowsPerDay, seed: options.seed, lateMinutes },
    );
    const answer = await replayDays(
      {
        example: options.example,
        client,
        url: options.url,
        project,
        deployment,
        days: days.filter((day) => day.at + shift < today),
        shift,
        rowsPerRequest: 60,
        consumers: [
          { name: "ops-board", share: 0.8 },
          { name: "gate-display", share: 0.2 },
        ],
        data: options.data,
      },
      progress,
    );
    steps.say(
      `${answer.rows.toLocaleString("en")} predictions (a seeded sample of ${options.rowsPerDay} flights a day) from two consumers, one undeclared`,
    );
    return answer;
  });

  const alarms = await steps.step("judge every day", async () => {
    const sentence = await watch(client, options, trained, { training, shift });
    steps.say(sentence);
    return sentence;
  });

  await steps.step("a delivery breaks (injected)", async () => {
    const delivery = await cutBrokenDelivery(options.example.flights, options.data);
    const file = { name: "flights-delivery", path: "last-week.parquet", ...delivery };
    const version = await addFile(
      client,
      options,
      file,
      "delivery of the last week, its destination column is missing",
    );
    const { code, failed } = await runTraining({
      script: options.example.trainScript,
      files: [delivery.file],
      dataset: file.name,
      versions: [version],
      seed: options.seed,
      trackingUrl: options.url,
      data: options.data,
      environment: options.environment,
    });
    if (code === 0) {
      throw errors.CLI_DEMO_STEP_FAILED({
        step: "a delivery breaks",
        problem: "the training took it",
        data: options.data,
      });
    }
    steps.say(`the training failed and is on record: ${failed.trim().split("\n")[0]?.slice(0, 90)}`);
  });

  await steps.step("price the debt", async () => {
    const refreshed = await client.call(refreshLedger, { project });
    if (refreshed.failed.length > 0) {
      const problem = refreshed.failed.map((one) => `${one.rule}: ${one.problem}`).join("; ");
      throw errors.CLI_DEMO_STEP_FAILED({ step: "price the debt", problem, data: options.data });
    }
    steps.say(`${refreshed.open} items, found by ${refreshed.rules} rules over the records and by the scan`);
  });

  const paid = await steps.step("pay two items and prove it", async (progress) => {
    const results: StoryEnd["paid"][number][] = [];
    for (const [i, slug] of ["model-behind-its-data", "version-without-card"].entries()) {
      progress.update(i / 2, slug);
      results.push(...(await payOne(client, options, slug)));
    }
    for (const one of results) steps.say(`${one.proved ? "paid" : "not paid"}: ${one.message} ${one.note}`);
    return results;
  });

  const [statement, plan, score, lineage] = await Promise.all([
    client.call(getStatement, { project, capacity }),
    client.call(makePlan, { project, share: 0.2, capacity }),
    client.call(getScore, { project }),
    client.call(upstream, { project, node: `prediction:${replayed.last}` }),
  ]);
  return { statement, plan, score, paid, lineage, prediction: replayed.last, alarms };
}

function addMonth(client: Client, options: StoryOptions, month: Month): Promise<string> {
  const file = { name: dataset, path: `flights-${month.name}.parquet`, file: month.file, hash: month.hash };
  return addFile(client, options, file, `flights of ${month.name}`);
}

/** Uploads a file and makes it a version of a dataset, as a user's script would. */
async function addFile(
  client: Client,
  options: StoryOptions,
  given: { readonly name: string; readonly path: string; readonly file: string; readonly hash: string },
  message: string,
): Promise<string> {
  const { project } = options;
  const response = await fetch(`${options.url}/api/v1/projects/${project}/objects`, {
    method: "PUT",
    headers: { "content-length": String((await stat(given.file)).size), "x-content-sha256": given.hash },
    body: createReadStream(given.file) as never,
    duplex: "half",
  } as RequestInit);
  const stored = (await response.json()) as { hash?: string; message?: string };
  if (stored.hash === undefined) {
    const problem = stored.message ?? "no answer";
    throw errors.CLI_DEMO_STEP_FAILED({ step: `upload ${given.path}`, problem, data: options.data });
  }
  const files = [{ path: given.path, hash: stored.hash }];
  const added = await client.call(addVersion, {
    project,
    dataset: given.name,
    create: true,
    files,
    format: "parquet",
    source: "us-bts",
    message,
  });
  return added.version;
}

interface ReferenceFile {
  readonly features: readonly never[];
  readonly score: { readonly edges: readonly number[] };
}

async function deploy(client: Client, options: StoryOptions, trained: Trained, training: Month): Promise<void> {
  const { project } = options;
  await client.call(setAlias, {
    project,
    model,
    alias: "champion",
    version: trained.version,
    reason: `first model, trained on ${training.name}`,
  });
  await client.call(createDeployment, {
    project,
    name: deployment,
    model,
    alias: "champion",
    owner: "flight-operations",
    score: { output: "probabilities", column: 1 },
    reason: "first deployment",
  });
  await client.call(declareConsumer, {
    project,
    name: deployment,
    consumer: "ops-board",
    team: "flight-operations",
    purpose: "shows likely late flights on the operations board",
  });
}

/** Watches the replayed half-year: bins and counts of the training data, noise learned from the training month's own days. */
async function watch(
  client: Client,
  options: StoryOptions,
  trained: Trained,
  span: { readonly training: Month; readonly shift: number },
): Promise<string> {
  const { project } = options;
  const run = await client.call(getRun, { project, runId: trained.runId });
  const path = `${run.artifactUri.replace(/^mlflow-artifacts:\/+/, "")}/reference.json`;
  const response = await fetch(`${options.url}/api/2.0/mlflow-artifacts/artifacts/${path}`);
  if (!response.ok) {
    const problem = `reference.json was answered with ${response.status}`;
    throw errors.CLI_DEMO_STEP_FAILED({ step: "judge every day", problem, data: options.data });
  }
  const reference = (await response.json()) as ReferenceFile;
  const { training, shift } = span;
  await client.call(createMonitor, {
    project,
    name: monitor,
    deployment,
    window: "day",
    reference: { kind: "counts", features: [...reference.features] },
    prediction: { edges: [...reference.score.edges] },
    quality: { metric: "log-loss", labelDelayHours: 24 },
    calibration: { from: training.from + shift, to: training.to + shift },
    owner: "flight-operations",
  });
  await client.call(evaluateMonitor, { project, name: monitor });
  const from = training.to + shift;
  return (await client.call(getSeries, { project, name: monitor, from })).alarms.sentence;
}

/** Pays every payable item of a rule and waits for the proof. */
async function payOne(client: Client, options: StoryOptions, slug: string): Promise<StoryEnd["paid"][number][]> {
  const { project } = options;
  // The payment before may have changed what there is to pay.
  await client.call(refreshLedger, { project });
  const { items } = await client.call(listItems, { project, rule: slug, state: "open" });
  const live = await client.call(getModel, { project, model });
  const champion = `${model}/${live.aliases.champion}`;
  // A card is worth writing for the version in use; what was replaced meanwhile is left to the next refresh.
  const payable = items.filter(
    (item) => item.fixable && (item.asset.kind !== "model-version" || item.asset.id === champion),
  );
  const results: StoryEnd["paid"][number][] = [];
  for (const item of payable.slice(0, 1)) {
    const payment = await client.call(payItem, { project, item: item.id });
    const done = await until(`pay ${slug}`, options.data, async () => {
      const { payments } = await client.call(getItem, { project, item: item.id });
      const one = payments.find((other) => other.id === payment.id);
      return one !== undefined && (one.state === "proved" || one.state === "failed") ? one : undefined;
    });
    results.push({
      message: item.message,
      proved: done.state === "proved",
      note: done.state === "proved" ? done.what : (done.problem ?? ""),
    });
  }
  return results;
}

function digits(value: number | undefined): string {
  return value === undefined ? "unknown" : value.toFixed(3);
}
