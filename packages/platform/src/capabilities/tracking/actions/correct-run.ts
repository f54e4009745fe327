import type { Input } from "@paydown/api/operation";
import type { Correction } from "@paydown/api/tracking";
import { type correctRun as operation, RunCorrected, RunMoved } from "@paydown/api/tracking-upkeep";
import { currentCaller } from "#base/caller.js";
import type { Ctx } from "#base/context.js";
import type { Tx } from "#base/db/db.js";
import { trackingErrors } from "../errors.js";
import { checkedParam, checkedTag, fromStored, runNameTag, toStored } from "../model.js";
import {
  correctModelMetrics,
  findText,
  insertCorrection,
  moveRun,
  removeText,
  replaceParam,
} from "../store/corrections.js";
import { findExperiment } from "../store/experiments.js";
import { findKeys } from "../store/keys.js";
import { insertMetrics } from "../store/log-metrics.js";
import { countPoints, findPoints, keepPoints, type PointSpan, removePoints } from "../store/point-removal.js";
import { updateRun, upsertTags } from "../store/runs.js";
import type { CorrectionRow, RunRecord } from "../tables.js";
import { getActiveExperiment } from "./change-experiment.js";
import { getActiveRun } from "./change-run.js";
import { emitTagged, putTags } from "./log-batch.js";

type Request = Input<typeof operation>;

/** What a correction found and did. */
interface Change {
  readonly key: string;
  readonly before: string;
  readonly after: string | null;
  readonly points: number;
}

/** Of a longer series the record shows the first so many points; all of them are kept beside it. */
const shownPoints = 1000;
/** A run with more points is not moved: all of them would be rewritten while nobody else can write. */
const mostMovedPoints = 250_000;

/** Corrects one recorded value of an active run and keeps the original, in one transaction. */
export async function correctRun(ctx: Ctx, input: Request): Promise<Correction> {
  const { project, runId, what } = input;
  const id = ctx.ids.ulid();
  return ctx.db.write(async (tx) => {
    const run = await getActiveRun(tx, project, runId);
    const change = await changes[what](tx, run, input, id);
    const { by, door } = currentCaller();
    const row: CorrectionRow = {
      id,
      project,
      run_id: runId,
      what,
      key: change.key,
      before_value: change.before,
      after_value: change.after,
      points: change.points,
      caused_by: by,
      door,
      reason: input.reason,
      at: ctx.clock.now(),
    };
    await insertCorrection(tx, row);
    const correction = toCorrection(row);
    await tx.emit(RunCorrected, project, correction);
    return correction;
  });
}

export function toCorrection(row: CorrectionRow): Correction {
  return {
    id: row.id,
    runId: row.run_id,
    what: row.what as Correction["what"],
    key: row.key,
    before: row.before_value,
    after: row.after_value,
    points: row.points,
    by: row.caused_by,
    door: row.door,
    reason: row.reason,
    at: row.at,
  };
}

type Changer = (tx: Tx, run: RunRecord, input: Request, id: string) => Promise<Change>;

const changes: Record<Request["what"], Changer> = {
  param: correctParam,
  tag: correctTag,
  metric: correctMetric,
  name: correctName,
  experiment: correctExperiment,
};

async function correctParam(tx: Tx, run: RunRecord, input: Request): Promise<Change> {
  const key = needKey(input);
  const found = await findText(tx, run, "params", key);
  if (found === undefined) throw nothing(run, `a parameter '${key}'`);
  if (input.value === undefined) await removeText(tx, run, "params", found.keyId);
  else {
    const { value } = checkedParam({ key, value: input.value }, "");
    checkChanges(found.value, value);
    await replaceParam(tx, run, found.keyId, value);
  }
  return { key, before: found.value, after: input.value ?? null, points: 0 };
}

async function correctTag(tx: Tx, run: RunRecord, input: Request): Promise<Change> {
  const key = needKey(input);
  if (key === runNameTag) {
    throw trackingErrors.TRACKING_CORRECTION({
      problem: `The tag '${key}' is the run's name: correct \`name\` in its place.`,
    });
  }
  const found = await findText(tx, run, "tags", key);
  if (found === undefined) throw nothing(run, `a tag '${key}'`);
  if (input.value === undefined) {
    await removeText(tx, run, "tags", found.keyId);
    await emitTagged(tx, run, new Map([[key, ""]]));
  } else {
    const tag = checkedTag({ key, value: input.value }, "");
    checkChanges(found.value, tag.value);
    await putTags(tx, run, [tag]);
  }
  return { key, before: found.value, after: input.value ?? null, points: 0 };
}

