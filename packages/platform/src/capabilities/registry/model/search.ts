import type { TextTest } from "#base/db/text-test.js";
import { type Comparison, comparisons, type Filter, type FilterValue } from "#base/filter/filter.js";
import { parseFilter } from "#base/filter/parse.js";
import { registryErrors } from "../errors.js";

/** What is asked of a model or a version. */
export type Condition =
  | { readonly on: "and" | "or"; readonly parts: readonly Condition[] }
  | { readonly on: "not"; readonly part: Condition }
  | { readonly on: "text"; readonly attribute: "name" | "run_id" | "source"; readonly test: TextTest }
  | { readonly on: "version"; readonly op: "=" | "!=" | "<" | "<=" | ">" | ">="; readonly number: number }
  | { readonly on: "alias"; readonly test: TextTest }
  | { readonly on: "tag"; readonly key: string; readonly test: TextTest }
  | { readonly on: "tagged"; readonly key: string; readonly present: boolean };

export interface Order {
  readonly by: "name" | "created_at" | "updated_at" | "version";
  readonly ascending: boolean;
}

export type Subject = "models" | "versions";

export const promptTag = "mlflow.prompt.is_prompt";

function refuse(problem: string): Error {
  return registryErrors.REGISTRY_FILTER_INVALID({ problem });
}

/**
 * Reads a filter. Prompts live among the models with a tag; a filter that does not speak of that tag leaves them out, as
 * MLflow does, and `!= 'true'` on it holds for models that lack it.
 */
export function toCondition(text: string, subject: Subject): Condition {
  const filter = parseFilter(text, refuse);
  const condition = filter === undefined ? undefined : resolve(filter, subject);
  const asksForPrompts =
    filter !== undefined && comparisons(filter).some((one) => isTag(one) && one.of.key === promptTag);
  if (asksForPrompts && condition !== undefined) return condition;
  const noPrompt = notTagged(promptTag, "true");
  return condition === undefined ? noPrompt : { on: "and", parts: [condition, noPrompt] };
}

function notTagged(key: string, text: string): Condition {
  return { on: "not", part: { on: "tag", key, test: { op: "=", text } } };
}

function isTag(comparison: Comparison): boolean {
  return comparison.of.prefix === "tag" || comparison.of.prefix === "tags";
}

function resolve(filter: Filter, subject: Subject): Condition {
  switch (filter.kind) {
    case "and":
    case "or":
      return { on: filter.kind, parts: filter.parts.map((part) => resolve(part, subject)) };
    case "not":
      return { on: "not", part: resolve(filter.part, subject) };
    default:
      return resolveComparison(filter, subject);
  }
}

const attributePrefixes: readonly (string | undefined)[] = [undefined, "attribute", "attributes", "attr"];

function resolveComparison(comparison: Comparison, subject: Subject): Condition {
  const { prefix, key } = comparison.of;
  if (isTag(comparison)) {
    if (comparison.kind === "null") return { on: "tagged", key, present: comparison.negated };
    const test = toTextTest(comparison, "tag");
    if (key === promptTag && test.op === "!=") return notTagged(key, test.text);
    return { on: "tag", key, test };
  }
  if (!attributePrefixes.includes(prefix)) {
    throw refuse(`Invalid entity type '${prefix}'. Valid values are ['tag', 'attribute']`);
  }
  if (comparison.kind === "null") throw refuse(`IS NULL / IS NOT NULL is only supported for tags, not for '${key}'`);
  if (key === "name") return { on: "text", attribute: "name", test: toTextTest(comparison, "attribute") };
  if (key === "alias") return { on: "alias", test: toTextTest(comparison, "attribute") };
  if (subject === "versions") {
    if (key === "run_id") return { on: "text", attribute: "run_id", test: toTextTest(comparison, "attribute") };
    if (key === "source_path") return { on: "text", attribute: "source", test: toTextTest(comparison, "attribute") };
    if (key === "version_number") return toVersionTest(comparison);
  }
  const valid = subject === "models" ? "'name'" : "'name', 'run_id', 'source_path', 'version_number'";
  throw refuse(`Invalid attribute key '${key}' specified. Valid keys are '{${valid}}'`);
}

function toVersionTest(comparison: Exclude<Comparison, { kind: "null" }>): Condition {
  if (comparison.kind === "in" || comparison.with === "LIKE" || comparison.with === "ILIKE") {
    throw refuse(`Invalid comparator for attribute version_number: ${nameOf(comparison)}`);
  }
  const { value } = comparison;
  const number = value.kind === "number" ? Number(value.spelling) : Number.NaN;
  if (!Number.isInteger(number)) {
    throw refuse(
      `Invalid value for numeric attribute 'version_number': ${value.kind === "number" ? value.spelling : `'${value.text}'`}`,
    );
  }
  return { on: "version", op: comparison.with, number };
}

function toTextTest(comparison: Exclude<Comparison, { kind: "null" }>, what: "tag" | "attribute"): TextTest {
  const text = (value: FilterValue): string => {
    if (value.kind === "text") return value.text;
    throw refuse(
      what === "tag"
        ? `Expected a quoted string value for tag (e.g. 'my-value'). Got value ${value.spelling}`
        : `Expected a quoted string value for attributes. Got value ${value.spelling}`,
    );
  };
  if (comparison.kind === "in") return { op: comparison.negated ? "NOT IN" : "IN", texts: comparison.values.map(text) };
  const op = comparison.with;
  if (op === "=" || op === "!=" || op === "LIKE" || op === "ILIKE") return { op, text: text(comparison.value) };
  throw refuse(`Invalid comparator for ${what}: ${op}`);
}

function nameOf(comparison: Exclude<Comparison, { kind: "null" }>): string {
  return comparison.kind === "in" ? (comparison.negated ? "NOT IN" : "IN") : comparison.with;
}

const orders: Record<string, Order["by"]> = {
  name: "name",
  creation_timestamp: "created_at",
  last_updated_timestamp: "updated_at",
  timestamp: "updated_at",
  version_number: "version",
};

/** Reads sort keys such as `name DESC`; a key named twice is refused. */
export function toOrder(texts: readonly string[], subject: Subject): Order[] {
  const seen = new Set<string>();
  return texts.map((text) => {
    const [name = "", direction = "asc", ...rest] = text.trim().replaceAll("`", "").split(/\s+/);
    if (rest.length > 0) throw refuse(`Invalid order_by clause '${text}'. Could not be parsed.`);
    if (!/^(asc|desc)$/i.test(direction)) throw refuse(`Invalid ordering key in order_by clause '${text}'.`);
    const by = orders[name.replace(/^(attribute|attributes|attr)\./, "")];
    if (by === undefined || (by === "version" && subject === "models")) {
      throw refuse(`Invalid order by key '${name}' specified. Valid keys are '{'name', 'timestamp'}'`);
    }
    if (seen.has(by)) throw refuse(`\`order_by\` contains duplicate fields: ${JSON.stringify(texts)}`);
    seen.add(by);
    return { by, ascending: direction.toLowerCase() === "asc" };
  });
}
