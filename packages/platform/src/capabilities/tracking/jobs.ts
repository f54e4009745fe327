import { type JobKind, job } from "#base/capability.js";
import type { Ctx } from "#base/context.js";
import type { Tx } from "#base/db/db.js";
import { enqueue } from "#base/jobs/queue.js";
import { collectJob, collectObjects } from "./actions/collect-objects.js";
import { sweepJob } from "./actions/plan-sweep.js";
import { continuePurge, purgeJob } from "./actions/purge.js";
import { readModelVersions, versionsJob } from "./actions/read-versions.js";
import { sweepRetention } from "./actions/retention.js";
import { sweepTraces, traceSweepJob } from "./actions/sweep-traces.js";
import type { TrackingNeeds } from "./needs.js";
import { forgetSealed, nextToSeal, noteEnded, openSeries, sealSeries } from "./store/metric-blocks.js";

/** Background work. Each job goes on from what the tables say, whoever began it. */
export function trackingJobs(needs: TrackingNeeds): JobKind[] {
  return [
    sealMetrics,
    job<{ purge: string }>(purgeJob, (ctx, payload, handle) => continuePurge(ctx, needs, handle, payload.purge), {
      attempts: 100,
    }),
    job(sweepJob, (ctx, _payload, handle) => sweepRetention(ctx, needs, handle.project)),
    job(collectJob, (ctx, _payload, handle) => collectObjects(ctx, needs, handle.project), { attempts: 20 }),
    job(traceSweepJob, (ctx, _payload, handle) => sweepTraces(ctx, needs, handle), { attempts: 100 }),
    job<{ modelId: string }>(versionsJob, (ctx, { modelId }, handle) =>
      readModelVersions(ctx, handle.project, modelId),
    ),
  ];
}

const kind = "tracking.seal-metrics";
/** Runs that end within one slot are sealed together, a little after its end, when their transactions are over. */
const slot = 30_000;
const grace = 5_000;
/** Series sealed in one transaction: a few milliseconds. */
const together = 4;

/** Seals the histories of runs that have ended, a few series a transaction; a crash leaves nothing half done. */
const sealMetrics = job<object>(kind, async (ctx) => {
  let sealed = 0;
  while (!ctx.signal.aborted) {
    const run = await ctx.db.read(nextToSeal);
    if (run === undefined) break;
    const keys = await ctx.db.read((r) => openSeries(r, run, together));
    await ctx.db.write(async (tx) => {
      for (const key of keys) await sealSeries(tx, run, key);
      if (keys.length < together) await forgetSealed(tx, run);
    });
    sealed += keys.length;
  }
  return { sealed };
});

/** Nothing more is expected of a run that has ended with open points: its histories are sealed soon. */
export async function sealEnded(ctx: Ctx, tx: Tx, run: { id: number; project: string }): Promise<void> {
  await noteEnded(tx, run.id);
  const at = (Math.floor(ctx.clock.now() / slot) + 1) * slot;
  const { project } = run;
  await enqueue(tx, ctx, { kind, project, payload: {}, dedupe: `${kind}:${at}`, runAt: at + grace });
}
