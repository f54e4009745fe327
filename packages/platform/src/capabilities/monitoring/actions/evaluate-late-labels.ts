import type * as api from "@paydown/api/monitoring";
import { WindowEvaluated } from "@paydown/api/monitoring";
import type { Reply } from "@paydown/api/operation";
import type { Ctx } from "#base/context.js";
import { needsLabels, type Plan, signalsOf } from "../model.js";
import type { MonitoringNeeds } from "../needs.js";
import {
  clearRelabelled,
  listRelabelled,
  listSignalRows,
  listWindowSignals,
  recountAlarms,
  updateWindowLabels,
  upsertSignals,
} from "../store.js";
import type { MonitorRow, SignalRow } from "../tables.js";
import { windowMs } from "../thresholds/season.js";
import { type Evidence, noEvidence, type Watcher } from "../windows/judge.js";
import { observeLabels } from "../windows/observe.js";
import { toObservation, toRow } from "../windows/rows.js";
import { countWindows } from "./count-windows.js";
import { learnRules } from "./learn-rules.js";
import { addRecorded, recordAlarms, type Stand, toStand } from "./record-alarms.js";

/**
 * Labels that came after their window was evaluated: the window's quality is measured again, and evidence of the signals
 * that wait for labels is gathered anew from there on, from what is stored.
 */
export async function evaluateLateLabels(
  ctx: Ctx,
  needs: MonitoringNeeds,
  monitor: MonitorRow,
  plan: Plan,
  result: Reply<typeof api.evaluateMonitor>,
): Promise<void> {
  if (plan.quality === undefined) return;
  const windows = await ctx.db.read((r) => listRelabelled(r, monitor.id));
  const earliest = windows[0];
  if (earliest === undefined) return;
  const length = windowMs(plan.window);
  const seen = new Map<number, { rows: number; labels: number }>();
  for (const at of windows) {
    for await (const tally of countWindows(ctx, needs, monitor, plan, at, at + length)) {
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
  const watchers = await learnRules(ctx, monitor, plan, now);
  const changed = new Map<number, Stand[]>();
  for (const { id, kind } of signalsOf(plan)) {
    if (!needsLabels(kind)) continue;
    const rows = await ctx.db.read((r) => listSignalRows(r, monitor.id, id, earliest, now));
    const [before] = await ctx.db.read((r) => listSignalRows(r, monitor.id, id, earliest - length, earliest));
    const again = rejudge(monitor, rows, watchers.get(id)!, before ?? noEvidence);
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
      addRecorded(result, await recordAlarms(tx, ctx, monitor, at, now, stands));
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
