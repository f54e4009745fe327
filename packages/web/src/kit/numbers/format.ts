/** How numbers are written everywhere. Full precision is for hover, focus and copy: see `exact`. */

const MINUS = "\u2212";
const THIN = "\u202f";
const DASH = "\u2013";

/** Counts are exact, grouped by a thin space: `12 345`. */
export function count(value: number): string {
  return grouped(value, 0) ?? word(value);
}

/** Estimates carry one significant figure; a leading 1 keeps a second one, because 1 against 1.4 is a third of the value. */
export function estimate(value: number): string {
  if (!Number.isFinite(value)) return word(value);
  if (value === 0) return "0";
  const text = significant(value, leadingDigit(value) === 1 ? 2 : 1);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/** Measured values carry three significant figures. */
export function measured(value: number): string {
  if (!Number.isFinite(value)) return word(value);
  if (value === 0) return "0";
  return significant(value, 3);
}

/** A metric as it is compared between runs: four decimals below ten, never exponent soup. */
export function metric(value: number): string {
  if (!Number.isFinite(value)) return word(value);
  const size = Math.abs(value);
  if (size !== 0 && size < 0.001) return scientific(value);
  if (size < 10) return (grouped(value, 4) ?? "").replace(/^(\D?)0(?=\.)/, "$1");
  if (size < 100_000) return grouped(value, size < 1000 ? 2 : 0) ?? "";
  return scientific(value);
}

/** A share as a percentage: no decimals unless it is below one percent. */
export function percent(share: number): string {
  if (!Number.isFinite(share)) return word(share);
  const points = share * 100;
  const size = Math.abs(points);
  if (size === 0) return "0 %";
  if (size < 1) return `${significant(points, 1)} %`;
  return `${grouped(points, 0)} %`;
}

/** Bytes in steps of 1,024. */
export function bytes(value: number): string {
  if (!Number.isFinite(value)) return word(value);
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let size = value;
  let unit = 0;
  while (Math.abs(size) >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? count(size) : measured(size)} ${units[unit]}`;
}

const DURATIONS: readonly (readonly [number, string])[] = [
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "min"],
  [1000, "s"],
  [1, "ms"],
];

/** Milliseconds in the largest unit that fits: `36 min`, `4 h`, `3 d`. */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return word(ms);
  const size = Math.abs(ms);
  for (const [length, unit] of DURATIONS) {
    if (size >= length) {
      const value = ms / length;
      return `${Math.abs(value) < 10 && unit !== "ms" && unit !== "min" ? trimZeros(value.toFixed(1)) : Math.round(value)} ${unit}`.replace(
        "-",
        MINUS,
      );
    }
  }
  return size === 0 ? "0 s" : "under 1 ms";
}

/** Low to high of an estimate: `6–15`; in words when a sign would make the dash unreadable. */
export function span(low: number, high: number): string {
  const a = estimate(low);
  const b = estimate(high);
  if (a === b) return a;
  return low < 0 || high < 0 ? `${a} to ${b}` : `${a}${DASH}${b}`;
}

/** The figure beside a range mark: `2 (1–6)`. */
export function rangeText(range: { p10: number; p50: number; p90: number }): string {
  const middle = estimate(range.p50);
  const around = span(range.p10, range.p90);
  return around === middle ? middle : `${middle} (${around})`;
}

/** Full precision, for titles and the clipboard. */
export function exact(value: number): string {
  return Number.isFinite(value) ? String(value).replace("-", MINUS) : word(value);
}

/** Seven characters of an identity; copying gives all. */
export function shortId(id: string): string {
  return id.slice(0, 7);
}

/** `1 run`, `2 runs`, `12 345 runs`. */
export function many(value: number, one: string, more = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : more}`;
}

/** Signed difference: `+0.012`, `−3`. */
export function delta(value: number, write: (value: number) => string = measured): string {
  if (!Number.isFinite(value)) return word(value);
  if (value === 0) return "±0";
  return value > 0 ? `+${write(value)}` : write(value);
}

function word(value: number): string {
  if (Number.isNaN(value)) return "not a number";
  return value > 0 ? "infinite" : "minus infinite";
}

function leadingDigit(value: number): number {
  return Number(Math.abs(value).toExponential(1).charAt(0));
}

function significant(value: number, figures: number): string {
  const rounded = Number(value.toPrecision(figures));
  const size = Math.abs(rounded);
  if (size >= 1e15 || size < 1e-6) return scientific(value);
  const decimals = Math.max(0, figures - 1 - Math.floor(Math.log10(size)));
  return grouped(rounded, Math.min(decimals, 12)) ?? word(value);
}

function scientific(value: number): string {
  return value
    .toExponential(2)
    .replace(/\.?0+e/, "e")
    .replace("e+", "e")
    .replaceAll("-", MINUS);
}

function grouped(value: number, decimals: number): string | undefined {
  if (!Number.isFinite(value)) return undefined;
  const [whole = "0", fraction] = Math.abs(value).toFixed(decimals).split(".");
  const digits = whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, THIN) : whole;
  const text = fraction === undefined ? digits : `${digits}.${fraction}`;
  return value < 0 && Number(text.replaceAll(THIN, "")) !== 0 ? `${MINUS}${text}` : text;
}

function trimZeros(text: string): string {
  return text.replace(/\.0$/, "");
}
