import * as api from "@paydown/api/debt";
import type { Ctx } from "#base/context.js";
import type { Tx } from "#base/db/db.js";
import { errors } from "../errors.js";
import { standingStates } from "../model/query.js";
import * as store from "../store.js";
import type { ItemRow } from "../tables.js";
import { matchingItems } from "../views/ledger-query.js";
import { toItem } from "../views/wire.js";
import { closeItem, payloadOf } from "./apply-evidence.js";
import { getItemRow } from "./find-item.js";

const stands = (row: ItemRow) => standingStates.includes(row.state as api.ItemState);

/** Changes one item and answers it as it is after. */
async function change(
  ctx: Ctx,
  project: string,
  item: string,
  work: (tx: Tx, row: ItemRow) => Promise<void>,
): Promise<{ item: api.DebtItem }> {
  return ctx.db.write(async (tx) => {
    const row = await getItemRow(tx, project, item);
    await work(tx, row);
    return { item: toItem(await getItemRow(tx, project, row.id), ctx.clock.now()) };
  });
}

export function writeOff(
  ctx: Ctx,
  input: { project: string; item: string; reason: string },
): Promise<{ item: api.DebtItem }> {
  return change(ctx, input.project, input.item, (tx, row) => bookWriteOff(tx, ctx, row, input.reason));
}

async function bookWriteOff(tx: Tx, ctx: Ctx, row: ItemRow, reason: string): Promise<void> {
  if (!stands(row)) throw errors.DEBT_STATE_WRONG({ item: row.id, state: row.state, verb: "written off" });
  await closeItem(tx, row.project, row, "written-off", ctx.clock.now(), reason, ctx.principal.name);
  await tx.emit(api.ItemWrittenOff, row.project, { ...payloadOf(row, row.minutes), reason });
}

export function dispute(
  ctx: Ctx,
  input: { project: string; item: string; about: "existence" | "price"; reason: string; hours?: number | undefined },
): Promise<{ item: api.DebtItem }> {
  return change(ctx, input.project, input.item, (tx, row) =>
    bookDispute(tx, ctx, row, input.about, input.reason, input.hours),
  );
}

async function bookDispute(
  tx: Tx,
  ctx: Ctx,
  row: ItemRow,
  about: "existence" | "price",
  reason: string,
  hours?: number,
): Promise<void> {
  if (!stands(row)) throw errors.DEBT_STATE_WRONG({ item: row.id, state: row.state, verb: "disputed" });
  const says = hours === undefined ? "" : ` (would take ${hours} h)`;
  await store.updateItem(tx, row.project, row.id, { state: "disputed" });
  await note(tx, ctx, row, `disputed ${about}${says}: ${reason}`);
  await tx.emit(api.ItemDisputed, row.project, { ...payloadOf(row, row.minutes), about, reason });
}

/** A disputed item goes back to what it was worth; a closed one is booked as opened again. */
export function reopen(
  ctx: Ctx,
  input: { project: string; item: string; reason: string },
): Promise<{ item: api.DebtItem }> {
  return change(ctx, input.project, input.item, (tx, row) => bookReopen(tx, ctx, row, input.reason));
}

async function bookReopen(tx: Tx, ctx: Ctx, row: ItemRow, reason: string): Promise<void> {
  if (stands(row) && row.state !== "disputed")
    throw errors.DEBT_STATE_WRONG({ item: row.id, state: row.state, verb: "reopened" });
  if (row.state === "disputed") {
    await store.updateItem(tx, row.project, row.id, { state: row.prudent === null ? "open" : "prudent" });
    await note(tx, ctx, row, `dispute settled: ${reason}`);
    return;
  }
  const kind = row.state === "vanished" ? "returned" : "reopened";
  await store.updateItem(tx, row.project, row.id, { state: "open", closed_at: null });
  await store.appendEntry(tx, row.project, {
    item: row.id,
    at: ctx.clock.now(),
    kind,
    minutes: row.minutes,
    principal: row.minutes,
    by: ctx.principal.name,
    note: reason,
  });
  await tx.emit(api.ItemOpened, row.project, {
    ...payloadOf(row, row.minutes),
    severity: row.severity as api.DebtSeverity,
    message: row.message,
    returned: true,
  });
}

function note(tx: Tx, ctx: Ctx, row: ItemRow, text: string): Promise<number> {
  return store.appendEntry(tx, row.project, {
    item: row.id,
    at: ctx.clock.now(),
    kind: "note",
    minutes: 0,
    principal: row.minutes,
    by: ctx.principal.name,
    note: text,
  });
}

interface ChangeMatchingInput {
  readonly project: string;
  readonly q: string;
  readonly action: "dispute" | "write-off" | "assign" | "reopen";
  readonly reason?: string | undefined;
  readonly team?: string | undefined;
  readonly dryRun?: boolean | undefined;
}

/** Does one thing to every item that matches, in one transaction: all or nothing. */
export async function changeMatching(
  ctx: Ctx,
  input: ChangeMatchingInput,
): Promise<{ matched: number; changed: number; skipped: number }> {
  const { reason } = input;
  if (input.action !== "assign" && reason === undefined) throw errors.DEBT_REASON_MISSING({ action: input.action });
  return ctx.db.write(async (tx) => {
    const rows = await matchingItems(tx, input.project, input.q, ctx.clock.now());
    const applies = rows.filter((row) => {
      if (input.action === "assign") return true;
      if (input.action === "reopen") return !stands(row) || row.state === "disputed";
      return stands(row) && !(input.action === "dispute" && row.state === "disputed");
    });
    if (input.dryRun === true) return { matched: rows.length, changed: 0, skipped: rows.length - applies.length };
    for (const row of applies) {
      if (input.action === "dispute") await bookDispute(tx, ctx, row, "existence", reason as string);
      else if (input.action === "write-off") await bookWriteOff(tx, ctx, row, reason as string);
      else if (input.action === "reopen") await bookReopen(tx, ctx, row, reason as string);
      else {
        const team = input.team === undefined || input.team === "" ? null : input.team;
        await store.updateItem(tx, input.project, row.id, { team });
        await note(tx, ctx, row, team === null ? "belongs to no team" : `assigned to ${team}`);
      }
    }
    return { matched: rows.length, changed: applies.length, skipped: rows.length - applies.length };
  });
}
