import type * as api from "@paydown/api/monitoring";
import { type NaiveRule, WindowEvaluated } from "@paydown/api/monitoring";
import type { Input, Reply } from "@paydown/api/operation";
import type { JobHandle } from "#base/capability.js";
import type { Ctx } from "#base/context.js";
import { errors } from "../errors.js";
import type { Plan } from "../model.js";
import type { MonitoringNeeds } from "../needs.js";
import {
  findMonitor,
  findMonitorById,
  listWindowSignals,
  updateMonitor,
  upsertSignals,
  upsertWindow,
} from "../store.js";
import type { MonitorRow } from "../tables.js";
import { decide } from "../thresholds/decide.js";
import { dayMs, windowMs } from "../thresholds/season.js";
import { type Evidence, type Judged, noEvidence, type Watcher } from "../windows/judge.js";
import { observe } from "../windows/observe.js";
import { toPlan, toRow } from "../windows/rows.js";
import { type Tally, usualVersion } from "../windows/tally.js";
import { countWindows } from "./count-windows.js";
import { evaluateLateLabels } from "./evaluate-late-labels.js";
import { learnRules } from "./learn-rules.js";
import { addRecorded, type Recorded, recordAlarms, toStand } from "./record-alarms.js";

type Evaluation = Reply<typeof api.evaluateMonitor>;

/**
 * Evaluates complete windows that were not evaluated yet, in order, one transaction each, so that it may stop anywhere and
 * go on later; then the quality of windows whose labels came late. Evaluating a window again gives the same rows: with
 * `from` it goes back and repeats everything from there on.
 */
export async function evaluateMonitor(
  ctx: Ctx,
  needs: MonitoringNeeds,
  { project, name, from, to }: Input<typeof api.evaluateMonitor>,
  job?: JobHandle,
): Promise<Evaluation> {
  const monitor = await ctx.db.read((r) => findMonitor(r, project, name));
  if (monitor === undefined) throw errors.MONITORING_MONITOR_NOT_FOUND({ project, name });
  if (monitor.retired_at !== null) throw errors.MONITORING_MONITOR_RETIRED({ name });
  if (from !== undefined && to !== undefined && from >= to) throw errors.MONITORING_RANGE_INVALID({ from, to });
  const plan = toPlan(monitor);
  const length = windowMs(plan.window);
  const first = Math.min(plan.calibration.from, Math.floor(monitor.created_at / length) * length);
  const done = monitor.evaluated_to ?? first;
  const begin = from === undefined ? done : Math.max(first, Math.min(done, Math.floor(from / length) * length));
  const complete = Math.floor(ctx.clock.now() / length) * length;
  const wanted = to === undefined ? complete : Math.min(complete, Math.floor(to / length) * length);
  const end = Math.max(wanted, done);

  const result: Evaluation = { windows: 0, relabelled: 0, rows: 0, alarms: 0, opened: [], closed: [] };
  const evidence = await evidenceBefore(ctx, monitor, begin - length);
  let watchers: Map<string, Watcher> | undefined;
  for await (const tally of countWindows(ctx, needs, monitor, plan, begin, end)) {
    if (ctx.signal.aborted) break;
    if (watchers === undefined || mayLearn(plan, tally.at)) watchers = await learnRules(ctx, monitor, plan, tally.at);
    await evaluateWindow(ctx, monitor, plan, tally, watchers, evidence, result);
    await job?.progress((tally.at + length - begin) / (end - begin), `window ${new Date(tally.at).toISOString()}`);
  }
  await evaluateLateLabels(ctx, needs, monitor, plan, result);
  const after = await ctx.db.read((r) => findMonitor(r, project, name));
  if (after?.evaluated_to != null) result.evaluatedTo = after.evaluated_to;
  return result;
}

/** Rules are learned anew each day while the calibration period runs, and once when it is over. */
function mayLearn(plan: Plan, at: number): boolean {
  return at <= plan.calibration.to && at % dayMs === 0;
}

async function evidenceBefore(ctx: Ctx, monitor: MonitorRow, at: number): Promise<Map<string, Evidence>> {
  const rows = await ctx.db.read((r) => listWindowSignals(r, monitor.id, at));
  return new Map(rows.map(({ signal, up, down }) => [signal, { up, down }]));
}

async function evaluateWindow(
  ctx: Ctx,
  monitor: MonitorRow,
  plan: Plan,
  tally: Tally,
  watchers: ReadonlyMap<string, Watcher>,
  evidence: Map<string, Evidence>,
  result: Evaluation,
): Promise<void> {
  const judged = observe(plan, tally).map((observation) =>
    watchers.get(observation.signal.id)!.judge(observation, evidence.get(observation.signal.id) ?? noEvidence),
  );
  for (const each of judged) evidence.set(each.observation.signal.id, { up: each.up, down: each.down });
  const alarmed = alarmsOf(judged, plan);
  const end = tally.at + windowMs(plan.window);
  const labels = tally.labelled.outcomes.length;
  const recorded = await ctx.db.write(async (tx): Promise<Recorded> => {
    await upsertWindow(tx, {
      monitor_id: monitor.id,
      at: tally.at,
      rows: tally.rows,
      labels,
      version: usualVersion(tally),
      alarms: alarmed.size,
      naive: JSON.stringify(naiveAlarms(judged)),
    });
    await upsertSignals(
      tx,
      judged.map((each) => toRow(monitor.id, each, alarmed.has(each))),
    );
    // Seen before, or by somebody else meanwhile: rows are the same, incidents and the mark must not move twice.
    const current = await findMonitorById(tx, monitor.id);
    if ((current?.evaluated_to ?? 0) >= end) return { raised: 0, opened: [], closed: [] };
    await updateMonitor(tx, monitor.id, { evaluated_to: end });
    const stands = judged.map((each) => toStand(each, alarmed.has(each)));
    const recorded = await recordAlarms(tx, ctx, monitor, tally.at, end, stands);
    await tx.emit(WindowEvaluated, monitor.project, {
      monitor: monitor.name,
      deployment: monitor.deployment,
      from: tally.at,
      to: end,
      rows: tally.rows,
      labels,
      alarms: alarmed.size,
      relabelled: false,
    });
    return recorded;
  });
  result.windows++;
  result.rows += tally.rows;
  addRecorded(result, recorded);
}

/** Rules of thumb that alarm on any signal. */
function naiveAlarms(judged: readonly Judged[]): NaiveRule[] {
  return [...new Set(judged.flatMap(({ naive }) => naive.filter(({ alarm }) => alarm).map(({ rule }) => rule)))].sort();
}

/** Signals in alarm: decided over all that have a value together. */
function alarmsOf(judged: readonly Judged[], plan: Plan): Set<Judged> {
  const deciding = judged.filter((each) => each.held !== undefined);
  return new Set(
    decide(
      deciding.map(({ held }) => held!),
      plan.promise,
      plan.window,
    ).map((i) => deciding[i]!),
  );
}
