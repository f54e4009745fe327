import type { ReactNode } from "react";
import type { Spread } from "#kit/ranges/scale.js";

/** One column: what it is called, how wide, what a cell shows. The server sorts, filters and pages; a column only names its key. */
export interface Column<Row> {
  readonly id: string;
  readonly header: string;
  /** The unit stands in the header, not in the cells. */
  readonly unit?: string;
  readonly hint?: string;
  readonly width: number;
  readonly align?: "right";
  /** The server's sort key; absent where it cannot be sorted. */
  readonly sort?: string | undefined;
  /** The row's own name: the cell is the row's header. */
  readonly head?: boolean;
  readonly cell?: (row: Row) => ReactNode;
  /** An estimate: drawn on the log axis that the whole column shares. */
  readonly range?: (row: Row) => Spread | undefined;
  /** Shown where the estimate is absent. */
  readonly absent?: (row: Row) => ReactNode;
  readonly risk?: boolean;
  /** Drawn under the header's words, e.g. how the column's values are spread. */
  readonly under?: ReactNode;
}

/** `-rate` is descending, `rate` ascending. */
export function nextSort(current: string | undefined, key: string): string {
  return current === `-${key}` ? key : `-${key}`;
}

export function sortState(current: string | undefined, key: string): "ascending" | "descending" | "none" {
  if (current === key) return "ascending";
  return current === `-${key}` ? "descending" : "none";
}

/** Rows sorted here, for lists the server sends whole. Unknown sorts last both ways. */
export function sortRows<Row>(
  rows: readonly Row[],
  sort: string | undefined,
  value: (row: Row, key: string) => number | string | undefined,
): Row[] {
  if (sort === undefined) return [...rows];
  const key = sort.replace(/^-/, "");
  const sign = sort.startsWith("-") ? -1 : 1;
  return rows.toSorted((a, b) => {
    const x = value(a, key);
    const y = value(b, key);
    if (x === undefined || y === undefined) return x === y ? 0 : x === undefined ? 1 : -1;
    if (typeof x === "string" || typeof y === "string")
      return sign * String(x).localeCompare(String(y), "en", { numeric: true });
    return sign * (x - y);
  });
}
