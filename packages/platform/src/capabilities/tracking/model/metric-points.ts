/**
 * Points of one metric, a column each, in the order step, time, value. A NaN stands for itself; in that order it is a 0
 * that comes after the others, as it is stored.
 */
export interface Points {
  readonly length: number;
  readonly steps: Float64Array;
  readonly times: Float64Array;
  readonly values: Float64Array;
}

/** One point as rows and page tokens spell it: a NaN is 0 with a flag. */
export interface StoredPoint {
  readonly step: number;
  readonly timestamp: number;
  readonly value: number;
  readonly nan: number;
}

export const noPoints: Points = emptyPoints(0);

function emptyPoints(length: number): Points {
  return {
    length,
    steps: new Float64Array(length),
    times: new Float64Array(length),
    values: new Float64Array(length),
  };
}

export function fromRows(rows: readonly StoredPoint[]): Points {
  const points = emptyPoints(rows.length);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as StoredPoint;
    points.steps[i] = row.step;
    points.times[i] = row.timestamp;
    points.values[i] = row.nan === 1 ? Number.NaN : row.value;
  }
  return points;
}

export function pointAt(points: Points, i: number): StoredPoint {
  const value = points.values[i] as number;
  const nan = Number.isNaN(value);
  return {
    step: points.steps[i] as number,
    timestamp: points.times[i] as number,
    value: nan ? 0 : value,
    nan: nan ? 1 : 0,
  };
}

/** Below 0 when point `i` of `a` comes before point `j` of `b`; 0 when they are the same point. */
function compare(a: Points, i: number, b: Points, j: number): number {
  return (
    (a.steps[i] as number) - (b.steps[j] as number) ||
    (a.times[i] as number) - (b.times[j] as number) ||
    compareValues(a.values[i] as number, b.values[j] as number)
  );
}

function compareValues(a: number, b: number): number {
  const x = Number.isNaN(a) ? 0 : a;
  const y = Number.isNaN(b) ? 0 : b;
  if (x !== y) return x < y ? -1 : 1;
  return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
}

/** All points of the lists in their order, exact repeats once. */
export function merged(lists: readonly Points[]): Points {
  const all = joined(lists);
  let sorted = true;
  for (let i = 1; i < all.length && sorted; i++) sorted = compare(all, i - 1, all, i) < 0;
  if (sorted) return all;
  const order = new Uint32Array(all.length);
  for (let i = 0; i < order.length; i++) order[i] = i;
  order.sort((i, j) => compare(all, i, all, j));
  let kept = 0;
  for (let i = 0; i < order.length; i++) {
    const at = order[i] as number;
    if (kept === 0 || compare(all, order[kept - 1] as number, all, at) !== 0) order[kept++] = at;
  }
  return picked(all, order.subarray(0, kept));
}

/** The lists one after the other. */
export function joined(lists: readonly Points[]): Points {
  if (lists.length === 1) return lists[0] as Points;
  const all = emptyPoints(lists.reduce((sum, one) => sum + one.length, 0));
  let at = 0;
  for (const one of lists) {
    all.steps.set(one.steps, at);
    all.times.set(one.times, at);
    all.values.set(one.values, at);
    at += one.length;
  }
  return all;
}

export function picked(points: Points, indexes: ArrayLike<number>): Points {
  const some = emptyPoints(indexes.length);
  for (let i = 0; i < indexes.length; i++) {
    const at = indexes[i] as number;
    some.steps[i] = points.steps[at] as number;
    some.times[i] = points.times[at] as number;
    some.values[i] = points.values[at] as number;
  }
  return some;
}

/** Points `[from, to)` by their place. */
export function sliced(points: Points, from: number, to: number): Points {
  if (from === 0 && to === points.length) return points;
  return {
    length: to - from,
    steps: points.steps.subarray(from, to),
    times: points.times.subarray(from, to),
    values: points.values.subarray(from, to),
  };
}

/** Points whose step lies in `[from, to]`. */
export function between(points: Points, from: number, to: number): Points {
  return sliced(points, lowerBound(points.steps, from), lowerBound(points.steps, to, true));
}

/** Place of the first number that is not below `of`, or with `after` the first above it. */
export function lowerBound(sorted: Float64Array, of: number, after = false): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const one = sorted[middle] as number;
    if (one < of || (after && one === of)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The same points in the order time, step, value. */
export function byTime(points: Points): Points {
  let sorted = true;
  for (let i = 1; i < points.length && sorted; i++) {
    sorted = (points.times[i - 1] as number) <= (points.times[i] as number);
  }
  if (sorted) return points;
  const order = new Uint32Array(points.length);
  for (let i = 0; i < order.length; i++) order[i] = i;
  // Equal times keep their order, which is by step and value: the sort is stable.
  return picked(
    points,
    order.sort((i, j) => (points.times[i] as number) - (points.times[j] as number)),
  );
}
