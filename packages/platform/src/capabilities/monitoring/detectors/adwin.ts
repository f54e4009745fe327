import type { StreamDetector, StreamState } from "./detector.js";

export interface AdwinOptions {
  /** Chance of a false report the bound is made for. */
  readonly delta?: number;
  /** Looks only at every so many values. */
  readonly clock?: number;
  /** Buckets of one size before two are merged. */
  readonly buckets?: number;
  /** Least values on each side of a cut. */
  readonly least?: number;
  /** No look before so many values. */
  readonly grace?: number;
}

interface Row {
  readonly totals: number[];
  readonly variances: number[];
}

/**
 * Adaptive windowing: keeps a window in exponentially growing buckets and drops its oldest part when the means of two parts
 * differ by more than a bound that holds for any distribution. This is the corrected form that also looks at the newest
 * bucket of each row, which river skipped before its pull request 1613.
 */
export default {
  name: "adwin",
  kind: "stream",
  errorsOnly: false,
  states: "change of the mean",
  reference: "Bifet and Gavalda, SDM 2007; behaviour of river 0.26.1",
  example: { changes: [575] },
  create: () => createAdwin(),
} satisfies StreamDetector;

export function createAdwin(options: AdwinOptions = {}): StreamState {
  const { delta = 0.002, clock = 32, buckets = 5, least = 5, grace = 10 } = options;
  let rows: Row[] = [{ totals: [], variances: [] }];
  let width = 0;
  let total = 0;
  let variance = 0;
  let tick = 0;

  function insert(value: number): void {
    rows[0]!.totals.push(value);
    rows[0]!.variances.push(0);
    if (width > 0) variance += (width * (value - total / width) ** 2) / (width + 1);
    width++;
    total += value;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      if (row.totals.length !== buckets + 1) break;
      if (i + 1 === rows.length) rows.push({ totals: [], variances: [] });
      const size = 2 ** i;
      const [t1, t2] = row.totals.splice(0, 2) as [number, number];
      const [v1, v2] = row.variances.splice(0, 2) as [number, number];
      rows[i + 1]!.totals.push(t1 + t2);
      rows[i + 1]!.variances.push(v1 + v2 + (size * (t1 / size - t2 / size) ** 2) / 2);
    }
  }

  function dropOldest(): void {
    const last = rows.at(-1)!;
    const size = 2 ** (rows.length - 1);
    const sum = last.totals.shift()!;
    const own = last.variances.shift()!;
    width -= size;
    total -= sum;
    const difference = sum / size - total / width;
    variance -= own + (size * width * difference ** 2) / (size + width);
    if (last.totals.length === 0) rows.pop();
  }

  /** Whether some split of the window has means too far apart. */
  function cuts(): boolean {
    const confidence = Math.log((2 * Math.log(width)) / delta);
    let n0 = 0;
    let u0 = 0;
    for (let i = rows.length - 1; i >= 0; i--) {
      for (const sum of rows[i]!.totals) {
        n0 += 2 ** i;
        u0 += sum;
        const n1 = width - n0;
        if (n1 === 0) return false;
        if (n0 < least || n1 < least) continue;
        const inverse = 1 / (n0 - least + 1) + 1 / (n1 - least + 1);
        const bound = Math.sqrt(2 * inverse * (variance / width) * confidence) + (2 / 3) * confidence * inverse;
        if (Math.abs(u0 / n0 - (total - u0) / n1) > bound) return true;
      }
    }
    return false;
  }

  return {
    update(value) {
      insert(value);
      tick++;
      if (tick % clock !== 0 || width <= grace) return false;
      let changed = false;
      while (cuts()) {
        changed = true;
        dropOldest();
      }
      if (changed) {
        rows = [{ totals: [], variances: [] }];
        width = 0;
        total = 0;
        variance = 0;
        tick = 0;
      }
      return changed;
    },
  };
}
