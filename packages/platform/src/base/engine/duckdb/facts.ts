import { cutsOf, edgesFrom } from "../edges.js";
import type { Column, ColumnFacts, ColumnRequest, Moments, ValueCount } from "../engine.js";
import { emptyRegisters, rankOfLowest } from "../hyperloglog.js";
import type { Session } from "./session.js";
import * as sql from "./sql.js";
import type { Table } from "./table.js";

interface Totals {
  readonly total: number;
  readonly nulls: number;
  readonly nans: number;
  readonly infinite: number;
  readonly empty: number;
  readonly kinds: number;
}

/** One pass over the column groups it by value; everything else is computed from the groups. */
export async function factsOf(session: Session, table: Table, request: ColumnRequest): Promise<ColumnFacts> {
  const column = table.column(request.column);
  if (column.kind === "other") return countOnly(session, table, column);
  await session.run(sql.groupColumn(table.from, column, table.where));
  const totals = (await session.rows<Totals>(sql.groupedTotals(column)))[0] as Totals;
  const { kept, keptBound } = await keepValues(session, column, request.keep);
  const base: ColumnFacts = {
    column,
    rows: totals.total,
    nulls: totals.nulls,
    nans: totals.nans,
    infinite: totals.infinite,
    empty: totals.empty,
    distinct: totals.kinds,
    registers: await registersOf(session, column),
    kept,
    keptBound,
  };
  if (column.kind === "text" || column.kind === "boolean") {
    return { ...base, ...(await categoriesOf(session, totals, request, kept)) };
  }
  return { ...base, ...(await numbersOf(session, request)) };
}

async function countOnly(session: Session, table: Table, column: Column): Promise<ColumnFacts> {
  const [counted] = await session.rows<{ total: number; nulls: number }>(
    sql.countColumn(table.from, column, table.where),
  );
  return {
    column,
    rows: counted?.total ?? 0,
    nulls: counted?.nulls ?? 0,
    nans: 0,
    infinite: 0,
    empty: 0,
    kept: [],
    keptBound: 0,
  };
}

/** Ties at the end of the list would be kept by chance of their spelling; all of them are left out instead. */
async function keepValues(
  session: Session,
  column: Column,
  keep: number,
): Promise<{ kept: ValueCount[]; keptBound: number }> {
  const [beyond] = await session.rows<{ n: number }>(sql.groupedBound(column, keep));
  const keptBound = beyond?.n ?? 0;
  const above = await session.rows<{ value: string; n: number }>(sql.groupedAbove(column, keptBound));
  const kept = above.map((one) => ({
    value: column.kind === "instant" ? isoOf(one.value) : one.value,
    count: one.n,
  }));
  return { kept, keptBound };
}

/** ISO 8601 of whole microseconds since 1970, with six digits only where three do not do. */
function isoOf(microseconds: string): string {
  const whole = BigInt(microseconds);
  const micros = Number(((whole % 1000n) + 1000n) % 1000n);
  const millis = Number((whole - BigInt(micros)) / 1000n);
  if (Math.abs(millis) > 8.64e15) return `${microseconds}us`;
  const iso = new Date(millis).toISOString();
  return micros === 0 ? iso : `${iso.slice(0, -1)}${String(micros).padStart(3, "0")}Z`;
}

async function registersOf(session: Session, column: Column): Promise<Uint8Array> {
  const registers = emptyRegisters();
  for (const row of await session.rows<{ register: number; lowest: number }>(sql.groupedRegisters(column))) {
    registers[row.register] = rankOfLowest(row.lowest);
  }
  return registers;
}

async function categoriesOf(
  session: Session,
  totals: Totals,
  request: ColumnRequest,
  kept: readonly ValueCount[],
): Promise<Pick<ColumnFacts, "categories" | "categoryCounts">> {
  const present = totals.total - totals.nulls;
  const categories = request.categories ?? kept.map((one) => one.value);
  const found =
    request.categories === undefined
      ? new Map(kept.map((one) => [one.value, one.count]))
      : new Map(
          (await session.rows<{ value: string; n: number }>(sql.groupedCategories(categories))).map((one) => [
            one.value,
            one.n,
          ]),
        );
  const counts = categories.map((category) => found.get(category) ?? 0);
  return { categories, categoryCounts: [...counts, present - counts.reduce((sum, n) => sum + n, 0)] };
}

