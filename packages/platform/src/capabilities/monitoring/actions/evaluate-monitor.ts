import type * as api from "@paydown/api/monitoring";
import type { NaiveRule } from "@paydown/api/monitoring";
import { WindowEvaluated } from "@paydown/api/monitoring";
import type { Input, Reply } from "@paydown/api/operation";
import type { JobHandle } from "#base/capability.js";
import type { Ctx } from "#base/context.js";
import { errors } from "../errors.js";
import { needsLabels, type Plan, signalsOf } from "../model.js";
import type { MonitoringNeeds } from "../needs.js";
import {
  clearRelabelled,
  findMonitor,
  findMonitorById,
  listRelabelled,
  listSignalRows,
  listWindowSignals,
  recountAlarms,
  updateMonitor,
  updateWindowLabels,
  upsertRules,
  upsertSignals,
  upsertWindow,
} from "../store.js";
import type { MonitorRow, RuleRow, SignalRow } from "../tables.js";
import { decide } from "../thresholds/decide.js";
import { dayMs, windowMs } from "../thresholds/season.js";
import { createWatcher, type Evidence, type Judged, type Watcher } from "../windows/judge.js";
import { observe, observeLabels } from "../windows/observe.js";
import { toObservation, toPlan, toRow } from "../windows/rows.js";
import { createCounter, type Tally } from "../windows/tally.js";
import { type Recorded, recordAlarms, type Stand } from "./record-alarms.js";

type Evaluation = Reply<typeof api.evaluateMonitor>;

const none: Evidence = { up: 0, down: 0 };

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
  for await (const tally of tallies(ctx, needs, monitor, plan, begin, end)) {
    if (ctx.signal.aborted) break;
    if (watchers === undefined || mayLearn(plan, tally.at)) watchers = await learn(ctx, monitor, plan, tally.at);
    await evaluateWindow(ctx, monitor, plan, tally, watchers, evidence, result);
    await job?.progress((tally.at + length - begin) / (end - begin), `window ${new Date(tally.at).toISOString()}`);
  }
  await evaluateLateLabels(ctx, needs, monitor, plan, result);
  const after = await ctx.db.read((r) => findMonitor(r, project, name));
  if (after?.evaluated_to != null) result.evaluatedTo = after.evaluated_to;
  return result;
}

/** Counts the rows of each window, also of windows without any, in order. One window is open at a time. */
async function* tallies(
  ctx: Ctx,
  needs: MonitoringNeeds,
  monitor: MonitorRow,
  plan: Plan,
  begin: number,
  end: number,
): AsyncGenerator<Tally> {
  if (begin >= end) return;
  const length = windowMs(plan.window);
  const counter = createCounter(plan);
  let tally = counter.open(begin);
  const asked = {
    project: monitor.project,
    deployment: monitor.deployment,
    from: begin,
    to: end,
    columns: plan.features.map(({ feature }) => feature),
  };
  for await (const chunk of needs.predictionRows(ctx, asked)) {
    let row = 0;
    while (row < chunk.rows) {
      const limit = tally.at + length;
      let next = row;
      while (next < chunk.rows && chunk.times[next]! < limit) next++;
      if (next > row) counter.add(tally, chunk, row, next);
      row = next;
      if (row < chunk.rows) {
        yield tally;
        tally = counter.open(limit);
      }
    }
  }
  for (; tally.at < end; tally = counter.open(tally.at + length)) yield tally;
}

/** Rules are learned anew each day while the calibration period runs, and once when it is over. */
function mayLearn(plan: Plan, at: number): boolean {
  return at <= plan.calibration.to && at % dayMs === 0;
}

