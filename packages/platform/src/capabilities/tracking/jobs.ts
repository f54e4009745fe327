import { type JobKind, job } from "#base/capability.js";
import { collectJob, collectObjects } from "./actions/collect-objects.js";
import { sweepJob } from "./actions/plan-sweep.js";
import { continuePurge, purgeJob } from "./actions/purge.js";
import { readModelVersions, versionsJob } from "./actions/read-versions.js";
import { sweepRetention } from "./actions/retention.js";
import type { TrackingNeeds } from "./needs.js";

/** Background work. Each job goes on from what the tables say, whoever began it. */
export function trackingJobs(needs: TrackingNeeds): JobKind[] {
  return [
    job<{ purge: string }>(purgeJob, (ctx, payload, handle) => continuePurge(ctx, needs, handle, payload.purge), {
      attempts: 100,
    }),
    job(sweepJob, (ctx, _payload, handle) => sweepRetention(ctx, needs, handle.project)),
    job(collectJob, (ctx, _payload, handle) => collectObjects(ctx, needs, handle.project), { attempts: 20 }),
    job<{ modelId: string }>(versionsJob, (ctx, { modelId }, handle) =>
      readModelVersions(ctx, handle.project, modelId),
    ),
  ];
}
