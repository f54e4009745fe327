import type * as api from "@paydown/api/monitoring";
import type { BinnedFeature } from "@paydown/api/monitoring";
import type { Input } from "@paydown/api/operation";
import type { Ctx } from "#base/context.js";
import { enqueue } from "#base/jobs/queue.js";
import { errors } from "../errors.js";
import {
  calibrationDays,
  checkReference,
  defaultNaiveRules,
  defaultPromise,
  defaultScoreEdges,
  edgesProblem,
} from "../model.js";
import type { MonitoringNeeds, WatchedDeployment } from "../needs.js";
import { findMonitor, insertMonitor, updateMonitor } from "../store.js";
import { dayMs, windowMs } from "../thresholds/season.js";
import { toMonitor } from "../views.js";

/** Makes a monitor and plans its first evaluation. */
export async function createMonitor(
  ctx: Ctx,
  needs: MonitoringNeeds,
  input: Input<typeof api.createMonitor>,
): Promise<api.Monitor> {
  const { project, name, deployment, reference, window = "hour" } = input;
  const [watched] = await needs.liveDeployments(ctx, project, deployment);
  if (watched === undefined) throw errors.MONITORING_DEPLOYMENT_NOT_FOUND({ project, deployment });
  const features = pickFeatures(await referenceFeatures(ctx, needs, project, reference), input.features, watched);
  checkReference(features);
  const edges = input.prediction?.edges ?? defaultScoreEdges;
  const problem = input.prediction && edgesProblem(edges, input.prediction.counts);
  if (problem) throw errors.MONITORING_REFERENCE_INVALID({ feature: "score", problem });
  const now = ctx.clock.now();
  const length = windowMs(window);
  const asked = input.calibration ?? { from: now, to: now + calibrationDays * dayMs };
  if (asked.from >= asked.to) throw errors.MONITORING_RANGE_INVALID(asked);
  const promise = input.promise ?? defaultPromise;
  return ctx.db.write(async (tx) => {
    const inserted = await insertMonitor(tx, {
      project,
      name,
      deployment,
      window,
      reference_kind: reference.kind,
      dataset: reference.kind === "dataset-version" ? reference.dataset : null,
      version: reference.kind === "dataset-version" ? reference.version : null,
      features: JSON.stringify(features),
      prediction: input.prediction ? JSON.stringify({ edges, counts: input.prediction.counts }) : null,
      quality: input.quality ? JSON.stringify(input.quality) : null,
      calibration_from: Math.floor(asked.from / length) * length,
      calibration_to: Math.ceil(asked.to / length) * length,
      pages_per_week: promise.falsePagesPerWeek,
      shift_sigmas: promise.shiftInSigmas,
      naive_rules: JSON.stringify(input.naiveRules ?? defaultNaiveRules),
      owner: input.owner ?? null,
      created_at: now,
      created_by: ctx.principal.name,
      evaluated_to: null,
      retired_at: null,
    });
    if (!inserted) throw errors.MONITORING_MONITOR_EXISTS({ project, name });
    const row = (await findMonitor(tx, project, name))!;
    await enqueue(tx, ctx, {
      kind: "monitoring.evaluate-monitor",
      project,
      payload: { project, name },
      dedupe: `monitoring.evaluate-monitor:${project}:${name}:first`,
    });
    return toMonitor(tx, row);
  });
}

/** Stops a monitor; what it saw is kept. Asking again is harmless. */
export async function retireMonitor(
  ctx: Ctx,
  { project, name }: Input<typeof api.retireMonitor>,
): Promise<api.Monitor> {
  return ctx.db.write(async (tx) => {
    const row = await findMonitor(tx, project, name);
    if (row === undefined) throw errors.MONITORING_MONITOR_NOT_FOUND({ project, name });
    const retired_at = row.retired_at ?? ctx.clock.now();
    await updateMonitor(tx, row.id, { retired_at });
    return toMonitor(tx, { ...row, retired_at });
  });
}

async function referenceFeatures(
  ctx: Ctx,
  needs: MonitoringNeeds,
  project: string,
  reference: api.Reference,
): Promise<readonly BinnedFeature[]> {
  if (reference.kind === "counts") return reference.features;
  const { dataset, version } = reference;
  const features = await needs.referenceProfile(ctx, project, dataset, version);
  if (features === undefined) throw errors.MONITORING_REFERENCE_NOT_FOUND({ dataset, version });
  return features;
}

/** Columns the deployment does not take, such as the target of the training data, would be missing in every row. */
function pickFeatures(
  features: readonly BinnedFeature[],
  names: readonly string[] | undefined,
  { name: deployment, inputs }: WatchedDeployment,
): BinnedFeature[] {
  const known = features.map(({ feature }) => feature).join(", ");
  if (names === undefined) {
    const taken = inputs === undefined ? [...features] : features.filter(({ feature }) => inputs.includes(feature));
    if (taken.length === 0 && features.length > 0) {
      throw errors.MONITORING_NO_COMMON_INPUT({ deployment, known, inputs: inputs?.join(", ") });
    }
    return taken;
  }
  return names.map((name) => {
    const feature = features.find((each) => each.feature === name);
    if (feature === undefined) throw errors.MONITORING_FEATURE_NOT_IN_REFERENCE({ feature: name, known });
    return feature;
  });
}
