import type { Ctx } from "#base/context.js";
import type { Tx } from "#base/db/db.js";
import { enqueue } from "#base/jobs/queue.js";

export const sweepJob = "tracking.sweep-retention";
const day = 86_400_000;

/** Looks at the project's retention once the day is over; asked by everything that deletes. */
export async function planSweep(
  tx: Tx,
  base: Pick<Ctx, "clock" | "ids">,
  project: string,
  runAt = (Math.floor(base.clock.now() / day) + 1) * day,
): Promise<void> {
  await enqueue(tx, base, { kind: sweepJob, project, payload: {}, dedupe: `${sweepJob}/${project}/${runAt}`, runAt });
}
