import { binOf } from "#base/engine/edges.js";
import type { ColumnFacts, ColumnKind, Moments, ValueCount } from "#base/engine/engine.js";
import {
  addText,
  canonicalNumber,
  emptyRegisters,
  estimateDistinct,
  mergeRegisters,
  standardError,
} from "#base/engine/hyperloglog.js";
import { dataErrors } from "./errors.js";

/** Values kept with their counts; up to as many distinct values everything is exact. */
export const keptLimit = 1_000;
/** Parts a numeric column of a reference version is cut into. */
export const binParts = 30;

/** What is known about one column without its rows. Counts are exact. */
export interface ColumnProfile {
  readonly name: string;
  readonly type: string;
  readonly kind: ColumnKind;
  readonly rows: number;
  readonly nulls: number;
  readonly nans: number;
  readonly infinite: number;
  readonly empty: number;
  /** Finite values only. */
  readonly min?: number;
  readonly max?: number;
  /** Absent when there is no finite value, or its powers are beyond doubles. */
  readonly moments?: Moments;
  /** HyperLogLog of the distinct values; absent for `other`. */
  readonly registers?: Uint8Array;
  /** Most frequent first, ties by text. The true count of each lies in `[count, count + keptError]`. */
  readonly kept: readonly ValueCount[];
  /** A value that is not kept has at most this many rows; 0: all values are kept and all counts exact. */
  readonly keptError: number;
  /** Numeric and instant: inner edges, bins `[edges[i-1], edges[i])`, outer bins open; `edges.length + 1` counts. */
  readonly edges?: readonly number[];
  readonly counts?: readonly number[];
  /** Boolean and text: the reference's values; `categories.length + 1` counts, the last of all other values. */
  readonly categories?: readonly string[];
  readonly categoryCounts?: readonly number[];
}

/** A profile of rows: exact, and the merge of the profiles of any split of them. */
export interface Profile {
  readonly rows: number;
  readonly columns: readonly ColumnProfile[];
}

/** Takes over what an engine counted. */
export function fromFacts(facts: ColumnFacts): ColumnProfile {
  const { column, distinct: _distinct, keptBound, ...rest } = facts;
  const ends = rest.min === undefined || rest.max === undefined ? {} : { min: rest.min + 0, max: rest.max + 0 };
  return { name: column.name, type: column.type, kind: column.kind, ...rest, ...ends, keptError: keptBound };
}

