import { RunTagged } from "@paydown/api/tracking";
import type { Ctx } from "#base/context.js";
import type { Tx } from "#base/db/db.js";
import { trackingErrors } from "../errors.js";
import { versionsInModel } from "../model/run-versions.js";
import {
  checkBatchSizes,
  checkedParam,
  checkedTag,
  checkMetric,
  checkParamKeysUnique,
  dirtyOf,
  dirtyTags,
  evidenceTags,
  type KeyValue,
  logModelHistoryTag,
  type MetricPoint,
  runNameTag,
  toStored,
} from "../model.js";
import { insertMetrics } from "../store/log-metrics.js";
import { findLoggedModels, insertModelMetrics } from "../store/logged-models.js";
import { insertVersions } from "../store/run-versions.js";
import { insertParams, lockRun, removeTag, runTags, updateRun, upsertTags } from "../store/runs.js";
import type { RunRecord } from "../tables.js";
import { active, getActiveRun } from "./change-run.js";

export interface Batch {
  readonly metrics: readonly MetricPoint[];
  readonly params: readonly KeyValue[];
  readonly tags: readonly KeyValue[];
}

/** Logs metrics, parameters and tags of a run: all of them or, when one is refused, none. */
export async function logBatch(ctx: Ctx, project: string, runId: string, batch: Batch): Promise<void> {
  for (const [i, metric] of batch.metrics.entries()) checkMetric(metric, `metrics[${i}]`);
  const params = batch.params.map((param, i) => checkedParam(param, `params[${i}]`));
  const tags = batch.tags.map((tag, i) => checkedTag(tag, `tags[${i}]`));
  checkBatchSizes(batch.metrics.length, params.length, tags.length);
  checkParamKeysUnique(params);
  await ctx.db.write(async (tx) => {
    const run = await getActiveRun(tx, project, runId);
    const changed = await insertParams(tx, run, params);
    if (changed.length > 0) {
      const list = changed
        .map(({ key, old, value }) => `{'key': '${key}', 'old_value': '${old}', 'new_value': '${value}'}`)
        .join(", ");
      throw trackingErrors.TRACKING_PARAM_CHANGED({
        problem: `Changing param values is not allowed. Params were already logged='[${list}]' for run ID='${runId}'.`,
      });
    }
    await putMetrics(tx, run, batch.metrics);
    await putTags(tx, run, tags);
  });
}

export async function logParam(ctx: Ctx, project: string, runId: string, given: KeyValue): Promise<void> {
  const param = checkedParam(given, "");
  await ctx.db.write(async (tx) => {
    const run = await getActiveRun(tx, project, runId);
    const [changed] = await insertParams(tx, run, [param]);
    if (changed === undefined) return;
    throw trackingErrors.TRACKING_PARAM_CHANGED({
      problem: `Changing param values is not allowed. Param with key='${changed.key}' was already logged with value='${changed.old}' for run ID='${runId}'. Attempted logging new value '${changed.value}'.`,
    });
  });
}

export async function setTags(ctx: Ctx, project: string, runId: string, given: readonly KeyValue[]): Promise<void> {
  const tags = given.map((tag) => checkedTag(tag, ""));
  await ctx.db.write(async (tx) => putTags(tx, await getActiveRun(tx, project, runId), tags));
}

export async function deleteTag(ctx: Ctx, project: string, runId: string, key: string): Promise<void> {
  await ctx.db.write(async (tx) => {
    const run = await getActiveRun(tx, project, runId);
    if (!(await removeTag(tx, run, key))) {
      throw trackingErrors.TRACKING_TAG_NOT_FOUND({ key, owner: `run with id ${runId}` });
    }
    await emitTagged(tx, run, new Map([[key, ""]]));
  });
}

/** How 2.x clients tell of a model: its summary joins a list in a tag. */
export async function recordModel(ctx: Ctx, project: string, runId: string, summary: object): Promise<void> {
  await ctx.db.write(async (tx) => {
    const run = active(await lockRun(tx, project, runId), runId);
    const [tag] = await runTags(tx, [run.id], [logModelHistoryTag]);
    const before = tag === undefined ? [] : (JSON.parse(tag.value) as unknown[]);
    const value = JSON.stringify([...before, summary]);
    // Cutting a list would leave no list: this one tag may be as long as it gets.
    await upsertTags(tx, run, [{ key: logModelHistoryTag, value }]);
    await insertVersions(tx, project, runId, versionsInModel(summary), ctx.clock.now());
  });
}

/** Adds points to a run's histories and to those of the models they are of. */
export async function putMetrics(tx: Tx, run: RunRecord, metrics: readonly MetricPoint[]): Promise<void> {
  if (metrics.length === 0) return;
  await insertMetrics(tx, [{ run, points: metrics }]);
  const ofModels = metrics.filter((metric) => metric.modelId !== undefined);
  if (ofModels.length === 0) return;
  const wanted = [...new Set(ofModels.map((metric) => metric.modelId as string))];
  const known = new Set((await findLoggedModels(tx, run.project, wanted)).map((model) => model.model_id));
  const lost = wanted.find((modelId) => !known.has(modelId));
  if (lost !== undefined) throw trackingErrors.TRACKING_MODEL_NOT_FOUND({ modelId: lost });
  await insertModelMetrics(
    tx,
    ofModels.map((metric) => ({
      model_id: metric.modelId as string,
      key: metric.key,
      step: metric.step,
      timestamp: metric.timestamp,
      ...toStored(metric.value),
      run_id: run.run_id,
      dataset_name: metric.datasetName ?? "",
      dataset_digest: metric.datasetDigest ?? "",
    })),
  );
}

/** Sets tags inside a transaction, with the name and the event that some of them mean. */
export async function putTags(tx: Tx, run: RunRecord, tags: readonly KeyValue[]): Promise<void> {
  await upsertTags(tx, run, tags);
  const last = new Map(tags.map((tag) => [tag.key, tag.value]));
  const name = last.get(runNameTag);
  if (name !== undefined && name !== "") await updateRun(tx, run.id, { name });
  await emitTagged(tx, run, last);
}

/** Says which evidence of a run tags have set; what is empty, or was removed, is unknown again. */
export async function emitTagged(tx: Tx, run: RunRecord, last: ReadonlyMap<string, string>): Promise<void> {
  const evidence = {
    ...pick("commit", last.get(evidenceTags.commit)),
    ...(dirtyTags.some((key) => last.has(key)) ? { dirty: await findDirty(tx, run) } : {}),
    ...pick("configHash", last.get(evidenceTags.config)),
    ...pick("environmentHash", last.get(evidenceTags.environment)),
    ...pick("seed", last.get(evidenceTags.seed)),
  };
  if (Object.keys(evidence).length > 0) await tx.emit(RunTagged, run.project, { runId: run.run_id, ...evidence });
}

/** What the dirty flag of a run is, in the best spelling that is left of it; null when there is none. */
async function findDirty(tx: Tx, run: RunRecord): Promise<boolean | null> {
  // Of two who set different spellings at once the second sees the first.
  await lockRun(tx, run.project, run.run_id);
  const tags = new Map((await runTags(tx, [run.id], dirtyTags)).map((tag) => [tag.key, tag.value]));
  return dirtyOf(tags) ?? null;
}

function pick<K extends string>(key: K, value: string | undefined): { [P in K]?: string } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: string };
}
