import type { Comparison, Filter, Identifier } from "#base/filter/filter.js";
import { parseFilter, toIdentifier } from "#base/filter/parse.js";
import { tokenize } from "#base/filter/tokens.js";
import { traceKeys } from "../model/trace.js";
import { type NumberTest, refuse, type TextTest } from "./condition.js";

export type TraceText = "trace_id" | "state" | "name" | "client_request_id";
export type TraceNumber = "started_at" | "duration" | "ended_at";

/** What is asked of a trace. */
export type TraceCondition =
  | { readonly on: "and" | "or"; readonly parts: readonly TraceCondition[] }
  | { readonly on: "not"; readonly part: TraceCondition }
  | { readonly on: "text"; readonly attribute: TraceText; readonly test: TextTest }
  | { readonly on: "number"; readonly attribute: TraceNumber; readonly test: NumberTest }
  | { readonly on: "tags" | "metadata"; readonly key: string; readonly test: TextTest }
  | { readonly on: "present"; readonly kind: "tags" | "metadata"; readonly key: string; readonly present: boolean }
  | { readonly on: "run"; readonly test: TextTest }
  | { readonly on: "span"; readonly field: "name" | "type" | "status" | "body"; readonly test: TextTest }
  | { readonly on: "span-attribute"; readonly key: string; readonly test: TextTest }
  | {
      readonly on: "assessment";
      readonly kind: "feedback" | "expectation" | "issue";
      readonly name: string;
      readonly test: { readonly text: TextTest } | { readonly number: NumberTest } | { readonly present: boolean };
    };

export interface TraceOrder {
  readonly by:
    | TraceText
    | TraceNumber
    | "experiment_id"
    | "run"
    | { readonly on: "tags" | "metadata"; readonly key: string };
  readonly ascending: boolean;
}

type Entity = "attribute" | "tags" | "metadata" | "span" | "feedback" | "expectation" | "issue";

const entities: Readonly<Record<string, Entity>> = {
  attribute: "attribute",
  attributes: "attribute",
  trace: "attribute",
  tag: "tags",
  tags: "tags",
  metadata: "metadata",
  request_metadata: "metadata",
  span: "span",
  feedback: "feedback",
  expectation: "expectation",
  issue: "issue",
};

const numbers: Readonly<Record<string, TraceNumber>> = {
  timestamp: "started_at",
  timestamp_ms: "started_at",
  execution_time: "duration",
  execution_time_ms: "duration",
  end_time: "ended_at",
  end_time_ms: "ended_at",
};
const texts: Readonly<Record<string, TraceText>> = {
  request_id: "trace_id",
  trace_id: "trace_id",
  status: "state",
  state: "state",
  name: "name",
  client_request_id: "client_request_id",
};

const quoted = (names: readonly string[]) => `{${names.map((name) => `'${name}'`).join(", ")}}`;
const filterKeys = quoted([...Object.keys(numbers), ...Object.keys(texts), "run_id", "prompt", "text"]);
const orderKeys = quoted([...Object.keys(numbers), "status", "request_id", "name", "run_id", "experiment_id"]);

/** Reads a filter over traces; undefined for the empty text. */
export function toTraceCondition(text: string): TraceCondition | undefined {
  const filter = parseFilter(text, refuse);
  return filter === undefined ? undefined : resolve(filter);
}

