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
