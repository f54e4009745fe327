import type { TextTest } from "#base/db/text-test.js";
import type { Comparator, Comparison, Filter, FilterValue, Identifier } from "#base/filter/filter.js";
import { parseFilter } from "#base/filter/parse.js";
import { trackingErrors } from "../errors.js";

export type { TextTest };

export interface NumberTest {
  readonly op: "=" | "!=" | "<" | "<=" | ">" | ">=";
  readonly number: number;
}

/** Attributes of a run that hold text. */
export type TextAttribute = "run_id" | "name" | "user_name" | "status" | "artifact_uri";
/** Attributes of a run that hold an instant. */
export type NumberAttribute = "start_time" | "end_time";

/** A filter with its words understood: what is asked of a run. */
export type Condition =
  | { readonly on: "and" | "or"; readonly parts: readonly Condition[] }
  | { readonly on: "not"; readonly part: Condition }
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
  | { readonly on: "dataset"; readonly field: "name" | "digest" | "context"; readonly test: TextTest };

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
  return filter === undefined ? undefined : resolve(filter);
}

function resolve(filter: Filter): Condition {
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

/** Which kind of thing a prefix names; a bare name is an attribute. */
export function entityOf(of: Identifier): Entity {
  const entity = of.prefix === undefined ? "attributes" : entities[of.prefix];
  if (entity === undefined) {
    throw refuse(
      `Invalid entity type '${of.prefix}'. Valid values are ['metric', 'parameter', 'tag', 'attribute', 'dataset']`,
    );
  }
  return entity;
}

function resolveComparison(comparison: Comparison): Condition {
  const { of } = comparison;
  const entity = entityOf(of);
  if (comparison.kind === "null") {
    if (entity === "attributes" || entity === "datasets") {
      throw refuse(`IS NULL / IS NOT NULL is only supported for tags and params, not for '${entity}' '${of.key}'`);
    }
    return { on: "present", kind: entity, key: of.key, present: comparison.negated };
  }
  switch (entity) {
    case "metrics":
      return { on: "metrics", key: of.key, test: numberTest(comparison, () => expected("metric", comparison)) };
    case "params":
    case "tags":
      return { on: entity, key: of.key, test: textTest(comparison, entity === "params" ? "parameter" : "tag") };
    case "datasets": {
      if (of.key !== "name" && of.key !== "digest" && of.key !== "context") {
        throw refuse(`Invalid dataset key '${of.key}' specified. Valid keys are '{'name', 'digest', 'context'}'`);
      }
      return { on: "dataset", field: of.key, test: textTest(comparison, "dataset attributes") };
    }
    case "attributes":
      return resolveAttribute(comparison);
  }
}

function resolveAttribute(comparison: Exclude<Comparison, { kind: "null" }>): Condition {
  const { key } = comparison.of;
  const numeric = numberAttributes[key];
  if (numeric !== undefined) {
    const test = numberTest(comparison, () => expected(`numeric attribute: ${key}`, comparison));
    return { on: "number", attribute: numeric, test };
  }
  const attribute = textAttributes[key];
  if (attribute === undefined) {
    throw refuse(
      `Invalid attribute key '${key}' specified. Valid keys are '{${searchable.map((name) => `'${name}'`).join(", ")}}'`,
    );
  }
  const test = textTest(comparison, "attributes");
  if (attribute === "run_id" && "texts" in test) {
    // Run ids are lower-case hex; MLflow drops others from lists.
    return {
      on: "text",
      attribute,
      test: { op: test.op, texts: test.texts.filter((text) => text === text.toLowerCase()) },
    };
  }
  return { on: "text", attribute, test };
}

const comparators: readonly Comparator[] = ["=", "!=", "<", "<=", ">", ">="];

function numberTest(comparison: Exclude<Comparison, { kind: "null" }>, wrong: () => Error): NumberTest {
  if (comparison.kind === "in" || !comparators.includes(comparison.with)) {
    throw badComparator(comparison, [">", ">=", "!=", "=", "<", "<="]);
  }
  const value = toNumber(comparison.value);
  if (value === undefined) throw wrong();
  return { op: comparison.with as NumberTest["op"], number: value };
}

function toNumber(value: FilterValue): number | undefined {
  return value.kind === "number" ? Number(value.spelling) : undefined;
}

function textTest(comparison: Exclude<Comparison, { kind: "null" }>, what: string): TextTest {
  if (comparison.kind === "in") {
    return { op: comparison.negated ? "NOT IN" : "IN", texts: comparison.values.map((value) => toText(value, what)) };
  }
  const op = comparison.with;
  if (op !== "=" && op !== "!=" && op !== "LIKE" && op !== "ILIKE") {
    throw badComparator(comparison, ["!=", "=", "LIKE", "ILIKE"]);
  }
  return { op, text: toText(comparison.value, what) };
}

function toText(value: FilterValue, what: string): string {
  if (value.kind === "text") return value.text;
  throw refuse(
    what === "parameter" || what === "tag"
      ? `Expected a quoted string value for ${what} (e.g. 'my-value'). Got value ${value.spelling}`
      : `Expected a quoted string value for ${what}. Got value ${value.spelling}`,
  );
}

function expected(what: string, comparison: Exclude<Comparison, { kind: "null" }>): Error {
  const value = comparison.kind === "compare" ? comparison.value : undefined;
  const spelling = value === undefined ? "a list" : value.kind === "number" ? value.spelling : `'${value.text}'`;
  return refuse(`Expected numeric value type for ${what}. Found ${spelling}`);
}

function badComparator(comparison: Exclude<Comparison, { kind: "null" }>, valid: readonly string[]): Error {
  const comparator = comparison.kind === "in" ? (comparison.negated ? "NOT IN" : "IN") : comparison.with;
  return refuse(`Invalid comparator '${comparator}' not one of '{${valid.map((one) => `'${one}'`).join(", ")}}'`);
}
