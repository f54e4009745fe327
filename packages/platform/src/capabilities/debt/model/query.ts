import type { DebtSeverity, ItemState } from "@paydown/api/debt";

const itemStates: readonly ItemState[] = [
  "open",
  "planned",
  "prudent",
  "called",
  "disputed",
  "paid",
  "written-off",
  "vanished",
];
/** States whose principal stands in the ledger. */
export const standingStates: readonly ItemState[] = ["open", "planned", "prudent", "called", "disputed"];
const severities: readonly DebtSeverity[] = ["SEV0", "SEV1", "SEV2", "SEV3"];

const sortKeys = [
  "rate",
  "principal",
  "interest",
  "expected",
  "risk",
  "payback",
  "delay",
  "reach",
  "exposure",
  "severity",
  "opened",
  "due",
  "netvalue",
] as const;
export type SortKey = (typeof sortKeys)[number];

/** Keys whose values are compared as text, equal or not. */
const textKeys = [
  "state",
  "family",
  "rule",
  "kind",
  "team",
  "channel",
  "confidence",
  "source",
  "asset",
  "fixable",
] as const;
type TextKey = (typeof textKeys)[number];

export type Term =
  | { readonly key: TextKey; readonly values: readonly string[]; readonly negated: boolean }
  | { readonly key: "sev"; readonly values: readonly DebtSeverity[]; readonly negated: boolean }
  | {
      readonly key: "new" | "due";
      readonly from?: number;
      readonly before?: number;
      readonly absent?: boolean;
      readonly baseline?: boolean;
      readonly negated: boolean;
    }
  | { readonly key: "words"; readonly text: string; readonly negated: boolean };

export interface Query {
  readonly terms: readonly Term[];
  readonly sort: { readonly key: SortKey; readonly descending: boolean } | undefined;
}

const day = 86_400_000;

/**
 * Reads the ledger's filter grammar: `state:open,called family:data sev:<=1 -team:search new:30d due:overdue sort:-rate
 * "two words"`. `refuse` makes the error to throw for what cannot be read.
 */
export function parseQuery(text: string, now: number, refuse: (problem: string) => Error): Query {
  const terms: Term[] = [];
  let sort: Query["sort"];
  for (const { negated, key, value } of tokens(text, refuse)) {
    if (key === undefined) terms.push({ key: "words", text: value, negated });
    else if (key === "sort") sort = toSort(value, refuse);
    else terms.push(toTerm(key, value, negated, now, refuse));
  }
  return { terms, sort };
}

interface Token {
  readonly negated: boolean;
  readonly key: string | undefined;
  readonly value: string;
}

/** `key:value`, `key:"a b"`, `"a b"` or a word; `-` before a key or a quote negates. */
function* tokens(text: string, refuse: (problem: string) => Error): Generator<Token> {
  const pattern = /\s*(-)?(?:([a-z]+):)?(?:"([^"]*)"|([^\s"]+))/gy;
  let at = 0;
  while (at < text.length) {
    if (/^\s*$/.test(text.slice(at))) return;
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) throw refuse(`cannot be read from \`${text.slice(at).trim().slice(0, 40)}\` on`);
    at = pattern.lastIndex;
    if (match[2] === undefined && /^[a-z]+:$/.test(match[4] ?? "")) throw refuse(`\`${match[4]}\` has no value`);
    yield { negated: match[1] === "-", key: match[2], value: match[3] ?? match[4] ?? "" };
  }
}

export function toSort(value: string, refuse: (problem: string) => Error): NonNullable<Query["sort"]> {
  const descending = value.startsWith("-");
  const key = descending ? value.slice(1) : value;
  if (!(sortKeys as readonly string[]).includes(key))
    throw refuse(`\`sort:${value}\`: sort by one of ${sortKeys.join(", ")}`);
  return { key: key as SortKey, descending };
}

function toTerm(key: string, value: string, negated: boolean, now: number, refuse: (problem: string) => Error): Term {
  if (key === "sev" || key === "severity") return { key: "sev", values: toSeverities(value, refuse), negated };
  if (key === "new") return newTerm(value, negated, now, refuse);
  if (key === "due") return dueTerm(value, negated, now, refuse);
  if (!(textKeys as readonly string[]).includes(key)) {
    throw refuse(`\`${key}:\` is unknown; use ${[...textKeys, "sev", "new", "due", "sort"].join(", ")}`);
  }
  const values = value.split(",").filter((one) => one !== "");
  if (values.length === 0) throw refuse(`\`${key}:\` has no value`);
  if (key === "state") {
    for (const one of values) {
      if (!(itemStates as readonly string[]).includes(one))
        throw refuse(`\`state:${one}\`: states are ${itemStates.join(", ")}`);
    }
  }
  if (key === "fixable") {
    const only = values[0] as string;
    if (values.length > 1 || !/^(yes|no)$/.test(only)) throw refuse("`fixable:` takes yes or no");
  }
  return { key: key as TextKey, values, negated };
}

/** `1`, `SEV1`, `0,1`, `<=1`, `>2`. */
function toSeverities(value: string, refuse: (problem: string) => Error): DebtSeverity[] {
  const match = /^(<=|>=|<|>)?(?:sev)?([0-3])$/i.exec(value);
  if (match?.[1] !== undefined) {
    const limit = Number(match[2]);
    const holds: Record<string, (n: number) => boolean> = {
      "<=": (n) => n <= limit,
      ">=": (n) => n >= limit,
      "<": (n) => n < limit,
      ">": (n) => n > limit,
    };
    return severities.filter((_, n) => holds[match[1] as string]?.(n));
  }
  return value.split(",").map((one) => {
    const number = /^(?:sev)?([0-3])$/i.exec(one)?.[1];
    if (number === undefined) throw refuse(`\`sev:${value}\`: severities are 0 to 3, e.g. \`sev:<=1\``);
    return severities[Number(number)] as DebtSeverity;
  });
}

/** `yes`, `no` (against the baseline), `30d`, or a day `2026-03-01`. */
function newTerm(value: string, negated: boolean, now: number, refuse: (problem: string) => Error): Term {
  if (value === "yes" || value === "no") return { key: "new", baseline: value === "yes", negated };
  return { key: "new", from: toInstant(value, now, -1, refuse, "new"), negated };
}

/** `overdue`, `none`, `7d` (within a week), or before a day. */
function dueTerm(value: string, negated: boolean, now: number, refuse: (problem: string) => Error): Term {
  if (value === "overdue") return { key: "due", before: now, negated };
  if (value === "none") return { key: "due", absent: true, negated };
  return { key: "due", before: toInstant(value, now, 1, refuse, "due"), negated };
}

function toInstant(
  value: string,
  now: number,
  direction: 1 | -1,
  refuse: (problem: string) => Error,
  key: string,
): number {
  const span = /^<?([0-9]{1,4})([dw])$/.exec(value);
  if (span !== null) return now + direction * Number(span[1]) * (span[2] === "w" ? 7 : 1) * day;
  const date = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/.exec(value);
  if (date !== null) return Date.UTC(Number(date[1]), Number(date[2]) - 1, Number(date[3]));
  throw refuse(`\`${key}:${value}\`: use days (30d), weeks (4w) or a day (2026-03-01)`);
}