function resolve(filter: Filter): TraceCondition {
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

function entityOf(of: Identifier): Entity {
  const entity = of.prefix === undefined ? "attribute" : entities[of.prefix];
  if (entity === undefined) {
    throw refuse(`Invalid entity type '${of.prefix}'. Valid values are ${quoted(Object.keys(entities))}`);
  }
  return entity;
}

function resolveComparison(comparison: Comparison): TraceCondition {
  const { of } = comparison;
  const entity = entityOf(of);
  switch (entity) {
    case "tags":
    case "metadata":
      return textsOf(entity, of.key, comparison);
    case "span":
      return resolveSpan(comparison);
    case "feedback":
    case "expectation":
    case "issue":
      return { on: "assessment", kind: entity, ...assessmentTest(entity, comparison) };
    case "attribute":
      return resolveAttribute(comparison);
  }
}

function textsOf(kind: "tags" | "metadata", key: string, comparison: Comparison): TraceCondition {
  if (comparison.kind === "null") return { on: "present", kind, key, present: comparison.negated };
  if (kind === "tags" && key === traceKeys.name) {
    return { on: "text", attribute: "name", test: textTest(comparison) };
  }
  if (kind === "metadata" && key === traceKeys.sourceRun) return { on: "run", test: textTest(comparison) };
  return { on: kind, key, test: textTest(comparison) };
}

function resolveAttribute(comparison: Comparison): TraceCondition {
  const { key } = comparison.of;
  if (comparison.kind === "null")
    throw refuse(`IS NULL / IS NOT NULL is only supported for tags and metadata, not for '${key}'`);
  const number = numbers[key];
  if (number !== undefined) return { on: "number", attribute: number, test: numberTest(comparison) };
  const attribute = texts[key];
  if (attribute !== undefined) return { on: "text", attribute, test: textTest(comparison) };
  if (key === "run_id") return { on: "run", test: textTest(comparison) };
  if (key === "prompt") return { on: "tags", key: traceKeys.linkedPrompts, test: promptTest(comparison) };
  if (key === "text") return { on: "span", field: "body", test: contentTest(comparison) };
  throw refuse(`Invalid attribute key '${key}' specified. Valid keys are '${filterKeys}'`);
}

/** A prompt is asked for as `name/version`; the tag holds a list of both. */
function promptTest(comparison: Exclude<Comparison, { kind: "null" }>): TextTest {
  const test = textTest(comparison);
  if (!("text" in test) || test.op !== "=") {
    throw refuse(`Invalid comparator for 'prompt': a prompt is asked for as prompt = 'name/version'.`);
  }
  const at = test.text.lastIndexOf("/");
  if (at < 1) throw refuse(`Invalid prompt '${test.text}'. Expected 'name/version'.`);
  const name = JSON.stringify(test.text.slice(0, at));
  const version = JSON.stringify(test.text.slice(at + 1));
  return { op: "LIKE", text: `%{"name": ${name}, "version": ${version}}%` };
}

function resolveSpan(comparison: Comparison): TraceCondition {
  const { key } = comparison.of;
  if (comparison.kind === "null") throw refuse(`IS NULL / IS NOT NULL is not supported for span.${key}`);
  if (key === "name" || key === "type" || key === "status")
    return { on: "span", field: key, test: textTest(comparison) };
  if (key === "content") return { on: "span", field: "body", test: contentTest(comparison) };
  if (key.startsWith("attributes.")) {
    const name = key.slice("attributes.".length);
    if (name === "") throw refuse("Span attribute name cannot be empty after 'attributes.'");
    return { on: "span-attribute", key: name, test: textTest(comparison) };
  }
  throw refuse(
    `Invalid span attribute '${key}'. Supported attributes: name, status, type, attributes.<attribute_name>.`,
  );
}

function contentTest(comparison: Exclude<Comparison, { kind: "null" }>): TextTest {
  const test = textTest(comparison);
  if (test.op === "LIKE" || test.op === "ILIKE") return test;
  throw refuse(`Invalid comparator '${test.op}' for '${comparison.of.key}': it takes LIKE and ILIKE.`);
}

function assessmentTest(kind: Entity, comparison: Comparison) {
  const name = comparison.of.key;
  if (name === "") throw refuse("Assessment field name cannot be empty");
  if (kind === "issue" && name === "id" && comparison.kind === "compare" && comparison.value.kind === "text") {
    return { name: comparison.value.text, test: { present: true } };
  }
  if (comparison.kind === "null") return { name, test: { present: comparison.negated } };
  if (comparison.kind === "compare") {
    if (comparison.value.kind === "number") return { name, test: { number: numberTest(comparison) } };
    // MLflow's own clients quote numbers too.
    if (["<", "<=", ">", ">="].includes(comparison.with)) {
      const number = Number(comparison.value.text);
      if (comparison.value.text.trim() === "" || Number.isNaN(number))
        throw refuse(`Expected a numeric value for '${name}'. Found '${comparison.value.text}'`);
      return { name, test: { number: { op: comparison.with as NumberTest["op"], number } } };
    }
  }
  return { name, test: { text: textTest(comparison) } };
}

function numberTest(comparison: Exclude<Comparison, { kind: "null" }>): NumberTest {
  if (comparison.kind === "in" || comparison.with === "LIKE" || comparison.with === "ILIKE") {
    const given = comparison.kind === "in" ? (comparison.negated ? "NOT IN" : "IN") : comparison.with;
    throw refuse(`Invalid comparator '${given}' not one of '${quoted([">", ">=", "!=", "=", "<", "<="])}'`);
  }
  if (comparison.value.kind !== "number") {
    throw refuse(
      `Expected numeric value type for numeric attribute: ${comparison.of.key}. Found '${comparison.value.text}'`,
    );
  }
  return { op: comparison.with, number: Number(comparison.value.spelling) };
}

function textTest(comparison: Exclude<Comparison, { kind: "null" }>): TextTest {
  const text = (value: { kind: "text"; text: string } | { kind: "number"; spelling: string }) => {
    if (value.kind === "text") return value.text;
    throw refuse(`Expected a quoted string value for '${comparison.of.key}'. Got value ${value.spelling}`);
  };
  if (comparison.kind === "in") return { op: comparison.negated ? "NOT IN" : "IN", texts: comparison.values.map(text) };
  const op = comparison.with;
  if (op === "=" || op === "!=" || op === "LIKE" || op === "ILIKE") return { op, text: text(comparison.value) };
  throw refuse(`Invalid comparator '${op}' not one of '${quoted(["LIKE", "ILIKE", "!=", "=", "IN", "NOT IN"])}'`);
}

/** Reads sort keys such as `timestamp_ms DESC`, `tags.team` or `metadata.cost ASC`. */
export function toTraceOrder(given: readonly string[]): TraceOrder[] {
  return given.map((text) => {
    const wrong = () => refuse(`Invalid order_by clause '${text}'. Could not be parsed.`);
    const [first, second, ...rest] = tokenize(text, wrong);
    if (first === undefined || rest.length > 0) throw wrong();
    if (second !== undefined && !(second.kind === "word" && /^(asc|desc)$/i.test(second.text))) {
      throw refuse(`Invalid ordering key in order_by clause '${text}'.`);
    }
    const of =
      first.kind === "word"
        ? toIdentifier(first.text)
        : first.kind === "quoted"
          ? { prefix: first.prefix === "" ? undefined : first.prefix, key: first.text }
          : undefined;
    if (of === undefined) throw wrong();
    const ascending = second?.kind !== "word" || second.text.toLowerCase() === "asc";
    return { by: orderBy(of), ascending };
  });
}

function orderBy(of: Identifier): TraceOrder["by"] {
  const entity = entityOf(of);
  if (entity === "tags" && of.key === traceKeys.name) return "name";
  if (entity === "tags" || entity === "metadata") return { on: entity, key: of.key };
  const found = numbers[of.key] ?? texts[of.key];
  if (entity === "attribute" && found !== undefined) return found;
  if (entity === "attribute" && of.key === "experiment_id") return "experiment_id";
  if (entity === "attribute" && of.key === "run_id") return "run";
  throw refuse(`Invalid attribute key '${of.key}' specified. Valid keys are '${orderKeys}'`);
}
