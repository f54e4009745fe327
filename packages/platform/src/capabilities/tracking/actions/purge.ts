import { type PurgeCounts, Purged, type PurgeRefusal, RecordPurged } from "@paydown/api/tracking-upkeep";
import { currentCaller } from "#base/caller.js";
import type { JobHandle } from "#base/capability.js";
import type { Ctx } from "#base/context.js";
import type { Reader, Tx } from "#base/db/db.js";
import { enqueue } from "#base/jobs/queue.js";
import { trackingErrors } from "../errors.js";
import { addCounts, keeperOf, noCounts, type PurgeScope, toStorePathSafely } from "../model/purge.js";
import { defaultExperiment } from "../model.js";
import type { TrackingNeeds } from "../needs.js";
import { removeUnreadDatasets } from "../store/corrections.js";
import { removeSomeFiles } from "../store/objects.js";
import { removeSomePoints } from "../store/point-removal.js";
import {
  countActiveRuns,
  deletedExperiments,
  deletedModels,
  deletedRuns,
  findPurge,
  footingsOf,
  insertPurge,
  insertRemains,
  modelsInside,
  nextRemains,
  removeExperimentContents,
  removeModelContents,
  removeRecords,
  removeRemains,
  removeRunLinks,
  removeSomeValues,
  rootIsUsed,
  runsInside,
  updatePurge,
} from "../store/purges.js";
import { removeSomeTraces } from "../store/trace-removal.js";
import type { ExperimentRow, LoggedModelRow, PurgeRow, RemainsRow, RunRecord } from "../tables.js";
import { loosen } from "./collect-objects.js";

export const purgeJob = "tracking.purge";
/** Candidates looked at in one transaction; each is gone for its users as one step. */
const batch = 50;
/** Rows removed in one transaction: others write in between. */
const rowsAtOnce = 5000;
const filesAtOnce = 500;
/** So many refusals are kept word for word. */
const shownRefusals = 100;

export interface PurgeRequest {
  readonly project: string;
  readonly kind: PurgeRow["kind"];
  readonly scope: PurgeScope;
  readonly deletedBefore: number;
  readonly reason: string;
}

/** Records who wants what gone and why, and leaves the work to the background. */
export async function beginPurge(ctx: Ctx, request: PurgeRequest): Promise<PurgeRow> {
  if (request.reason.trim() === "") {
    throw trackingErrors.TRACKING_PURGE({ problem: "A purge cannot be undone: say why, with --reason." });
  }
  const { by, door } = currentCaller();
  const row: PurgeRow = {
    id: ctx.ids.ulid(),
    project: request.project,
    kind: request.kind,
    scope: JSON.stringify(request.scope),
    deleted_before: request.deletedBefore,
    state: "running",
    caused_by: by,
    door,
    reason: request.reason,
    at: ctx.clock.now(),
    finished_at: null,
    counts: JSON.stringify(noCounts),
    refused: "[]",
    refused_total: 0,
    place: -1,
  };
  await ctx.db.write(async (tx) => {
    await insertPurge(tx, row);
    await enqueue(tx, ctx, {
      kind: purgeJob,
      project: row.project,
      payload: { purge: row.id },
      dedupe: `${purgeJob}/${row.id}`,
    });
  });
  return row;
}

/**
 * Carries a purge on from wherever it stands. A record goes in one transaction together with a note of what it leaves;
 * what it leaves is removed in bounded steps that count themselves in the same transaction, so that a crash at any point
 * loses nothing and counts nothing twice.
 */
export async function continuePurge(
  ctx: Ctx,
  needs: TrackingNeeds,
  handle: JobHandle,
  purge: string,
): Promise<PurgeCounts> {
  const { project } = handle;
  for (;;) {
    await removeWhatIsLeft(ctx, needs, project, purge);
    const row = await findRow(ctx, project, purge);
    if (row.state === "done") return JSON.parse(row.counts) as PurgeCounts;
    ctx.signal.throwIfAborted();
    const more = await ctx.db.write((tx) => takeNext(ctx, tx, needs, row));
    await handle.progress(more ? 0.5 : 0.99, more ? `record ${row.place}` : "closing");
    if (more) continue;
    await removeWhatIsLeft(ctx, needs, project, purge);
    return ctx.db.write((tx) => finish(ctx, tx, project, purge));
  }
}

async function findRow(ctx: Ctx, project: string, purge: string): Promise<PurgeRow> {
  const row = await ctx.db.read((r) => findPurge(r, project, purge));
  if (row === undefined) throw trackingErrors.TRACKING_PURGE_NOT_FOUND({ project, purge });
  return row;
}

