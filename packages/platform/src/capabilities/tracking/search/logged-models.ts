import type { Comparison, Filter, FilterValue } from "#base/filter/filter.js";
import { parseFilter } from "#base/filter/parse.js";
import { type NumberTest, refuse, type TextTest } from "./condition.js";

export type ModelTextAttribute = "name" | "model_id" | "model_type" | "status" | "source_run_id";
export type ModelNumberAttribute = "created_at" | "updated_at";

/** What is asked of a logged model. */
export type ModelCondition =
  | { readonly on: "and" | "or"; readonly parts: readonly ModelCondition[] }
  | { readonly on: "not"; readonly part: ModelCondition }
  | { readonly on: "text"; readonly attribute: ModelTextAttribute; readonly test: TextTest }
  | { readonly on: "number"; readonly attribute: ModelNumberAttribute; readonly test: NumberTest }
  | { readonly on: "metrics"; readonly key: string; readonly test: NumberTest }
  | { readonly on: "params" | "tags"; readonly key: string; readonly test: TextTest }
  | {
      readonly on: "present";
      readonly kind: "metrics" | "params" | "tags";
      readonly key: string;
      readonly present: boolean;
    };

export type ModelOrder =
  | {
      readonly by: "attribute";
      readonly attribute: ModelTextAttribute | ModelNumberAttribute;
      readonly ascending: boolean;
    }
  | {
      readonly by: "metric";
      readonly key: string;
      readonly ascending: boolean;
      readonly datasets: readonly { name: string; digest: string | undefined }[];
    };

const texts: Record<string, ModelTextAttribute> = {
  name: "name",
  model_name: "name",
  model_id: "model_id",
  model_type: "model_type",
  status: "status",
  source_run_id: "source_run_id",
};
const numbers: Record<string, ModelNumberAttribute> = {
  creation_timestamp: "created_at",
  creation_time: "created_at",
  last_updated_timestamp: "updated_at",
  last_updated_time: "updated_at",
};

/** Reads a filter over logged models; undefined for the empty text. */
export function toModelCondition(text: string): ModelCondition | undefined {
  const filter = parseFilter(text, refuse);
  return filter === undefined ? undefined : resolve(filter);
}

function resolve(filter: Filter): ModelCondition {
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

function resolveComparison(comparison: Comparison): ModelCondition {
  const { prefix, key } = comparison.of;
  if (prefix === "metrics" || prefix === "params" || prefix === "tags") {
    if (comparison.kind === "null") return { on: "present", kind: prefix, key, present: comparison.negated };
    return prefix === "metrics"
      ? { on: "metrics", key, test: toNumberTest(comparison) }
      : { on: prefix, key, test: toTextTest(comparison) };
  }
  if (prefix !== undefined && prefix !== "attributes") {
    throw refuse(`Invalid entity type: '${prefix}'. Expected one of ['attributes', 'metrics', 'params', 'tags'].`);
  }
  if (comparison.kind === "null") throw refuse(`IS NULL / IS NOT NULL is not supported for attribute '${key}'`);
  const number = numbers[key];
  if (number !== undefined) return { on: "number", attribute: number, test: toNumberTest(comparison) };
  const attribute = texts[key];
  if (attribute === undefined) throw refuse(`Invalid attribute key: '${key}'. Valid keys are ${validKeys()}`);
  const test = toTextTest(comparison);
  return { on: "text", attribute, test: attribute === "status" ? withoutPrefix(test) : test };
}

/** MLflow writes a status as LOGGED_MODEL_READY on the wire and READY in filters; both are taken. */
function withoutPrefix(test: TextTest): TextTest {
  const strip = (text: string) => text.replace(/^LOGGED_MODEL_/, "");
  return "texts" in test ? { op: test.op, texts: test.texts.map(strip) } : { op: test.op, text: strip(test.text) };
}

function validKeys(): string {
  return `[${[...Object.keys(texts), ...Object.keys(numbers)].map((name) => `'${name}'`).join(", ")}]`;
}

function toNumberTest(comparison: Exclude<Comparison, { kind: "null" }>): NumberTest {
  if (comparison.kind === "in" || comparison.with === "LIKE" || comparison.with === "ILIKE") {
    throw refuse(`Invalid comparison operator for '${comparison.of.key}': a number takes =, !=, <, <=, > and >=.`);
  }
  if (comparison.value.kind !== "number") {
    throw refuse(`Expected a numeric value for '${comparison.of.key}'. Got '${comparison.value.text}'`);
  }
  return { op: comparison.with, number: Number(comparison.value.spelling) };
}

function toTextTest(comparison: Exclude<Comparison, { kind: "null" }>): TextTest {
  const text = (value: FilterValue): string => {
    if (value.kind === "text") return value.text;
    throw refuse(`Expected a quoted string value for '${comparison.of.key}'. Got ${value.spelling}`);
  };
  if (comparison.kind === "in") return { op: comparison.negated ? "NOT IN" : "IN", texts: comparison.values.map(text) };
  const op = comparison.with;
  if (op === "=" || op === "!=" || op === "LIKE" || op === "ILIKE") return { op, text: text(comparison.value) };
  throw refuse(
    `Invalid comparison operator for '${comparison.of.key}': a text takes =, !=, LIKE, ILIKE, IN and NOT IN.`,
  );
}

/** Reads one sort key as MLflow sends it: a field name, a direction, and for metrics the dataset they are of. */
export function toModelOrder(field: {
  name: string;
  ascending: boolean;
  datasetName: string | undefined;
  datasetDigest: string | undefined;
}): ModelOrder {
  const name = field.name.replace(/^attributes\./, "");
  const attribute = texts[name] ?? numbers[name];
  if (attribute !== undefined) return { by: "attribute", attribute, ascending: field.ascending };
  if (name.startsWith("metrics.")) {
    const datasets = field.datasetName === undefined ? [] : [{ name: field.datasetName, digest: field.datasetDigest }];
    return { by: "metric", key: name.slice("metrics.".length), ascending: field.ascending, datasets };
  }
  throw refuse(`Invalid order by field name: ${field.name}. Valid keys are ${validKeys()} and 'metrics.<key>'`);
}
