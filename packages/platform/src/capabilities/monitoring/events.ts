import { OutcomesRecorded } from "@paydown/api/serving";
import { type Listener, on } from "#base/capability.js";
import { listMonitorRows, markRelabelled } from "./store.js";
import { type Window, windowMs } from "./thresholds/season.js";

/** Labels that arrive after their window was evaluated mark it; the next evaluation measures its quality again. */
export const listeners: readonly Listener[] = [
  on(OutcomesRecorded, async (tx, { project, payload }) => {
    for (const monitor of await listMonitorRows(tx, project, payload.deployment)) {
      if (monitor.quality === null) continue;
      const length = windowMs(monitor.window as Window);
      await markRelabelled(tx, monitor.id, Math.floor(payload.from / length) * length, payload.to);
    }
  }),
];