async function finish(ctx: Ctx, tx: Tx, project: string, id: string): Promise<PurgeCounts> {
  const row = (await findPurge(tx, project, id)) as PurgeRow;
  const counts = JSON.parse(row.counts) as PurgeCounts;
  await updatePurge(tx, id, { state: "done", finished_at: ctx.clock.now() });
  await tx.emit(Purged, project, {
    purge: id,
    kind: row.kind,
    reason: row.reason,
    by: row.caused_by,
    counts,
    refused: row.refused_total,
  });
  return counts;
}

/** Takes the next records away, or notes why they stay; answers whether there may be more. */
async function takeNext(ctx: Ctx, tx: Tx, needs: TrackingNeeds, row: PurgeRow): Promise<boolean> {
  const { project } = row;
  const asked = {
    project,
    scope: JSON.parse(row.scope) as PurgeScope,
    before: row.deleted_before,
    now: ctx.clock.now(),
    after: row.place,
    // One experiment at a time: each may hold many records that versions stand on.
    limit: row.kind === "experiments" ? 1 : batch,
  };
  const keeper = keeperOf(await needs.versions(tx, project));
  const refused: PurgeRefusal[] = [];
  const gone: RemainsRow[] = [];
  let place = row.place;
  if (row.kind === "runs") {
    const runs = await deletedRuns(tx, asked);
    for (const run of runs) {
      place = run.id;
      const why = keeper({ kind: "run", id: run.run_id, root: run.artifact_uri });
      if (why === undefined) gone.push(remainsOfRun(row.id, run));
      else refused.push({ kind: "run", id: run.run_id, name: run.name, why });
    }
    await removeRecords(
      tx,
      "runs",
      gone.map((one) => one.number),
    );
  } else if (row.kind === "models") {
    for (const model of await deletedModels(tx, asked)) {
      place = model.id;
      const why = keeper({ kind: "model", id: model.model_id, root: model.artifact_location });
      if (why === undefined) gone.push(remainsOfModel(row.id, model));
      else refused.push({ kind: "model", id: model.model_id, name: model.name, why });
    }
    await removeRecords(
      tx,
      "logged_models",
      gone.map((one) => one.number),
    );
  } else {
    for (const experiment of await deletedExperiments(tx, asked)) {
      place = experiment.id;
      const why = await whyExperimentStays(tx, experiment, keeper);
      if (why !== undefined) {
        refused.push({ kind: "experiment", id: String(experiment.id), name: experiment.name, why });
        continue;
      }
      gone.push({
        purge_id: row.id,
        kind: "experiment",
        number: experiment.id,
        id: String(experiment.id),
        project,
        experiment_id: experiment.id,
        folder: toStorePathSafely(experiment.artifact_location) ?? null,
      });
      const id = experiment.outer_id ?? String(experiment.id);
      await tx.emit(RecordPurged, project, { kind: "experiment", id, purge: row.id });
    }
    await removeRecords(
      tx,
      "experiments",
      gone.map((one) => one.number),
    );
  }
  if (place === row.place) return false;
  await leaveRemains(tx, gone);
  const known = JSON.parse(row.refused) as PurgeRefusal[];
  await updatePurge(tx, row.id, {
    place,
    counts: JSON.stringify(addCounts(JSON.parse(row.counts) as PurgeCounts, { [row.kind]: gone.length })),
    refused: JSON.stringify([...known, ...refused].slice(0, shownRefusals)),
    refused_total: row.refused_total + refused.length,
  });
  return true;
}

/** Notes what records that are gone have left, and says of runs and models that they are gone. */
async function leaveRemains(tx: Tx, gone: readonly RemainsRow[]): Promise<void> {
  await insertRemains(tx, gone);
  for (const { kind, id, project, purge_id } of gone) {
    if (kind === "experiment") continue;
    await tx.emit(RecordPurged, project, { kind: kind === "run" ? "run" : "logged-model", id, purge: purge_id });
  }
}

/** An experiment goes whole or not at all; the one clients log to that name none stays. */
export async function whyExperimentStays(
  tx: Reader,
  experiment: Pick<ExperimentRow, "id" | "name">,
  keeper: ReturnType<typeof keeperOf>,
): Promise<string | undefined> {
  if (experiment.name === defaultExperiment) {
    return "Clients that name no experiment log to it: restore it, and purge its runs if they are to go.";
  }
  const active = await countActiveRuns(tx, experiment.id);
  if (active > 0) return `${active} of its runs ${active === 1 ? "is" : "are"} not deleted.`;
  for (const footing of await footingsOf(tx, experiment.id)) {
    const why = keeper(footing);
    if (why !== undefined) return `Its ${footing.kind} ${footing.id} must stay: ${why}`;
  }
  return undefined;
}

