import type { TensorSpec } from "@paydown/api/serving";

/** Data types of the Open Inference Protocol, spelled as it spells them. */
export type Datatype =
  | "BOOL"
  | "UINT8"
  | "UINT16"
  | "UINT32"
  | "UINT64"
  | "INT8"
  | "INT16"
  | "INT32"
  | "INT64"
  | "FP16"
  | "FP32"
  | "FP64"
  | "BYTES";

/** Numbers of a tensor, row-major. FP16 is kept as its bits; BYTES as texts, UTF-8 on the wire. */
export type Values =
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Float32Array
  | Float64Array
  | string[];

/** Shape without free dimensions, and exactly as many values. */
export interface Tensor {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly data: Values;
}

export type { TensorSpec };

interface DatatypeFacts {
  /** Element type number of ONNX's TensorProto. */
  readonly onnx: number;
  /** What onnxruntime calls it. */
  readonly engine: string;
  /** Bytes of one value; 0 when they vary. */
  readonly size: number;
  /** Place in packed logs; never changes. */
  readonly code: number;
}

export const datatypes: Readonly<Record<Datatype, DatatypeFacts>> = {
  FP32: { onnx: 1, engine: "float32", size: 4, code: 1 },
  UINT8: { onnx: 2, engine: "uint8", size: 1, code: 2 },
  INT8: { onnx: 3, engine: "int8", size: 1, code: 3 },
  UINT16: { onnx: 4, engine: "uint16", size: 2, code: 4 },
  INT16: { onnx: 5, engine: "int16", size: 2, code: 5 },
  INT32: { onnx: 6, engine: "int32", size: 4, code: 6 },
  INT64: { onnx: 7, engine: "int64", size: 8, code: 7 },
  BYTES: { onnx: 8, engine: "string", size: 0, code: 8 },
  BOOL: { onnx: 9, engine: "bool", size: 1, code: 9 },
  FP16: { onnx: 10, engine: "float16", size: 2, code: 10 },
  FP64: { onnx: 11, engine: "float64", size: 8, code: 11 },
  UINT32: { onnx: 12, engine: "uint32", size: 4, code: 12 },
  UINT64: { onnx: 13, engine: "uint64", size: 8, code: 13 },
};

const byOnnx = new Map(Object.entries(datatypes).map(([name, facts]) => [facts.onnx, name as Datatype]));
const byEngine = new Map(Object.entries(datatypes).map(([name, facts]) => [facts.engine, name as Datatype]));
const byCode = new Map(Object.entries(datatypes).map(([name, facts]) => [facts.code, name as Datatype]));

export function datatypeOfOnnx(elementType: number): Datatype | undefined {
  return byOnnx.get(elementType);
}

export function datatypeOfEngine(type: string): Datatype | undefined {
  return byEngine.get(type);
}

export function datatypeOfCode(code: number): Datatype | undefined {
  return byCode.get(code);
}

export function isDatatype(text: string): text is Datatype {
  return Object.hasOwn(datatypes, text);
}

/** How many values a shape holds. */
export function countOf(shape: readonly number[]): number {
  let count = 1;
  for (const dimension of shape) count *= dimension;
  return count;
}

/** Rows of a shape: its first dimension; 1 for a scalar. */
export function rowsOf(shape: readonly number[]): number {
  return shape[0] ?? 1;
}

/** Room for `count` values. */
export function allocate(datatype: Datatype, count: number): Values {
  switch (datatype) {
    case "BYTES":
      return new Array<string>(count).fill("");
    case "BOOL":
    case "UINT8":
      return new Uint8Array(count);
    case "FP16":
    case "UINT16":
      return new Uint16Array(count);
    case "UINT32":
      return new Uint32Array(count);
    case "UINT64":
      return new BigUint64Array(count);
    case "INT8":
      return new Int8Array(count);
    case "INT16":
      return new Int16Array(count);
    case "INT32":
      return new Int32Array(count);
    case "INT64":
      return new BigInt64Array(count);
    case "FP32":
      return new Float32Array(count);
    case "FP64":
      return new Float64Array(count);
  }
}

/** Values read from little-endian bytes, copied so that they stand at an aligned address of their own. */
export function fromBytes(datatype: Exclude<Datatype, "BYTES">, bytes: Uint8Array): Values {
  const values = allocate(datatype, bytes.byteLength / datatypes[datatype].size) as Exclude<Values, string[]>;
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength).set(bytes);
  return values;
}

/** The memory of values, little-endian on every machine Node runs on. */
export function toBytes(values: Exclude<Values, string[]>): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** A value as a number; NaN for texts. */
export function numberAt(tensor: Pick<Tensor, "datatype" | "data">, index: number): number {
  const value = tensor.data[index];
  if (typeof value === "number") return tensor.datatype === "FP16" ? fromHalf(value) : value;
  return typeof value === "bigint" ? Number(value) : Number.NaN;
}

/** The number that the 16 bits of an IEEE half mean. */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Copies rows `[from, to)`; the shape's first dimension becomes their number. */
export function sliceRows(tensor: Tensor, from: number, to: number): Tensor {
  const width = countOf(tensor.shape.slice(1));
  return {
    ...tensor,
    shape: [to - from, ...tensor.shape.slice(1)],
    data: tensor.data.slice(from * width, to * width) as Values,
  };
}

/** Rows of all, one after the other. All have the same datatype and the same dimensions but the first. */
export function concatRows(tensors: readonly Tensor[]): Tensor {
  const first = tensors[0] as Tensor;
  if (tensors.length === 1) return first;
  const rows = tensors.reduce((sum, tensor) => sum + rowsOf(tensor.shape), 0);
  const data = allocate(
    first.datatype,
    tensors.reduce((sum, tensor) => sum + tensor.data.length, 0),
  );
  let at = 0;
  for (const tensor of tensors) {
    if (Array.isArray(data)) for (const text of tensor.data as string[]) data[at++] = text;
    else {
      (data as Float32Array).set(tensor.data as Float32Array, at);
      at += tensor.data.length;
    }
  }
  return { ...first, shape: [rows, ...first.shape.slice(1)], data };
}
