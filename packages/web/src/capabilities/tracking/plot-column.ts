import type { Reply } from "@paydown/api/operation";
import type { plotRuns } from "@paydown/api/tracking";

export type Plotted = Reply<typeof plotRuns>;

/** A column ready to be drawn: every run at a number, or apart. */
export interface PlotColumn {
  readonly column: string;
  readonly name: string;
  /** Place of each run along the axis; NaN where it has none. */
  readonly at: Float64Array;
  /** Why a run has no place: it has no value, or one that is not a number or not finite. */
  readonly missing: number;
  readonly nan: number;
  readonly low: number;
  readonly high: number;
  /** The texts of a categorical column, by place; undefined for numbers. */
  readonly texts: readonly string[] | undefined;
  /** Whether a logarithm can be taken of all values. */
  readonly positive: boolean;
}

const LARGEST = 1.7976931348623157e308;
/** More different texts than this are no categories. */
const MOST_TEXTS = 60;

/** Numbers stay numbers, parameters that all read as numbers become them, other texts become categories in order. */
export function toPlotColumn(column: string, values: Plotted["values"][number]): PlotColumn {
  const numeric =
    column.startsWith("metrics.") ||
    values.every(
      (value) => value === null || typeof value === "number" || (value.trim() !== "" && Number.isFinite(Number(value))),
    );
  const texts = numeric ? undefined : categories(values);
  const place = new Map(texts?.map((text, at) => [text, at]));
  const at = new Float64Array(values.length).fill(Number.NaN);
  let [missing, nan, low, high, positive] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, true];
  for (const [row, value] of values.entries()) {
    if (value === null) {
      missing += 1;
      continue;
    }
    const number = texts === undefined ? Number(value) : (place.get(String(value)) ?? texts.length);
    if (!Number.isFinite(number) || Math.abs(number) >= LARGEST) {
      nan += 1;
      continue;
    }
    at[row] = number;
    low = Math.min(low, number);
    high = Math.max(high, number);
    if (number <= 0) positive = false;
  }
  if (low > high) [low, high] = [0, 1];
  return {
    column,
    name: column.slice(column.indexOf(".") + 1),
    at,
    missing,
    nan,
    low,
    high,
    texts: texts === undefined ? undefined : high >= texts.length ? [...texts, "others"] : texts,
    positive: texts === undefined && positive,
  };
}

/** The most frequent texts, in order. */
function categories(values: Plotted["values"][number]): string[] {
  const counts = new Map<string, number>();
  for (const value of values) if (value !== null) counts.set(String(value), (counts.get(String(value)) ?? 0) + 1);
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .slice(0, MOST_TEXTS)
    .map(([text]) => text)
    .sort((a, b) => (a < b ? -1 : 1));
}

/** Where a value lies between the ends of its axis, 0 to 1. */
export function shareOf(column: PlotColumn, value: number, log: boolean): number {
  const [low, high] = [column.low, column.high];
  if (low === high) return 0.5;
  if (log && column.positive) return Math.log(value / low) / Math.log(high / low);
  return (value - low) / (high - low);
}

/** The value at a place between the ends of an axis. */
export function valueAt(column: PlotColumn, share: number, log: boolean): number {
  const [low, high] = [column.low, column.high];
  return log && column.positive ? low * (high / low) ** share : low + (high - low) * share;
}

/** The texts of a parameter whose places lie between two; filters compare parameters as text only. */
export function textsBetween(
  column: PlotColumn,
  values: Plotted["values"][number],
  low: number,
  high: number,
): string[] {
  const found = new Set<string>();
  for (const [row, value] of values.entries()) {
    const at = column.at[row] as number;
    if (value !== null && at >= low && at <= high) found.add(String(value));
  }
  return [...found];
}
