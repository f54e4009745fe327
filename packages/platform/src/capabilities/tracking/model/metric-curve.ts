import type { HistoryBucket } from "@paydown/api/tracking";
import { type BlockSummary, sumScale } from "./metric-block.js";
import type { Points } from "./metric-points.js";

/** Equal stretches of an axis: bucket `i` holds what lies in `[first + i * width, first + (i + 1) * width)`. */
export interface Scale {
  readonly first: number;
  readonly width: number;
  readonly buckets: number;
}

/** Divides steps or milliseconds, which are integers, into at most so many equal stretches. */
export function integerScale(first: number, last: number, most: number): Scale {
  const width = Math.max(1, Math.ceil((last - first + 1) / most));
  return { first, width, buckets: Math.floor((last - first) / width) + 1 };
}

/** Divides any numbers; the greatest belongs to the last stretch. */
export function realScale(first: number, last: number, most: number): Scale {
  return first === last ? { first, width: 1, buckets: 1 } : { first, width: (last - first) / most, buckets: most };
}

export function bucketOf(scale: Scale, x: number): number {
  const bucket = Math.floor((x - scale.first) / scale.width);
  return bucket < 0 ? 0 : bucket < scale.buckets ? bucket : scale.buckets - 1;
}

/** Adds points and whole blocks up, bucket by bucket. */
export interface Curve {
  addBlock(bucket: number, block: BlockSummary): void;
  /** `xs` are the points' places on the axis; `smooth` their smoothed values. */
  addPoints(points: Points, xs: Float64Array, smooth?: Float64Array): void;
  /** Buckets that hold anything; with `x` for axes other than steps. */
  buckets(withX: boolean): HistoryBucket[];
}

export function curveOver(scale: Scale): Curve {
  const n = scale.buckets;
  const filled = (value: number) => new Float64Array(n).fill(value);
  const count = new Float64Array(n);
  const nans = new Float64Array(n);
  const total = new Float64Array(n);
  const low = filled(Number.POSITIVE_INFINITY);
  const high = filled(Number.NEGATIVE_INFINITY);
  const step = filled(Number.POSITIVE_INFINITY);
  const stepTo = filled(Number.NEGATIVE_INFINITY);
  const at = filled(Number.POSITIVE_INFINITY);
  const x = filled(Number.POSITIVE_INFINITY);
  const xTo = filled(Number.NEGATIVE_INFINITY);
  const smoothed = filled(Number.NaN);

  return {
    addBlock(b, block) {
      count[b] = (count[b] as number) + block.points;
      nans[b] = (nans[b] as number) + block.nans;
      total[b] = (total[b] as number) + block.total;
      if (block.low !== null && block.low < (low[b] as number)) low[b] = block.low;
      if (block.high !== null && block.high > (high[b] as number)) high[b] = block.high;
      if (block.first_step < (step[b] as number)) step[b] = block.first_step;
      if (block.last_step > (stepTo[b] as number)) stepTo[b] = block.last_step;
      if (block.from_time < (at[b] as number)) at[b] = block.from_time;
      // Only the axes of steps and of times take blocks whole, and only the latter shows its ends.
      if (block.from_time < (x[b] as number)) x[b] = block.from_time;
      if (block.to_time > (xTo[b] as number)) xTo[b] = block.to_time;
    },
    addPoints(points, xs, smooth) {
      const { steps, times, values, length } = points;
      for (let i = 0; i < length; ) {
        // A point without a place on the axis is on no curve.
        if (Number.isNaN(xs[i])) {
          i++;
          continue;
        }
        // Neighbours mostly share a bucket: its sums are kept at hand until one leaves it.
        const b = bucketOf(scale, xs[i] as number);
        const from = i;
        let [l, h, sum, none] = [low[b] as number, high[b] as number, 0, 0];
        let [s, sTo, t, xFrom, xLast] = [
          step[b] as number,
          stepTo[b] as number,
          at[b] as number,
          x[b] as number,
          xTo[b] as number,
        ];
        for (; i < length; i++) {
          const place = xs[i] as number;
          if (i > from && bucketOf(scale, place) !== b) break;
          const ownStep = steps[i] as number;
          if (ownStep < s) s = ownStep;
          if (ownStep > sTo) sTo = ownStep;
          const time = times[i] as number;
          if (time < t) t = time;
          if (place < xFrom) xFrom = place;
          if (place > xLast) xLast = place;
          const value = values[i] as number;
          if (value < l) l = value;
          if (value > h) h = value;
          if (Number.isNaN(value)) none++;
          else {
            sum += value * sumScale;
            if (smooth !== undefined) smoothed[b] = smooth[i] as number;
          }
        }
        count[b] = (count[b] as number) + i - from;
        nans[b] = (nans[b] as number) + none;
        total[b] = (total[b] as number) + sum;
        [low[b], high[b], step[b], stepTo[b], at[b], x[b], xTo[b]] = [l, h, s, sTo, t, xFrom, xLast];
      }
    },
    buckets(withX) {
      const found: HistoryBucket[] = [];
      for (let b = 0; b < n; b++) {
        if (count[b] === 0) continue;
        const known = (count[b] as number) - (nans[b] as number);
        const values = known === 0 ? {} : { min: low[b] as number, max: high[b] as number, mean: meanOf(b, known) };
        found.push({
          step: step[b] as number,
          stepTo: stepTo[b] as number,
          at: at[b] as number,
          count: count[b] as number,
          nan: nans[b] as number,
          ...values,
          ...(withX ? { x: x[b] as number, xTo: xTo[b] as number } : {}),
          ...(Number.isNaN(smoothed[b]) ? {} : { smooth: smoothed[b] as number }),
        });
      }
      return found;
    },
  };

  /** Rounding never carries a mean out of what it is the mean of. */
  function meanOf(b: number, known: number): number {
    const mean = (total[b] as number) / known / sumScale;
    return Math.min(high[b] as number, Math.max(low[b] as number, mean));
  }
}

export interface Smoother {
  /** Smoothed value of each point, in their order; NaN for a NaN, which is passed over. */
  next(values: Float64Array, xs: Float64Array): Float64Array;
}

/** How many unit distances the whole axis has: the same weight looks the same whatever the axis spans. */
const unitsOfAxis = 1000;

/**
 * Time-weighted exponential moving average, without bias at its start. `weight` is that of the past over one thousandth
 * of the axis' `span`, so that unevenly spaced points are smoothed by their distance, not by their number.
 */
export function smoother(weight: number, span: number): Smoother {
  let last = Number.NaN;
  let sum = 0;
  let norm = 0;
  let gap = Number.NaN;
  let fade = 1;
  return {
    next(values, xs) {
      const out = new Float64Array(values.length);
      for (let i = 0; i < values.length; i++) {
        const value = values[i] as number;
        const x = xs[i] as number;
        if (Number.isNaN(value) || Number.isNaN(x)) {
          out[i] = Number.NaN;
          continue;
        }
        const moved = Number.isNaN(last) || span === 0 ? 0 : x - last;
        if (moved !== gap) {
          gap = moved;
          fade = weight ** ((moved / span) * unitsOfAxis || 0);
        }
        last = x;
        sum = sum * fade + value * sumScale;
        norm = norm * fade + 1;
        out[i] = sum / norm / sumScale;
      }
      return out;
    },
  };
}
