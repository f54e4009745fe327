import { parseOrder } from "#base/filter/order.js";
import { quoteList, quoteSet } from "#base/filter/tests.js";
import { entityOf, type NumberAttribute, refuse, type TextAttribute } from "./condition.js";

/** One sort key of a run search. */
export type Order =
  | { readonly by: "metrics" | "params" | "tags"; readonly key: string; readonly ascending: boolean }
  | { readonly by: "attribute"; readonly attribute: NumberAttribute | TextAttribute; readonly ascending: boolean };

const attributes: Record<string, NumberAttribute | TextAttribute> = {
  start_time: "start_time",
  created: "start_time",
  Created: "start_time",
  end_time: "end_time",
  status: "status",
  run_name: "name",
  user_id: "user_name",
  artifact_uri: "artifact_uri",
  run_id: "run_id",
};

/** Reads sort keys such as `metrics.auc DESC`; a key named twice is refused. */
export function toOrder(texts: readonly string[]): Order[] {
  const seen = new Set<string>();
  return texts.map((text) => {
    const order = readOrder(text);
    const name = order.by === "attribute" ? order.attribute : `${order.by}.${order.key}`;
    if (seen.has(name)) throw refuse(`\`order_by\` contains duplicate fields: ${quoteList(texts)}`);
    seen.add(name);
    return order;
  });
}

function readOrder(text: string): Order {
  const { of, ascending } = parseOrder(text, refuse);
  const entity = entityOf(of);
  if (entity === "datasets") throw refuse("Invalid identifier type 'dataset'");
  if (entity !== "attributes") return { by: entity, key: of.key, ascending };
  const attribute = /^run name$/i.test(of.key)
    ? "name"
    : Object.hasOwn(attributes, of.key)
      ? attributes[of.key]
      : undefined;
  if (attribute === undefined) {
    throw refuse(`Invalid attribute key '${of.key}' specified. Valid keys are '${quoteSet(Object.keys(attributes))}'`);
  }
  return { by: "attribute", attribute, ascending };
}
