import { type JobKind, job } from "#base/capability.js";
import { enqueue } from "#base/jobs/queue.js";
import { evaluateMonitor } from "./actions/evaluate-monitor.js";
import type { MonitoringNeeds } from "./needs.js";
import { findMonitor } from "./store.js";
import { type Window, windowMs } from "./thresholds/season.js";

interface EvaluateMonitor {
  readonly project: string;
  readonly name: string;
}

/** Time after a window's end in which its last rows still arrive. */
const grace = 60_000;

/** Evaluates a monitor and plans the next time, a minute after the window that runs now ends; ends when it is retired. */
export function evaluateJob(needs: MonitoringNeeds): JobKind {
  return job<EvaluateMonitor>("monitoring.evaluate-monitor", async (ctx, { project, name }, handle) => {
    const monitor = await ctx.db.read((r) => findMonitor(r, project, name));
    if (monitor === undefined || monitor.retired_at !== null) return { windows: 0 };
    const length = windowMs(monitor.window as Window);
    const runAt = (Math.floor(ctx.clock.now() / length) + 1) * length + grace;
    await ctx.db.write((tx) =>
      enqueue(tx, ctx, {
        kind: "monitoring.evaluate-monitor",
        project,
        payload: { project, name },
        dedupe: `monitoring.evaluate-monitor:${project}:${name}:${runAt}`,
        runAt,
      }),
    );
    const { windows, relabelled, rows, alarms } = await evaluateMonitor(ctx, needs, { project, name }, handle);
    return { windows, relabelled, rows, alarms };
  });
}
