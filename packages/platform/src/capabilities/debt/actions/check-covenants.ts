import * as api from "@paydown/api/debt";
import type { Range } from "@paydown/api/values";
import type { Ctx } from "#base/context.js";
import { calledBecause } from "../model/covenants.js";
import { nodeName } from "../model/fingerprint.js";
import type { DebtNeeds } from "../needs.js";
import * as store from "../store.js";
import type { ItemRow } from "../tables.js";
import { payloadOf } from "./apply-evidence.js";

/** Something outside the ledger that may break covenants: a promotion to production, or changed rights on a node. */
export interface Happening {
  readonly kind: "promotion" | "rights";
  /** The promoted model version, or the node whose rights changed, as `kind:id`. */
  readonly node: string;
}

/**
 * Calls every loan whose due date passed or whose covenant broke. A promotion concerns loans on the model and on
 * anything upstream of it, a change of rights those on the node and on anything it feeds.
 */
export async function checkCovenants(
  ctx: Ctx,
  needs: DebtNeeds,
  project: string,
  happening?: Happening,
): Promise<number> {
  const now = ctx.clock.now();
  const loans = await ctx.db.read(async (r) =>
    (await store.standingItems(r, project)).filter((row) => row.state === "prudent"),
  );
  const called: { row: ItemRow; because: string }[] = [];
  for (const row of loans) {
    const record = JSON.parse(row.prudent as string) as api.PrudentRecord;
    const price = row.price === null ? undefined : (JSON.parse(row.price) as api.Price);
    const reach = row.reach === null ? undefined : (JSON.parse(row.reach) as api.Reach);
    const concerned = happening !== undefined && (await concerns(ctx, needs, project, row, happening));
    const because = calledBecause(record.covenants, {
      now,
      dueAt: record.dueAt,
      signedInterest: record.interestAtSigning === null ? undefined : record.interestAtSigning.p50,
      interest: interestNow(price?.interest),
      predictionsPerWeek: row.predictions ?? undefined,
      consumers: reach?.consumers,
      promoted: concerned && happening.kind === "promotion",
      rightsChanged: concerned && happening.kind === "rights",
    });
    if (because !== undefined) called.push({ row, because });
  }
  if (called.length === 0) return 0;
  return ctx.db.write(async (tx) => {
    let count = 0;
    for (const { row, because } of called) {
      const current = await store.findItem(tx, project, row.id);
      if (current?.state !== "prudent" || current.prudent === null) continue;
      const record = JSON.parse(current.prudent) as api.PrudentRecord;
      await store.updateItem(tx, project, row.id, {
        state: "called",
        prudent: JSON.stringify({ ...record, calledAt: now, calledBecause: because }),
      });
      await store.appendEntry(tx, project, {
        item: row.id,
        at: now,
        kind: "note",
        minutes: 0,
        principal: current.minutes,
        by: "paydown",
        note: `called: ${because}`,
      });
      await tx.emit(api.DebtCalled, project, { ...payloadOf(current, current.minutes), team: record.team, because });
      count++;
    }
    return count;
  });
}

function interestNow(interest: Range | null | undefined): number | undefined {
  return interest === null || interest === undefined ? undefined : interest.p50;
}

async function concerns(
  ctx: Ctx,
  needs: DebtNeeds,
  project: string,
  row: ItemRow,
  happening: Happening,
): Promise<boolean> {
  const own = { kind: row.asset_kind, id: row.asset_id };
  const name = nodeName(own);
  if (name === happening.node || happening.node.startsWith(`${name}/`)) return true;
  // `model:delay` and `model-version:delay/7` are the same loan's concern.
  if (own.kind === "model" && happening.node.startsWith(`model-version:${own.id}/`)) return true;
  if (happening.kind === "promotion") {
    const downstream = await needs.downstream?.(ctx, project, own);
    return downstream?.nodes.some((one) => nodeName(one.node) === happening.node) ?? false;
  }
  const colon = happening.node.indexOf(":");
  const origin = { kind: happening.node.slice(0, colon), id: happening.node.slice(colon + 1) };
  const reached = await needs.downstream?.(ctx, project, origin);
  return reached?.nodes.some((one) => nodeName(one.node) === name) ?? false;
}
