/** Probabilities at which `parts` parts of equal size are cut. */
export function cutsOf(parts: number): number[] {
  return Array.from({ length: Math.max(0, parts - 1) }, (_, i) => (i + 1) / parts);
}

/**
 * Inner edges from quantiles, or from all distinct values: strictly increasing, and none at or below the least value,
 * since nothing lies below it. Repeated values give fewer edges. Where that leaves none, the least value gets a bin of
 * its own, so that a later value on either side of it shows.
 */
export function edgesFrom(cuts: readonly number[], min: number): number[] {
  const edges: number[] = [];
  let last = min;
  for (const value of cuts) {
    if (value > last) {
      edges.push(value);
      last = value;
    }
  }
  return edges.length > 0 ? edges : [min, nextUp(min)];
}

/** The next greater double. */
function nextUp(x: number): number {
  if (x === 0) return Number.MIN_VALUE;
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  view.setBigInt64(0, view.getBigInt64(0) + (x > 0 ? 1n : -1n));
  return view.getFloat64(0);
}

/** Index of the bin a value falls in: `[edges[i-1], edges[i])`. */
export function binOf(edges: readonly number[], value: number): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value < (edges[middle] as number)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Whether edges can be counted in: finite and strictly increasing. */
export function areEdges(edges: readonly number[]): boolean {
  return edges.every((edge, i) => Number.isFinite(edge) && (i === 0 || edge > (edges[i - 1] as number)));
}
