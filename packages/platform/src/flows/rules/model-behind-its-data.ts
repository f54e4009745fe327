import { getModel, getVersion, listModels } from "@paydown/api/registry";
import { listDeployments } from "@paydown/api/serving";
import type { Ctx } from "#base/context.js";
import { allPages } from "#base/pages.js";
import type { Perform } from "#base/perform.js";
import { defineRule, type EvidenceFinding, type EvidenceRule, type UnseenEvidence } from "#base/rule.js";
import { findTrainingData } from "../training-data.js";

/** So many newer dataset versions a live model may be behind before it counts. */
const patience = 2;
/** Declared base rate: one stale model in thirty weeks is noticed late, and costs from half an hour to two days. */
const lateNotice = { weekly: 1 / 30, hours: { min: 0.5, mode: 3, max: 16 } };

/** A live model that newer data has left behind, and nobody has tried whether that matters. */
export function modelBehindItsData(deps: { readonly perform: Perform }): EvidenceRule {
  return defineRule({
    code: "FLW001",
    slug: "model-behind-its-data",
    family: "monitoring",
    severity: "SEV2",
    principal: "retrain",
    summary: `A live model was trained on data that ${patience} or more versions have followed, and was not compared with a newer one.`,
    why: "Most models lose quality as the world moves on, and nobody knows how much until a model trained on newer data is compared on the same rows. Until then the loss is paid in silence.",
    remedy:
      "Train it again on the newer versions and compare both on rows neither has seen; promote the new one only if it is better. Either answer pays this item: `paydown models retrain`.",
    origin: "Breck et al. 2017, Model 4; Vela et al. 2022",
    async check(ctx, project) {
      const findings: EvidenceFinding[] = [];
      const unseen: UnseenEvidence[] = [];
      const models = await allPages((at) => deps.perform(ctx, listModels, { project, ...at }));
      for (const { model } of models) {
        for (const version of await liveVersions(ctx, deps.perform, project, model)) {
          const data = await findTrainingData(ctx, deps.perform, { project, model, version });
          if (data.length === 0) {
            unseen.push({
              what: `whether ${model}/${version} is behind its data: its run names no dataset version of this project`,
              remedy: "Log the dataset and its version as the run's input: `mlflow.log_input`.",
            });
          }
          for (const { dataset, used, newer } of data) {
            if (
              newer.length < patience ||
              (await wasCompared(ctx, deps.perform, { project, model, version, dataset, newer }))
            )
              continue;
            const rows = newer.reduce((sum, one) => sum + (one.rows ?? 0), 0);
            findings.push({
              asset: { kind: "model-version", id: `${model}/${version}` },
              key: dataset,
              message: `${model}/${version} is live, was trained before the last ${newer.length} versions of ${dataset} (${rows} rows) and was not compared with a model that knows them.`,
              evidence: { dataset, trainedOn: used, newer: newer.map((one) => one.version), newerRows: rows },
              size: 1,
              events: [],
              risk: lateNotice,
            });
          }
        }
      }
      return { findings, unseen };
    },
  });
}

async function liveVersions(ctx: Ctx, perform: Perform, project: string, model: string): Promise<number[]> {
  const items = await allPages((at) => perform(ctx, listDeployments, { project, model, ...at }));
  return [...new Set(items.filter((one) => one.state === "live").map((one) => one.version))];
}

/** Whether an evaluation against a version that knows newer data is on record: then the effect of age is known. */
async function wasCompared(
  ctx: Ctx,
  perform: Perform,
  asked: {
    project: string;
    model: string;
    version: number;
    dataset: string;
    newer: readonly { readonly version: string }[];
  },
): Promise<boolean> {
  const { project, model, version, dataset } = asked;
  const newer = new Set(asked.newer.map((one) => one.version));
  const { evaluations } = await perform(ctx, getVersion, { project, model, version });
  const { items } = await perform(ctx, getModel, { project, model });
  for (const { against } of evaluations) {
    if (against === undefined || !items.some((one) => one.version === against)) continue;
    const data = await findTrainingData(ctx, perform, { project, model, version: against });
    if (data.some((one) => one.dataset === dataset && one.used.some((used) => newer.has(used)))) return true;
  }
  return false;
}
