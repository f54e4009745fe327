import { type PlotColumn, textsBetween } from "./plot-column.js";
import { withInterval, withTexts } from "./run-filter.js";
import type { PlotData } from "./use-plot.js";

/** A list of texts longer than this makes no address any more. */
const MOST_TEXTS = 60;

/** The filter with what was brushed: numbers as a range for metrics, a list of the texts inside for parameters and tags. */
export function brushFilter(
  filter: string,
  data: PlotData,
  ranges: readonly { readonly column: PlotColumn; readonly low: number; readonly high: number }[],
): string {
  return ranges.reduce((text, { column, low, high }) => {
    if (column.column.startsWith("metrics.")) return withInterval(text, column.column, { low, high });
    const values = data.values[data.columns.indexOf(column)] ?? [];
    const texts = textsBetween(column, values, low, high);
    // Everything or nothing inside says nothing; too many cannot be written down.
    const all = textsBetween(column, values, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY).length;
    if (texts.length === 0 || texts.length === all || texts.length > MOST_TEXTS) return text;
    return withTexts(text, column.column, texts);
  }, filter);
}