async function correctMetric(tx: Tx, run: RunRecord, input: Request, id: string): Promise<Change> {
  const key = needKey(input);
  const span: PointSpan = { step: input.step, timestamp: input.at };
  if (span.timestamp !== undefined && span.step === undefined) {
    throw trackingErrors.TRACKING_CORRECTION({ problem: "`at` names a time of a step: name the `step` too." });
  }
  const keyId = (await findKeys(tx, run.experiment_id, "metrics", [key])).get(key);
  const found = keyId === undefined ? [] : await findPoints(tx, run.id, keyId, span, shownPoints);
  const [first] = found;
  const place = `${span.step === undefined ? "" : ` at step ${span.step}`}${span.timestamp === undefined ? "" : ` and time ${span.timestamp}`}`;
  if (keyId === undefined || first === undefined) throw nothing(run, `a point of '${key}'${place}`);
  await keepPoints(tx, id, run.id, keyId, span);
  const before = JSON.stringify(found.map((one) => [one.step, one.timestamp, fromStored(one.value, one.nan)]));
  if (input.value === undefined) {
    const points = await removePoints(tx, run.id, keyId, span);
    await correctModelMetrics(tx, run, key, span, undefined);
    return { key, before, after: null, points };
  }
  const value = toNumber(input.value);
  if (span.step === undefined || found.length > 1) {
    throw trackingErrors.TRACKING_CORRECTION({
      problem: `'${key}'${place} holds ${found.length === shownPoints ? `${shownPoints} or more` : found.length} points, and a value corrects one: name its \`step\`, and its time as \`at\`.`,
    });
  }
  const stored = toStored(value);
  if (stored.value === first.value && stored.nan === first.nan) throw unchanged();
  await removePoints(tx, run.id, keyId, { step: first.step, timestamp: first.timestamp });
  await insertMetrics(tx, [{ run, points: [{ key, value, step: first.step, timestamp: first.timestamp }] }]);
  await correctModelMetrics(tx, run, key, { step: first.step, timestamp: first.timestamp }, stored);
  return { key, before, after: input.value, points: 1 };
}

async function correctName(tx: Tx, run: RunRecord, input: Request): Promise<Change> {
  if (input.value === undefined || input.value.trim() === "") {
    throw trackingErrors.TRACKING_CORRECTION({ problem: "A run has a name: give the right one as `value`." });
  }
  const { value } = checkedTag({ key: runNameTag, value: input.value }, "");
  checkChanges(run.name, value);
  await updateRun(tx, run.id, { name: value });
  await upsertTags(tx, run, [{ key: runNameTag, value }]);
  return { key: "", before: run.name, after: value, points: 0 };
}

async function correctExperiment(tx: Tx, run: RunRecord, input: Request): Promise<Change> {
  if (input.value === undefined || !/^[0-9]{1,15}$/.test(input.value)) {
    throw trackingErrors.TRACKING_CORRECTION({
      problem: `'${input.value ?? ""}' is no id of an experiment: give the one the run belongs to as \`value\`.`,
    });
  }
  const to = await getActiveExperiment(tx, run.project, Number(input.value));
  if (to.id === run.experiment_id) throw unchanged();
  const points = await countPoints(tx, run.id);
  if (points > mostMovedPoints) {
    throw trackingErrors.TRACKING_CORRECTION({
      problem: `Run ${run.run_id} has ${points} metric points; a run of more than ${mostMovedPoints} is not moved, as everybody else would have to wait.`,
    });
  }
  const from = await findExperiment(tx, run.project, run.experiment_id);
  await moveRun(tx, run, to.id);
  await tx.emit(RunMoved, run.project, {
    runId: run.run_id,
    from: from?.outer_id ?? String(run.experiment_id),
    experimentId: to.outer_id ?? String(to.id),
    experimentName: to.name,
  });
  return { key: "", before: String(run.experiment_id), after: String(to.id), points: 0 };
}

function needKey(input: Request): string {
  if (input.key !== undefined) return input.key;
  throw trackingErrors.TRACKING_CORRECTION({
    problem: `Which ${input.what} is wrong is not said: give its name as \`key\`.`,
  });
}

function toNumber(text: string): number {
  const value = /^[+-]?inf(inity)?$/i.test(text)
    ? (text.startsWith("-") ? -1 : 1) * Number.POSITIVE_INFINITY
    : Number(text);
  if (text.trim() !== "" && (!Number.isNaN(value) || /^nan$/i.test(text))) return value;
  throw trackingErrors.TRACKING_CORRECTION({
    problem: `'${text}' is no number; a metric's value is one, or NaN, or ±Infinity.`,
  });
}

function checkChanges(before: string, after: string): void {
  if (before === after) throw unchanged();
}

function unchanged(): Error {
  return trackingErrors.TRACKING_CORRECTION({
    problem: "That is the recorded value already: there is nothing to correct.",
  });
}

function nothing(run: RunRecord, what: string): Error {
  return trackingErrors.TRACKING_CORRECTION({
    problem: `Run ${run.run_id} did not log ${what}, so there is nothing to correct.`,
  });
}
