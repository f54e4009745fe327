import * as api from "@paydown/api/debt";
import type { Range } from "@paydown/api/values";
import type { Ctx } from "#base/context.js";
import { nextCorrection } from "../model/rates.js";
import { addMonths, balance, type EntryKind, hashOfEntries, monthBounds, monthOf } from "../model/statement.js";
import * as store from "../store.js";
import type { EntryRow } from "../tables.js";
import { measuredIn } from "../views/spending.js";
import type { StoredTotals } from "./price-items.js";

/**
 * Closes every month that is over and not closed yet, oldest first, with the hash of its entries; each closing leaves the
 * forecast that the next statement is judged by and corrects the model by the error of this one.
 */
export async function closeStatements(ctx: Ctx, project: string): Promise<void> {
  const now = ctx.clock.now();
  const current = monthOf(now);
  const first = await ctx.db.read((r) => store.firstEntryAt(r, project));
  if (first === undefined) return;
  for (let month = monthOf(first); month < current; month = addMonths(month, 1)) {
    const { from, to } = monthBounds(month);
    const done = await ctx.db.read((r) => store.findStatement(r, project, month));
    if (done?.closed_at !== null && done?.closed_at !== undefined) continue;
    const outcome = await ctx.db.read((r) => measuredIn(r, project, month, now));
    await ctx.db.write(async (tx) => {
      const opening = await store.minutesBefore(tx, project, from);
      const entries = (await store.entriesBetween(tx, project, from, to)).map(toEntry);
      const month0 = balance(entries, from, to);
      const principal = { ...month0, opening, closing: opening + month0.closing };
      const hash = hashOfEntries(entries);
      const ledger = await store.findLedger(tx, project);
      const totals = ledger === undefined ? undefined : (JSON.parse(ledger.totals) as StoredTotals);
      const statement = await store.findStatement(tx, project, month);
      await store.upsertStatement(tx, {
        project,
        month,
        forecast: null,
        closed_at: now,
        principal: JSON.stringify(principal),
        hash,
      });
      if (ledger !== undefined && totals !== undefined) {
        const forecast = statement?.forecast == null ? undefined : (JSON.parse(statement.forecast) as Range);
        const correction =
          outcome === undefined || forecast === undefined
            ? ledger.correction
            : nextCorrection(ledger.correction, outcome.measured.p50, forecast.p50);
        await store.upsertLedger(tx, { ...ledger, correction });
        await store.upsertStatement(tx, {
          project,
          month: addMonths(month, 1),
          forecast: JSON.stringify(totals.cost),
          closed_at: null,
          principal: null,
          hash: null,
        });
      }
      await tx.emit(api.StatementClosed, project, { month, principal, hash });
    });
  }
}

export function toEntry(row: EntryRow) {
  return {
    id: Number(row.id),
    item: row.item,
    at: Number(row.at),
    kind: row.kind as EntryKind,
    minutes: Number(row.minutes),
  };
}
