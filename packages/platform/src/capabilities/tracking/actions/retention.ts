import type { Input, Reply } from "@paydown/api/operation";
import type { setRetention as operation, Retention } from "@paydown/api/tracking-upkeep";
import { currentCaller } from "#base/caller.js";
import type { Ctx } from "#base/context.js";
import type { TrackingNeeds } from "../needs.js";
import { firstDeletion, removeRetention, stampDeletedRuns, upsertRetention } from "../store/purges.js";
import { previewPurge, retentionOf } from "../views/purges.js";
import { planSweep } from "./plan-sweep.js";
import { beginPurge } from "./purge.js";

const day = 86_400_000;

/** Sets how long this project keeps what is deleted, and looks at once whether something is due. */
export async function setRetention(
  ctx: Ctx,
  needs: TrackingNeeds,
  input: Input<typeof operation>,
): Promise<Reply<typeof operation>> {
  const { project, deletedDays, reason } = input;
  const { by } = currentCaller();
  const now = ctx.clock.now();
  await ctx.db.write(async (tx) => {
    if (deletedDays === "default") await removeRetention(tx, project);
    else {
      await upsertRetention(tx, {
        project,
        deleted_days: deletedDays === "forever" ? null : deletedDays,
        caused_by: by,
        reason,
        at: now,
      });
    }
    await planSweep(tx, ctx, project, now);
  });
  return ctx.db.read((r) => retentionOf(r, needs, project));
}

/**
 * Purges what the retention no longer keeps, and comes back when the next record is due. A project that keeps everything
 * is not looked at again until something changes.
 */
export async function sweepRetention(ctx: Ctx, needs: TrackingNeeds, project: string): Promise<{ purges: string[] }> {
  const now = ctx.clock.now();
  const retention: Retention = await ctx.db.read((r) => retentionOf(r, needs, project));
  await ctx.db.write((tx) => stampDeletedRuns(tx, project, now));
  if (retention.deletedDays === null) return { purges: [] };
  const days = retention.deletedDays;
  const deletedBefore = now - days * day;
  const purges: string[] = [];
  for (const kind of ["experiments", "runs", "models"] as const) {
    const request = {
      project,
      kind,
      scope: {},
      deletedBefore,
      reason: `Deleted ${days} days ago or earlier; retention of the ${retention.from === "project" ? "project" : "server's configuration"}.`,
    };
    // What a version stands on is due for ever: it alone is no reason to begin.
    const { counts } = await previewPurge(ctx, needs, request);
    if (counts.runs + counts.experiments + counts.models === 0) continue;
    purges.push((await beginPurge(ctx, request)).id);
  }
  const first = await ctx.db.read((r) => firstDeletion(r, project));
  if (first !== undefined) {
    const due = Math.max(first + days * day, (Math.floor(now / day) + 1) * day);
    await ctx.db.write((tx) => planSweep(tx, ctx, project, due));
  }
  return { purges };
}