async function learn(ctx: Ctx, monitor: MonitorRow, plan: Plan, at: number): Promise<Map<string, Watcher>> {
  const complete = at >= plan.calibration.to;
  const to = complete ? plan.calibration.to : Math.floor(at / dayMs) * dayMs;
  const signals = signalsOf(plan);
  const watchers = new Map<string, Watcher>();
  const rules: RuleRow[] = [];
  for (const signal of signals) {
    const rows = await ctx.db.read((r) => listSignalRows(r, monitor.id, signal.id, plan.calibration.from, to));
    const watcher = createWatcher(plan, signal, rows.map(toObservation), complete, signals.length);
    watchers.set(signal.id, watcher);
    rules.push({
      monitor_id: monitor.id,
      signal: signal.id,
      season: watcher.season,
      between_windows: watcher.betweenWindows ?? null,
      seen: rows.filter((row) => row.counts !== null || row.value !== null).length,
      at,
    });
  }
  await ctx.db.write((tx) => upsertRules(tx, rules));
  return watchers;
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
    watchers.get(observation.signal.id)!.judge(observation, evidence.get(observation.signal.id) ?? none),
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
  add(result, recorded);
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

/**
 * Labels that came after their window was evaluated: the window's quality is measured again, and evidence of the signals
 * that wait for labels is gathered anew from there on, from what is stored.
 */
async function evaluateLateLabels(
  ctx: Ctx,
  needs: MonitoringNeeds,
  monitor: MonitorRow,
  plan: Plan,
  result: Evaluation,
): Promise<void> {
  if (plan.quality === undefined) return;
  const windows = await ctx.db.read((r) => listRelabelled(r, monitor.id));
  const earliest = windows[0];
  if (earliest === undefined) return;
  const length = windowMs(plan.window);
  const seen = new Map<number, { rows: number; labels: number }>();
  for (const at of windows) {
    for await (const tally of tallies(ctx, needs, monitor, plan, at, at + length)) {
      const count = tally.labelled.outcomes.length;
      seen.set(at, { rows: tally.rows, labels: count });
      result.rows += tally.rows;
      const stored = await ctx.db.read((r) => listWindowSignals(r, monitor.id, at));
      const updated = observeLabels(plan, tally).flatMap((observation) => {
        const row = stored.find(({ signal }) => signal === observation.signal.id);
        const carried = {
          observation,
          up: row?.up ?? 0,
          down: row?.down ?? 0,
          limit: row?.evidence_limit ?? 0,
          naive: [],
        };
        return toRow(
          monitor.id,
          { ...carried, ...(observation.reason !== undefined && { reason: observation.reason }) },
          row?.calibrated === 1,
        );
      });
      await ctx.db.write(async (tx) => {
        await updateWindowLabels(tx, monitor.id, at, tally.rows, count);
        await upsertSignals(tx, updated);
      });
    }
  }
  const now = ctx.clock.now();
  const watchers = await learn(ctx, monitor, plan, now);
  const changed = new Map<number, Stand[]>();
  for (const { id, kind } of signalsOf(plan)) {
    if (!needsLabels(kind)) continue;
    const rows = await ctx.db.read((r) => listSignalRows(r, monitor.id, id, earliest, now));
    const [before] = await ctx.db.read((r) => listSignalRows(r, monitor.id, id, earliest - length, earliest));
    const again = rejudge(monitor, rows, watchers.get(id)!, before ?? none);
    await ctx.db.write((tx) =>
      upsertSignals(
        tx,
        again.map(({ row }) => row),
      ),
    );
    for (const { row, stand, was } of again) {
      if (stand.alarmed && !was) changed.set(row.at, [...(changed.get(row.at) ?? []), stand]);
    }
  }
  await ctx.db.write(async (tx) => {
    for (const [at, stands] of [...changed].sort(([a], [b]) => a - b)) {
      add(result, await recordAlarms(tx, ctx, monitor, at, now, stands));
    }
    await recountAlarms(tx, monitor.id, earliest);
    for (const at of windows) {
      await clearRelabelled(tx, monitor.id, at);
      await tx.emit(WindowEvaluated, monitor.project, {
        monitor: monitor.name,
        deployment: monitor.deployment,
        from: at,
        to: at + length,
        rows: seen.get(at)?.rows ?? 0,
        labels: seen.get(at)?.labels ?? 0,
        alarms: changed.get(at)?.length ?? 0,
        relabelled: true,
      });
    }
  });
  result.relabelled += windows.length;
}

interface Rejudged {
  readonly row: SignalRow;
  readonly stand: Stand;
  readonly was: boolean;
}

/** A label signal alarms on its own: above the limit one signal needs among all. */
function rejudge(monitor: MonitorRow, rows: readonly SignalRow[], watcher: Watcher, before: Evidence): Rejudged[] {
  let evidence = before;
  return rows.map((row) => {
    const judged = watcher.judge(toObservation(row), evidence);
    evidence = { up: judged.up, down: judged.down };
    const alarmed = judged.held !== undefined && Math.max(judged.up, judged.down) > judged.limit;
    return { row: toRow(monitor.id, judged, alarmed), stand: toStand(judged, alarmed), was: row.calibrated === 1 };
  });
}

function toStand(judged: Judged, alarmed: boolean): Stand {
  return {
    signal: judged.observation.signal.id,
    effect: judged.effect,
    evidence: Math.max(judged.up, judged.down),
    limit: judged.limit,
    alarmed,
  };
}

function usualVersion(tally: Tally): number | null {
  let usual: number | null = null;
  let most = 0;
  for (const [version, rows] of tally.versions) {
    if (rows > most) {
      usual = version;
      most = rows;
    }
  }
  return usual;
}

function add(result: Evaluation, recorded: Recorded): void {
  result.alarms += recorded.raised;
  result.opened.push(...recorded.opened);
  result.closed.push(...recorded.closed);
}
