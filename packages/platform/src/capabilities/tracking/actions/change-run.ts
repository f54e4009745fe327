import { RunCreated, RunFinished, RunTagged } from "@paydown/api/tracking";
import type { Ctx } from "#base/context.js";
import type { Tx } from "#base/db/db.js";
import { trackingErrors } from "../errors.js";
import { sealEnded } from "../jobs.js";
import { joinUri } from "../model/artifact-path.js";
import { randomName } from "../model/names.js";
import {
  dirtyOf,
  endedStatuses,
  errorTags,
  evidenceTags,
  type KeyValue,
  parentRunTag,
  type RunStatus,
  runNameTag,
} from "../model.js";
import { findExperiment } from "../store/experiments.js";
import { ensureKeys, findKeys } from "../store/keys.js";
import { leastBlock } from "../store/metric-blocks.js";
import { bearRun, findChangingRun, findRun, markRun, updateRun, upsertTags } from "../store/runs.js";
import type { ExperimentRow, RunRecord } from "../tables.js";
import { getActiveExperiment } from "./change-experiment.js";
import { planSweep } from "./plan-sweep.js";

export interface NewRun {
  readonly project: string;
  readonly experimentId: number;
  readonly user?: string | undefined;
  readonly name?: string | undefined;
  /** Milliseconds; now when absent. */
  readonly startTime?: number | undefined;
  readonly tags?: readonly KeyValue[] | undefined;
}

/** A run as it is born: nothing is logged to it but tags. */
export interface CreatedRun extends Omit<RunRecord, "id"> {
  readonly tags: readonly KeyValue[];
}

/** Starts a run. */
export async function createRun(ctx: Ctx, input: NewRun): Promise<CreatedRun> {
  // MLflow takes any tag a run is born with, as long and as oddly named as it may be.
  const tags = input.tags ?? [];
  const named = tags.find((tag) => tag.key === runNameTag)?.value;
  if (input.name && named && input.name !== named) {
    throw trackingErrors.TRACKING_INVALID({
      problem: `Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values (run_name='${input.name}', mlflow.runName='${named}').`,
    });
  }
  const name = input.name || named || randomName(ctx.ids);
  return ctx.db.write(async (tx) => {
    const last = new Map([...tags, { key: runNameTag, value: name }].map((tag) => [tag.key, tag.value]));
    const names = [...last.keys()];
    const [experiment, known] = await Promise.all([
      getActiveExperiment(tx, input.project, input.experimentId),
      findKeys(tx, input.experimentId, "tags", names),
    ]);
    const keys = names.every((one) => known.has(one)) ? known : await ensureKeys(tx, experiment.id, "tags", names);
    const runId = ctx.ids.hex(16);
    const run = {
      run_id: runId,
      project: input.project,
      experiment_id: experiment.id,
      name,
      user_name: input.user ?? "",
      status: "RUNNING",
      start_time: input.startTime ?? ctx.clock.now(),
      end_time: null,
      deleted: 0,
      artifact_uri: joinUri(experiment.artifact_location, runId, "artifacts"),
    };
    await bearRun(tx, run, last, keys);
    await emitCreated(tx, run, experiment, tags);
    return { ...run, tags: [...last].map(([key, value]) => ({ key, value })) };
  });
}

