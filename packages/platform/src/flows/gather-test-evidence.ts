import { listDatasets } from "@paydown/api/data";
import { upstream } from "@paydown/api/lineage";
import { getMonitor, listMonitors } from "@paydown/api/monitoring";
import { getModel, getVersion, listModels } from "@paydown/api/registry";
import { getScan, listScans } from "@paydown/api/scans";
import { listDeployments, listPredictions } from "@paydown/api/serving";
import { getRun } from "@paydown/api/tracking";
import type { Ctx } from "#base/context.js";
import { allPages } from "#base/pages.js";
import type { Perform } from "#base/perform.js";
import type { TestEvidence } from "#capabilities/debt/index.js";

/**
 * Facts for the ML Test Score that the platform's own records can prove. What no record speaks of is left out, and left
 * out means unknown; `false` is said only where the records were looked at and it is not there.
 */
export async function gatherTestEvidence(ctx: Ctx, perform: Perform, project: string): Promise<TestEvidence> {
  const [datasets, monitors, models, deployments, scans] = await Promise.all([
    allPages((at) => perform(ctx, listDatasets, { project, ...at })),
    allPages((at) => perform(ctx, listMonitors, { project, ...at })),
    allPages((at) => perform(ctx, listModels, { project, ...at })),
    allPages((at) => perform(ctx, listDeployments, { project, ...at })),
    perform(ctx, listScans, { project, limit: 1 }),
  ]);
  const live = deployments.filter((one) => one.state === "live");
  const versions = await Promise.all(
    live.map((one) => perform(ctx, getVersion, { project, model: one.model, version: one.version })),
  );
  const runs = (
    await Promise.all(
      versions.map((one) =>
        one.runId === undefined ? undefined : perform(ctx, getRun, { project, runId: one.runId }),
      ),
    )
  ).filter((run) => run !== undefined);
  const watched = await Promise.all(monitors.map((one) => perform(ctx, getMonitor, { project, name: one.name })));
  const withQuality = watched.filter((one) => one.monitor.quality !== undefined);
  const withImportance = runs.filter((run) => run.metrics.some((metric) => metric.key.startsWith("importance.")));
  const gated = versions.filter((one) =>
    one.evaluations.some((evaluation) => evaluation.verdict === "better" || evaluation.verdict === "passed"),
  );
  const histories = await Promise.all(models.map((one) => perform(ctx, getModel, { project, model: one.model })));
  const reasoned = histories
    .flatMap((one) => one.history)
    .filter((change) => change.kind === "alias-set" && change.reason !== "");
  const inventory =
    scans.items.length === 0 ? undefined : (await perform(ctx, getScan, { project, scan: "latest" })).inventory;
  const traced = await traceOnePrediction(ctx, perform, project, live[0]?.name);

  return {
    schema: {
      declared: datasets.some((one) => one.latest?.profile === "done"),
      refs: datasets.flatMap((one) =>
        one.latest === undefined ? [] : [{ kind: "dataset-version", id: `${one.dataset}@${one.latest.version}` }],
      ),
    },
    ...(runs.length === 0
      ? {}
      : {
          featureBenefit: {
            report: withImportance.length > 0,
            refs: withImportance.map((run) => ({ kind: "run", id: run.runId })),
          },
        }),
    // A repository without one test covers nothing; with tests, what they cover was not measured.
    ...(inventory?.tests === 0
      ? { featureTests: { files: Number(inventory.pythonFiles ?? 0), covered: 0, inCi: false } }
      : {}),
    staleness: {
      live: live.length,
      withCurve: live.filter((one) => withQuality.some((monitor) => monitor.monitor.deployment === one.name)).length,
      refs: withQuality.map((one) => ({ kind: "monitor", id: one.monitor.name })),
    },
    qualityGate: {
      live: live.length,
      gated: gated.length,
      signed: reasoned.length > 0,
      refs: gated.map((one) => ({ kind: "model-version", id: `${one.model}/${one.version}` })),
    },
    ...(traced === undefined
      ? {}
      : { debugging: { replay: true, refs: [{ kind: "prediction", id: traced, note: "traced to its source" }] } }),
    // The protocol door checks name, type, rank, dimensions and finiteness of every request before the engine sees it.
    ...(live.length === 0
      ? {}
      : { servingInvariants: { active: true, refs: live.map((one) => ({ kind: "deployment", id: one.name })) } }),
    predictionQuality: {
      alerting: withQuality.length > 0,
      labels: withQuality.some((one) =>
        one.signals.some((signal) => signal.kind === "quality" && signal.effect !== null),
      ),
      refs: withQuality.map((one) => ({ kind: "monitor", id: one.monitor.name })),
    },
  };
}

/** A logged prediction that the graph leads back to a dataset version; undefined when there is none to try. */
async function traceOnePrediction(
  ctx: Ctx,
  perform: Perform,
  project: string,
  deployment: string | undefined,
): Promise<string | undefined> {
  if (deployment === undefined) return undefined;
  const { items } = await perform(ctx, listPredictions, { project, name: deployment, limit: 1 });
  const first = items[0];
  if (first === undefined) return undefined;
  const id = `${first.requestId}/0`;
  const graph = await perform(ctx, upstream, { project, node: `prediction:${id}` });
  return graph.nodes.some((node) => node.kind === "dataset-version") ? id : undefined;
}
