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
  const top = await session.rows<{ value: string; n: number }>(sql.groupedTop(column, keep + 1));
  const keptBound = top[keep]?.n ?? 0;
  const kept = top
    .filter((one) => one.n > keptBound)
    .map((one) => ({ value: column.kind === "instant" ? isoOf(one.value) : one.value, count: one.n }));
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

async function numbersOf(
  session: Session,
  request: ColumnRequest,
): Promise<Pick<ColumnFacts, "min" | "max" | "moments" | "edges" | "counts">> {
  const [mean] = await session.rows<{ n: number | null; mean: number | null; low: number; high: number }>(
    sql.groupedMean,
  );
  const n = mean?.n ?? 0;
  const edges = await edgesOf(session, request, n, mean?.low ?? 0);
  const counts = new Array<number>(edges.length + 1).fill(0);
  for (const row of await session.rows<{ bin: number; n: number }>(sql.groupedBins(edges))) counts[row.bin] = row.n;
  if (mean === undefined || n === 0) return { edges, counts };
  const moments = await momentsOf(session, n, mean.mean ?? 0);
  return { edges, counts, min: mean.low, max: mean.high, ...(moments === undefined ? {} : { moments }) };
}

async function edgesOf(session: Session, request: ColumnRequest, n: number, min: number): Promise<readonly number[]> {
  if ("edges" in request.bins) return request.bins.edges;
  if (n === 0) return [];
  return cutInto(session, request.bins.parts, n, min);
}

/** As many parts as there are distinct values when they are few; else parts of equal size. */
export async function cutInto(session: Session, parts: number, n: number, min: number): Promise<number[]> {
  const distinct = await session.rows<{ x: number }>(sql.groupedDistinct(parts + 1));
  if (distinct.length <= parts)
    return edgesFrom(
      distinct.map((row) => row.x),
      min,
    );
  return edgesFrom(await quantilesOf(session, n, cutsOf(parts)), min);
}

/** Exact quantiles of the grouped column: linear between the order statistics around `(n - 1) p`. */
export async function quantilesOf(session: Session, n: number, probabilities: readonly number[]): Promise<number[]> {
  const places = probabilities.map((p) => (n - 1) * p);
  const ranks = [...new Set(places.flatMap((place) => [Math.floor(place), Math.ceil(place)]))];
  const found = await session.rows<{ rank: number; x: number }>(sql.groupedRanks(ranks));
  const at = new Map(found.map((row) => [row.rank, row.x]));
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
