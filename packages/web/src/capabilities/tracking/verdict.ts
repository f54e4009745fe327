import { lessIsBetter } from "./metric-value.js";

/** A metric of runs that differ in nothing but the seed. */
export interface Measured {
  readonly n: number;
  readonly mean?: number | undefined;
  readonly low?: number | undefined;
  readonly high?: number | undefined;
}

/** Fewer runs than this show what they scored, and no mean. */
export const LEAST = 3;

/**
 * One group against another in words. Never better where the 95 % intervals of the means overlap or fewer than three runs
 * stand behind one of them; which way is better is what the metric's name says.
 */
export function verdict(metric: string, one: Measured, other: Measured, than?: string): string {
  const n = Math.min(one.n, other.n);
  const alike = `not distinguishable${than === undefined ? "" : ` from ${than}`} (n=${n})`;
  const known = [one, other].every((of) => of.n >= LEAST && of.low !== undefined && of.high !== undefined);
  if (!known) return alike;
  const [a, b] = [one, other] as { low: number; high: number }[];
  if (a === undefined || b === undefined || (a.low <= b.high && b.low <= a.high)) return alike;
  const better = a.low > b.high !== lessIsBetter(metric);
  return `${better ? "better" : "worse"}${than === undefined ? "" : ` than ${than}`} (n=${n})`;
}
