import type { Replay } from "@paydown/api/registry";
import { numberAt, type Tensor } from "#capabilities/serving/index.js";

const keptExamples = 20;

interface Running {
  values: number;
  changedRows: number;
  max: number;
  sum: number;
  numbers: number;
  flips: number;
  canFlip: boolean;
}

/** Adds up, chunk by chunk, how two versions' outputs differ on the same rows. */
export interface DifferenceTally {
  /** Outputs of the same rows `[from, to)` under both versions. */
  add(from: number, to: number, before: readonly Tensor[], after: readonly Tensor[]): void;
  finish(rows: number): Pick<Replay, "changed" | "flips" | "outputs" | "onlyFrom" | "onlyTo"> & {
    /** The rows that differ most, the most first. */
    readonly worst: readonly Worst[];
  };
}

export interface Worst {
  readonly row: number;
  readonly difference: number;
  readonly from: Record<string, unknown>;
  readonly to: Record<string, unknown>;
}

export function tallyDifferences(tolerance: number): DifferenceTally {
  const byOutput = new Map<string, Running>();
  const onlyFrom = new Set<string>();
  const onlyTo = new Set<string>();
  let changedRows = 0;
  let flippedRows = 0;
  let worst: Worst[] = [];

  return {
    add(from, to, before, after) {
      const rows = to - from;
      const pairs: [Tensor, Tensor][] = [];
      for (const one of before) {
        const other = after.find((tensor) => tensor.name === one.name);
        if (other === undefined || !isByRow(one, rows) || !isByRow(other, rows)) onlyFrom.add(one.name);
        else pairs.push([one, other]);
      }
      for (const one of after) if (!pairs.some(([, other]) => other === one)) onlyTo.add(one.name);
      for (let row = 0; row < rows; row++) {
        let isChanged = false;
        let isFlipped = false;
        let most = 0;
        for (const [one, other] of pairs) {
          const seen = compareRow(one, other, row, rows, tolerance);
          const running = byOutput.get(one.name) ?? start();
          byOutput.set(one.name, running);
          running.values += seen.values;
          running.numbers += seen.numbers;
          running.sum += seen.sum;
          running.max = Math.max(running.max, seen.max);
          if (seen.isChanged) running.changedRows++;
          if (seen.isFlipped) running.flips++;
          running.canFlip ||= seen.canFlip;
          isChanged ||= seen.isChanged;
          isFlipped ||= seen.isFlipped;
          most = Math.max(most, seen.max, seen.isFlipped && seen.numbers === 0 ? Number.MIN_VALUE : 0);
        }
        if (isChanged) changedRows++;
        if (isFlipped) flippedRows++;
        const least = worst.at(-1);
        if (!isChanged || (worst.length >= keptExamples && least !== undefined && least.difference >= most)) continue;
        const side = (which: 0 | 1): Record<string, unknown> =>
          Object.fromEntries(pairs.map((pair) => [pair[0].name, valuesOf(pair[which], row, rows)]));
        worst.push({ row: from + row, difference: Math.min(most, Number.MAX_VALUE), from: side(0), to: side(1) });
        worst = worst.sort((a, b) => b.difference - a.difference || a.row - b.row).slice(0, keptExamples);
      }
    },
    finish(rows) {
      const outputs: Replay["outputs"] = [...byOutput].map(([output, one]) => ({
        output,
        values: one.values,
        changed: rows === 0 ? 0 : one.changedRows / rows,
        ...(one.numbers === 0
          ? {}
          : {
              maxDifference: Math.min(one.max, Number.MAX_VALUE),
              meanDifference: Math.min(one.sum / one.numbers, Number.MAX_VALUE),
            }),
        ...(one.canFlip ? { flips: one.flips } : {}),
      }));
      return {
        changed: rows === 0 ? 0 : changedRows / rows,
        flips: flippedRows,
        outputs,
        onlyFrom: [...onlyFrom].sort(),
        onlyTo: [...onlyTo].sort(),
        worst,
      };
    },
  };
}

function start(): Running {
  return { values: 0, changedRows: 0, max: 0, sum: 0, numbers: 0, flips: 0, canFlip: false };
}

function isByRow(tensor: Tensor, rows: number): boolean {
  return tensor.shape[0] === rows && tensor.data.length % rows === 0;
}

interface RowDifference {
  values: number;
  numbers: number;
  max: number;
  sum: number;
  isChanged: boolean;
  canFlip: boolean;
  isFlipped: boolean;
}

/**
 * A label is a text or an integer that stands alone in its row, or the place of the largest of several floats. Two values that
 * are no numbers are the same; one that is and one that is not differ without bound.
 */
function compareRow(one: Tensor, other: Tensor, row: number, rows: number, tolerance: number): RowDifference {
  const width = one.data.length / rows;
  const isText = Array.isArray(one.data) || Array.isArray(other.data);
  const isFloat = one.datatype.startsWith("FP");
  const seen: RowDifference = {
    values: width,
    numbers: 0,
    max: 0,
    sum: 0,
    isChanged: false,
    canFlip: isFloat ? width > 1 : width === 1,
    isFlipped: false,
  };
  if (other.data.length / rows !== width) return { ...seen, isChanged: true };
  let bestOne = 0;
  let bestOther = 0;
  for (let i = 0; i < width; i++) {
    const place = row * width + i;
    if (isText) {
      if (one.data[place] !== other.data[place]) seen.isChanged = true;
      continue;
    }
    const a = numberAt(one, place);
    const b = numberAt(other, place);
    const bothMissing = Number.isNaN(a) && Number.isNaN(b);
    const apart = Math.abs(a - b);
    const difference = a === b || bothMissing ? 0 : Number.isNaN(apart) ? Number.POSITIVE_INFINITY : apart;
    seen.numbers++;
    seen.sum += difference;
    seen.max = Math.max(seen.max, difference);
    if (difference > tolerance) seen.isChanged = true;
    if (a > numberAt(one, row * width + bestOne)) bestOne = i;
    if (b > numberAt(other, row * width + bestOther)) bestOther = i;
  }
  if (seen.canFlip) seen.isFlipped = isFloat ? bestOne !== bestOther : seen.isChanged;
  seen.isChanged ||= seen.isFlipped;
  return seen;
}

const shownValues = 20;

/** The values of a row as JSON can carry them, at most twenty. */
function valuesOf(tensor: Tensor, row: number, rows: number): unknown {
  const width = tensor.data.length / rows;
  const values: unknown[] = [];
  for (let i = 0; i < Math.min(width, shownValues); i++) {
    const value = tensor.data[row * width + i];
    const plain = typeof value === "string" ? value.slice(0, 200) : numberAt(tensor, row * width + i);
    values.push(typeof plain === "number" && !Number.isFinite(plain) ? String(plain) : plain);
  }
  return width === 1 ? values[0] : values;
}
