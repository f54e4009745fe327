import type { Ctx } from "#base/context.js";
import { type Plan, signalsOf } from "../model.js";
import { listSignalRows, upsertRules } from "../store.js";
import type { MonitorRow, RuleRow } from "../tables.js";
import { dayMs } from "../thresholds/season.js";
import { createWatcher, type Watcher } from "../windows/judge.js";
import { toObservation } from "../windows/rows.js";

/** Learns every signal's rule from the reference windows stored by now, and notes what was learned. */
export async function learnRules(ctx: Ctx, monitor: MonitorRow, plan: Plan, at: number): Promise<Map<string, Watcher>> {
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
