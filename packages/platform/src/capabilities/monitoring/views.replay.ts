import type * as api from "@paydown/api/monitoring";
import type { Input, Reply } from "@paydown/api/operation";
import type { Ctx } from "#base/context.js";
import { errors } from "./errors.js";
import { type Plan, signalsOf } from "./model.js";
import { findMonitor, listSignalRows, listWindowSignals, listWindows } from "./store.js";
import { decide } from "./thresholds/decide.js";
import { windowMs } from "./thresholds/season.js";
import { quietPeriod } from "./windows/incidents.js";
import { createWatcher, type Evidence, type Watcher } from "./windows/judge.js";
import { toObservation, toPlan } from "./windows/rows.js";

/** Judges the stored windows after the calibration period again under another promise. Reads only. */
export async function viewReplay(
  ctx: Ctx,
  { project, name, promise, from, to }: Input<typeof api.replayMonitor>,
): Promise<Reply<typeof api.replayMonitor>> {
  const monitor = await ctx.db.read((r) => findMonitor(r, project, name));
  if (monitor === undefined) throw errors.MONITORING_MONITOR_NOT_FOUND({ project, name });
  const plan = toPlan(monitor);
  const begin = Math.max(from ?? plan.calibration.to, plan.calibration.to);
  const end = to ?? monitor.evaluated_to ?? begin;
  const windows = (await ctx.db.read((r) => listWindows(r, monitor.id, begin, end))).map(({ at }) => at);
  const now = await replay(ctx, monitor.id, plan, windows);
  const then = await replay(ctx, monitor.id, { ...plan, promise }, windows);
  return { windows: windows.length, alarms: then.alarms, pages: then.pages, pagesNow: now.pages };
}

async function replay(ctx: Ctx, monitor: number, plan: Plan, windows: readonly number[]) {
  const signals = signalsOf(plan);
  const watchers = new Map<string, Watcher>();
  for (const signal of signals) {
    const rows = await ctx.db.read((r) =>
      listSignalRows(r, monitor, signal.id, plan.calibration.from, plan.calibration.to),
    );
    watchers.set(signal.id, createWatcher(plan, signal, rows.map(toObservation), true, signals.length));
  }
  const evidence = new Map<string, Evidence>();
  const alarms: Reply<typeof api.replayMonitor>["alarms"] = [];
  let pages = 0;
  let lastAlarm = Number.NEGATIVE_INFINITY;
  for (const at of windows) {
    const rows = await ctx.db.read((r) => listWindowSignals(r, monitor, at));
    const judged = rows.flatMap((row) => {
      const watcher = watchers.get(row.signal);
      return watcher ? [watcher.judge(toObservation(row), evidence.get(row.signal) ?? { up: 0, down: 0 })] : [];
    });
    for (const each of judged) evidence.set(each.observation.signal.id, { up: each.up, down: each.down });
    const deciding = judged.filter((each) => each.held !== undefined);
    const alarmed = decide(
      deciding.map(({ held }) => held!),
      plan.promise,
      plan.window,
    ).map((i) => deciding[i]!);
    if (alarmed.length === 0) continue;
    for (const each of alarmed) alarms.push({ signal: each.observation.signal.id, at, effect: each.effect ?? null });
    if (at - lastAlarm > quietPeriod(plan.window)) pages++;
    lastAlarm = at + windowMs(plan.window);
  }
  return { alarms, pages };
}
