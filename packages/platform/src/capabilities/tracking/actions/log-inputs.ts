import { InputsLogged } from "@paydown/api/tracking";
import type { Ctx } from "#base/context.js";
import { trackingErrors } from "../errors.js";
import { checkLength, digestStrength, limits } from "../model.js";
import { type DatasetInput, insertInputs, insertModelLinks } from "../store/inputs.js";
import { findLoggedModels } from "../store/logged-models.js";
import { getActiveRun } from "./change-run.js";

/** Says which datasets and models a run reads. Saying it again changes nothing. */
export async function logInputs(
  ctx: Ctx,
  project: string,
  runId: string,
  datasets: readonly DatasetInput[],
  models: readonly string[],
): Promise<void> {
  for (const dataset of datasets) checkDataset(dataset);
  await ctx.db.write(async (tx) => {
    const run = await getActiveRun(tx, project, runId);
    const fresh = await insertInputs(tx, run, datasets);
    await insertModelLinks(
      tx,
      run,
      "input",
      models.map((modelId) => ({ modelId, step: 0 })),
    );
    if (fresh.length === 0 && models.length === 0) return;
    await tx.emit(InputsLogged, project, {
      runId,
      datasets: fresh.map((dataset) => ({
        name: dataset.name,
        digest: dataset.digest,
        sourceType: dataset.sourceType,
        source: dataset.source.slice(0, 2000),
        ...(dataset.context === undefined ? {} : { context: dataset.context }),
        strength: digestStrength(dataset.digest, dataset.sourceType),
      })),
      models: models.map((modelId) => ({ modelId })),
    });
  });
}

/** Says which logged models a run wrote, and at which step. */
export async function logOutputs(
  ctx: Ctx,
  project: string,
  runId: string,
  models: readonly { modelId: string; step: number }[],
): Promise<void> {
  await ctx.db.write(async (tx) => {
    const run = await getActiveRun(tx, project, runId);
    const ids = models.map((model) => model.modelId);
    const known = new Set((await findLoggedModels(tx, project, ids)).map((model) => model.model_id));
    const lost = ids.find((id) => !known.has(id));
    if (lost !== undefined) throw trackingErrors.TRACKING_MODEL_NOT_FOUND({ modelId: lost });
    await insertModelLinks(tx, run, "output", models);
  });
}

function checkDataset(dataset: DatasetInput): void {
  checkLength("name", limits.datasetName, dataset.name);
  checkLength("digest", limits.datasetDigest, dataset.digest);
  checkLength("source", limits.datasetSource, dataset.source);
  if (dataset.schema !== undefined) checkLength("schema", limits.datasetSchema, dataset.schema);
  if (dataset.profile !== undefined) checkLength("profile", limits.datasetProfile, dataset.profile);
  for (const tag of dataset.tags) {
    checkLength("key", limits.inputTagKey, tag.key);
    checkLength("value", limits.inputTagValue, tag.value);
  }
}
