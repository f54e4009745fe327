import type { Identifier } from "./filter.js";
import { toIdentifier } from "./parse.js";
import { type Refuse, tokenize } from "./tokens.js";

/** One sort key as it was written: `prefix.key`, with or without a direction. */
export interface OrderKey {
  readonly of: Identifier;
  readonly ascending: boolean;
}

/** Reads a sort key such as ``metrics.`a b` DESC``. */
export function parseOrder(text: string, refuse: Refuse): OrderKey {
  const wrong = () => refuse(`Invalid order_by clause '${text}'. Could not be parsed.`);
  const [first, second, ...rest] = tokenize(text, wrong);
  if (first === undefined || rest.length > 0) throw wrong();
  const of =
    first.kind === "word"
      ? toIdentifier(first.text)
      : first.kind === "quoted" && first.quote !== "'"
        ? { prefix: first.prefix === "" ? undefined : first.prefix, key: first.text }
        : undefined;
  if (of === undefined) throw wrong();
  if (second === undefined) return { of, ascending: true };
  if (second.kind === "punctuation") throw wrong();
  if (second.kind !== "word" || !/^(asc|desc)$/i.test(second.text)) {
    throw refuse(`Invalid ordering key in order_by clause '${text}'.`);
  }
  return { of, ascending: second.text.toLowerCase() === "asc" };
}
