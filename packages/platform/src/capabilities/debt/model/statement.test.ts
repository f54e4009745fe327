import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addMonths,
  balance,
  balances,
  type Entry,
  type EntryKind,
  hashOfEntries,
  monthBounds,
  monthOf,
  stepOfKind,
} from "./statement.js";

type Verb = "open" | "pay" | "writeOff" | "revalue" | "vanish" | "back";

/** Plays verbs on a few items as the ledger does: each writes what it takes from, or adds to, open principal. */
function play(verbs: readonly { verb: Verb; item: number; minutes: number; wait: number }[]): {
  entries: Entry[];
  open: number;
  end: number;
} {
  const open = new Map<number, number>();
  const closed = new Map<number, EntryKind>();
  const entries: Entry[] = [];
  let at = 0;
  const book = (item: number, kind: EntryKind, minutes: number) =>
    entries.push({ id: entries.length, item: `${item}`, at, kind, minutes });
  for (const { verb, item, minutes, wait } of verbs) {
    at += wait;
    const principal = open.get(item);
    if (verb === "open" && principal === undefined) {
      book(item, closed.has(item) ? "reopened" : "opened", minutes);
      open.set(item, minutes);
    } else if (verb === "back" && principal === undefined && closed.get(item) === "vanished") {
      book(item, "returned", minutes);
      open.set(item, minutes);
    } else if (verb === "revalue" && principal !== undefined) {
      book(item, "revalued", minutes - principal);
      open.set(item, minutes);
    } else if (principal !== undefined && (verb === "pay" || verb === "writeOff" || verb === "vanish")) {
      const kind = verb === "pay" ? "paid" : verb === "writeOff" ? "written-off" : "vanished";
      book(item, kind, -principal);
      open.delete(item);
      closed.set(item, kind);
    }
  }
  return { entries, open: [...open.values()].reduce((sum, one) => sum + one, 0), end: at + 1 };
}

const anyVerbs = fc.array(
  fc.record({
    verb: fc.constantFrom<Verb>("open", "pay", "writeOff", "revalue", "vanish", "back"),
    item: fc.integer({ min: 0, max: 8 }),
    minutes: fc.integer({ min: 1, max: 1_000_000 }),
    wait: fc.integer({ min: 0, max: 10 }),
  }),
  { maxLength: 200 },
);

describe("the statement balances exactly", () => {
  test("over any sequence of openings, payments, write-offs, revaluations and vanishings, in any window", () => {
    fc.assert(
      fc.property(anyVerbs, fc.nat(1000), fc.nat(1000), (verbs, a, b) => {
        const { entries } = play(verbs);
        const principal = balance(entries, Math.min(a, b), Math.max(a, b));
        expect(balances(principal)).toBe(true);
        for (const amount of Object.values(principal)) expect(Number.isSafeInteger(amount)).toBe(true);
        expect(principal.paid).toBeGreaterThanOrEqual(0);
        expect(principal.writtenOff).toBeGreaterThanOrEqual(0);
      }),
      { seed: 4 },
    );
  });

  test("the closing of the last month is what is open, and each month opens with what the one before closed with", () => {
    fc.assert(
      fc.property(anyVerbs, fc.integer({ min: 1, max: 50 }), (verbs, step) => {
        const { entries, open, end } = play(verbs);
        let last = 0;
        for (let from = 0; from < end; from += step) {
          const principal = balance(entries, from, from + step);
          expect(principal.opening).toBe(last);
          last = principal.closing;
        }
        expect(last).toBe(open);
      }),
      { seed: 5 },
    );
  });

  test("notes move nothing, and a rewritten entry shows in the hash", () => {
    expect(stepOfKind("note")).toBeUndefined();
    const entry: Entry = { id: 1, item: "a", at: 5, kind: "opened", minutes: 10 };
    expect(balance([entry, { ...entry, id: 2, kind: "note", minutes: 0 }], 0, 10).closing).toBe(10);
    expect(hashOfEntries([entry])).not.toBe(hashOfEntries([{ ...entry, minutes: 11 }]));
  });
});

test("months follow the calendar in UTC", () => {
  expect(monthBounds("2026-12")).toEqual({ from: Date.UTC(2026, 11, 1), to: Date.UTC(2027, 0, 1) });
  expect(monthOf(Date.UTC(2026, 0, 31, 23, 59))).toBe("2026-01");
  expect(addMonths("2026-01", -1)).toBe("2025-12");
  expect(addMonths("2026-11", 3)).toBe("2027-02");
});
