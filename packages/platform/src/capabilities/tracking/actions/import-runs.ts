import type { Input, Reply } from "@paydown/api/operation";
import { InputsLogged, RunCreated, RunFinished, RunTagged } from "@paydown/api/tracking";
import type {
  finishImportedRuns as finishOperation,
  ImportedRun,
  importPoints as pointsOperation,
  importRuns as runsOperation,
} from "@paydown/api/tracking-import";
import type { Ctx } from "#base/context.js";
import type { Tx } from "#base/db/db.js";
import { CodedError } from "#base/errors.js";
import { trackingErrors } from "../errors.js";
import { artifactScheme, joinUri, toStorePath } from "../model/artifact-path.js";
import {
  checkKey,
  contextTag,
  digestStrength,
  dirtyOf,
  dirtyTags,
  endedStatuses,
  errorTags,
  evidenceTags,
  type MetricPoint,
  parentRunTag,
  type RunStatus,
} from "../model.js";
import { sizeBelow } from "../store/artifacts.js";
import { findExperiment } from "../store/experiments.js";
import { countRunContents, findRunMark, idTaken, markRun } from "../store/imports.js";
import { insertInputs, insertModelLinks, runInputs } from "../store/inputs.js";
import { insertMetrics } from "../store/log-metrics.js";
import { settlePoints } from "../store/point-removal.js";
import { findRun, findRuns, insertParams, insertRun, runParams, runTags, upsertTags } from "../store/runs.js";
import type { RunRecord } from "../tables.js";
import { importedExperiment } from "./import-experiments.js";
import { getRunningImport } from "./start-import.js";

type Taken = Reply<typeof runsOperation>["items"][number];

/** Takes runs with parameters, tags and inputs, each in a transaction of its own: one that cannot be taken holds up no other. */
export async function importRuns(ctx: Ctx, input: Input<typeof runsOperation>): Promise<Reply<typeof runsOperation>> {
  await ctx.db.read((r) => getRunningImport(r, input.project, input.importId));
  const items = await Promise.all(
    input.runs.map((given) =>
      ctx.db
        .write((tx) => importRun(tx, input.project, input.importId, given))
        .catch((error: unknown): Taken => {
          if (!(error instanceof CodedError) || error.status >= 500) throw error;
          return { runId: given.runId, outcome: "conflict", points: 0, problem: error.message };
        }),
    ),
  );
  return { items };
}

async function importRun(tx: Tx, project: string, importId: string, given: ImportedRun): Promise<Taken> {
  const { runId } = given;
  const mark = await findRunMark(tx, importId, runId);
  const experiment = await importedExperiment(tx, project, importId, given.experimentId);
  const found = await findRun(tx, project, runId);
  if (found !== undefined && mark !== 0) {
    const points = (await countRunContents(tx, [found.id])).get(found.id)?.points ?? 0;
    if (mark === 1) return { runId, outcome: "done", points };
    const differences = await differencesOf(tx, found, experiment.id, given);
    if (differences.length === 0) return { runId, outcome: "same", points };
    return { runId, outcome: "conflict", points, problem: `It is here with other content: ${differences.join("; ")}.` };
  }
  if (found === undefined && (await idTaken(tx, "runs", runId))) {
    return { runId, outcome: "conflict", points: 0, problem: "Its id is taken by a run of another project." };
  }
  for (const { key } of given.params) checkKey(key, "params.key");
  for (const { key } of given.tags) checkKey(key, "tags.key");
  const run =
    found ??
    (await insertRun(tx, {
      run_id: runId,
      project,
      experiment_id: experiment.id,
      name: given.name,
      user_name: given.user,
      status: given.status,
      start_time: given.startedAt,
      end_time: given.endedAt ?? null,
      deleted: given.deleted ? 1 : 0,
      artifact_uri:
        given.keepLocation ?? joinUri(`${artifactScheme}${experiment.outer_id ?? experiment.id}`, runId, "artifacts"),
    }));
  await insertParams(tx, run, given.params);
  await upsertTags(tx, run, given.tags);
  await insertInputs(tx, run, given.inputs.map(toInput));
  for (const direction of ["input", "output"] as const) {
    const models = given.models.filter((link) => link.direction === direction);
    await insertModelLinks(tx, run, direction, models);
  }
  await markRun(tx, importId, runId, 0);
  return { runId, outcome: "open", points: 0 };
}

