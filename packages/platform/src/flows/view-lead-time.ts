import type { LeadTime, viewLeadTime as operation } from "@paydown/api/flows";
import type { Input, Reply } from "@paydown/api/operation";
import { getVersion, listModels } from "@paydown/api/registry";
import { getDeployment, listDeployments } from "@paydown/api/serving";
import { getRun, type Run, searchRuns } from "@paydown/api/tracking";
import type { Ctx } from "#base/context.js";
import { allPages } from "#base/pages.js";
import type { Perform } from "#base/perform.js";
import { type FirstPrediction, findFirstPrediction } from "#capabilities/serving/index.js";

const hour = 3_600_000;

type Step = LeadTime["chain"][number];

/**
 * From the first run of the experiment a version came from to the first prediction the deployment answered with a version
 * of the model, by the records of tracking, registry and serving. A missing link makes a lead time unknown, never short.
 */
export async function viewLeadTime(
  ctx: Ctx,
  perform: Perform,
  input: Input<typeof operation>,
): Promise<Reply<typeof operation>> {
  const { project, model } = input;
  const deployments = await allPages((at) =>
    perform(ctx, listDeployments, { project, ...(model === undefined ? {} : { model }), ...at }),
  );
  const items: LeadTime[] = [];
  const silent = new Set<string>();
  for (const { name, model: served } of deployments) {
    const first = await findFirstPrediction(ctx, project, name);
    if (first === undefined) silent.add(served);
    else items.push(await leadTimeOf(ctx, perform, project, name, first));
  }
  items.sort((a, b) => (a.model < b.model ? -1 : a.model > b.model ? 1 : a.deployment < b.deployment ? -1 : 1));
  const answered = new Set(items.map((one) => one.model));
  const models = await allPages((at) => perform(ctx, listModels, { project, ...at }));
  const waiting = models
    .map((one) => one.model)
    .filter((name) => (model === undefined || name === model) && !answered.has(name));
  const hours = items.flatMap((one) => one.hours ?? []).sort((a, b) => a - b);
  return {
    items,
    ...(hours.length === 0
      ? {}
      : {
          hours: { p10: quantile(hours, 0.1), p50: quantile(hours, 0.5), p90: quantile(hours, 0.9), n: hours.length },
        }),
    known: hours.length,
    unknown: items.length - hours.length,
    waiting: [...new Set([...waiting, ...[...silent].filter((name) => !answered.has(name))])].sort(),
  };
}

async function leadTimeOf(
  ctx: Ctx,
  perform: Perform,
  project: string,
  name: string,
  first: FirstPrediction,
): Promise<LeadTime> {
  const { history, model: current, version: now } = await perform(ctx, getDeployment, { project, name });
  const oldest = history.at(-1);
  const span =
    history.find((one) => one.from <= first.at && (first.version === undefined || one.version === first.version)) ??
    history.findLast((one) => first.version === undefined || one.version === first.version) ??
    oldest;
  const model = span?.model ?? current;
  const version = first.version ?? span?.version ?? now;
  const missing: string[] = [];
  const deployment: Step = {
    what: "deployment",
    node: { kind: "deployment", id: name },
    ...(span === undefined ? {} : { at: span.from }),
    evidence: `${name} serves version ${version} of ${model}${span === undefined ? "" : ` since it was put there by ${span.by}`}.`,
  };
  const prediction: Step = {
    what: "prediction",
    node:
      first.requestId === undefined
        ? { kind: "deployment", id: name }
        : { kind: "prediction", id: `${first.requestId}/0` },
    at: first.at,
    evidence:
      first.requestId === undefined
        ? "The first answer was counted in this minute; the log no longer holds it."
        : "The first answer in the log.",
  };
  const chain = [...(await wayToVersion(ctx, perform, { project, model, version }, missing)), deployment, prediction];
  const begin = chain[0]?.what === "first-run" ? chain[0].at : undefined;
  if (begin !== undefined && first.at < begin) {
    missing.push(
      "The first prediction lies before the first run: it is a replay of older requests, or the runs were imported without their times.",
    );
  }
  const known = missing.length === 0 && begin !== undefined;
  return {
    model,
    version,
    deployment: name,
    state: known ? "known" : "unknown",
    ...(known ? { hours: (first.at - begin) / hour } : {}),
    chain,
    missing,
  };
}

/** First run of the experiment, the run itself, the version; what is missing is said. */
async function wayToVersion(
  ctx: Ctx,
  perform: Perform,
  asked: { project: string; model: string; version: number },
  missing: string[],
): Promise<Step[]> {
  const { project, model, version } = asked;
  const id = `${model}/${version}`;
  const record = await ifKnown(perform(ctx, getVersion, asked), /^REGISTRY_.*NOT_FOUND$/);
  if (record === undefined) {
    missing.push(`Version ${version} of ${model} is no longer in the registry.`);
    return [];
  }
  const made: Step = {
    what: "version",
    node: { kind: "model-version", id },
    at: record.createdAt,
    evidence: `Registered by ${record.createdBy}.`,
  };
  const { runId } = record;
  if (runId === undefined) {
    missing.push(`Version ${version} of ${model} names no run: register it from the run that trained it.`);
    return [made];
  }
  const run = await ifKnown(perform(ctx, getRun, { project, runId }), /^TRACKING_RUN_NOT_FOUND$/);
  if (run === undefined) {
    missing.push(
      `Run ${runId}, which version ${version} of ${model} names, is not in this project: import it with \`paydown import mlflow\`.`,
    );
    return [made];
  }
  const earliest = await firstRun(ctx, perform, project, run);
  return [
    {
      what: "first-run",
      node: { kind: "run", id: earliest.runId },
      at: earliest.startedAt,
      evidence: `The earliest run of experiment ${run.experimentName} that is not deleted.`,
    },
    {
      what: "run",
      node: { kind: "run", id: run.runId },
      at: run.startedAt,
      evidence: `The run that version ${version} names.`,
    },
    made,
  ];
}

async function firstRun(
  ctx: Ctx,
  perform: Perform,
  project: string,
  run: Run,
): Promise<{ runId: string; startedAt: number }> {
  const { items } = await perform(ctx, searchRuns, {
    project,
    experimentIds: [run.experimentId],
    order: ["start_time ASC"],
    limit: 1,
    fields: "info",
    discover: false,
  });
  const [earliest] = items;
  return earliest === undefined || earliest.startedAt > run.startedAt ? run : earliest;
}

async function ifKnown<T>(asked: Promise<T>, lost: RegExp): Promise<T | undefined> {
  return asked.catch((error: { code?: string }) => {
    if (lost.test(error.code ?? "")) return undefined;
    throw error;
  });
}

/** Quantile of sorted values, between neighbours by their distance. */
function quantile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1);
  const low = sorted[Math.floor(at)] as number;
  const high = sorted[Math.ceil(at)] as number;
  return low + (high - low) * (at - Math.floor(at));
}
