import type { Runnable, Statement } from "./db.js";

/** Text and values of either kind of query, in values every driver takes. */
export function toStatement(query: Runnable<unknown>): Statement {
  const statement = "compile" in query ? query.compile() : query;
  const { keep, columns } = statement as Statement;
  return {
    sql: statement.sql,
    parameters: statement.parameters.map(toValue),
    ...(keep === undefined ? {} : { keep }),
    ...(columns === undefined ? {} : { columns }),
  };
}

function toValue(value: unknown): unknown {
  if (value === undefined) return null;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (value instanceof Uint8Array && !Buffer.isBuffer(value)) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  }
  return value;
}

/** `?` placeholders as `$1`, `$2`, ... ; quoted text and identifiers are left alone. */
export function toNumbered(sql: string): string {
  let n = 0;
  return sql.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"|\?/g, (token) => (token === "?" ? `$${++n}` : token));
}
