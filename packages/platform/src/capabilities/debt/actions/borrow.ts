import * as api from "@paydown/api/debt";
import { may } from "#base/auth/principal.js";
import type { Ctx } from "#base/context.js";
import { errors } from "../errors.js";
import { defaultCovenants, defaultTerm } from "../model/covenants.js";
import { fingerprintOf, toNode } from "../model/fingerprint.js";
import { learnPrincipal, principalMinutes } from "../model/principal.js";
import { standingStates } from "../model/query.js";
import * as store from "../store.js";
import type { ItemRow } from "../tables.js";
import { toItem, unpriced } from "../views/wire.js";
import { newItem, payloadOf } from "./apply-evidence.js";
import { getItemRow } from "./find-item.js";

interface BorrowInput {
  readonly project: string;
  readonly reason: string;
  readonly team: string;
  readonly item?: string | undefined;
  readonly asset?: string | undefined;
  readonly skipped?: string | undefined;
  readonly gain?: string | undefined;
  readonly plan?: string | undefined;
  readonly hours?: number | undefined;
  readonly dueAt?: number | undefined;
  readonly covenants?: Partial<api.Covenants> | undefined;
}

const declaredHours = 4;

/**
 * Records debt taken on purpose, or renews the record. The first renewal is free, a second one takes an approver who did
 * not sign before: a loan is never prolonged silently.
 */
export async function borrow(
  ctx: Ctx,
  input: BorrowInput,
): Promise<{ item: api.DebtItem; prudent: api.PrudentRecord }> {
  const now = ctx.clock.now();
  const dueAt = input.dueAt ?? now + defaultTerm;
  if (dueAt <= now) throw errors.DEBT_DUE_PAST({ due: new Date(dueAt).toISOString() });
  return ctx.db.write(async (tx) => {
    let row: ItemRow;
    if (input.item !== undefined) row = await getItemRow(tx, input.project, input.item);
    else if (input.asset !== undefined) row = declared(ctx, input, input.asset);
    else throw errors.DEBT_BORROW_ASSET_MISSING();
    const known = await store.findItem(tx, input.project, row.id);
    row = known ?? row;
    const isNew = known === undefined;
    if (!isNew && !standingStates.includes(row.state as api.ItemState)) {
      throw errors.DEBT_STATE_WRONG({ item: row.id, state: row.state, verb: "borrowed" });
    }
    const before = row.prudent === null ? undefined : (JSON.parse(row.prudent) as api.PrudentRecord);
    const renewals = before === undefined ? 0 : before.renewals + 1;
    if (
      before !== undefined &&
      renewals >= 2 &&
      (before.signedBy === ctx.principal.name || !may(ctx.principal, "approve", input.project))
    ) {
      throw errors.DEBT_RENEWAL_NEEDS_OTHER({ item: row.id, principal: ctx.principal.name });
    }
    const price = row.price === null ? undefined : (JSON.parse(row.price) as api.Price);
    const prudent: api.PrudentRecord = {
      reason: input.reason,
      skipped: input.skipped ?? before?.skipped ?? row.message,
      gain: input.gain ?? before?.gain ?? "",
      plan: input.plan ?? before?.plan ?? "",
      team: input.team,
      signedBy: ctx.principal.name,
      signedAt: now,
      dueAt,
      principalAtSigning: price?.principal ?? unpriced(row),
      interestAtSigning: price?.interest ?? null,
      covenants: { ...defaultCovenants, ...before?.covenants, ...input.covenants },
      renewals,
    };
    const change = { state: "prudent", team: input.team, due_at: dueAt, prudent: JSON.stringify(prudent) } as const;
    if (isNew) {
      await store.insertItem(tx, { ...row, ...change });
      await store.appendEntry(tx, input.project, {
        item: row.id,
        at: now,
        kind: "opened",
        minutes: row.minutes,
        principal: row.minutes,
        by: ctx.principal.name,
        note: input.reason,
      });
      await tx.emit(api.ItemOpened, input.project, {
        ...payloadOf(row, row.minutes),
        severity: row.severity as api.DebtSeverity,
        message: row.message,
        returned: false,
      });
    } else {
      await store.updateItem(tx, input.project, row.id, change);
      const note = `${renewals === 0 ? "borrowed" : `renewed (${renewals})`}: ${input.reason}`;
      await store.appendEntry(tx, input.project, {
        item: row.id,
        at: now,
        kind: "note",
        minutes: 0,
        principal: row.minutes,
        by: ctx.principal.name,
        note,
      });
    }
    await tx.emit(api.DebtBorrowed, input.project, {
      ...payloadOf(row, row.minutes),
      team: input.team,
      dueAt,
      renewals,
    });
    return { item: toItem({ ...row, ...change }, now), prudent };
  });
}

/** A shortcut nobody's rule can see: known because somebody said so. */
function declared(ctx: Ctx, input: BorrowInput, assetName: string): ItemRow {
  const now = ctx.clock.now();
  const asset = toNode(assetName);
  const medianHours = input.hours ?? declaredHours;
  const scale = { size: 1, complexity: 0, assets: 1 };
  const model = learnPrincipal(medianHours, []);
  const what = input.skipped ?? input.reason;
  return newItem(input.project, {
    id: fingerprintOf("PRUDENT", asset, what),
    rule: "PRUDENT",
    slug: "prudent-debt",
    family: "prudent",
    severity: "SEV3",
    confidence: "high",
    source: "declared",
    asset,
    key: what,
    repository: null,
    place: null,
    message: what,
    evidence: { reason: input.reason, declaredBy: ctx.principal.name },
    medianHours,
    scale,
    risk: undefined,
    minutes: principalMinutes(model, scale),
    now,
    team: input.team,
    fixable: false,
    isNew: true,
  });
}
