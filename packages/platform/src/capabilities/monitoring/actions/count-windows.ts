import type { Ctx } from "#base/context.js";
import type { Plan } from "../model.js";
import type { MonitoringNeeds } from "../needs.js";
import type { MonitorRow } from "../tables.js";
import { windowMs } from "../thresholds/season.js";
import { createCounter, type Tally } from "../windows/tally.js";

/** Counts the rows of each window, also of windows without any, in order. One window is open at a time. */
export async function* countWindows(
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
