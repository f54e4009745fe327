import type { JobHandle } from "#base/capability.js";
import type { Ctx } from "#base/context.js";
import type { Tx } from "#base/db/db.js";
import { enqueue } from "#base/jobs/queue.js";
import type { TrackingNeeds } from "../needs.js";
import { nextWithTracesBefore, spanAmounts } from "../store/trace-removal.js";
import { oldestTraces } from "../store/traces.js";
import { removeWithFiles } from "./change-trace.js";

export const traceSweepJob = "tracking.sweep-traces";
const day = 86_400_000;
/** Traces, and spans of more than one trace, that go in one transaction: others write in between. */
const tracesAtOnce = 100;
const spansAtOnce = 5000;

/** Asks for a look at what is too old: when a server starts that keeps traces for some days only, then once a day. */
export async function planTraceSweep(
  ctx: Pick<Ctx, "db" | "clock" | "ids">,
  project: string,
  runAt?: number,
): Promise<void> {
  const dedupe = `${traceSweepJob}/${runAt ?? "start"}`;
  const kind = traceSweepJob;
  await ctx.db.write((tx) =>
    enqueue(tx, ctx, { kind, project, payload: {}, dedupe, ...(runAt === undefined ? {} : { runAt }) }),
  );
}

/**
 * Removes every trace, of every project, that began longer ago than traces are kept, the oldest of an experiment first,
 * in transactions of bounded size. A trace goes whole; a crash at any point leaves the rest for the next time.
 */
export async function sweepTraces(ctx: Ctx, needs: TrackingNeeds, handle: JobHandle): Promise<{ traces: number }> {
  const days = needs.traceDays();
  if (days === undefined) return { traces: 0 };
  const now = ctx.clock.now();
  const before = now - days * day;
  let traces = 0;
  for (let after = Number.MIN_SAFE_INTEGER; ; ) {
    const experiment = await ctx.db.read((r) => nextWithTracesBefore(r, before, after));
    if (experiment === undefined) break;
    for (let gone = -1; gone !== 0; traces += gone) {
      ctx.signal.throwIfAborted();
      gone = await ctx.db.write((tx) => removeOldest(ctx, tx, experiment, before));
      await handle.progress(0.5, `${traces + gone} traces removed`);
    }
    after = experiment.id;
  }
  await planTraceSweep(ctx, handle.project, (Math.floor(now / day) + 1) * day);
  return { traces };
}

/** One step; at least one trace goes, however many spans it has. */
async function removeOldest(
  ctx: Ctx,
  tx: Tx,
  experiment: { readonly id: number; readonly project: string },
  before: number,
): Promise<number> {
  const rows = await oldestTraces(tx, experiment.id, before - 1, tracesAtOnce);
  if (rows.length === 0) return 0;
  const amounts = await spanAmounts(
    tx,
    rows.map((row) => row.id),
  );
  let spans = 0;
  const some = rows.filter((row, at) => {
    spans += amounts.get(row.id)?.spans ?? 0;
    return at === 0 || spans <= spansAtOnce;
  });
  return removeWithFiles(ctx, tx, experiment.project, some);
}
