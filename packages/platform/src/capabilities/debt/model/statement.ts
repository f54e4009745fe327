import { createHash } from "node:crypto";
import type { StatementPrincipal } from "@paydown/api/debt";

/** Kinds of entries that move principal, and notes that do not. */
export type EntryKind = "opened" | "reopened" | "returned" | "paid" | "written-off" | "revalued" | "vanished" | "note";

/** One line of the ledger. Entries are only ever added; `minutes` is the signed change of open principal. */
export interface Entry {
  readonly id: number;
  readonly item: string;
  readonly at: number;
  readonly kind: EntryKind;
  readonly minutes: number;
}

/** Which step of the balance an entry belongs to. An item that comes back after it vanished undoes its vanishing. */
const stepOf: Readonly<Record<Exclude<EntryKind, "note">, Exclude<keyof StatementPrincipal, "opening" | "closing">>> = {
  opened: "opened",
  reopened: "opened",
  returned: "vanished",
  paid: "paid",
  "written-off": "writtenOff",
  revalued: "revalued",
  vanished: "vanished",
};

type Step = (typeof stepOf)[keyof typeof stepOf];

/** The step an entry of this kind is booked under; undefined for notes. */
export function stepOfKind(kind: EntryKind): Step | undefined {
  return kind === "note" ? undefined : stepOf[kind];
}

/**
 * The balance of the entries in [from, to): a pure fold. Amounts are whole minutes, so
 * opening + opened - paid - writtenOff + revalued + vanished = closing holds exactly.
 */
export function balance(entries: Iterable<Entry>, from: number, to: number): StatementPrincipal {
  const steps = { opening: 0, opened: 0, paid: 0, writtenOff: 0, revalued: 0, vanished: 0 };
  let closing = 0;
  for (const entry of entries) {
    if (entry.at >= to || entry.kind === "note") continue;
    closing += entry.minutes;
    if (entry.at < from) steps.opening += entry.minutes;
    else steps[stepOf[entry.kind]] += entry.minutes;
  }
  return { ...steps, paid: positive(-steps.paid), writtenOff: positive(-steps.writtenOff), closing };
}

/** Minus zero would be a different number in JSON tests and the same to people. */
function positive(value: number): number {
  return value === 0 ? 0 : value;
}

/** Whether the balance law holds. */
export function balances(principal: StatementPrincipal): boolean {
  const { opening, opened, paid, writtenOff, revalued, vanished, closing } = principal;
  return opening + opened - paid - writtenOff + revalued + vanished === closing;
}

/** SHA-256 over the entries in order: shows that a closed statement was not rewritten. */
export function hashOfEntries(entries: Iterable<Entry>): string {
  const hash = createHash("sha256");
  for (const entry of entries) hash.update(`${entry.id} ${entry.item} ${entry.at} ${entry.kind} ${entry.minutes}\n`);
  return hash.digest("hex");
}

/** First instants of a month `2026-10` and of the next one, UTC. */
export function monthBounds(month: string): { from: number; to: number } {
  const [year, number] = month.split("-").map(Number) as [number, number];
  return { from: Date.UTC(year, number - 1, 1), to: Date.UTC(year, number, 1) };
}

/** The month an instant lies in, UTC. */
export function monthOf(at: number): string {
  return new Date(at).toISOString().slice(0, 7);
}

/** The month `n` months later, or earlier for a negative `n`. */
export function addMonths(month: string, n: number): string {
  const [year, number] = month.split("-").map(Number) as [number, number];
  return new Date(Date.UTC(year, number - 1 + n, 1)).toISOString().slice(0, 7);
}
