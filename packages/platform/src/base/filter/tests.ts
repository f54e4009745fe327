import type { TextTest } from "../db/text-test.js";
import type { Comparator, Comparison, Filter, FilterValue } from "./filter.js";

/** A comparison with something to compare to. */
export type ValueComparison = Exclude<Comparison, { kind: "null" }>;

/** A filter with its words understood: leaves of one's own below and, or and not. */
export type Tree<Leaf> =
  | { readonly on: "and" | "or"; readonly parts: readonly Tree<Leaf>[] }
  | { readonly on: "not"; readonly part: Tree<Leaf> }
  | Leaf;

/** What is asked of a number. */
export interface NumberTest {
  readonly op: "=" | "!=" | "<" | "<=" | ">" | ">=";
  readonly number: number;
}

/** How a search says no: each kind of record has words of its own, which clients know. */
export interface Refusals {
  /** The value, as it was written, is of the wrong kind. */
  readonly value: (spelling: string) => Error;
  /** The value would do, the comparator does not. */
  readonly comparator: (comparator: string) => Error;
}

/** Resolves every comparison of a filter and keeps the structure above them. */
export function toTree<Leaf>(filter: Filter, resolve: (comparison: Comparison) => Tree<Leaf>): Tree<Leaf> {
  switch (filter.kind) {
    case "and":
    case "or":
      return { on: filter.kind, parts: filter.parts.map((part) => toTree(part, resolve)) };
    case "not":
      return { on: "not", part: toTree(filter.part, resolve) };
    default:
      return resolve(filter);
  }
}

/** A test of a text: =, !=, LIKE, ILIKE, IN and NOT IN. */
export function toTextTest(comparison: ValueComparison, refusals: Refusals): TextTest {
  const text = (value: FilterValue): string => {
    if (value.kind === "text") return value.text;
    throw refusals.value(spellingOf(comparison));
  };
  if (comparison.kind === "in") return { op: comparison.negated ? "NOT IN" : "IN", texts: comparison.values.map(text) };
  const value = text(comparison.value);
  const op = comparison.with;
  if (op === "=" || op === "!=" || op === "LIKE" || op === "ILIKE") return { op, text: value };
  throw refusals.comparator(op);
}

const numeric: readonly Comparator[] = ["=", "!=", "<", "<=", ">", ">="];

/** A test of a number: =, !=, <, <=, > and >=. */
export function toNumberTest(comparison: ValueComparison, refusals: Refusals): NumberTest {
  if (comparison.kind === "in" || comparison.value.kind !== "number") throw refusals.value(spellingOf(comparison));
  if (!numeric.includes(comparison.with)) throw refusals.comparator(comparison.with);
  return { op: comparison.with as NumberTest["op"], number: Number(comparison.value.spelling) };
}

/** The value side as it was written. */
function spellingOf(comparison: ValueComparison): string {
  const one = (value: FilterValue) => (value.kind === "number" ? value.spelling : `'${value.text}'`);
  return comparison.kind === "in" ? `(${comparison.values.map(one).join(", ")})` : one(comparison.value);
}

/** Texts in the form of a Python list. */
export function quoteList(texts: readonly string[]): string {
  return `[${texts.map((text) => `'${text}'`).join(", ")}]`;
}

/** Names in the form of a Python set, in which MLflow lists what it would have taken. */
export function quoteSet(names: readonly string[]): string {
  return `{${names.map((name) => `'${name}'`).join(", ")}}`;
}
