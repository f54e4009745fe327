import type { Statement } from "./db.js";

/** The statement as one row: of each column a JSON array with the values of all rows, in their order. */
export function inColumns(statement: Statement, columns: readonly string[]): Statement {
  const arrays = columns.map((column, i) => `json_agg(x."${column}") as c${i}`);
  return { ...statement, sql: `select ${arrays.join(", ")} from (${statement.sql}) x` };
}

/** The rows again. No row at all is a null in every column. */
export function toRows<R>(columns: readonly string[], answer: Readonly<Record<string, string | null>>): R[] {
  const arrays = columns.map((_, i) => JSON.parse(answer[`c${i}`] ?? "[]") as unknown[]);
  const rows: Record<string, unknown>[] = [];
  for (let at = 0; at < (arrays[0]?.length ?? 0); at++) {
    const row: Record<string, unknown> = {};
    for (let i = 0; i < columns.length; i++) row[columns[i] as string] = (arrays[i] as unknown[])[at];
    rows.push(row);
  }
  return rows as R[];
}
