import type { LineSeries } from "./lines.jsx";

export interface Reading {
  readonly id: string;
  readonly name: string;
  readonly order: number;
  readonly x: number;
  readonly y: number;
}

/** Each line's value at its point nearest to `x`, unless `x` lies beyond its ends by more than `reach`. */
export function readAt(series: readonly LineSeries[], x: number, reach: number): Reading[] {
  return series.flatMap((one, order) => {
    let at = nearestIndex(one.x, x);
    // Gaps are passed over to the nearer side.
    let step = 1;
    while (at >= 0 && one.y[at] == null && step < 8) {
      at = one.y[at - step] != null ? at - step : one.y[at + step] != null ? at + step : at;
      step += 1;
    }
    const [found, y] = [one.x[at], one.y[at]];
    if (found === undefined || y == null || Math.abs(found - x) > reach) return [];
    return [{ id: one.id, name: one.name, order, x: found, y }];
  });
}

/** The eight readings whose values are nearest to `y`, greatest first. */
export function nearestEight(readings: readonly Reading[], distance: (y: number) => number): Reading[] {
  return readings
    .toSorted((a, b) => distance(a.y) - distance(b.y))
    .slice(0, 8)
    .toSorted((a, b) => b.y - a.y);
}

export function nearestIndex(sorted: readonly number[], x: number): number {
  if (sorted.length === 0) return -1;
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) < x) low = middle + 1;
    else high = middle;
  }
  const before = sorted[low - 1];
  return before !== undefined && Math.abs(before - x) <= Math.abs((sorted[low] as number) - x) ? low - 1 : low;
}
