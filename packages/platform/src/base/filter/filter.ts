/** Operators with one value. */
export type Comparator = "=" | "!=" | "<" | "<=" | ">" | ">=" | "LIKE" | "ILIKE";

export interface TextValue {
  readonly kind: "text";
  readonly text: string;
}

/** A number keeps its spelling, because integers beyond 2^53 must not lose digits. */
export interface NumberValue {
  readonly kind: "number";
  readonly spelling: string;
}

export type FilterValue = TextValue | NumberValue;

/** `metrics.auc`: prefix `metrics`, key `auc`. A bare attribute has no prefix. */
export interface Identifier {
  readonly prefix: string | undefined;
  readonly key: string;
}

/** A search condition as a tree. */
export type Filter =
  | { readonly kind: "and" | "or"; readonly parts: readonly Filter[] }
  | { readonly kind: "not"; readonly part: Filter }
  | { readonly kind: "compare"; readonly of: Identifier; readonly with: Comparator; readonly value: FilterValue }
  | { readonly kind: "in"; readonly of: Identifier; readonly negated: boolean; readonly values: readonly FilterValue[] }
  | { readonly kind: "null"; readonly of: Identifier; readonly negated: boolean };

export type Comparison = Extract<Filter, { kind: "compare" | "in" | "null" }>;

/** The comparisons of a tree, left to right. */
export function comparisons(filter: Filter): Comparison[] {
  switch (filter.kind) {
    case "and":
    case "or":
      return filter.parts.flatMap(comparisons);
    case "not":
      return comparisons(filter.part);
    default:
      return [filter];
  }
}
