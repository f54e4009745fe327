import type { Comparator, Filter, FilterValue, Identifier } from "./filter.js";
import { type Refuse, type Token, tokenize } from "./tokens.js";

/** Deeper nesting than any person writes; keeps hostile input from exhausting the stack. */
const maxDepth = 50;

/**
 * Reads a filter; the empty text is no filter. `refuse` makes the error to throw, with MLflow's words:
 * "Invalid clause(s) in filter string: '...'".
 */
export function parseFilter(text: string, refuse: Refuse): Filter | undefined {
  const tokens = tokenize(text, refuse);
  if (tokens.length === 0) return undefined;
  let next = 0;

  const peek = (): Token | undefined => tokens[next];
  const isWord = (token: Token | undefined, word: string) =>
    token?.kind === "word" && token.text.toUpperCase() === word;

  function bad(from: Token | undefined): Error {
    return refuse(`Invalid clause(s) in filter string: '${from === undefined ? text : text.slice(from.at)}'`);
  }

  function or(depth: number): Filter {
    const parts = [and(depth)];
    while (isWord(peek(), "OR")) {
      next++;
      parts.push(and(depth));
    }
    return parts.length === 1 ? (parts[0] as Filter) : { kind: "or", parts };
  }

  function and(depth: number): Filter {
    const parts = [term(depth)];
    while (isWord(peek(), "AND")) {
      next++;
      parts.push(term(depth));
    }
    return parts.length === 1 ? (parts[0] as Filter) : { kind: "and", parts };
  }

  function term(depth: number): Filter {
    if (depth > maxDepth) throw bad(peek());
    const token = peek();
    if (isWord(token, "NOT") && !isComparison(tokens[next + 1])) {
      next++;
      return { kind: "not", part: term(depth + 1) };
    }
    if (token?.kind === "punctuation" && token.text === "(") {
      next++;
      const inner = or(depth + 1);
      const close = peek();
      if (close?.kind !== "punctuation" || close.text !== ")") throw bad(token);
      next++;
      return inner;
    }
    return comparison();
  }

  function comparison(): Filter {
    const first = peek();
    const of = identifier();
    const token = peek();
    next++;
    if (isWord(token, "IS")) {
      const negated = isWord(peek(), "NOT");
      if (negated) next++;
      if (!isWord(peek(), "NULL")) throw bad(first);
      next++;
      return { kind: "null", of, negated };
    }
    if (isWord(token, "IN")) return { kind: "in", of, negated: false, values: list(first) };
    if (isWord(token, "NOT")) {
      if (!isWord(peek(), "IN")) throw bad(first);
      next++;
      return { kind: "in", of, negated: true, values: list(first) };
    }
    if (token?.kind === "operator") {
      return { kind: "compare", of, with: token.text as Comparator, value: value(first) };
    }
    if (isWord(token, "LIKE")) return { kind: "compare", of, with: "LIKE", value: value(first) };
    if (isWord(token, "ILIKE")) return { kind: "compare", of, with: "ILIKE", value: value(first) };
    throw bad(first);
  }

  function identifier(): Identifier {
    const token = peek();
    next++;
    if (token?.kind === "quoted" && (token.quote !== "'" || token.prefix !== "")) {
      return { prefix: token.prefix === "" ? undefined : token.prefix, key: token.text };
    }
    if (token?.kind !== "word") throw bad(token);
    return toIdentifier(token.text);
  }

  function list(first: Token | undefined): FilterValue[] {
    const open = peek();
    if (open?.kind !== "punctuation" || open.text !== "(") throw bad(first);
    next++;
    const values = [value(first)];
    for (;;) {
      const token = peek();
      next++;
      if (token?.kind !== "punctuation" || token.text === "(") throw bad(first);
      if (token.text === ")") return values;
      // A Python tuple of one, `('x',)`, is what clients make of a list of one.
      const after = peek();
      if (after?.kind === "punctuation" && after.text === ")") {
        next++;
        return values;
      }
      values.push(value(first));
    }
  }

  function value(first: Token | undefined): FilterValue {
    const token = peek();
    next++;
    if (token?.kind === "number") return { kind: "number", spelling: token.text };
    if (token?.kind === "quoted" && token.prefix === "" && token.quote !== "`")
      return { kind: "text", text: token.text };
    throw bad(first);
  }

  const filter = or(0);
  if (next < tokens.length) throw bad(peek());
  return filter;
}

/** Splits `prefix.key` at the first dot; a name without one is an attribute. */
export function toIdentifier(name: string): Identifier {
  const dot = name.indexOf(".");
  return dot < 0 ? { prefix: undefined, key: name } : { prefix: name.slice(0, dot), key: name.slice(dot + 1) };
}

function isComparison(token: Token | undefined): boolean {
  return token?.kind === "operator" || (token?.kind === "word" && /^(is|in|not|like|ilike)$/i.test(token.text));
}
