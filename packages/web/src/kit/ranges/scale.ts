/** Scales of range marks. Pure, so that the header's axis and the cells of a column agree by construction. */

export interface Spread {
  readonly p10: number;
  readonly p50: number;
  readonly p90: number;
  readonly n: number;
}

export interface LogScale {
  readonly low: number;
  readonly high: number;
  /** 0 to 1; values below `low` (zero among them) sit at 0. */
  at(value: number): number;
  /** Powers of ten, or 1-2-5 steps when the scale is short. */
  readonly ticks: readonly number[];
}

/** One log axis for a column of ranges. Three decades at most below the largest value: less than a thousandth of the worst is nothing to decide on. */
export function logScale(ranges: Iterable<Spread | undefined>): LogScale {
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  for (const range of ranges) {
    if (range === undefined) continue;
    if (range.p90 > high) high = range.p90;
    for (const value of [range.p10, range.p50, range.p90]) if (value > 0 && value < low) low = value;
  }
  if (high <= 0) return make(0.1, 10);
  low = Math.max(low, high / 1000);
  return make(low / 1.15, Math.max(high * 1.15, low * 3));
}

function make(low: number, high: number): LogScale {
  const span = Math.log(high) - Math.log(low);
  const at = (value: number) => (value <= low ? 0 : Math.min(1, (Math.log(value) - Math.log(low)) / span));
  return { low, high, at, ticks: ticks(low, high) };
}

function ticks(low: number, high: number): number[] {
  for (const steps of [[1], [1, 3], [1, 2, 5]]) {
    const found: number[] = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
      for (const step of steps) {
        const value = Number((step * 10 ** power).toPrecision(3));
        if (value >= low && value <= high) found.push(value);
      }
    }
    if (found.length >= 2) return found;
  }
  return [low];
}

const Z90 = 1.2815515655446004;

/**
 * The value below which `share` of the chances lie, by the two-piece log-normal through P10, P50 and P90 (two-piece
 * normal when a percentile is not positive). Sides are fitted apart, so the three printed percentiles are met exactly.
 */
export function quantile(range: Spread, share: number): number {
  const z = probit(share) / Z90;
  if (range.p10 > 0) {
    const side = z < 0 ? Math.log(range.p50 / range.p10) : Math.log(range.p90 / range.p50);
    return range.p50 * Math.exp(z * side);
  }
  return range.p50 + z * (z < 0 ? range.p50 - range.p10 : range.p90 - range.p50);
}

/** `count` equally likely values of an estimate: readers count chances. */
export function quantileDots(range: Spread, count = 50): number[] {
  return Array.from({ length: count }, (_, at) => quantile(range, (at + 0.5) / count));
}

/** Quantile of the standard normal (Acklam's rational approximation, relative error below 1.2e-9). */
export function probit(p: number): number {
  const a = [
    -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239,
  ];
  const b = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1];
  const c = [
    -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
    2.938163982698783,
  ];
  const d = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1];
  const poly = (k: readonly number[], x: number) => k.reduce((sum, one) => sum * x + one, 0);
  if (p < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(p));
    return poly(c, q) / poly(d, q);
  }
  if (p > 1 - 0.02425) return -probit(1 - p);
  const q = p - 0.5;
  return (poly(a, q * q) * q) / poly(b, q * q);
}
