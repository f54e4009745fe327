import type { ColumnContract, EndpointContract, EndpointLimits, TensorSpec } from "@paydown/api/serving";
import { servingErrors } from "./errors.js";
import type { Column } from "./tensors/columns.js";
import { countOf, numberAt, type Tensor } from "./tensors/tensor.js";

export const defaultLimits: Required<EndpointLimits> = {
  rowsPerRequest: 10_000,
  requestsInFlight: 1000,
  timeoutMs: 30_000,
};
/** Most bytes of all input tensors of one request; the log keeps them whole. */
const tensorBytesLimit = 16 * 1024 * 1024;
/** Most consumers a deployment counts apart: names come from callers. */
export const consumerLimit = 10_000;
export const otherConsumers = "unknown@others";
const consumerNameLimit = 200;

export const minute = 60_000;
export const windowLengths = { minute, hour: 60 * minute, day: 24 * 60 * minute } as const;
export type WindowName = keyof typeof windowLengths;
export const windowLimit = 10_000;

/** The least window that shows a range in at most 400 points. */
export function windowFor(from: number, to: number): WindowName {
  for (const name of ["minute", "hour"] as const) if ((to - from) / windowLengths[name] <= 400) return name;
  return "day";
}

/** Latency is counted in buckets that grow by a tenth: bucket b holds (1.1^(b-1), 1.1^b] microseconds. */
export function latencyBucket(us: number): number {
  return us <= 1 ? 0 : Math.ceil(Math.log(us) / Math.log(1.1) - 1e-9);
}

/** Upper end of a bucket in milliseconds. */
function bucketMs(bucket: number): number {
  return 1.1 ** bucket / 1000;
}

/** The quantile of counted buckets in ms, at most a tenth too high; undefined without counts. */
export function quantileMs(buckets: readonly { bucket: number; requests: number }[], q: number): number | undefined {
  const total = buckets.reduce((sum, one) => sum + one.requests, 0);
  if (total === 0) return undefined;
  let seen = 0;
  for (const one of [...buckets].sort((a, b) => a.bucket - b.bucket)) {
    seen += one.requests;
    if (seen >= q * total) return bucketMs(one.bucket);
  }
  return undefined;
}

function invalid(problem: string): Error {
  return servingErrors.SERVING_REQUEST_INVALID({ problem });
}

/**
 * Checks a request against what the model declares: every input once, none unknown, data type, rank, fixed dimensions, count,
 * equal rows. Answers the inputs in the model's order and the number of rows. Throws SERVING_REQUEST_INVALID.
 */
export function checkInputs(
  specs: readonly TensorSpec[],
  inputs: readonly Tensor[],
  limits: Required<EndpointLimits>,
): { inputs: Tensor[]; rows: number } {
  const byName = new Map<string, Tensor>();
  for (const input of inputs) {
    if (byName.has(input.name)) throw invalid(`input '${shown(input.name)}' is given twice`);
    if (!specs.some((spec) => spec.name === input.name)) {
      throw invalid(
        `input '${shown(input.name)}' is unknown; the model takes ${specs.map((spec) => spec.name).join(", ")}`,
      );
    }
    byName.set(input.name, input);
  }
  let rows = -1;
  let bytes = 0;
  const ordered = specs.map((spec) => {
    const input = byName.get(spec.name);
    if (input === undefined) throw invalid(`input '${spec.name}' is missing`);
    checkTensor(spec, input);
    if (spec.shape.length > 0 && spec.shape[0] === -1) {
      const own = input.shape[0] as number;
      if (rows !== -1 && own !== rows) {
        throw invalid(`input '${spec.name}' has ${own} rows and another input has ${rows}`);
      }
      rows = own;
    }
    bytes += Array.isArray(input.data)
      ? input.data.reduce((sum, text) => sum + text.length + 4, 0)
      : input.data.byteLength;
    return input;
  });
  if (rows === -1) rows = specs[0]?.shape[0] ?? 1;
  if (rows === 0) throw invalid("the request has no rows");
  if (rows > limits.rowsPerRequest) {
    throw servingErrors.SERVING_REQUEST_TOO_LARGE({ size: rows, unit: "rows", limit: limits.rowsPerRequest });
  }
  if (bytes > tensorBytesLimit) {
    throw servingErrors.SERVING_REQUEST_TOO_LARGE({ size: bytes, unit: "bytes of tensors", limit: tensorBytesLimit });
  }
  return { inputs: ordered, rows };
}

