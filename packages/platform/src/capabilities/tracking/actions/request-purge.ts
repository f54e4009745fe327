import type { Purge } from "@paydown/api/tracking-upkeep";
import { currentCaller } from "#base/caller.js";
import type { Ctx } from "#base/context.js";
import type { PurgeScope } from "../model/purge.js";
import type { TrackingNeeds } from "../needs.js";
import type { PurgeRow } from "../tables.js";
import { previewPurge, retentionOf, toPurge } from "../views/purges.js";
import { beginPurge } from "./purge.js";

const day = 86_400_000;

/** A purge as a person asks for it. */
export interface AskedPurge {
  readonly project: string;
  readonly kind: PurgeRow["kind"];
  readonly scope: PurgeScope;
  readonly olderThanDays?: number;
  readonly confirm?: boolean;
  readonly reason?: string;
}

/** Says what would go; with `confirm` begins to remove it. */
export async function requestPurge(ctx: Ctx, needs: TrackingNeeds, asked: AskedPurge): Promise<Purge> {
  const { project, kind, scope, reason = "" } = asked;
  const now = ctx.clock.now();
  const days = asked.olderThanDays ?? (await ctx.db.read((r) => retentionOf(r, needs, project))).deletedDays ?? 0;
  const request = { project, kind, scope, deletedBefore: now - days * day };
  if (asked.confirm === true) return toPurge(await beginPurge(ctx, { ...request, reason }));
  const { by, door } = currentCaller();
  const preview = await previewPurge(ctx, needs, request);
  return { kind, state: "preview", deletedBefore: request.deletedBefore, by, door, reason, at: now, ...preview };
}
