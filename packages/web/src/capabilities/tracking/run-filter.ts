/** The run filter as text: finding, adding and taking away the clauses that a brush writes. The server reads the grammar. */

/** Parts of a filter joined by AND on its outermost level; undefined where OR stands on it, so that it cannot be taken apart. */
export function splitAnd(text: string): string[] | undefined {
  const parts: string[] = [];
  let from = 0;
  let depth = 0;
  for (const match of text.matchAll(/'[^']*'|"[^"]*"|`[^`]*`|[()]|\b(?:AND|OR)\b/gi)) {
    const [mark] = match;
    if (mark === "(") depth += 1;
    else if (mark === ")") depth -= 1;
    else if (depth > 0 || /^['"`]/.test(mark)) continue;
    else if (/^or$/i.test(mark)) return undefined;
    else {
      parts.push(text.slice(from, match.index).trim());
      from = match.index + mark.length;
    }
  }
  parts.push(text.slice(from).trim());
  return parts.filter((part) => part !== "");
}

/** A column as filters and sort keys spell it; keys of other than plain words are quoted. */
export function spellColumn(column: string): string {
  const cut = column.indexOf(".");
  const [kind, key] = [column.slice(0, cut), column.slice(cut + 1)];
  if (/^[\p{L}_][\p{L}\p{N}_./:-]*$/u.test(key)) return column;
  return key.includes("`") ? `${kind}."${key}"` : `${kind}.\`${key}\``;
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** The filter without what a brush wrote for the column. */
export function withoutColumn(text: string, column: string): string {
  const name = spellColumn(column);
  const parts = splitAnd(text);
  if (parts === undefined) return text;
  return parts
    .filter(
      (part) => !part.startsWith(`${name} >= `) && !part.startsWith(`${name} <= `) && !part.startsWith(`${name} IN (`),
    )
    .join(" AND ");
}

/** What a brush asks of the column, when the filter holds it. */
export function intervalOf(text: string, column: string): Interval | undefined {
  const name = spellColumn(column);
  const find = (sign: string) => {
    const found = splitAnd(text)?.find((part) => part.startsWith(`${name} ${sign} `));
    const number = Number(found?.slice(name.length + sign.length + 2));
    return found === undefined || Number.isNaN(number) ? undefined : number;
  };
  const [low, high] = [find(">="), find("<=")];
  return low === undefined && high === undefined
    ? undefined
    : { low: low ?? Number.NEGATIVE_INFINITY, high: high ?? Number.POSITIVE_INFINITY };
}

/** The filter with the column between two values, in place of what a brush wrote before; undefined takes it away. */
export function withInterval(text: string, column: string, interval: Interval | undefined): string {
  const name = spellColumn(column);
  return joined(
    withoutColumn(text, column),
    interval === undefined ? [] : [`${name} >= ${spell(interval.low, -1)}`, `${name} <= ${spell(interval.high, 1)}`],
  );
}

/** The filter with the column one of these texts; undefined takes it away. */
export function withTexts(text: string, column: string, texts: readonly string[] | undefined): string {
  const name = spellColumn(column);
  const list = texts?.map((one) => (one.includes("'") ? `"${one}"` : `'${one}'`)).join(", ");
  return joined(withoutColumn(text, column), list === undefined ? [] : [`${name} IN (${list})`]);
}

function joined(before: string, clauses: readonly string[]): string {
  if (before === "" || clauses.length === 0) return [before, ...clauses].filter((part) => part !== "").join(" AND ");
  const kept = splitAnd(before) === undefined ? `(${before})` : before;
  return [kept, ...clauses].join(" AND ");
}

/** Four significant figures, rounded outwards: a brush is no finer, and what lies at its edge stays inside. */
function spell(value: number, away: 1 | -1): string {
  const near = Number(value.toPrecision(4));
  if (near === value || near > value === away > 0) return String(near);
  const step = 10 ** (Math.floor(Math.log10(Math.abs(value))) - 3);
  return String(Number((near + away * step).toPrecision(4)));
}

/** Where the server's complaint lies in the filter: it quotes the rest of the text, or the word it stumbled over. */
export function errorPlace(filter: string, message: string): number | undefined {
  const rest = /in filter string: '(.+)'$/s.exec(message)?.[1];
  if (rest !== undefined && filter.endsWith(rest)) return filter.length - rest.length;
  for (const match of message.matchAll(/'([^']+)'/g)) {
    const at = filter.indexOf(match[1] ?? "");
    if (at >= 0) return at;
  }
  return undefined;
}

/** `-metrics.auc` as the server's `metrics.auc DESC`. */
export function toOrder(sort: string): string {
  const key = sort.replace(/^-/, "");
  return `${key.includes(".") ? spellColumn(key) : key} ${sort.startsWith("-") ? "DESC" : "ASC"}`;
}
