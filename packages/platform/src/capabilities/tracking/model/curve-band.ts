import { sumScale } from "./metric-block.js";
import { bucketOf, type Scale } from "./metric-curve.js";

export interface BandPlace {
  readonly x: number;
  readonly n: number;
  readonly low: number;
  readonly median: number;
  readonly high: number;
}

/** Gathers many curves on one axis; each counts as one at every place between its own ends. */
export interface CurveBand {
  /** `xs` ascend or not; what has no place or no number is passed over. */
  add(xs: Float64Array, values: Float64Array): void;
  places(): BandPlace[];
}

/**
 * Median and P10 to P90 of curves over equal stretches of an axis. Within a stretch a curve counts with its mean; over
 * stretches it skips it is a straight line.
 */
export function curveBand(scale: Scale, integers: boolean): CurveBand {
  const n = scale.buckets;
  const found: number[][] = Array.from({ length: n }, () => []);
  const sums = new Float64Array(n);
  const counts = new Float64Array(n);
  return {
    add(xs, values) {
      let from = n;
      let to = -1;
      for (let i = 0; i < xs.length; i++) {
        const [x, value] = [xs[i] as number, values[i] as number];
        if (Number.isNaN(x) || Number.isNaN(value)) continue;
        const at = bucketOf(scale, x);
        sums[at] = (sums[at] as number) + value * sumScale;
        counts[at] = (counts[at] as number) + 1;
        if (at < from) from = at;
        if (at > to) to = at;
      }
      if (to < 0) return;
      const valueAt = (at: number) => (sums[at] as number) / (counts[at] as number) / sumScale;
      let before = from;
      for (let at = from; at <= to; at++) {
        if (counts[at] === 0) continue;
        const value = valueAt(at);
        const start = valueAt(before);
        for (let gap = before + 1; gap < at; gap++) {
          found[gap]?.push(mix(start, value, (gap - before) / (at - before)));
        }
        found[at]?.push(value);
        before = at;
      }
      sums.fill(0, from, to + 1);
      counts.fill(0, from, to + 1);
    },
    places: () =>
      found.flatMap((list, at) => {
        if (list.length === 0) return [];
        const sorted = Float64Array.from(list).sort();
        const x = scale.first + at * scale.width + (integers ? (scale.width - 1) / 2 : scale.width / 2);
        return {
          x: scale.buckets === 1 ? scale.first : x,
          n: sorted.length,
          low: quantile(sorted, 0.1),
          median: quantile(sorted, 0.5),
          high: quantile(sorted, 0.9),
        };
      }),
  };
}

/** Linear between order statistics (R type 7). */
function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  return mix(sorted[below] as number, sorted[Math.ceil(at)] as number, at - below);
}

/** Never beyond its ends, also where these are the greatest numbers there are. */
function mix(a: number, b: number, share: number): number {
  const value = a * (1 - share) + b * share;
  return Math.min(Math.max(a, b), Math.max(Math.min(a, b), value));
}

/**
 * All of these, or, where together they cost more than `most`, as many as their ids choose: what comes next, or is hidden,
 * does not make others count. One that costs more than all may is in none.
 */
export function chosenByIds<T extends { readonly id: string; readonly cost: number }>(
  all: readonly T[],
  most: number,
): readonly T[] {
  if (all.reduce((sum, one) => sum + one.cost, 0) <= most) return all;
  const spread = all
    .filter((one) => one.cost <= most)
    .map((one) => ({ one, place: spreadOf(one.id) }))
    .sort((a, b) => a.place - b.place || (a.one.id < b.one.id ? -1 : 1));
  let sum = 0;
  let end = 0;
  while (end < spread.length && sum + (spread[end]?.one.cost ?? 0) <= most) sum += spread[end++]?.one.cost ?? 0;
  return spread.slice(0, end).map(({ one }) => one);
}

/** Spreads ids evenly over 32 bits (FNV-1a with a last stir): which come first has nothing to do with what they name. */
function spreadOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
