import type { ScoreColumn } from "@paydown/api/serving";
import { countOf, numberAt, rowsOf, type Tensor, type TensorSpec } from "./tensor.js";

/** One named value a row: a column of an input. */
export interface Column {
  readonly name: string;
  readonly input: string;
  /** Which of the input's values of a row. */
  readonly offset: number;
  /** How many values a row the input has. */
  readonly width: number;
  readonly text: boolean;
}

/**
 * The columns of a model's inputs. An input of one value a row is one column by its own name. A matrix's columns are named by
 * the signature when it has as many names, else `<input>.<number>`. Inputs of unknown width have none.
 */
export function columnsOf(inputs: readonly TensorSpec[], signature: readonly string[] = []): Column[] {
  const columns: Column[] = [];
  for (const input of inputs) {
    const rest = input.shape.slice(1);
    if (rest.some((dimension) => dimension < 1)) continue;
    const width = countOf(rest);
    if (width > 10_000) continue;
    const named = inputs.length === 1 && signature.length === width && width > 1;
    for (let offset = 0; offset < width; offset++) {
      columns.push({
        name: width === 1 ? input.name : named ? (signature[offset] as string) : `${input.name}.${offset}`,
        input: input.name,
        offset,
        width,
        text: input.datatype === "BYTES",
      });
    }
  }
  return columns;
}

/** Numbers of one column, one a row; NaN for texts. */
export function columnOf(tensor: Tensor, column: { offset: number; width: number }): Float64Array {
  const rows = rowsOf(tensor.shape);
  const values = new Float64Array(rows);
  for (let row = 0; row < rows; row++) values[row] = numberAt(tensor, row * column.width + column.offset);
  return values;
}

/**
 * The score when nobody named one: the second column of a floating output of two columns (probability of class 1), else the
 * first floating output of one value a row, else the first numeric one of one value a row.
 */
export function guessScore(outputs: readonly TensorSpec[]): ScoreColumn | undefined {
  const floats = outputs.filter((output) => output.datatype.startsWith("FP"));
  const pair = floats.find((output) => output.shape.length === 2 && output.shape[1] === 2);
  if (pair !== undefined) return { output: pair.name, column: 1 };
  // A free second dimension is what converters write for probabilities of a binary classifier.
  const free = floats.find((output) => output.shape.length === 2 && output.shape[1] === -1);
  if (free !== undefined) return { output: free.name, column: 1 };
  const single = (output: TensorSpec): boolean => countOf(output.shape.slice(1)) === 1 && output.datatype !== "BYTES";
  const one = floats.find(single) ?? outputs.find(single);
  return one === undefined ? undefined : { output: one.name, column: 0 };
}

/** Scores of all rows; NaN where the output is absent or has too few columns. */
export function scoresOf(outputs: readonly Tensor[], score: ScoreColumn | undefined, rows: number): Float64Array {
  const tensor = score === undefined ? undefined : outputs.find((output) => output.name === score.output);
  const width = tensor === undefined ? 0 : countOf(tensor.shape.slice(1));
  if (tensor === undefined || score === undefined || width < 1 || rowsOf(tensor.shape) !== rows) {
    return new Float64Array(rows).fill(Number.NaN);
  }
  // One column where two were expected: a regressor's output, or only class 1 was asked for.
  return columnOf(tensor, { offset: Math.min(score.column, width - 1), width });
}
