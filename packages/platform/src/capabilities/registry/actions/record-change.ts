import type { Ctx } from "#base/context.js";
import type { Tx } from "#base/db/db.js";
import { insertChange } from "../store.js";
import type { ModelRow } from "../tables.js";

/** How a change came about, beside who made it and why. */
export interface Provision {
  /** Request that led to it, and who approved that. */
  readonly promotion?: { readonly id: string; readonly approvers: readonly string[] };
  /** True when it went past the promotion policy. */
  readonly unapproved?: boolean;
}

/** Adds to the history that only grows. */
export async function record(
  ctx: Ctx,
  tx: Tx,
  model: ModelRow,
  kind: string,
  subject: string,
  version: number | undefined,
  reason: string,
  previous?: number,
  { promotion, unapproved = false }: Provision = {},
): Promise<void> {
  await insertChange(tx, {
    project: model.project,
    model_id: model.id,
    kind,
    subject,
    version: version ?? null,
    previous: previous ?? null,
    caused_by: ctx.principal.name,
    door: ctx.door,
    reason,
    at: ctx.clock.now(),
    promotion: promotion?.id ?? null,
    approvers: promotion === undefined ? null : JSON.stringify(promotion.approvers),
    unapproved: unapproved ? 1 : null,
  });
}
