/** A sorted copy, ascending. */
export function sorted(values: ArrayLike<number>): Float64Array {
  return Float64Array.from(values).sort();
}

export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

/** Variance with `ddof` taken off the divisor: 1 for the sample's, 0 for the population's. */
export function variance(values: ArrayLike<number>, ddof: 0 | 1 = 1): number {
  const centre = mean(values);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i]! - centre) ** 2;
  return sum / (values.length - ddof);
}

/** Quantile by linear interpolation between order statistics (numpy's default), of an already sorted array. */
export function quantile(ascending: ArrayLike<number>, share: number): number {
  const at = (ascending.length - 1) * share;
  const low = Math.floor(at);
  const high = Math.min(low + 1, ascending.length - 1);
  return ascending[low]! + (ascending[high]! - ascending[low]!) * (at - low);
}

export function median(values: ArrayLike<number>): number {
  return quantile(sorted(values), 0.5);
}

export interface Ranks {
  /** Mid-ranks from 1, in the order of the input. */
  readonly ranks: Float64Array;
  /** Sizes of groups of equal values with more than one member. */
  readonly ties: readonly number[];
}

/** Mid-ranks: equal values share the mean of their places. */
export function rank(values: ArrayLike<number>): Ranks {
  const order = Uint32Array.from({ length: values.length }, (_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const ranks = new Float64Array(values.length);
  const ties: number[] = [];
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++;
    for (let i = start; i < end; i++) ranks[order[i]!] = (start + end + 1) / 2;
    if (end - start > 1) ties.push(end - start);
    start = end;
  }
  return { ranks, ties };
}

/** Both samples one after the other. */
export function joined(x: ArrayLike<number>, y: ArrayLike<number>): Float64Array {
  const all = new Float64Array(x.length + y.length);
  all.set(Array.from(x), 0);
  all.set(Array.from(y), x.length);
  return all;
}

/**
 * Walks two samples over their joined values: calls back with each distinct value, the next one, and both empirical
 * distribution functions on the stretch between them.
 */
export function walkDistributions(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  visit: (value: number, next: number | undefined, fx: number, fy: number) => void,
): void {
  const a = sorted(x);
  const b = sorted(y);
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const value = Math.min(a[i] ?? Number.POSITIVE_INFINITY, b[j] ?? Number.POSITIVE_INFINITY);
    while (i < a.length && a[i] === value) i++;
    while (j < b.length && b[j] === value) j++;
    const rest = Math.min(a[i] ?? Number.POSITIVE_INFINITY, b[j] ?? Number.POSITIVE_INFINITY);
    visit(value, rest === Number.POSITIVE_INFINITY ? undefined : rest, i / a.length, j / b.length);
  }
}
