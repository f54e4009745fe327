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