function remainsOfRun(purge: string, run: RunRecord): RemainsRow {
  return {
    purge_id: purge,
    kind: "run",
    number: run.id,
    id: run.run_id,
    project: run.project,
    experiment_id: run.experiment_id,
    folder: toStorePathSafely(run.artifact_uri) ?? null,
  };
}

function remainsOfModel(purge: string, model: LoggedModelRow): RemainsRow {
  return {
    purge_id: purge,
    kind: "model",
    number: model.id,
    id: model.model_id,
    project: model.project,
    experiment_id: model.experiment_id,
    folder: toStorePathSafely(model.artifact_location) ?? null,
  };
}

/** Removes rows and files of records that are gone, in transactions of bounded size: others write in between. */
async function removeWhatIsLeft(ctx: Ctx, needs: TrackingNeeds, project: string, purge: string): Promise<void> {
  for (let left = true; left; ) {
    ctx.signal.throwIfAborted();
    left = await ctx.db.write(async (tx) => {
      let sum: PurgeCounts = { ...noCounts };
      let next = await nextRemains(tx, purge);
      for (let spent = 0; next !== undefined && spent < rowsAtOnce; next = await nextRemains(tx, purge)) {
        const counts = addCounts(noCounts, await removeStep(ctx, tx, needs, next));
        sum = addCounts(sum, counts);
        // Even a step that finds nothing costs its statements.
        spent += 50 + counts.points + counts.texts + 10 * counts.files;
      }
      const row = (await findPurge(tx, project, purge)) as PurgeRow;
      await updatePurge(tx, purge, { counts: JSON.stringify(addCounts(JSON.parse(row.counts) as PurgeCounts, sum)) });
      return next !== undefined;
    });
  }
}

/** One step; the note of what is left goes with the last. */
async function removeStep(ctx: Ctx, tx: Tx, needs: TrackingNeeds, left: RemainsRow): Promise<Partial<PurgeCounts>> {
  if (left.kind === "run") {
    const points = await removeSomePoints(tx, left.number, rowsAtOnce);
    if (points > 0) return { points };
    const values = await removeSomeValues(tx, left.number, rowsAtOnce);
    if (values.left) return { texts: values.texts };
  }
  if (left.kind === "experiment") {
    const traces = await removeSomeTraces(tx, left.number, batch);
    if (traces > 0) return {};
    const inside = await takeInside(tx, left);
    if (inside !== undefined) return inside;
  }
  const files = await removeFiles(ctx, tx, needs, left);
  if (files !== undefined) return files;
  await removeRemains(tx, left);
  if (left.kind === "run") {
    await removeUnreadDatasets(tx, await removeRunLinks(tx, left.number, left.id));
    return {};
  }
  if (left.kind === "model") return { texts: await removeModelContents(tx, left.id) };
  return { texts: await removeExperimentContents(tx, left.number) };
}

/** The next runs and logged models of an experiment that is gone. */
async function takeInside(tx: Tx, left: RemainsRow): Promise<Partial<PurgeCounts> | undefined> {
  const runs = await runsInside(tx, left.number, batch);
  if (runs.length > 0) {
    await removeRecords(
      tx,
      "runs",
      runs.map((run) => run.id),
    );
    await leaveRemains(
      tx,
      runs.map((run) => remainsOfRun(left.purge_id, run)),
    );
    return { runs: runs.length };
  }
  const models = await modelsInside(tx, left.number, batch);
  if (models.length === 0) return undefined;
  await removeRecords(
    tx,
    "logged_models",
    models.map((model) => model.id),
  );
  await leaveRemains(
    tx,
    models.map((model) => remainsOfModel(left.purge_id, model)),
  );
  return { models: models.length };
}

async function removeFiles(
  ctx: Ctx,
  tx: Tx,
  needs: TrackingNeeds,
  left: RemainsRow,
): Promise<Partial<PurgeCounts> | undefined> {
  // The root of the whole store belongs to everybody.
  if (left.folder === null || left.folder === "") return undefined;
  if (left.kind === "experiment" && (await rootIsUsed(tx, left.project, `mlflow-artifacts:/${left.folder}`)))
    return undefined;
  const { files, left: more } = await removeSomeFiles(tx, left.project, left.folder, left.id, filesAtOnce);
  if (files.length === 0) return more ? {} : undefined;
  const loose = await loosen(ctx, tx, left.project, files);
  const named = await needs.namedObjects(
    tx,
    loose.map((one) => one.hash),
  );
  const sum = (some: readonly { size: number }[]) => some.reduce((total, one) => total + one.size, 0);
  return { files: files.length, bytes: sum(files), freed: sum(loose.filter((one) => !named.has(one.hash))) };
}
