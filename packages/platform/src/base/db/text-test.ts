import type { Dialect } from "./db.js";
import { placeholders } from "./rows.js";

/** What is asked of a text: as in the filter grammar, where LIKE minds case and ILIKE does not. */
export type TextTest =
  | { readonly op: "=" | "!=" | "LIKE" | "ILIKE"; readonly text: string }
  | { readonly op: "IN" | "NOT IN"; readonly texts: readonly string[] };

/** A piece of a condition with its values. */
export interface SqlPart {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** LIKE minds case in both databases; SQLite's own does not, so it is written as GLOB there. */
export function compareText(column: string, test: TextTest, dialect: Dialect): SqlPart {
  if ("texts" in test) {
    if (test.texts.length === 0) return { text: test.op === "IN" ? "1 = 0" : "1 = 1", values: [] };
    const list = placeholders(test.texts);
    return { text: `${column} ${test.op === "IN" ? "in" : "not in"} (${list.sql})`, values: list.parameters };
  }
  switch (test.op) {
    case "=":
      return { text: `${column} = ?`, values: [test.text] };
    case "!=":
      return { text: `${column} <> ?`, values: [test.text] };
    case "ILIKE":
      return { text: `lower(${column}) like lower(?) escape '!'`, values: [test.text.replaceAll("!", "!!")] };
    case "LIKE":
      return dialect === "sqlite"
        ? { text: `${column} glob ?`, values: [toGlob(test.text)] }
        : { text: `${column} like ? escape '!'`, values: [test.text.replaceAll("!", "!!")] };
  }
}

function toGlob(like: string): string {
  return like.replace(/[*?[]/g, "[$&]").replaceAll("%", "*").replaceAll("_", "?");
}
