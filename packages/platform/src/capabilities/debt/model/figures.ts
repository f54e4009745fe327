import type { Range } from "@paydown/api/values";

/** An estimate with one significant figure, as people are shown it: 0.04, 0.3, 6, 20, 300. */
export function oneFigure(value: number): string {
  if (value === 0) return "0";
  if (!Number.isFinite(value)) return value > 0 ? "infinity" : "minus infinity";
  const rounded = Number(value.toPrecision(1));
  if (rounded !== 0 && Math.abs(rounded) < 0.01) return "less than 0.01";
  return rounded.toLocaleString("en", { maximumFractionDigits: 2, useGrouping: true });
}

/** `6-15`, or one figure when both ends round alike. */
export function interval(range: Pick<Range, "p10" | "p90">): string {
  const low = oneFigure(range.p10);
  const high = oneFigure(range.p90);
  return low === high ? high : `${low.startsWith("less") ? "0" : low}-${high}`;
}

/** `2 (1-6, n=4)`. */
export function figure(range: Range): string {
  return `${oneFigure(range.p50)} (${interval(range)}, n=${range.n})`;
}

/** Hours in the largest unit that fits: `30 min`, `4 h`, `3 d` of eight hours. */
export function duration(hours: number): string {
  if (hours < 1) return `${oneFigure(hours * 60)} min`;
  if (hours < 24) return `${oneFigure(hours)} h`;
  return `${oneFigure(hours / 8)} d`;
}

/** `1 event`, `2 events`. */
export function count(n: number, noun: string): string {
  return `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;
}
