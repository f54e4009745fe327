import type { Range } from "@paydown/api/values";
import { createRandom, sample, toRange } from "./draws.js";

/** Hours a week measured on one asset before and after the same instant. */
interface BeforeAfter {
  readonly before: number;
  readonly after: number;
}

export interface Pair {
  readonly paid: BeforeAfter;
  readonly unpaid: BeforeAfter;
}

const leastPairs = 3;

interface Savings {
  readonly freed: Range | null;
  readonly matched: number;
  readonly claim: string;
}

/**
 * Difference in differences: what fell on assets of paid items beyond what fell on matched unpaid ones over the same
 * weeks, hours a week in all, bootstrapped over pairs. "Saved" is said only when the interval excludes zero.
 */
export function savingsOf(pairs: readonly Pair[]): Savings {
  if (pairs.length < leastPairs) {
    return {
      freed: null,
      matched: pairs.length,
      claim: `Nothing can be said yet: ${pairs.length} matched pairs, at least ${leastPairs} are needed.`,
    };
  }
  const differences = pairs.map(({ paid, unpaid }) => paid.before - paid.after - (unpaid.before - unpaid.after));
  const random = createRandom(`savings/${differences.join(" ")}`);
  const sums = sample(2_000, () => {
    let total = 0;
    for (let i = 0; i < differences.length; i++)
      total += differences[Math.floor(random() * differences.length)] as number;
    return total;
  });
  const freed = toRange(sums, pairs.length);
  return {
    freed,
    matched: pairs.length,
    claim: freed.p10 > 0 ? "saved, against matched unpaid items" : "Not distinguishable from no saving.",
  };
}

/** The unpaid asset of the same kind whose cost before was nearest, each used once. */
export function matchNearest<T extends { readonly kind: string; readonly before: number }>(
  paid: T,
  pool: readonly T[],
  used: Set<T>,
): T | undefined {
  let best: T | undefined;
  for (const one of pool) {
    if (one.kind !== paid.kind || used.has(one)) continue;
    if (best === undefined || Math.abs(one.before - paid.before) < Math.abs(best.before - paid.before)) best = one;
  }
  if (best !== undefined) used.add(best);
  return best;
}
