import type { TextTest } from "#base/db/text-test.js";
import { type Comparison, comparisons, type Identifier } from "#base/filter/filter.js";
import { parseOrder } from "#base/filter/order.js";
import { parseFilter } from "#base/filter/parse.js";
import {
  type NumberTest,
  quoteList,
  quoteSet,
  type Refusals,
  type Tree,
  toNumberTest,
  toTextTest,
  toTree,
  type ValueComparison,
} from "#base/filter/tests.js";
import { registryErrors } from "../errors.js";

/** What is asked of a model or a version. */
export type Condition = Tree<
  | { readonly on: "text"; readonly attribute: "name" | "run_id" | "source"; readonly test: TextTest }
  | ({ readonly on: "version" } & NumberTest)
  | { readonly on: "alias"; readonly test: TextTest }
  | { readonly on: "tag"; readonly key: string; readonly test: TextTest }
  | { readonly on: "tagged"; readonly key: string; readonly present: boolean }
>;

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
  const condition = filter === undefined ? undefined : toTree<Condition>(filter, (one) => resolve(one, subject));
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

/** MLflow takes `attribute` alone; the other spellings are those it takes for runs. */
const attributePrefixes: readonly (string | undefined)[] = [undefined, "attribute", "attributes", "attr"];
const searchKeys: Readonly<Record<Subject, readonly string[]>> = {
  models: ["name"],
  versions: ["name", "version_number", "run_id", "source_path"],
};

function resolve(comparison: Comparison, subject: Subject): Condition {
  const { prefix, key } = comparison.of;
  if (isTag(comparison)) {
    if (comparison.kind === "null") return { on: "tagged", key, present: comparison.negated };
    const test = toTextTest(comparison, tagRefusals);
    if (key === promptTag && test.op === "!=") return notTagged(key, test.text);
    if (key === promptTag && test.op === "=" && test.text === "false") return notTagged(key, "true");
    return { on: "tag", key, test };
  }
  checkPrefix(prefix);
  if (key !== "alias" && !searchKeys[subject].includes(key)) throw badKey(key, searchKeys[subject]);
  if (comparison.kind === "null") throw refuse(`IS NULL / IS NOT NULL is only supported for tags, not for '${key}'`);
  if (key === "alias") return { on: "alias", test: toTextTest(comparison, textRefusals) };
  if (key === "version_number")
    return { on: "version", ...wholeNumber(toNumberTest(unquoted(comparison), versionRefusals)) };
  const attribute = key === "source_path" ? "source" : (key as "name" | "run_id");
  return { on: "text", attribute, test: toTextTest(comparison, textRefusals) };
}

/** Version numbers are texts on the wire, and are taken in quotes too. */
function unquoted(comparison: ValueComparison): ValueComparison {
  if (comparison.kind === "in" || comparison.value.kind === "number" || !/^\d+$/.test(comparison.value.text)) {
    return comparison;
  }
  return { ...comparison, value: { kind: "number", spelling: comparison.value.text } };
}

function checkPrefix(prefix: string | undefined): void {
  if (attributePrefixes.includes(prefix)) return;
  throw refuse(`Invalid entity type '${prefix}'. Valid entity types are ('attribute', 'tag', 'tags')`);
}

function badKey(key: string, valid: readonly string[]): Error {
  return refuse(`Invalid attribute key '${key}' specified. Valid keys are '${quoteSet(valid)}'`);
}

function wholeNumber(test: NumberTest): NumberTest {
  if (Number.isInteger(test.number)) return test;
  throw refuse(`Invalid value for numeric attribute 'version_number': ${test.number}`);
}

const tagRefusals: Refusals = {
  value: (spelling) => refuse(`Expected a quoted string value for tag (e.g. 'my-value'). Got value ${spelling}`),
  comparator: (comparator) => refuse(`Invalid comparator for tag: ${comparator}`),
};
const versionRefusals: Refusals = {
  value: (spelling) => refuse(`Expected numeric value type for numeric attribute: version_number. Found ${spelling}`),
  comparator: (comparator) => refuse(`Invalid comparator for attribute version_number: ${comparator}`),
};
const textRefusals: Refusals = {
  value: (spelling) =>
    refuse(`Expected a quoted string value or a list of quoted string values for attributes. Got value ${spelling}`),
  comparator: (comparator) => refuse(`Invalid comparator for attribute: ${comparator}`),
};

const orders: Record<string, Order["by"]> = {
  name: "name",
  creation_timestamp: "created_at",
  last_updated_timestamp: "updated_at",
  timestamp: "updated_at",
  version_number: "version",
};

function badOrder(of: Identifier, subject: Subject): Error {
  const name = of.prefix === undefined ? of.key : `${of.prefix}.${of.key}`;
  return subject === "models"
    ? refuse(`Invalid order by key '${name}' specified. Valid keys are '{'name', 'timestamp'}'`)
    : badKey(name, ["name", "version_number", "creation_timestamp", "last_updated_timestamp"]);
}

/** Reads sort keys such as `name DESC`; a key named twice is refused. */
export function toOrder(texts: readonly string[], subject: Subject): Order[] {
  const seen = new Set<string>();
  return texts.map((text) => {
    const { of, ascending } = parseOrder(text, refuse);
    const by = attributePrefixes.includes(of.prefix) && Object.hasOwn(orders, of.key) ? orders[of.key] : undefined;
    if (by === undefined || (by === "version" && subject === "models")) {
      throw badOrder(of, subject);
    }
    if (seen.has(by)) throw refuse(`\`order_by\` contains duplicate fields: ${quoteList(texts)}`);
    seen.add(by);
    return { by, ascending };
  });
}
