import type { Comparison, Filter } from "#base/filter/filter.js";
import { parseFilter, toIdentifier } from "#base/filter/parse.js";
import { type NumberTest, refuse, type TextTest } from "./condition.js";

export type ExperimentCondition =
  | { readonly on: "and" | "or"; readonly parts: readonly ExperimentCondition[] }
  | { readonly on: "not"; readonly part: ExperimentCondition }
  | { readonly on: "name"; readonly test: TextTest }
  | { readonly on: "number"; readonly attribute: "created_at" | "updated_at"; readonly test: NumberTest }
  | { readonly on: "tags"; readonly key: string; readonly test: TextTest }
  | { readonly on: "present"; readonly key: string; readonly present: boolean };

export interface ExperimentOrder {
  readonly by: "name" | "id" | "created_at" | "updated_at";
  readonly ascending: boolean;
}

const numbers: Record<string, "created_at" | "updated_at"> = {
  creation_time: "created_at",
  last_update_time: "updated_at",
};
const attributePrefixes: readonly (string | undefined)[] = [undefined, "attribute", "attributes", "attr", "experiment"];

/** Reads a filter over experiments; undefined for the empty text. */
export function toExperimentCondition(text: string): ExperimentCondition | undefined {
  const filter = parseFilter(text, refuse);
  return filter === undefined ? undefined : resolve(filter);
}

function resolve(filter: Filter): ExperimentCondition {
  switch (filter.kind) {
    case "and":
    case "or":
      return { on: filter.kind, parts: filter.parts.map(resolve) };
    case "not":
      return { on: "not", part: resolve(filter.part) };
    default:
      return resolveComparison(filter);
  }
}

function resolveComparison(comparison: Comparison): ExperimentCondition {
  const { prefix, key } = comparison.of;
  if (prefix === "tag" || prefix === "tags") {
    if (comparison.kind === "null") return { on: "present", key, present: comparison.negated };
    return { on: "tags", key, test: toTextTest(comparison) };
  }
  if (!attributePrefixes.includes(prefix)) {
    throw refuse(`Invalid entity type '${prefix}'. Valid values are ['tag', 'attribute']`);
  }
  if (comparison.kind === "null") throw refuse(`IS NULL / IS NOT NULL is only supported for tags, not for '${key}'`);
  const number = numbers[key];
  if (number !== undefined) {
    if (comparison.kind === "in" || comparison.with === "LIKE" || comparison.with === "ILIKE") throw bad(comparison);
    if (comparison.value.kind !== "number") {
      throw refuse(`Expected numeric value type for numeric attribute: ${key}. Found '${comparison.value.text}'`);
    }
    return {
      on: "number",
      attribute: number,
      test: { op: comparison.with, number: Number(comparison.value.spelling) },
    };
  }
  if (key !== "name") {
    throw refuse(
      `Invalid attribute key '${key}' specified. Valid keys are '{'name', 'creation_time', 'last_update_time'}'`,
    );
  }
  return { on: "name", test: toTextTest(comparison) };
}

function toTextTest(comparison: Exclude<Comparison, { kind: "null" }>): TextTest {
  const values = comparison.kind === "in" ? comparison.values : [comparison.value];
  const texts = values.map((value) => {
    if (value.kind === "text") return value.text;
    throw refuse(`Expected a quoted string value for attributes. Got value ${value.spelling}`);
  });
  if (comparison.kind === "in") return { op: comparison.negated ? "NOT IN" : "IN", texts };
  const op = comparison.with;
  if (op === "=" || op === "!=" || op === "LIKE" || op === "ILIKE") return { op, text: texts[0] as string };
  throw bad(comparison);
}

function bad(comparison: Exclude<Comparison, { kind: "null" }>): Error {
  const comparator = comparison.kind === "in" ? (comparison.negated ? "NOT IN" : "IN") : comparison.with;
  return refuse(`Invalid comparator for attribute: ${comparator}`);
}

const orders: Record<string, ExperimentOrder["by"]> = {
  name: "name",
  experiment_id: "id",
  creation_time: "created_at",
  last_update_time: "updated_at",
};

/** Reads sort keys such as `name ASC`. */
export function toExperimentOrder(texts: readonly string[]): ExperimentOrder[] {
  return texts.map((text) => {
    const [name = "", direction = "asc", ...rest] = text.trim().split(/\s+/);
    if (rest.length > 0 || !/^(asc|desc)$/i.test(direction))
      throw refuse(`Invalid order_by clause '${text}'. Could not be parsed.`);
    const of = toIdentifier(name.replaceAll("`", ""));
    const by = attributePrefixes.includes(of.prefix) ? orders[of.key] : undefined;
    if (by === undefined) {
      throw refuse(
        `Invalid attribute key '${name}' specified. Valid keys are '{${Object.keys(orders)
          .map((key) => `'${key}'`)
          .join(", ")}}'`,
      );
    }
    return { by, ascending: direction.toLowerCase() === "asc" };
  });
}