function checkTensor(spec: TensorSpec, input: Tensor): void {
  if (input.datatype !== spec.datatype) {
    throw invalid(`input '${spec.name}' is ${input.datatype}; the model takes ${spec.datatype}`);
  }
  const fits =
    input.shape.length === spec.shape.length &&
    spec.shape.every((dimension, axis) => dimension === -1 || dimension === input.shape[axis]);
  if (!fits) {
    throw invalid(`input '${spec.name}' has shape [${input.shape}]; the model takes [${spec.shape}], -1 being free`);
  }
  const count = countOf(input.shape);
  if (input.data.length !== count) {
    throw invalid(`input '${spec.name}' has ${input.data.length} values; its shape [${input.shape}] asks for ${count}`);
  }
}

/** A value outside the contract. */
export interface Violation {
  readonly column: string;
  readonly row: number;
  readonly value: number;
  readonly promise: string;
}

/** Checks made once a deployment's contract and columns are known: what to look at in which input. */
export interface ContractCheck {
  /** Columns to look at, by input. */
  readonly bounds: readonly { readonly column: Column; readonly promise: ColumnContract | undefined }[];
  readonly reject: boolean;
}

/** Every floating column is looked at, because it must be finite or may be missing; others when there is a promise. */
export function contractCheck(
  columns: readonly Column[],
  specs: readonly TensorSpec[],
  contract: EndpointContract | undefined,
): ContractCheck {
  const promises = new Map((contract?.columns ?? []).map((promise) => [promise.column, promise]));
  const floating = new Set(specs.filter((spec) => spec.datatype.startsWith("FP")).map((spec) => spec.name));
  const bounds = columns
    .filter((column) => !column.text && (floating.has(column.input) || promises.has(column.name)))
    .map((column) => ({ column, promise: promises.get(column.name) }));
  return { bounds, reject: contract?.onViolation === "reject" };
}

/**
 * Counts values outside the contract and refuses ones that are not numbers: infinities always, NaN unless the column may be
 * missing. Throws SERVING_REQUEST_INVALID.
 */
export function findViolations(
  check: ContractCheck,
  inputs: ReadonlyMap<string, Tensor>,
  rows: number,
): { count: number; first?: Violation } {
  let count = 0;
  let first: Violation | undefined;
  for (const { column, promise } of check.bounds) {
    const input = inputs.get(column.input);
    if (input === undefined) continue;
    const low = promise?.min ?? Number.NEGATIVE_INFINITY;
    const high = promise?.max ?? Number.POSITIVE_INFINITY;
    for (let row = 0; row < rows; row++) {
      const value = numberAt(input, row * column.width + column.offset);
      if (value >= low && value <= high && value - value === 0) continue;
      if (Number.isNaN(value) && promise?.missing === true) continue;
      if (!Number.isFinite(value)) {
        throw invalid(`input '${column.name}' is ${value} in row ${row}; only finite numbers are taken`);
      }
      count++;
      first ??= { column: column.name, row, value, promise: `${promise?.min ?? "any"} to ${promise?.max ?? "any"}` };
    }
  }
  return first === undefined ? { count } : { count, first };
}

/** Inputs whose width is not known in advance have no columns; their values must be finite all the same. */
export function checkFinite(input: Tensor): void {
  if (!input.datatype.startsWith("FP")) return;
  for (let i = 0; i < input.data.length; i++) {
    const value = numberAt(input, i);
    if (!Number.isFinite(value)) {
      throw invalid(`input '${input.name}' is ${value} at place ${i}; only finite numbers are taken`);
    }
  }
}

function shown(name: string): string {
  return name.length <= 100 ? name : `${name.slice(0, 100)}…`;
}

/** Who calls, as a name that fits a record: no control characters, bounded. */
export function consumerName(text: string): string {
  const clean = text.replace(/\p{Cc}/gu, " ").trim();
  return clean.length <= consumerNameLimit ? clean : clean.slice(0, consumerNameLimit);
}