async function emitCreated(
  tx: Tx,
  run: Omit<RunRecord, "id">,
  experiment: ExperimentRow,
  tags: readonly KeyValue[],
): Promise<void> {
  const tag = (key: string) => tags.find((one) => one.key === key)?.value;
  const parentRunId = tag(parentRunTag);
  const commit = tag(evidenceTags.commit);
  const configHash = tag(evidenceTags.config);
  const environmentHash = tag(evidenceTags.environment);
  const entryPoint = tag("mlflow.source.name");
  await tx.emit(RunCreated, run.project, {
    runId: run.run_id,
    name: run.name,
    experimentId: experiment.outer_id ?? String(run.experiment_id),
    experimentName: experiment.name,
    user: run.user_name,
    startedAt: run.start_time,
    ...(parentRunId === undefined ? {} : { parentRunId }),
    ...(commit === undefined ? {} : { commit }),
    ...(configHash === undefined ? {} : { configHash }),
    ...(environmentHash === undefined ? {} : { environmentHash }),
    ...(entryPoint === undefined ? {} : { entryPoint }),
  });
  const dirty = dirtyOf(new Map(tags.map((one) => [one.key, one.value])));
  const seed = tag(evidenceTags.seed);
  if (dirty === undefined && !seed) return;
  await tx.emit(RunTagged, run.project, {
    runId: run.run_id,
    ...(dirty === undefined ? {} : { dirty }),
    ...(seed ? { seed } : {}),
  });
}

export interface RunChange {
  readonly status?: RunStatus | undefined;
  readonly endTime?: number | undefined;
  readonly name?: string | undefined;
}

/** Changes what is given and nothing else: a new name does not touch the status. */
export function changeRun(ctx: Ctx, project: string, runId: string, change: RunChange): Promise<RunRecord> {
  return ctx.db.write(async (tx) => {
    const changing = await findChangingRun(tx, project, runId, errorTags, leastBlock);
    const { outer_id, error, has_open, ...run } = active(changing, runId);
    const name = change.name === "" ? undefined : change.name;
    const after: RunRecord = {
      ...run,
      name: name ?? run.name,
      status: change.status ?? run.status,
      end_time: change.endTime ?? run.end_time,
    };
    const ends = endedStatuses.includes(after.status) && after.status !== run.status;
    await updateRun(tx, run.id, { name, status: change.status, end_time: change.endTime });
    if (name !== undefined) await upsertTags(tx, run, [{ key: runNameTag, value: name }]);
    if (!ends) return after;
    if (has_open === 1) await sealEnded(ctx, tx, after);
    await tx.emit(RunFinished, run.project, {
      runId: after.run_id,
      name: after.name,
      experimentId: outer_id ?? String(after.experiment_id),
      status: after.status as RunStatus,
      startedAt: after.start_time,
      endedAt: after.end_time ?? ctx.clock.now(),
      ...(error === null ? {} : { error }),
    });
    return after;
  });
}

/** Hides a run; hiding a hidden one is fine. */
export async function deleteRun(ctx: Ctx, project: string, runId: string): Promise<void> {
  await ctx.db.write(async (tx) => {
    const run = await getRunRecord(tx, project, runId);
    await markRun(tx, run.id, ctx.clock.now());
    await planSweep(tx, ctx, project);
  });
}

/** Brings a run back; bringing an active one back is fine. */
export async function restoreRun(ctx: Ctx, project: string, runId: string): Promise<void> {
  await ctx.db.write(async (tx) => {
    const run = await getRunRecord(tx, project, runId);
    // An experiment that is being purged takes its runs along.
    if ((await findExperiment(tx, project, run.experiment_id)) === undefined) {
      throw trackingErrors.TRACKING_RUN_NOT_FOUND({ runId });
    }
    await markRun(tx, run.id, undefined);
  });
}

async function getRunRecord(tx: Tx, project: string, runId: string): Promise<RunRecord> {
  const run = await findRun(tx, project, runId);
  if (run === undefined) throw trackingErrors.TRACKING_RUN_NOT_FOUND({ runId });
  return run;
}

export async function getActiveRun(tx: Tx, project: string, runId: string): Promise<RunRecord> {
  return active(await findRun(tx, project, runId), runId);
}

/** Throws TRACKING_RUN_NOT_FOUND, TRACKING_RUN_DELETED. */
export function active<R extends RunRecord>(run: R | undefined, runId: string): R {
  if (run === undefined) throw trackingErrors.TRACKING_RUN_NOT_FOUND({ runId });
  if (run.deleted === 1) throw trackingErrors.TRACKING_RUN_DELETED({ runId });
  return run;
}
