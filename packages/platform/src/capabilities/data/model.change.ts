import type { Change, SchemaChange, SchemaColumn } from "@paydown/api/data";
import type { BinnedFeature } from "@paydown/api/monitoring";
import { type ColumnProfile, type Profile, sameList } from "./model.js";

/** Least share a bin counts with in PSI; an empty bin would make it infinite. */
const shareFloor = 1e-4;

/** How far two profiles of a column are apart, or why that cannot be said. */
export function changeOf(from: ColumnProfile, to: ColumnProfile): { change: Change } | { incomparable: string } {
  if (from.rows === 0 || to.rows === 0) return { incomparable: "one of the versions has no rows" };
  if (from.kind !== to.kind) return { incomparable: `the column was ${from.kind} and is ${to.kind}` };
  if (from.kind === "other") return { incomparable: `columns of type ${to.type} are only counted` };
  if (!sameList(from.edges, to.edges) || !sameList(from.categories, to.categories)) {
    return { incomparable: "the profiles were computed on different bins" };
  }
  const [p, q] = [sharesOf(from), sharesOf(to)];
  const shift = meanShift(from, to);
  return {
    change: {
      jsDistance: jsDistance(p, q),
      psi: psi(p, q),
      ...(shift === undefined ? {} : { meanShift: shift }),
      nullShareFrom: missingOf(from) / from.rows,
      nullShareTo: missingOf(to) / to.rows,
    },
  };
}

/** Rows without a usable value. */
function missingOf(column: ColumnProfile): number {
  return column.nulls + column.nans;
}

/** Shares of the bins or categories and, last, of the missing values. */
function sharesOf(column: ColumnProfile): number[] {
  const counts = column.counts ?? column.categoryCounts ?? [];
  return [...counts, missingOf(column)].map((count) => count / column.rows);
}

/** Jensen-Shannon distance: square root of the divergence in bits, 0 to 1. */
export function jsDistance(p: readonly number[], q: readonly number[]): number {
  let divergence = 0;
  for (const [i, a] of p.entries()) {
    const b = q[i] ?? 0;
    const middle = (a + b) / 2;
    if (a > 0) divergence += 0.5 * a * Math.log2(a / middle);
    if (b > 0) divergence += 0.5 * b * Math.log2(b / middle);
  }
  return Math.sqrt(Math.min(1, Math.max(0, divergence)));
}

/** Population stability index; bins empty on both sides are left out. */
export function psi(p: readonly number[], q: readonly number[]): number {
  let total = 0;
  for (const [i, a] of p.entries()) {
    const b = q[i] ?? 0;
    if (a === 0 && b === 0) continue;
    const [x, y] = [Math.max(a, shareFloor), Math.max(b, shareFloor)];
    total += (y - x) * Math.log(y / x);
  }
  return total;
}

function meanShift(from: ColumnProfile, to: ColumnProfile): number | undefined {
  if (from.kind !== "numeric" || from.moments === undefined || to.moments === undefined) return undefined;
  const std = Math.sqrt(Math.max(0, from.moments.m2) / from.moments.n);
  return std > 0 ? (to.moments.mean - from.moments.mean) / std : undefined;
}

/** The bins and counts monitors start from. Instants are left out: time always moves. */
export function binnedFeatures(profile: Profile): BinnedFeature[] {
  return profile.columns.flatMap((column): BinnedFeature[] => {
    const missing = missingOf(column);
    if (column.kind === "numeric" && column.edges !== undefined && column.edges.length > 0) {
      const [edges, counts] = [[...column.edges], [...(column.counts ?? [])]];
      return [{ feature: column.name, kind: "numeric", edges, counts, missing }];
    }
    if (column.categories !== undefined) {
      const [categories, counts] = [[...column.categories], [...(column.categoryCounts ?? [])]];
      return [{ feature: column.name, kind: "categorical", categories, counts, missing }];
    }
    return [];
  });
}

/** Types each of which holds every value of those before it. */
const widenings: readonly (readonly string[])[] = [
  ["TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"],
  ["UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"],
  ["FLOAT", "DOUBLE"],
  ["INTEGER", "DOUBLE"],
  ["DATE", "TIMESTAMP"],
];

/** Breaking changes first, then by name; of equal schemas there are none. */
export function schemaChanges(from: readonly SchemaColumn[], to: readonly SchemaColumn[]): SchemaChange[] {
  const before = new Map(from.map((column) => [column.name, column]));
  const after = new Map(to.map((column) => [column.name, column]));
  const changes: SchemaChange[] = [];
  for (const old of from) {
    const column = after.get(old.name);
    if (column === undefined) changes.push(removed(old));
    else changes.push(...altered(old, column));
  }
  for (const column of to) if (!before.has(column.name)) changes.push(addedColumn(column));
  return changes.sort((a, b) => Number(b.breaking) - Number(a.breaking) || (a.column < b.column ? -1 : 1));
}

function removed(old: SchemaColumn): SchemaChange {
  return {
    column: old.name,
    change: "removed",
    from: old.type,
    breaking: true,
    sentence: `${old.name} is gone: whoever reads it by name fails.`,
  };
}

function addedColumn(column: SchemaColumn): SchemaChange {
  return {
    column: column.name,
    change: "added",
    to: column.type,
    breaking: false,
    sentence: `${column.name} is new: nobody reads it yet; whoever takes all columns by position does.`,
  };
}

function altered(old: SchemaColumn, column: SchemaColumn): SchemaChange[] {
  const changes: SchemaChange[] = [];
  if (old.type !== column.type) {
    const widened = widenings.some(
      (list) => list.includes(old.type) && list.indexOf(old.type) < list.indexOf(column.type),
    );
    changes.push({
      column: column.name,
      change: "type",
      from: old.type,
      to: column.type,
      breaking: !widened,
      sentence: widened
        ? `${column.name} was ${old.type} and is ${column.type}: every old value still fits.`
        : `${column.name} was ${old.type} and is ${column.type}: comparisons, joins and arithmetic on it can fail or differ.`,
    });
  }
  if (old.nullable !== column.nullable) {
    changes.push({
      column: column.name,
      change: "nullability",
      from: old.nullable ? "nullable" : "required",
      to: column.nullable ? "nullable" : "required",
      breaking: column.nullable,
      sentence: column.nullable
        ? `${column.name} may now be null: whoever relied on a value can fail.`
        : `${column.name} can no longer be null.`,
    });
  }
  return changes;
}