/** Finite values of the grouped column. `mean` is a first one, off in its last digits. */
export interface FiniteTotals {
  readonly n: number;
  /** Different values, or a few more where values beyond 2^53 are the same as doubles. */
  readonly kinds: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

export async function finiteTotals(session: Session): Promise<FiniteTotals> {
  const [found] = await session.rows<{ [K in keyof FiniteTotals]: number | null }>(sql.groupedMean);
  const { n, kinds, mean, low, high } = found ?? { n: 0, kinds: 0, mean: 0, low: 0, high: 0 };
  return { n: n ?? 0, kinds: kinds ?? 0, mean: mean ?? 0, low: low ?? 0, high: high ?? 0 };
}

async function numbersOf(
  session: Session,
  request: ColumnRequest,
): Promise<Pick<ColumnFacts, "min" | "max" | "moments" | "edges" | "counts">> {
  const totals = await finiteTotals(session);
  const edges = "edges" in request.bins ? request.bins.edges : await cutInto(session, request.bins.parts, totals);
  const counts = new Array<number>(edges.length + 1).fill(0);
  for (const row of await session.rows<{ bin: number; n: number }>(sql.groupedBins(edges))) counts[row.bin] = row.n;
  if (totals.n === 0) return { edges, counts };
  const moments = await momentsOf(session, totals.n, totals.mean);
  return { edges, counts, min: totals.low, max: totals.high, ...(moments === undefined ? {} : { moments }) };
}

/** Inner edges: a part for each value where they are few, else parts of equal size; none where there is no value. */
export async function cutInto(session: Session, parts: number, totals: FiniteTotals): Promise<number[]> {
  if (totals.n === 0) return [];
  if (totals.kinds > parts) return edgesFrom(await quantilesOf(session, totals.n, cutsOf(parts)), totals.low);
  const values = await session.rows<{ x: number }>(sql.groupedDistinct);
  return edgesFrom(
    values.map((row) => row.x),
    totals.low,
  );
}

/** Exact quantiles of the grouped column: linear between the order statistics around `(n - 1) p`. */
export async function quantilesOf(session: Session, n: number, probabilities: readonly number[]): Promise<number[]> {
  const places = probabilities.map((p) => (n - 1) * p);
  const ranks = [...new Set(places.flatMap((place) => [Math.floor(place), Math.ceil(place)]))];
  ranks.sort((a, b) => a - b);
  await session.run(sql.sortGrouped);
  const at = new Map<number, number>();
  for (const row of await session.rows<{ x: number; first: number; next: number }>(sql.sortedRanks(ranks))) {
    for (let i = row.first; i < row.next; i++) at.set(ranks[i] as number, row.x);
  }
  return places.map((place) => {
    const low = at.get(Math.floor(place)) ?? Number.NaN;
    const high = at.get(Math.ceil(place)) ?? Number.NaN;
    const share = place - Math.floor(place);
    return share === 0 || low === high ? low : low + (high - low) * share;
  });
}

/** Powers are summed around a first mean, then moved to the mean itself; undefined when they leave the doubles. */
async function momentsOf(session: Session, n: number, around: number): Promise<Moments | undefined> {
  if (!Number.isFinite(around)) return undefined;
  const [sums] = await session.rows<{ s1: number; s2: number; s3: number; s4: number }>(sql.groupedPowers(around));
  if (sums === undefined) return undefined;
  const { s1, s2, s3, s4 } = sums;
  const d = s1 / n;
  const moments: Moments = {
    n,
    mean: around + d,
    m2: s2 - n * d * d,
    m3: s3 - 3 * d * s2 + 2 * n * d ** 3,
    m4: s4 - 4 * d * s3 + 6 * d * d * s2 - 3 * n * d ** 4,
  };
  return Object.values(moments).every(Number.isFinite) ? moments : undefined;
}
