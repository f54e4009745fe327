/** Makes the error to throw for a text that is no filter. */
export type Refuse = (problem: string) => Error;

export type Token =
  | { readonly kind: "word"; readonly text: string; readonly at: number }
  /** `prefix.` glued to a quoted key, or a quoted key alone. */
  | {
      readonly kind: "quoted";
      readonly prefix: string;
      readonly quote: '"' | "'" | "`";
      readonly text: string;
      readonly at: number;
    }
  | { readonly kind: "number"; readonly text: string; readonly at: number }
  | { readonly kind: "operator"; readonly text: string; readonly at: number }
  | { readonly kind: "punctuation"; readonly text: "(" | ")" | ","; readonly at: number };

const space = /\s+/y;
const operator = /!=|<=|>=|<>|=|<|>/y;
const punctuation = /[(),]/y;
const number = /[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\p{L}\p{N}_./:-])/uy;
// A word goes on through `-`, `:` and `/`, so that `metrics.val/loss-1` is one key; operators and quotes end it.
const word = /[\p{L}\p{N}_.][\p{L}\p{N}_./:-]*|-[\p{L}_][\p{L}\p{N}_./:-]*/uy;
const quotes = new Set(['"', "'", "`"]);

/** Splits a filter into tokens; refuses what no token can begin with and quotes that never close. */
export function tokenize(text: string, refuse: Refuse): Token[] {
  const tokens: Token[] = [];
  let at = 0;

  function take(pattern: RegExp): string | undefined {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  }

  function takeQuoted(prefix: string, start: number): void {
    const quote = text.charAt(at) as '"' | "'" | "`";
    const end = text.indexOf(quote, at + 1);
    if (end < 0) throw refuse(`Invalid clause(s) in filter string: '${text.slice(start)}'`);
    tokens.push({ kind: "quoted", prefix, quote, text: text.slice(at + 1, end), at: start });
    at = end + 1;
  }

  while (at < text.length) {
    const start = at;
    const blank = take(space);
    if (blank !== undefined) {
      at += blank.length;
      continue;
    }
    if (quotes.has(text.charAt(at))) {
      takeQuoted("", start);
      continue;
    }
    const digits = take(number);
    if (digits !== undefined) {
      at += digits.length;
      tokens.push({ kind: "number", text: digits, at: start });
      continue;
    }
    const sign = take(operator);
    if (sign !== undefined) {
      at += sign.length;
      tokens.push({ kind: "operator", text: sign === "<>" ? "!=" : sign, at: start });
      continue;
    }
    const mark = take(punctuation);
    if (mark !== undefined) {
      at += 1;
      tokens.push({ kind: "punctuation", text: mark as "(" | ")" | ",", at: start });
      continue;
    }
    const name = take(word);
    if (name === undefined) throw refuse(`Invalid clause(s) in filter string: '${text.slice(start)}'`);
    at += name.length;
    if (name.endsWith(".") && quotes.has(text.charAt(at))) {
      takeQuoted(name.slice(0, -1), start);
      continue;
    }
    tokens.push({ kind: "word", text: name, at: start });
  }
  return tokens;
}
