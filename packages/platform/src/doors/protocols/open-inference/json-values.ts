import { allocate, countOf, type Datatype, type Tensor, type Values } from "#capabilities/serving/index.js";
import { refused } from "./refusal.js";

const unsafe = 2 ** 53;
const ranges: Partial<Record<Datatype, readonly [number, number]>> = {
  INT8: [-128, 127],
  INT16: [-32_768, 32_767],
  INT32: [-2_147_483_648, 2_147_483_647],
  UINT8: [0, 255],
  UINT16: [0, 65_535],
  UINT32: [0, 4_294_967_295],
};
const wide = {
  INT64: [-(2n ** 63n), 2n ** 63n - 1n],
  UINT64: [0n, 2n ** 64n - 1n],
} as const;

/** Whether a parsed document may have lost digits of integers: some number is beyond 2^53. */
export function hasUnsafe(value: unknown): boolean {
  if (typeof value === "number") return value >= unsafe || value <= -unsafe;
  if (Array.isArray(value)) return value.some(hasUnsafe);
  return false;
}

/** Parses JSON keeping integers beyond 2^53 exact, as bigint, by looking at their source text. */
export function parseExact(text: string): unknown {
  return JSON.parse(text, ((_key: string, value: unknown, context?: { source?: string }) => {
    if (typeof value !== "number" || (value < unsafe && value > -unsafe)) return value;
    return context?.source !== undefined && /^-?\d+$/.test(context.source) ? BigInt(context.source) : value;
  }) as (key: string, value: unknown) => unknown);
}

/** Values of a tensor from nested or flat JSON arrays, every one checked against its data type. */
export function fromJson(name: string, datatype: Datatype, shape: readonly number[], data: unknown): Tensor {
  if (!Array.isArray(data)) throw refused(`input '${name}': data must be an array`);
  if (datatype === "FP16") throw refused(`input '${name}': FP16 cannot be sent as JSON; use the binary extension`);
  const count = countOf(shape);
  const values = allocate(datatype, count);
  const filled = fill(values, name, datatype, data, 0, count);
  if (filled !== count) {
    throw refused(`input '${name}' has ${filled} values; its shape [${shape}] asks for ${count}`);
  }
  if (data.length > 0 && Array.isArray(data[0])) checkNesting(name, data, shape, 0);
  return { name, datatype, shape, data: values };
}

function fill(values: Values, name: string, datatype: Datatype, data: unknown[], start: number, count: number): number {
  let at = start;
  // The hot path: a flat array of floats.
  if (datatype === "FP32" || datatype === "FP64") {
    const floats = values as Float64Array;
    for (const value of data) {
      if (typeof value === "number") {
        if (at < count) floats[at] = value;
        at++;
      } else if (Array.isArray(value)) at = fill(values, name, datatype, value, at, count);
      else if (value === null) {
        if (at < count) floats[at] = Number.NaN;
        at++;
      } else if (typeof value === "bigint") {
        if (at < count) floats[at] = Number(value);
        at++;
      } else throw wrong(name, datatype, value);
    }
    return at;
  }
  for (const value of data) {
    if (Array.isArray(value)) at = fill(values, name, datatype, value, at, count);
    else {
      const converted = convert(name, datatype, value);
      if (at < count) (values as unknown[])[at] = converted;
      at++;
    }
  }
  return at;
}

function convert(name: string, datatype: Datatype, value: unknown): unknown {
  if (datatype === "BYTES") {
    if (typeof value !== "string") throw wrong(name, datatype, value);
    return value;
  }
  if (datatype === "BOOL") {
    if (value !== true && value !== false && value !== 0 && value !== 1) throw wrong(name, datatype, value);
    return Number(value);
  }
  if (datatype === "INT64" || datatype === "UINT64") {
    const [low, high] = wide[datatype];
    if (typeof value === "number" && !Number.isSafeInteger(value)) throw wrong(name, datatype, value);
    if (typeof value !== "number" && typeof value !== "bigint") throw wrong(name, datatype, value);
    const big = BigInt(value);
    if (big < low || big > high) throw wrong(name, datatype, value);
    return big;
  }
  const [low, high] = ranges[datatype] as readonly [number, number];
  if (typeof value !== "number" || !Number.isInteger(value) || value < low || value > high) {
    throw wrong(name, datatype, value);
  }
  return value;
}

/** Nested data must have the nesting its shape says; a flat list has been counted already. */
function checkNesting(name: string, data: unknown[], shape: readonly number[], depth: number): void {
  const last = depth === shape.length - 1;
  if (data.length !== shape[depth] || depth >= shape.length) {
    throw refused(`input '${name}': data is nested otherwise than its shape [${shape}]`);
  }
  for (const value of data) {
    if (Array.isArray(value) === last)
      throw refused(`input '${name}': data is nested otherwise than its shape [${shape}]`);
    if (Array.isArray(value)) checkNesting(name, value, shape, depth + 1);
  }
}

function wrong(name: string, datatype: Datatype, value: unknown): Error {
  const text = value === undefined ? "undefined" : typeof value === "bigint" ? String(value) : JSON.stringify(value);
  return refused(`input '${name}': ${text.slice(0, 60)} is not ${datatype}`);
}

/** A tensor's values as JSON text, straight into one string: no arrays in between. */
export function toJson(tensor: Tensor): string {
  const { data, datatype } = tensor;
  if (Array.isArray(data)) return JSON.stringify(data);
  if (data.length === 0) return "[]";
  let text = "[";
  if (datatype === "BOOL") for (let i = 0; i < data.length; i++) text += data[i] === 1 ? "true," : "false,";
  else if (datatype === "FP32" || datatype === "FP64") {
    for (let i = 0; i < data.length; i++) {
      const value = data[i] as number;
      // JSON has no NaN and no infinity.
      text += value - value === 0 ? `${value},` : "null,";
    }
  } else for (let i = 0; i < data.length; i++) text += `${data[i]},`;
  return `${text.slice(0, -1)}]`;
}
