import type { Comparison } from "#base/filter/filter.js";
import { parseOrder } from "#base/filter/order.js";
import { parseFilter } from "#base/filter/parse.js";
import {
  type NumberTest,
  quoteSet,
  type Refusals,
  type Tree,
  toNumberTest,
  toTextTest,
  toTree,
} from "#base/filter/tests.js";
import { refuse, type TextTest } from "./condition.js";

export type ExperimentCondition = Tree<
  | { readonly on: "name"; readonly test: TextTest }
  | { readonly on: "id"; readonly test: TextTest }
  | { readonly on: "number"; readonly attribute: "created_at" | "updated_at"; readonly test: NumberTest }
  | { readonly on: "tags"; readonly key: string; readonly test: TextTest }
  | { readonly on: "present"; readonly key: string; readonly present: boolean }
>;

export interface ExperimentOrder {
  readonly by: "name" | "id" | "created_at" | "updated_at";
  readonly ascending: boolean;
}

const orders: Record<string, ExperimentOrder["by"]> = {
  name: "name",
  experiment_id: "id",
  creation_time: "created_at",
  last_update_time: "updated_at",
};
/** MLflow takes `attribute` alone; the other spellings are those it takes for runs. */
const attributePrefixes: readonly (string | undefined)[] = [undefined, "attribute", "attributes", "attr", "experiment"];

/** Reads a filter over experiments; undefined for the empty text. */
export function toExperimentCondition(text: string): ExperimentCondition | undefined {
  const filter = parseFilter(text, refuse);
  return filter === undefined ? undefined : toTree(filter, resolve);
}

function resolve(comparison: Comparison): ExperimentCondition {
  const { prefix, key } = comparison.of;
  if (isTag(prefix)) {
    if (comparison.kind === "null") return { on: "present", key, present: comparison.negated };
    return { on: "tags", key, test: toTextTest(comparison, tagRefusals) };
  }
  const by = attributeOf(prefix, key);
  if (comparison.kind === "null") {
    throw refuse(`IS NULL / IS NOT NULL is only supported for tags, not for attribute '${key}'`);
  }
  if (by === "name" || by === "id") return { on: by, test: toTextTest(comparison, textRefusals) };
  return { on: "number", attribute: by, test: wholeNumber(key, toNumberTest(comparison, numberRefusals(key))) };
}

function isTag(prefix: string | undefined): boolean {
  return prefix === "tag" || prefix === "tags";
}

function attributeOf(prefix: string | undefined, key: string): ExperimentOrder["by"] {
  if (!attributePrefixes.includes(prefix)) {
    throw refuse(`Invalid entity type '${prefix}'. Valid entity types are ('attribute', 'tag', 'tags')`);
  }
  const by = Object.hasOwn(orders, key) ? orders[key] : undefined;
  if (by !== undefined) return by;
  throw refuse(`Invalid attribute key '${key}' specified. Valid keys are '${quoteSet(Object.keys(orders))}'`);
}

function wholeNumber(key: string, test: NumberTest): NumberTest {
  if (Number.isInteger(test.number)) return test;
  throw refuse(`Invalid value for numeric attribute '${key}': '${test.number}'`);
}

const textComparators = quoteSet(["!=", "=", "LIKE", "ILIKE", "IN", "NOT IN"]);
const textRefusals: Refusals = {
  value: (spelling) => refuse(`Expected a quoted string value for attributes. Got value ${spelling}`),
  comparator: (comparator) => refuse(`Invalid comparator '${comparator}' not one of '${textComparators}'`),
};
const tagRefusals: Refusals = {
  value: (spelling) => refuse(`Expected a quoted string value for tag (e.g. 'my-value'). Got value ${spelling}`),
  comparator: (comparator) => refuse(`Invalid comparator for tag: ${comparator}`),
};
const numberRefusals = (key: string): Refusals => ({
  value: (spelling) => refuse(`Expected numeric value type for numeric attribute: ${key}. Found ${spelling}`),
  comparator: (comparator) => refuse(`Invalid comparator for attribute: ${comparator}`),
});

/** Reads sort keys such as `name ASC`. */
export function toExperimentOrder(texts: readonly string[]): ExperimentOrder[] {
  return texts.map((text) => {
    const { of, ascending } = parseOrder(text, refuse);
    if (isTag(of.prefix)) throw refuse("Invalid order_by entity: tag");
    return { by: attributeOf(of.prefix, of.key), ascending };
  });
}