/** The same profile of values in memory; for windows of a log and for tests. Instants are numbers in milliseconds. */
export function profileValues(
  column: {
    readonly name: string;
    readonly type: string;
    readonly kind: "numeric" | "text";
    readonly edges?: readonly number[];
    readonly categories?: readonly string[];
  },
  values: readonly (number | string | null)[],
  limit = keptLimit,
): ColumnProfile {
  const present = values.filter((value) => value !== null && !Number.isNaN(value)) as (number | string)[];
  const tally = new Map<string, number>();
  const registers = emptyRegisters();
  for (const value of present) {
    const text = typeof value === "number" ? canonicalNumber(value) : value;
    if (!tally.has(text)) addText(registers, text);
    tally.set(text, (tally.get(text) ?? 0) + 1);
  }
  const base: ColumnProfile = {
    name: column.name,
    type: column.type,
    kind: column.kind,
    rows: values.length,
    nulls: values.filter((value) => value === null).length,
    nans: values.filter((value) => Number.isNaN(value)).length,
    infinite: present.filter(
      (value) => Math.abs(Number(value)) === Number.POSITIVE_INFINITY && column.kind === "numeric",
    ).length,
    empty: present.filter((value) => value === "").length,
    registers,
    ...cutKept(tally, 0, limit),
  };
  if (column.kind === "text") {
    const categories = column.categories ?? [];
    const counts = categories.map((category) => tally.get(category) ?? 0);
    return { ...base, categories, categoryCounts: [...counts, present.length - sum(counts)] };
  }
  const edges = column.edges ?? [];
  const counts = new Array<number>(edges.length + 1).fill(0);
  for (const value of present as number[]) {
    const bin = binOf(edges, value);
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  // Adding 0 makes -0 the 0 it is counted as.
  const finite = (present as number[]).filter(Number.isFinite).map((x) => x + 0);
  if (finite.length === 0) return { ...base, edges, counts };
  const moments = momentsOf(finite);
  return {
    ...base,
    edges,
    counts,
    min: finite.reduce((least, x) => Math.min(least, x)),
    max: finite.reduce((most, x) => Math.max(most, x)),
    ...(moments === undefined ? {} : { moments }),
  };
}

function momentsOf(values: readonly number[]): Moments | undefined {
  const n = values.length;
  const first = sum(values) / n;
  const mean = first + sum(values.map((x) => x - first)) / n;
  const power = (k: number) => sum(values.map((x) => (x - mean) ** k));
  return finiteOnly({ n, mean, m2: power(2), m3: power(3), m4: power(4) });
}

function finiteOnly(moments: Moments): Moments | undefined {
  return Object.values(moments).every(Number.isFinite) ? moments : undefined;
}

/** The profile of the union. Throws DATA_PROFILES_DIFFER unless columns, bins and categories are the same. */
export function mergeProfiles(a: Profile, b: Profile, limit = keptLimit): Profile {
  if (a.columns.length !== b.columns.length) {
    throw dataErrors.DATA_PROFILES_DIFFER({ problem: `${a.columns.length} and ${b.columns.length} columns` });
  }
  const columns = a.columns.map((column, i) => mergeColumns(column, b.columns[i] as ColumnProfile, limit));
  return { rows: a.rows + b.rows, columns };
}

export function mergeColumns(a: ColumnProfile, b: ColumnProfile, limit = keptLimit): ColumnProfile {
  const problem = mismatch(a, b);
  if (problem !== undefined) throw dataErrors.DATA_PROFILES_DIFFER({ problem });
  const moments = mergedMoments(a, b);
  const min = least(a.min, b.min);
  const max = most(a.max, b.max);
  return {
    name: a.name,
    type: a.type,
    kind: a.kind,
    rows: a.rows + b.rows,
    nulls: a.nulls + b.nulls,
    nans: a.nans + b.nans,
    infinite: a.infinite + b.infinite,
    empty: a.empty + b.empty,
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(moments === undefined ? {} : { moments }),
    ...(a.registers === undefined || b.registers === undefined
      ? {}
      : { registers: mergeRegisters(a.registers, b.registers) }),
    ...mergeKept(a, b, limit),
    ...(a.edges === undefined ? {} : { edges: a.edges, counts: added(a.counts, b.counts) }),
    ...(a.categories === undefined
      ? {}
      : { categories: a.categories, categoryCounts: added(a.categoryCounts, b.categoryCounts) }),
  };
}

function mismatch(a: ColumnProfile, b: ColumnProfile): string | undefined {
  if (a.name !== b.name) return `${a.name} meets ${b.name}`;
  if (a.kind !== b.kind || a.type !== b.type) return `${a.name} is ${a.type} in one and ${b.type} in the other`;
  if (!sameList(a.edges, b.edges)) return `${a.name} has other bins in one than in the other`;
  if (!sameList(a.categories, b.categories)) return `${a.name} has other categories in one than in the other`;
  return undefined;
}

export function sameList<T>(a: readonly T[] | undefined, b: readonly T[] | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.length === b.length && a.every((item, i) => item === b[i]);
}

function added(a: readonly number[] = [], b: readonly number[] = []): number[] {
  return a.map((n, i) => n + (b[i] ?? 0));
}

/**
 * Sums of powers of the union. Pébay, "Formulas for robust, one-pass parallel computation of covariances and
 * arbitrary-order statistical moments", 2008 (Chan's update for the second).
 */
export function mergeMoments(a: Moments, b: Moments): Moments {
  const n = a.n + b.n;
  const d = b.mean - a.mean;
  const dn = d / n;
  const mean = a.n >= b.n ? a.mean + b.n * dn : b.mean - a.n * dn;
  const m2 = a.m2 + b.m2 + d * dn * a.n * b.n;
  const m3 = a.m3 + b.m3 + d * dn * dn * a.n * b.n * (a.n - b.n) + 3 * dn * (a.n * b.m2 - b.n * a.m2);
  const m4 =
    a.m4 +
    b.m4 +
    d * dn * dn * dn * a.n * b.n * (a.n * a.n - a.n * b.n + b.n * b.n) +
    6 * dn * dn * (a.n * a.n * b.m2 + b.n * b.n * a.m2) +
    4 * dn * (a.n * b.m3 - b.n * a.m3);
  return { n, mean, m2, m3, m4 };
}

function mergedMoments(a: ColumnProfile, b: ColumnProfile): Moments | undefined {
  // A side without finite values adds nothing; a side whose powers left the doubles leaves the union without, too.
  if (finiteCount(a) === 0) return b.moments;
  if (finiteCount(b) === 0) return a.moments;
  if (a.moments === undefined || b.moments === undefined) return undefined;
  return finiteOnly(mergeMoments(a.moments, b.moments));
}

/** Rows with a finite number. */
function finiteCount(column: ColumnProfile): number {
  return column.rows - column.nulls - column.nans - column.infinite;
}

function mergeKept(a: ColumnProfile, b: ColumnProfile, limit: number): Pick<ColumnProfile, "kept" | "keptError"> {
  const tally = new Map(a.kept.map((one) => [one.value, one.count]));
  for (const { value, count } of b.kept) tally.set(value, (tally.get(value) ?? 0) + count);
  return cutKept(tally, a.keptError + b.keptError, limit);
}

/** Keeps what is more frequent than the first value beyond the limit, so that ties are not cut by spelling. */
function cutKept(
  tally: ReadonlyMap<string, number>,
  error: number,
  limit: number,
): Pick<ColumnProfile, "kept" | "keptError"> {
  const all = [...tally].map(([value, count]) => ({ value, count }));
  all.sort((x, y) => y.count - x.count || compareTexts(x.value, y.value));
  const bound = all[limit]?.count ?? 0;
  return { kept: all.filter((one) => one.count > bound), keptError: error + bound };
}

/** By code points, as databases and engines compare bytes of UTF-8. */
export function compareTexts(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function least(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : b === undefined ? a : Math.min(a, b);
}

function most(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : b === undefined ? a : Math.max(a, b);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, x) => total + x, 0);
}

export interface DistinctCount {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
  readonly exact: boolean;
}

/** Distinct values: counted while all are kept, else estimated with the interval that holds nineteen times in twenty. */
export function distinctOf(column: ColumnProfile): DistinctCount | undefined {
  if (column.registers === undefined) return undefined;
  if (column.keptError === 0) {
    const n = column.kept.length;
    return { estimate: n, low: n, high: n, exact: true };
  }
  const present = column.rows - column.nulls - column.nans;
  const estimate = Math.min(present, Math.round(estimateDistinct(column.registers)));
  const margin = 1.96 * standardError;
  return {
    estimate,
    low: Math.max(column.kept.length + 1, Math.floor(estimate / (1 + margin))),
    high: Math.min(present, Math.ceil(estimate / (1 - margin))),
    exact: false,
  };
}