function toInput(given: ImportedRun["inputs"][number]) {
  return {
    ...given,
    schema: given.schema,
    profile: given.profile,
    context: given.tags.find((tag) => tag.key === contextTag)?.value,
  };
}

/** What of a run here is not as at the source. */
async function differencesOf(tx: Tx, run: RunRecord, experimentId: number, given: ImportedRun): Promise<string[]> {
  const differences: string[] = [];
  const compare = (what: string, here: unknown, source: unknown) => {
    if (here !== source) differences.push(`${what} ${shown(here)} here, ${shown(source)} at the source`);
  };
  compare("experiment", run.experiment_id, experimentId);
  compare("name", run.name, given.name);
  compare("user", run.user_name, given.user);
  compare("status", run.status, given.status);
  compare("start", run.start_time, given.startedAt);
  compare("end", run.end_time, given.endedAt ?? null);
  compare("deleted", run.deleted === 1, given.deleted);
  compareTexts("parameter", await runParams(tx, [run.id]), given.params);
  compareTexts("tag", await runTags(tx, [run.id]), given.tags);
  const inputs = (list: readonly { name: string; digest: string }[]) =>
    [...new Set(list.map((one) => `${one.name}@${one.digest}`))].sort().join(", ");
  compare("inputs", inputs(await runInputs(tx, [run.id], true)), inputs(given.inputs));
  return differences.slice(0, 10);

  function compareTexts(
    what: string,
    here: readonly { key: string; value: string }[],
    source: readonly { key: string; value: string }[],
  ): void {
    const at = new Map(source.map((one) => [one.key, one.value]));
    const known = new Map(here.map((one) => [one.key, one.value]));
    for (const key of new Set([...at.keys(), ...known.keys()])) compare(`${what} ${key}`, known.get(key), at.get(key));
  }
}

function shown(value: unknown): string {
  const text = value === undefined ? "absent" : JSON.stringify(value);
  return text.length <= 60 ? text : `${text.slice(0, 60)}…`;
}

/** Most points of one request; the schema bounds each column. */
const pointsMost = 50_000;

/** Takes metric points of runs that are open, or of runs that were the same and have fewer points. */
export async function importPoints(
  ctx: Ctx,
  input: Input<typeof pointsOperation>,
): Promise<Reply<typeof pointsOperation>> {
  const { project, importId } = input;
  const byRun = new Map<string, MetricPoint[]>();
  let total = 0;
  for (const { runId, key, steps, timestamps, values } of input.series) {
    if (steps.length !== timestamps.length || steps.length !== values.length) {
      throw trackingErrors.TRACKING_IMPORT_ORDER({
        problem: `Metric ${key} of run ${runId} has ${steps.length} steps, ${timestamps.length} times and ${values.length} values.`,
      });
    }
    checkKey(key, "series.key");
    total += steps.length;
    if (total > pointsMost) {
      throw trackingErrors.TRACKING_IMPORT_ORDER({ problem: `A request takes ${pointsMost} points at most.` });
    }
    const points = byRun.get(runId) ?? [];
    byRun.set(runId, points);
    for (let i = 0; i < steps.length; i++) {
      const value = values[i];
      points.push({
        key,
        value: typeof value === "number" ? value : Number.NaN,
        step: steps[i] as number,
        timestamp: timestamps[i] as number,
      });
    }
  }
  await ctx.db.write(async (tx) => {
    await getRunningImport(tx, project, importId);
    const runs = new Map((await findRuns(tx, project, [...byRun.keys()])).map((run) => [run.run_id, run]));
    const list = [...byRun].map(([runId, points]) => {
      const run = runs.get(runId);
      if (run === undefined) throw trackingErrors.TRACKING_RUN_NOT_FOUND({ runId });
      return { run, points };
    });
    await insertMetrics(tx, list);
  });
  return { points: total };
}

