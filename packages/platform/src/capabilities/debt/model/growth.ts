/** Evidence of an item at an instant: copies, call sites, polluted rows, consumers, stale days. */
export interface TrendPoint {
  readonly at: number;
  readonly size: number;
}

const week = 7 * 86_400_000;
const leastPoints = 4;
const keptPoints = 26;

/**
 * Growth of the evidence a week, from a log-linear trend shrunk towards none by n / (n + 4); undefined with fewer than
 * four points, where the model assumes no growth.
 */
export function growthOf(points: readonly TrendPoint[]): number | undefined {
  if (points.length < leastPoints) return undefined;
  const xs = points.map((point) => point.at / week);
  const ys = points.map((point) => Math.log(Math.max(1e-9, point.size)));
  const meanX = xs.reduce((sum, x) => sum + x, 0) / xs.length;
  const meanY = ys.reduce((sum, y) => sum + y, 0) / ys.length;
  let top = 0;
  let bottom = 0;
  for (const [i, x] of xs.entries()) {
    top += (x - meanX) * ((ys[i] as number) - meanY);
    bottom += (x - meanX) ** 2;
  }
  if (bottom === 0) return undefined;
  const slope = (top / bottom) * (points.length / (points.length + 4));
  // A doubling a week is as fast as anybody has reason to extrapolate.
  return Math.min(Math.LN2, Math.max(-Math.LN2, slope));
}

/** Adds today's point: at most one a day, the last 26. */
export function extendTrend(points: readonly TrendPoint[], point: TrendPoint): TrendPoint[] {
  const last = points.at(-1);
  const sameDay = last !== undefined && Math.floor(last.at / 86_400_000) === Math.floor(point.at / 86_400_000);
  return [...(sameDay ? points.slice(0, -1) : points), point].slice(-keptPoints);
}
