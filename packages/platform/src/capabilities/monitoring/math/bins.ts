import { quantile, sorted } from "./samples.js";

/** Counts in fixed bins. All a distance needs: exact, and exactly mergeable by adding. */
export interface Bins {
  readonly counts: ArrayLike<number>;
  /** Ascending; where each bin lies, in the feature's unit. Only distances that need an order ask for it. */
  readonly positions?: ArrayLike<number>;
}

export function total(counts: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < counts.length; i++) sum += counts[i]!;
  return sum;
}

/** Shares of the whole; all zero for an empty histogram. */
export function shares(counts: ArrayLike<number>): Float64Array {
  const sum = total(counts);
  const out = new Float64Array(counts.length);
  if (sum > 0) for (let i = 0; i < out.length; i++) out[i] = counts[i]! / sum;
  return out;
}

/**
 * Shares without zeros, for distances with a logarithm: an empty bin counts as `rows` rows (half a row unless told), the
 * rest is rescaled. With no empty bin nothing changes.
 */
export function flooredShares(counts: ArrayLike<number>, rows = 0.5): Float64Array {
  const out = new Float64Array(counts.length);
  let sum = 0;
  for (let i = 0; i < out.length; i++) {
    out[i] = counts[i]! > 0 ? counts[i]! : rows;
    sum += out[i]!;
  }
  for (let i = 0; i < out.length; i++) out[i] = out[i]! / sum;
  return out;
}

export function addCounts(a: ArrayLike<number>, b: ArrayLike<number>): number[] {
  return Array.from({ length: Math.max(a.length, b.length) }, (_, i) => (a[i] ?? 0) + (b[i] ?? 0));
}

/**
 * Inner edges at equal shares of the sample: `bins` - 1 of them at most, fewer when values repeat; the outer bins are open.
 * Linear quantiles, as numpy.
 */
export function quantileEdges(values: ArrayLike<number>, bins: number): number[] {
  const ascending = sorted(values);
  const edges: number[] = [];
  for (let i = 1; i < bins; i++) {
    const edge = quantile(ascending, i / bins);
    if (edges.length === 0 || edge > edges.at(-1)!) edges.push(edge);
  }
  return edges;
}

/** The bin of a value: the number of inner edges at or below it. A value on an edge lies in the bin above. */
export function binOf(edges: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (edges[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Counts of a sample over the bins of these inner edges; NaN is left out. */
export function countInBins(values: ArrayLike<number>, edges: ArrayLike<number>): number[] {
  const counts = new Array<number>(edges.length + 1).fill(0);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isNaN(value)) counts[binOf(edges, value)]! += 1;
  }
  return counts;
}

/**
 * Where bins lie: middles of inner bins; an open outer bin is as wide as its neighbour, so its middle is half that width
 * beyond the edge.
 */
export function binPositions(edges: ArrayLike<number>): number[] {
  const n = edges.length;
  if (n === 0) return [0];
  if (n === 1) return [edges[0]! - 0.5, edges[0]! + 0.5];
  const positions = [edges[0]! - (edges[1]! - edges[0]!) / 2];
  for (let i = 1; i < n; i++) positions.push((edges[i - 1]! + edges[i]!) / 2);
  positions.push(edges[n - 1]! + (edges[n - 1]! - edges[n - 2]!) / 2);
  return positions;
}

/** Mean and standard deviation (population) of a histogram whose bins lie at these positions. */
export function binMoments(counts: ArrayLike<number>, positions: ArrayLike<number>): { mean: number; std: number } {
  const weight = shares(counts);
  let mean = 0;
  for (let i = 0; i < weight.length; i++) mean += weight[i]! * positions[i]!;
  let square = 0;
  for (let i = 0; i < weight.length; i++) square += weight[i]! * (positions[i]! - mean) ** 2;
  return { mean, std: Math.sqrt(square) };
}
