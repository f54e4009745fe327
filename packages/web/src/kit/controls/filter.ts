/** The filter grammar of lists: `state:open family:data sev:<=1 -rule:DAT-014 words`. Text in, terms out, and back. */

export interface Term {
  readonly field: string;
  readonly op: "=" | "<=" | ">=" | "<" | ">";
  readonly value: string;
  readonly not: boolean;
}

export interface Filter {
  readonly terms: readonly Term[];
  readonly words: readonly string[];
}

const TOKEN = /(-?)([a-z][a-z-]*):(<=|>=|<|>)?("[^"]*"|\S+)|"([^"]*)"|(\S+)/gi;

export function parseFilter(text: string): Filter {
  const terms: Term[] = [];
  const words: string[] = [];
  for (const match of text.matchAll(TOKEN)) {
    const [, minus, field, op, value, quoted, word] = match;
    if (field !== undefined && value !== undefined) {
      terms.push({
        field: field.toLowerCase(),
        op: (op ?? "=") as Term["op"],
        value: value.replace(/^"|"$/g, ""),
        not: minus === "-",
      });
    } else words.push(quoted ?? word ?? "");
  }
  return { terms, words };
}

export function writeFilter(filter: Filter): string {
  const quote = (text: string) => (/\s/.test(text) ? `"${text}"` : text);
  return [
    ...filter.terms.map(
      (term) => `${term.not ? "-" : ""}${term.field}:${term.op === "=" ? "" : term.op}${quote(term.value)}`,
    ),
    ...filter.words.map(quote),
  ].join(" ");
}

/** The values a field must have, e.g. `state:open,planned` or `state:open state:planned`. */
export function valuesOf(filter: Filter, field: string): string[] {
  return filter.terms
    .filter((term) => term.field === field && term.op === "=" && !term.not)
    .flatMap((term) => term.value.split(","));
}

/** Adds the value, or takes it away where it stands already. */
export function toggleTerm(text: string, field: string, value: string): string {
  const filter = parseFilter(text);
  const has = valuesOf(filter, field).includes(value);
  if (!has) return writeFilter({ ...filter, terms: [...filter.terms, { field, op: "=", value, not: false }] });
  const terms = filter.terms.flatMap((term) => {
    if (term.field !== field || term.op !== "=" || term.not) return [term];
    const rest = term.value.split(",").filter((one) => one !== value);
    return rest.length === 0 ? [] : [{ ...term, value: rest.join(",") }];
  });
  return writeFilter({ ...filter, terms });
}
