import { toIdentifier } from "#base/filter/parse.js";
import { tokenize } from "#base/filter/tokens.js";
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
  "Run Name": "name",
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
    if (seen.has(name)) throw refuse(`\`order_by\` contains duplicate fields: ${JSON.stringify(texts)}`);
    seen.add(name);
    return order;
  });
}

function readOrder(text: string): Order {
  const wrong = () => refuse(`Invalid order_by clause '${text}'. Could not be parsed.`);
  const [first, second, ...rest] = tokenize(text, wrong);
  if (first === undefined || rest.length > 0) throw wrong();
  const of =
    first.kind === "word"
      ? toIdentifier(first.text)
      : first.kind === "quoted"
        ? { prefix: first.prefix === "" ? undefined : first.prefix, key: first.text }
        : undefined;
  if (of === undefined) throw wrong();
  if (second !== undefined && !(second.kind === "word" && /^(asc|desc)$/i.test(second.text))) {
    throw refuse(`Invalid ordering key in order_by clause '${text}'.`);
  }
  const ascending = second === undefined || second.text.toLowerCase() === "asc";
  const entity = entityOf(of);
  if (entity === "datasets") throw refuse("Invalid order_by entity type 'dataset'");
  if (entity !== "attributes") return { by: entity, key: of.key, ascending };
  const attribute = attributes[of.key];
  if (attribute === undefined) {
    throw refuse(
      `Invalid attribute key '${of.key}' specified. Valid keys are '{${Object.keys(attributes)
        .map((name) => `'${name}'`)
        .join(", ")}}'`,
    );
  }
  return { by: "attribute", attribute, ascending };
}