/** Counts what is here of each run; one that was open is whole now, and the graph hears of it. */
export async function finishImportedRuns(
  ctx: Ctx,
  input: Input<typeof finishOperation>,
): Promise<Reply<typeof finishOperation>> {
  const { project, importId } = input;
  return ctx.db.write(async (tx) => {
    await getRunningImport(tx, project, importId);
    const runs = await findRuns(tx, project, input.runIds);
    for (const run of runs) await settlePoints(tx, run.id);
    const counts = await countRunContents(
      tx,
      runs.map((run) => run.id),
    );
    const items: Reply<typeof finishOperation>["items"] = [];
    for (const run of runs) {
      const of = counts.get(run.id);
      if (of === undefined) continue;
      const folder = toStorePath(run.artifact_uri);
      const stored = folder === undefined ? { files: 0, bytes: 0 } : await sizeBelow(tx, project, folder);
      items.push({ runId: run.run_id, ...of, ...stored });
      if ((await findRunMark(tx, importId, run.run_id)) !== 0) continue;
      await markRun(tx, importId, run.run_id, 1);
      // A deleted run is hidden, from the graph as well.
      if (run.deleted === 0) await tell(tx, run);
    }
    return { items };
  });
}

/** The events the run would have raised had it been logged here. */
async function tell(tx: Tx, run: RunRecord): Promise<void> {
  const { project, run_id: runId } = run;
  const experiment = await findExperiment(tx, project, run.experiment_id);
  const experimentId = experiment?.outer_id ?? String(run.experiment_id);
  const wanted = [parentRunTag, "mlflow.source.name", ...Object.values(evidenceTags), ...dirtyTags, ...errorTags];
  const tags = new Map((await runTags(tx, [run.id], wanted)).map((tag) => [tag.key, tag.value]));
  const evidence = {
    ...pick("commit", tags.get(evidenceTags.commit)),
    ...pick("configHash", tags.get(evidenceTags.config)),
    ...pick("environmentHash", tags.get(evidenceTags.environment)),
  };
  await tx.emit(RunCreated, project, {
    runId,
    name: run.name,
    experimentId,
    experimentName: experiment?.name ?? "",
    user: run.user_name,
    startedAt: run.start_time,
    ...pick("parentRunId", tags.get(parentRunTag)),
    ...evidence,
    ...pick("entryPoint", tags.get("mlflow.source.name")),
  });
  const dirty = dirtyOf(tags);
  const seed = tags.get(evidenceTags.seed);
  if (dirty !== undefined || seed !== undefined) {
    await tx.emit(RunTagged, project, {
      runId,
      ...evidence,
      ...(dirty === undefined ? {} : { dirty }),
      ...pick("seed", seed),
    });
  }
  const inputs = await runInputs(tx, [run.id], true);
  if (inputs.length > 0) {
    await tx.emit(InputsLogged, project, {
      runId,
      datasets: inputs.map((one) => ({
        name: one.name,
        digest: one.digest,
        sourceType: one.source_type,
        source: one.source.slice(0, 2000),
        ...(one.context === null ? {} : { context: one.context }),
        strength: digestStrength(one.digest, one.source_type),
      })),
      models: [],
    });
  }
  if (!endedStatuses.includes(run.status)) return;
  await tx.emit(RunFinished, project, {
    runId,
    name: run.name,
    experimentId,
    status: run.status as RunStatus,
    startedAt: run.start_time,
    endedAt: run.end_time ?? run.start_time,
    ...pick(
      "error",
      errorTags.map((key) => tags.get(key)).find((text) => text !== undefined),
    ),
  });
}

function pick<K extends string>(key: K, value: string | undefined): { [P in K]?: string } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: string };
}
