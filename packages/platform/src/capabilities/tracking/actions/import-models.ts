import type { Input, Reply } from "@paydown/api/operation";
import { ModelLogged } from "@paydown/api/tracking";
import type { importFiles as filesOperation, importLoggedModels as operation } from "@paydown/api/tracking-import";
import type { Ctx } from "#base/context.js";
import type { Tx } from "#base/db/db.js";
import { CodedError } from "#base/errors.js";
import { trackingErrors } from "../errors.js";
import { artifactScheme, joinUri, toSafePath, toStorePath } from "../model/artifact-path.js";
import { checkKey, toStored } from "../model.js";
import { sizeBelow, upsertFile } from "../store/artifacts.js";
import { countModelMetrics, idTaken } from "../store/imports.js";
import {
  findLoggedModel,
  insertLoggedModel,
  insertModelMetrics,
  modelContents,
  upsertModelTexts,
} from "../store/logged-models.js";
import type { LoggedModelRow } from "../tables.js";
import { importedExperiment } from "./import-experiments.js";
import { getRunningImport } from "./start-import.js";

type Given = Input<typeof operation>["models"][number];
type Taken = Reply<typeof operation>["items"][number];

/** Puts objects at their paths; every one must have been stored, whole, before. */
export async function importFiles(
  ctx: Ctx,
  input: Input<typeof filesOperation>,
): Promise<Reply<typeof filesOperation>> {
  const files = input.files.map((file) => ({ ...file, path: toSafePath(file.path) }));
  for (const { path, hash, size } of files) {
    if (path === "") throw trackingErrors.TRACKING_ARTIFACT_PATH();
    const blob = await ctx.blobs.stat(hash);
    if (blob?.size === size) continue;
    throw trackingErrors.TRACKING_IMPORT_ORDER({
      problem: `The object ${hash} of ${size} bytes for ${path} was not uploaded.`,
    });
  }
  await ctx.db.write(async (tx) => {
    await getRunningImport(tx, input.project, input.importId);
    for (const { path, hash, size } of files)
      await upsertFile(tx, input.project, path, { hash, size }, ctx.clock.now());
  });
  return { files: files.length };
}

/** Takes logged models; one that is here with other content stays as it is. */
export async function importLoggedModels(ctx: Ctx, input: Input<typeof operation>): Promise<Reply<typeof operation>> {
  await ctx.db.read((r) => getRunningImport(r, input.project, input.importId));
  const items = await Promise.all(
    input.models.map((given) =>
      ctx.db
        .write((tx) => importModel(tx, input.project, input.importId, given))
        .catch((error: unknown): Taken => {
          if (!(error instanceof CodedError) || error.status >= 500) throw error;
          return { modelId: given.modelId, outcome: "conflict", problem: error.message, ...nothing };
        }),
    ),
  );
  return { items };
}

const nothing = { params: 0, tags: 0, metrics: 0, files: 0, bytes: 0 };

async function importModel(tx: Tx, project: string, importId: string, given: Given): Promise<Taken> {
  const { modelId } = given;
  const experiment = await importedExperiment(tx, project, importId, given.experimentId);
  const found = await findLoggedModel(tx, project, modelId);
  if (found !== undefined) {
    const differences = differencesOf(found, experiment.id, given);
    const counts = await countsOf(tx, project, found);
    if (differences.length === 0) return { modelId, outcome: "same", ...counts };
    const problem = `It is here with other content: ${differences.join(", ")}.`;
    return { modelId, outcome: "conflict", problem, ...counts };
  }
  if (await idTaken(tx, "logged_models", modelId)) {
    const problem = "Its id is taken by a logged model of another project.";
    return { modelId, outcome: "conflict", problem, ...nothing };
  }
  for (const { key } of [...given.params, ...given.tags, ...given.metrics]) checkKey(key, "key");
  const row = await insertLoggedModel(tx, {
    model_id: modelId,
    project,
    experiment_id: experiment.id,
    name: given.name,
    artifact_location:
      given.keepLocation ??
      joinUri(`${artifactScheme}${experiment.outer_id ?? experiment.id}`, "models", modelId, "artifacts"),
    created_at: given.createdAt,
    updated_at: given.updatedAt,
    status: given.status,
    model_type: given.modelType ?? null,
    source_run_id: given.sourceRunId ?? null,
    deleted: given.deleted ? 1 : 0,
  });
  await upsertModelTexts(tx, "logged_model_params", modelId, given.params);
  await upsertModelTexts(tx, "logged_model_tags", modelId, given.tags);
  await insertModelMetrics(
    tx,
    given.metrics.map((one) => ({
      model_id: modelId,
      key: one.key,
      step: one.step,
      timestamp: one.timestamp,
      ...toStored(one.value === "NaN" ? Number.NaN : one.value),
      run_id: one.runId,
      dataset_name: one.datasetName,
      dataset_digest: one.datasetDigest,
    })),
  );
  if (row.status === "READY" && row.deleted === 0) {
    await tx.emit(ModelLogged, project, {
      modelId,
      name: row.name,
      experimentId: experiment.outer_id ?? String(experiment.id),
      ...(row.source_run_id === null ? {} : { runId: row.source_run_id }),
      artifactUri: row.artifact_location,
    });
  }
  return { modelId, outcome: "new", ...(await countsOf(tx, project, row)) };
}

function differencesOf(row: LoggedModelRow, experimentId: number, given: Given): string[] {
  const pairs = {
    experiment: [row.experiment_id, experimentId],
    name: [row.name, given.name],
    created: [row.created_at, given.createdAt],
    status: [row.status, given.status],
    run: [row.source_run_id, given.sourceRunId ?? null],
    deleted: [row.deleted, given.deleted ? 1 : 0],
  };
  return Object.entries(pairs)
    .filter(([, [here, source]]) => here !== source)
    .map(([what, [here, source]]) => `${what} ${JSON.stringify(here)} here, ${JSON.stringify(source)} at the source`);
}

async function countsOf(tx: Tx, project: string, row: LoggedModelRow): Promise<typeof nothing> {
  const contents = await modelContents(tx, [row.model_id]);
  const folder = toStorePath(row.artifact_location);
  const stored = folder === undefined ? { files: 0, bytes: 0 } : await sizeBelow(tx, project, folder);
  return {
    params: contents.params.length,
    tags: contents.tags.length,
    metrics: await countModelMetrics(tx, row.model_id),
    ...stored,
  };
}
