export interface Curve {
  readonly x: readonly number[];
  readonly y: readonly (number | null)[];
}

export interface Summed {
  readonly x: number[];
  readonly median: number[];
  readonly low: number[];
  readonly high: number[];
  /** How many curves there are at each place. */
  readonly n: number[];
}

/** Median and P10 to P90 of many curves at up to 200 places, each curve between its own ends, straight between its points. */
export function sumUp(curves: readonly Curve[], places = 200): Summed {
  const filled = curves
    .map((curve) => {
      const keep = curve.y.flatMap((value, at) => (value === null ? [] : [at]));
      return { x: keep.map((at) => curve.x[at] as number), y: keep.map((at) => curve.y[at] as number) };
    })
    .filter((curve) => curve.x.length > 0);
  const from = filled.reduce((least, curve) => Math.min(least, curve.x[0] as number), Number.POSITIVE_INFINITY);
  const to = filled.reduce((most, curve) => Math.max(most, curve.x.at(-1) as number), Number.NEGATIVE_INFINITY);
  const sums: Summed = { x: [], median: [], low: [], high: [], n: [] };
  if (filled.length === 0) return sums;
  const all = [...new Set(filled.flatMap((curve) => curve.x))].sort((a, b) => a - b);
  const xs =
    all.length <= places ? all : Array.from({ length: places }, (_, at) => from + ((to - from) * at) / (places - 1));
  const next = filled.map(() => 0);
  for (const x of xs) {
    const values: number[] = [];
    for (const [order, curve] of filled.entries()) {
      if (x < (curve.x[0] as number) || x > (curve.x.at(-1) as number)) continue;
      let at = next[order] as number;
      while (at < curve.x.length - 1 && (curve.x[at + 1] as number) <= x) at += 1;
      next[order] = at;
      const [x0, y0, x1, y1] = [curve.x[at] as number, curve.y[at] as number, curve.x[at + 1], curve.y[at + 1]];
      values.push(x1 === undefined || y1 === undefined || x1 === x0 ? y0 : y0 + ((y1 - y0) * (x - x0)) / (x1 - x0));
    }
    if (values.length === 0) continue;
    values.sort((a, b) => a - b);
    sums.x.push(x);
    sums.median.push(quantile(values, 0.5));
    sums.low.push(quantile(values, 0.1));
    sums.high.push(quantile(values, 0.9));
    sums.n.push(values.length);
  }
  return sums;
}

function quantile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1);
  const low = sorted[Math.floor(at)] as number;
  const high = sorted[Math.ceil(at)] as number;
  return low + (high - low) * (at - Math.floor(at));
}
