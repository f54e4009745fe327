import type { Statement } from "#base/db/db.js";

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

const chunkSizes = [128, 16, 1] as const;

/** Inserts of many rows as few statements of fixed shapes: 128, 16 and 1 rows. `R` is what a `returning` tail answers. */
export function insertRows<R = unknown>(
  head: string,
  rows: readonly (readonly unknown[])[],
  tail = "",
): Statement<R>[] {
  const statements: Statement<R>[] = [];
  let at = 0;
  for (const size of chunkSizes) {
    while (rows.length - at >= size) {
      const chunk = rows.slice(at, at + size);
      at += size;
      const row = `(${(chunk[0] as readonly unknown[]).map(() => "?").join(", ")})`;
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
