import type { Range } from "@paydown/api/values";

/** Draws behind every price. */
export const drawCount = 2_000;
const dotCount = 50;

/** Uniform numbers in (0, 1), the same for the same seed on every machine. */
export type Random = () => number;

/** FNV-1a over the seed, then mulberry32: fast, and good enough for percentiles of 2,000 draws. */
export function createRandom(seed: string): Random {
  let state = 0x811c9dc5;
  for (let i = 0; i < seed.length; i++) state = Math.imul(state ^ seed.charCodeAt(i), 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (((mixed ^ (mixed >>> 14)) >>> 0) + 0.5) / 4294967296;
  };
}

/** Standard normal (Box and Muller). */
export function drawNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
}

/** Gamma with the given shape and scale 1 (Marsaglia and Tsang 2000); shape 0 gives 0. */
export function drawGamma(random: Random, shape: number): number {
  if (shape <= 0) return 0;
  if (shape < 1) return drawGamma(random, shape + 1) * random() ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = drawNormal(random);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(random()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

export function drawBeta(random: Random, a: number, b: number): number {
  // With a = 1 the distribution function can be turned around.
  if (a === 1) return 1 - random() ** (1 / b);
  const x = drawGamma(random, a);
  const y = drawGamma(random, b);
  return x + y === 0 ? 0 : x / (x + y);
}

/** Beta-PERT over [min, max] with its mode; shape 4. */
export function drawPert(random: Random, min: number, mode: number, max: number): number {
  if (max <= min) return min;
  const a = 1 + (4 * (mode - min)) / (max - min);
  const b = 1 + (4 * (max - mode)) / (max - min);
  return min + drawBeta(random, a, b) * (max - min);
}

/** Fills one array of draws. */
export function sample(count: number, draw: (index: number) => number): Float64Array {
  const draws = new Float64Array(count);
  for (let i = 0; i < count; i++) draws[i] = draw(i);
  return draws;
}

/** Of an ascending list, by linear interpolation. */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  const at = (sorted.length - 1) * q;
  const low = sorted[Math.floor(at)] ?? 0;
  const high = sorted[Math.ceil(at)] ?? low;
  return low + (high - low) * (at - Math.floor(at));
}

/** Draws as a range; `n` is the number of observed events behind them. */
export function toRange(draws: Float64Array, n: number): Range {
  const work = draws.slice();
  const last = work.length - 1;
  const p50 = selectQuantile(work, 0.5, 0, last);
  const middle = Math.ceil(last * 0.5);
  const p10 = selectQuantile(work, 0.1, 0, Math.max(0, middle - 1));
  const p90 = selectQuantile(work, 0.9, Math.min(last, middle), last);
  return { p10: tidy(p10), p50: tidy(p50), p90: tidy(p90), n };
}

/** The quantile of all of `work`, of which [from, to] holds the ranks asked for; reorders that part, faster than sorting. */
function selectQuantile(work: Float64Array, q: number, from: number, to: number): number {
  const at = (work.length - 1) * q;
  const high = Math.ceil(at);
  const value = select(work, high, from, to);
  const low = Math.floor(at);
  if (low === high) return value;
  let below = Number.NEGATIVE_INFINITY;
  for (let i = Math.min(from, low); i < high; i++) below = Math.max(below, work[i] as number);
  return below + (value - below) * (at - low);
}

/** Hoare's selection: afterwards `work[k]` is what sorting would put there, smaller values lie before it. */
function select(work: Float64Array, k: number, from: number, to: number): number {
  let left = from;
  let right = to;
  while (left < right) {
    const pivot = work[k] as number;
    let i = left;
    let j = right;
    do {
      while ((work[i] as number) < pivot) i++;
      while (pivot < (work[j] as number)) j--;
      if (i <= j) {
        const swap = work[i] as number;
        work[i] = work[j] as number;
        work[j] = swap;
        i++;
        j--;
      }
    } while (i <= j);
    if (j < k) left = i;
    if (k < i) right = j;
  }
  return work[k] as number;
}

export function rangeOfSorted(sorted: Float64Array, n: number): Range {
  return { p10: tidy(quantile(sorted, 0.1)), p50: tidy(quantile(sorted, 0.5)), p90: tidy(quantile(sorted, 0.9)), n };
}

/** The 1st, 3rd, ... 99th percentile: 50 equally likely values. */
export function toDots(sorted: Float64Array): number[] {
  return Array.from({ length: dotCount }, (_, i) => Number(quantile(sorted, (i + 0.5) / dotCount).toPrecision(4)));
}

/** A value from the 50 dots of a stored distribution, for sampling without its draws. */
export function drawFromDots(random: Random, dots: readonly number[]): number {
  return dots.length === 0 ? 0 : quantile(dots, random());
}

/** Mean of draws. */
export function mean(draws: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < draws.length; i++) sum += draws[i] as number;
  return draws.length === 0 ? 0 : sum / draws.length;
}

/** Six significant figures: keeps records small without touching what anybody is shown. */
export function tidy(value: number): number {
  return Number.isFinite(value) ? Number(value.toPrecision(6)) : Math.sign(value) * 1e12;
}

/**
 * Range of a sum of independent positive amounts of which only mean and variance are kept: log-normal with the same two
 * moments.
 */
export function rangeOfMoments(mean: number, variance: number, n: number): Range {
  if (mean <= 0) return { p10: 0, p50: 0, p90: 0, n };
  const s2 = Math.log1p(variance / mean ** 2);
  const mu = Math.log(mean) - s2 / 2;
  const spread = 1.2815515655446004 * Math.sqrt(s2);
  return { p10: tidy(Math.exp(mu - spread)), p50: tidy(Math.exp(mu)), p90: tidy(Math.exp(mu + spread)), n };
}
