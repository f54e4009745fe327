import type { Input, Reply } from "@paydown/api/operation";
import type { getRun as operation, RunStatus } from "@paydown/api/tracking";
import type { Ctx } from "#base/context.js";
import type { Reader } from "#base/db/db.js";
import { trackingErrors } from "../errors.js";
import { toStorePath } from "../model/artifact-path.js";
import { configHashOf } from "../model/config-schema.js";
import { signatureOf } from "../model/error-signature.js";
import { commitOf, errorOf, reproducibilityOf } from "../model/reproducibility.js";
import { digestStrength, fromStored, parentRunTag } from "../model.js";
import { filesBelow, sizeBelow } from "../store/artifacts.js";
import { findExperiment } from "../store/experiments.js";
import { findLoggedModels } from "../store/logged-models.js";
import { countChildren, findRun } from "../store/runs.js";
import { correctionsOf } from "./corrections.js";
import { type RunContents, runContents, toMap } from "./run-contents.js";

/** The run page: everything one run logged and whether it could be repeated. */
export async function viewRun(ctx: Ctx, input: Input<typeof operation>): Promise<Reply<typeof operation>> {
  return ctx.db.read(async (r) => {
    const run = await findRun(r, input.project, input.runId);
    if (run === undefined) throw trackingErrors.TRACKING_RUN_NOT_FOUND({ runId: input.runId });
    const [contents] = (await runContents(r, [run])) as [RunContents];
    const experiment = await findExperiment(r, input.project, run.experiment_id);
    const tags = toMap(contents.tags);
    const params = toMap(contents.params);
    const error = errorOf(tags);
    const code = commitOf(tags);
    const config = configHashOf(tags, params);
    const parentRunId = tags.get(parentRunTag);
    const folder = toStorePath(run.artifact_uri);
    const size = folder === undefined ? { files: 0, bytes: 0 } : await sizeBelow(r, input.project, folder);
    const models = await findLoggedModels(
      r,
      input.project,
      contents.models.map((link) => link.model_id),
    );
    const toModels = (direction: "input" | "output") =>
      contents.models
        .filter((link) => link.direction === direction)
        .map((link) => {
          const model = models.find((one) => one.model_id === link.model_id);
          return {
            modelId: link.model_id,
            name: model?.name ?? "",
            status: model?.status ?? "unknown",
            ...(direction === "output" ? { step: link.step } : {}),
          };
        });
    return {
      runId: run.run_id,
      name: run.name,
      experimentId: String(run.experiment_id),
      experimentName: experiment?.name ?? "",
      status: run.status as RunStatus,
      lifecycle: run.deleted === 1 ? ("deleted" as const) : ("active" as const),
      user: run.user_name,
      startedAt: run.start_time,
      ...(run.end_time === null ? {} : { endedAt: run.end_time }),
      artifactUri: run.artifact_uri,
      ...(parentRunId === undefined ? {} : { parentRunId }),
      children: await countChildren(r, run, parentRunTag),
      ...(code === undefined ? {} : { code }),
      ...(error === undefined ? {} : { error: { text: error, signature: signatureOf(error)?.slug ?? "other" } }),
      metrics: contents.metrics
        .map((one) => ({ key: one.key, value: fromStored(one.value, one.nan), step: one.step, at: one.timestamp }))
        .sort((a, b) => (a.key < b.key ? -1 : 1)),
      params: Object.fromEntries(params),
      tags: Object.fromEntries(tags),
      inputs: contents.inputs.map((one) => ({
        name: one.name,
        digest: one.digest,
        sourceType: one.source_type,
        source: one.source,
        ...(one.context === null ? {} : { context: one.context }),
        ...(one.schema === null ? {} : { schema: one.schema }),
        ...(one.profile === null ? {} : { profile: one.profile }),
        strength: digestStrength(one.digest, one.source_type),
      })),
      inputModels: toModels("input"),
      outputModels: toModels("output"),
      artifacts: { ...size, stored: folder !== undefined },
      reproducibility: reproducibilityOf({
        params,
        tags,
        inputs: contents.inputs,
        environmentFiles: await environmentFiles(r, input.project, contents),
      }),
      ...(config === undefined ? {} : { config }),
      corrections: await correctionsOf(r, input.project, run.run_id),
    };
  });
}

const pinning = /(^|\/)(requirements\.txt|conda\.ya?ml|python_env\.ya?ml|poetry\.lock|uv\.lock|pip-freeze\.txt)$/;

/** Files of a run and of its models that name packages. */
export async function environmentFiles(r: Reader, project: string, contents: RunContents): Promise<string[]> {
  const models = await findLoggedModels(
    r,
    project,
    contents.models.filter((link) => link.direction === "output").map((link) => link.model_id),
  );
  const roots = [contents.run.artifact_uri, ...models.map((model) => model.artifact_location)];
  const found: string[] = [];
  for (const root of roots) {
    const folder = toStorePath(root);
    if (folder === undefined) continue;
    for (const file of await filesBelow(r, project, folder)) {
      const path = `${file.folder}/${file.name}`.slice(folder.length + 1);
      if (pinning.test(path)) found.push(path);
    }
  }
  return found;
}
