import type { Reader, Statement } from "#base/db/db.js";

/**
 * Placeholders for a list of values, filled up to a power of four by repeating the last one, so that lists of any length
 * share few statement texts and these stay prepared.
 */
export function placeholders(values: readonly unknown[]): { sql: string; parameters: unknown[] } {
  let size = 1;
  while (size < values.length) size *= 4;
  const parameters = [...values];
  while (parameters.length < size) parameters.push(values.at(-1) ?? null);
  return { sql: parameters.map(() => "?").join(", "), parameters };
}

/** A test that a column is among integers: one value on PostgreSQL, where each placeholder costs, however many they are. */
export function amongIntegers(
  r: Pick<Reader, "dialect">,
  values: readonly number[],
): { sql: string; parameters: unknown[] } {
  if (r.dialect === "postgres") return { sql: "= any(cast(? as bigint[]))", parameters: [`{${values.join(",")}}`] };
  const list = placeholders(values);
  return { sql: `in (${list.sql})`, parameters: list.parameters };
}

/** The most tuples that are listed at once. */
const longestList = 256;

/** Lists of tuples for `values`, filled up to a power of two by repeating the last one, so that few texts stay prepared. */
export function* tuples(
  rows: readonly (readonly unknown[])[],
): Generator<{ readonly sql: string; readonly parameters: unknown[] }> {
  for (const chunk of chunksOf(rows, longestList)) {
    const row = `(${(chunk[0] as readonly unknown[]).map(() => "?").join(", ")})`;
    let size = 1;
    while (size < chunk.length) size *= 2;
    const filled = Array.from({ length: size }, (_, i) => chunk[Math.min(i, chunk.length - 1)] as readonly unknown[]);
    yield { sql: filled.map(() => row).join(", "), parameters: filled.flat() };
  }
}

/** Longer lists are cut into these; what is left of them, up to 15 rows, is a statement of its own length. */
const chunkSizes = [128, 64, 32, 16] as const;

/**
 * Inserts of many rows as few statements of few shapes, which stay prepared. `R` is what a `returning` tail answers; `shape` is a
 * row's values where they are not placeholders alone.
 */
export function insertRows<R = unknown>(
  head: string,
  rows: readonly (readonly unknown[])[],
  tail = "",
  shape?: string,
): Statement<R>[] {
  const statements: Statement<R>[] = [];
  let at = 0;
  for (const size of [...chunkSizes, rows.length % 16]) {
    while (size > 0 && rows.length - at >= size) {
      const chunk = rows.slice(at, at + size);
      at += size;
      const row = shape ?? `(${(chunk[0] as readonly unknown[]).map(() => "?").join(", ")})`;
      statements.push({
        sql: `${head} values ${chunk.map(() => row).join(", ")} ${tail}`,
        parameters: chunk.flat(),
      });
    }
  }
  return statements;
}

/** Splits a list, so that no statement gets more values than a driver takes. */
export function* chunksOf<T>(values: readonly T[], size = 1000): Generator<T[]> {
  for (let at = 0; at < values.length; at += size) yield values.slice(at, at + size);
}
