import type { TextTest } from "#base/db/text-test.js";
import type { Comparison, FilterValue } from "#base/filter/filter.js";
import { parseFilter } from "#base/filter/parse.js";
import {
  type NumberTest,
  type Refusals,
  type Tree,
  toNumberTest,
  toTextTest,
  toTree,
  type ValueComparison,
} from "#base/filter/tests.js";
import { refuse } from "./condition.js";

export type ModelTextAttribute = "name" | "model_id" | "model_type" | "status" | "source_run_id";
export type ModelNumberAttribute = "created_at" | "updated_at";

/** What is asked of a logged model. */
export type ModelCondition = Tree<
  | { readonly on: "text"; readonly attribute: ModelTextAttribute; readonly test: TextTest }
  | { readonly on: "number"; readonly attribute: ModelNumberAttribute; readonly test: NumberTest }
  | { readonly on: "metrics"; readonly key: string; readonly test: NumberTest }
  | { readonly on: "params" | "tags"; readonly key: string; readonly test: TextTest }
  | {
      readonly on: "present";
      readonly kind: "metrics" | "params" | "tags";
      readonly key: string;
      readonly present: boolean;
    }
>;

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
  return filter === undefined ? undefined : toTree(filter, resolve);
}

function resolve(comparison: Comparison): ModelCondition {
  const { prefix, key } = comparison.of;
  if (prefix === "metrics" || prefix === "params" || prefix === "tags") {
    if (comparison.kind === "null") return { on: "present", kind: prefix, key, present: comparison.negated };
    const refusals = refusalsOf(`${prefix}.${key}`, prefix === "metrics");
    return prefix === "metrics"
      ? { on: "metrics", key, test: toNumberTest(comparison, refusals) }
      : { on: prefix, key, test: toTextTest(quoted(comparison), refusals) };
  }
  if (prefix !== undefined && prefix !== "attributes") {
    throw refuse(`Invalid entity type: '${prefix}'. Expected one of ['attributes', 'metrics', 'params', 'tags'].`);
  }
  if (comparison.kind === "null") throw refuse(`IS NULL / IS NOT NULL is not supported for attribute '${key}'`);
  const number = numbers[key];
  if (number !== undefined) {
    return { on: "number", attribute: number, test: toNumberTest(comparison, refusalsOf(`attributes.${key}`, true)) };
  }
  const attribute = texts[key];
  if (attribute === undefined) throw refuse(`Invalid attribute key: '${key}'. Valid keys are ${validKeys()}`);
  const test = toTextTest(quoted(comparison), refusalsOf(`attributes.${key}`, false));
  return { on: "text", attribute, test: attribute === "status" ? withoutPrefix(test) : test };
}

/** Texts may stand without quotes when they look like numbers, as in `params.lr = 0.01`. */
function quoted(comparison: ValueComparison): ValueComparison {
  const text = (value: FilterValue): FilterValue =>
    value.kind === "number" ? { kind: "text", text: value.spelling } : value;
  return comparison.kind === "in"
    ? { ...comparison, values: comparison.values.map(text) }
    : { ...comparison, value: text(comparison.value) };
}

function refusalsOf(name: string, numeric: boolean): Refusals {
  const operators = numeric ? "('<', '<=', '>', '>=', '=', '!=')" : "('=', '!=', 'LIKE', 'ILIKE', 'IN', 'NOT IN')";
  return {
    value: (spelling) =>
      refuse(`Expected a ${numeric ? "numeric" : "quoted string"} value for ${name}. Got value ${spelling}`),
    comparator: (comparator) =>
      refuse(`Invalid comparison operator for ${name}: '${comparator}'. Expected one of ${operators}.`),
  };
}

/** MLflow writes a status as LOGGED_MODEL_READY on the wire and READY in filters; both are taken. */
function withoutPrefix(test: TextTest): TextTest {
  const strip = (text: string) => text.replace(/^LOGGED_MODEL_/, "");
  return "texts" in test ? { op: test.op, texts: test.texts.map(strip) } : { op: test.op, text: strip(test.text) };
}

function validKeys(): string {
  return `[${[...Object.keys(texts), ...Object.keys(numbers)].map((name) => `'${name}'`).join(", ")}]`;
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
  const entity = /^(params|tags|attributes)\./.test(field.name) ? ". Only metrics are supported." : "";
  throw refuse(`Invalid order by field name: ${field.name}${entity}`);
}
