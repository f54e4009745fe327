import type { TextTest } from "#base/db/text-test.js";
import type { Comparison, Identifier } from "#base/filter/filter.js";
import { parseFilter } from "#base/filter/parse.js";
import {
  type NumberTest,
  quoteSet,
  type Refusals,
  type Tree,
  toNumberTest,
  toTextTest,
  toTree,
  type ValueComparison,
} from "#base/filter/tests.js";
import { trackingErrors } from "../errors.js";

export type { NumberTest, TextTest };

/** Attributes of a run that hold text. */
export type TextAttribute = "run_id" | "name" | "user_name" | "status" | "artifact_uri";
/** Attributes of a run that hold an instant. */
export type NumberAttribute = "start_time" | "end_time";

/** A filter with its words understood: what is asked of a run. */
export type Condition = Tree<
  | { readonly on: "metrics"; readonly key: string; readonly test: NumberTest }
  | { readonly on: "params" | "tags"; readonly key: string; readonly test: TextTest }
  | {
      readonly on: "present";
      readonly kind: "params" | "tags" | "metrics";
      readonly key: string;
      readonly present: boolean;
    }
  | { readonly on: "text"; readonly attribute: TextAttribute; readonly test: TextTest }
  | { readonly on: "number"; readonly attribute: NumberAttribute; readonly test: NumberTest }
  | { readonly on: "dataset"; readonly field: "name" | "digest" | "context"; readonly test: TextTest }
>;

export type Entity = "metrics" | "params" | "tags" | "attributes" | "datasets";

const entities: Record<string, Entity> = {
  metric: "metrics",
  metrics: "metrics",
  param: "params",
  params: "params",
  parameter: "params",
  parameters: "params",
  tag: "tags",
  tags: "tags",
  attribute: "attributes",
  attributes: "attributes",
  attr: "attributes",
  run: "attributes",
  dataset: "datasets",
  datasets: "datasets",
};

const textAttributes: Record<string, TextAttribute> = {
  run_id: "run_id",
  run_name: "name",
  "run name": "name",
  "Run name": "name",
  "Run Name": "name",
  user_id: "user_name",
  status: "status",
  artifact_uri: "artifact_uri",
};

const numberAttributes: Record<string, NumberAttribute> = {
  start_time: "start_time",
  created: "start_time",
  Created: "start_time",
  end_time: "end_time",
};

const searchable = [...Object.keys(textAttributes), ...Object.keys(numberAttributes)];

export function refuse(problem: string): Error {
  return trackingErrors.TRACKING_FILTER_INVALID({ problem });
}

/** Reads a filter over runs; undefined for the empty text. */
export function toCondition(text: string): Condition | undefined {
  const filter = parseFilter(text, refuse);
  return filter === undefined ? undefined : toTree(filter, resolve);
}

/** Which kind of thing a prefix names; a bare name is an attribute. */
export function entityOf(of: Identifier): Entity {
  const entity =
    of.prefix === undefined ? "attributes" : Object.hasOwn(entities, of.prefix) ? entities[of.prefix] : undefined;
  if (entity === undefined) {
    throw refuse(
      `Invalid entity type '${of.prefix}'. Valid values are ['metric', 'parameter', 'tag', 'attribute', 'dataset']`,
    );
  }
  return entity;
}

function resolve(comparison: Comparison): Condition {
  const { of } = comparison;
  const entity = entityOf(of);
  if (entity === "datasets") checkDatasetKey(of.key);
  if (comparison.kind === "null") {
    if (entity === "attributes" || entity === "datasets") {
      if (entity === "attributes") checkAttribute(of.key);
      throw refuse(
        `IS NULL / IS NOT NULL is only supported for tags and params, not for '${entity === "datasets" ? "dataset" : "attribute"}' '${of.key}'`,
      );
    }
    return { on: "present", kind: entity, key: of.key, present: comparison.negated };
  }
  switch (entity) {
    case "metrics":
      return { on: "metrics", key: of.key, test: toNumberTest(comparison, metricRefusals) };
    case "params":
    case "tags":
      return { on: entity, key: of.key, test: toTextTest(comparison, entity === "tags" ? tagRefusals : paramRefusals) };
    case "datasets":
      return { on: "dataset", field: of.key as "name", test: toTextTest(comparison, datasetRefusals) };
    case "attributes":
      return resolveAttribute(comparison);
  }
}

function checkDatasetKey(key: string): void {
  if (key === "name" || key === "digest" || key === "context") return;
  throw refuse(`Invalid dataset key '${key}' specified. Valid keys are '${quoteSet(["name", "digest", "context"])}'`);
}

function checkAttribute(key: string): void {
  if (Object.hasOwn(numberAttributes, key) || Object.hasOwn(textAttributes, key)) return;
  throw refuse(`Invalid attribute key '${key}' specified. Valid keys are '${quoteSet(searchable)}'`);
}

function resolveAttribute(comparison: ValueComparison): Condition {
  const { key } = comparison.of;
  checkAttribute(key);
  const numeric = numberAttributes[key];
  if (numeric !== undefined) {
    return { on: "number", attribute: numeric, test: toNumberTest(comparison, instantRefusals(key)) };
  }
  const attribute = textAttributes[key] as TextAttribute;
  const test = toTextTest(comparison, attributeRefusals);
  if (attribute === "run_id" && "texts" in test) {
    // Run ids are lower-case hex; MLflow drops others from lists.
    const texts = test.texts.filter((text) => text === text.toLowerCase());
    return { on: "text", attribute, test: { op: test.op, texts } };
  }
  return { on: "text", attribute, test };
}

const numberComparators = [">", ">=", "!=", "=", "<", "<="];
const textComparators = ["!=", "=", "LIKE", "ILIKE"];

/** MLflow closes the quote for some kinds and forgets it for others; its texts are kept as they are. */
function notOneOf(comparators: readonly string[], end: "'" | ""): Refusals["comparator"] {
  return (comparator) => refuse(`Invalid comparator '${comparator}' not one of '${quoteSet(comparators)}${end}`);
}

const metricRefusals: Refusals = {
  value: (spelling) => refuse(`Expected numeric value type for metric. Found ${spelling}`),
  comparator: notOneOf(numberComparators, ""),
};
const instantRefusals = (key: string): Refusals => ({
  value: (spelling) => refuse(`Expected numeric value type for numeric attribute: ${key}. Found ${spelling}`),
  comparator: notOneOf([...textComparators, "IN", "NOT IN"], ""),
});
const paramRefusals: Refusals = {
  value: (spelling) => refuse(`Expected a quoted string value for parameter (e.g. 'my-value'). Got value ${spelling}`),
  comparator: notOneOf([...textComparators, "IS NULL", "IS NOT NULL"], "'"),
};
const tagRefusals: Refusals = {
  value: (spelling) => refuse(`Expected a quoted string value for tag (e.g. 'my-value'). Got value ${spelling}`),
  comparator: notOneOf([...textComparators, "IS NULL", "IS NOT NULL"], ""),
};
const attributeRefusals: Refusals = {
  value: (spelling) => refuse(`Expected a quoted string value for attributes. Got value ${spelling}`),
  comparator: notOneOf([...textComparators, "IN", "NOT IN"], "'"),
};
const datasetRefusals: Refusals = {
  value: (spelling) => refuse(`Expected a quoted string value for dataset attributes. Got value ${spelling}`),
  comparator: notOneOf([...textComparators, "IN", "NOT IN"], ""),
};
