import { metric } from "#kit/numbers/format.js";

const LARGEST = 1.7976931348623157e308;

/** A metric as it travels, in words or figures. */
export function writeMetric(value: number | "NaN" | undefined): string {
  if (value === undefined) return "";
  if (value === "NaN") return "not a number";
  if (Math.abs(value) >= LARGEST) return value > 0 ? "infinite" : "minus infinite";
  return metric(value);
}

/** A parameter is text; short numbers stay as they were logged. */
export function writeParam(value: string | undefined): string {
  if (value === undefined) return "";
  const number = Number(value);
  return value.length > 8 && value.trim() !== "" && Number.isFinite(number)
    ? String(Number(number.toPrecision(5)))
    : value;
}

/** Names under which the metric that counts is usually logged, likeliest first. */
const PRIMARY = [
  /(^|[_./-])(val|valid|validation|test|eval|holdout).*(auc|f1|acc)/i,
  /(^|[_./-])(val|valid|validation|test|eval|holdout)/i,
  /auc|f1|accuracy/i,
  /loss|rmse|mae|error/i,
];

/** The metric to show first when nobody chose one: how well it does on data it has not seen, else the first there is. */
export function primaryMetric(keys: readonly string[]): string | undefined {
  return PRIMARY.map((kind) => keys.find((key) => kind.test(key))).find((key) => key !== undefined) ?? keys[0];
}

const UNITS: readonly (readonly [RegExp, string])[] = [
  [/(^|[_./-])ms$/, "ms"],
  [/(^|[_./-])(s|sec|secs|seconds)$/, "s"],
  [/(^|[_./-])(min|minutes)$/, "min"],
  [/(^|[_./-])(pct|percent|percentage)$/, "%"],
  [/(^|[_./-])(mb|megabytes)$/, "MB"],
  [/(^|[_./-])(gb|gigabytes)$/, "GB"],
  [/(^|[_./-])bytes$/, "B"],
];

/** The unit a name ends with; names say no more than that. */
export function unitOf(key: string): string | undefined {
  return UNITS.find(([ending]) => ending.test(key.toLowerCase()))?.[1];
}

/** Whether less is better, as far as the name says. */
export function lessIsBetter(key: string): boolean {
  return /loss|error|err$|rmse|mse|mae|mape|perplexity|brier|wer|cer|ms$|seconds$|latency/i.test(key);
}
