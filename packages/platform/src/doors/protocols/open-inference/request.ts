import { countOf, type EndpointMetadata, isDatatype, type Tensor } from "#capabilities/serving/index.js";
import { fromBinary } from "./binary.js";
import { fromJson, hasUnsafe, parseExact } from "./json-values.js";
import { refused } from "./refusal.js";

/** An infer request as the protocol means it. */
export interface WireRequest {
  readonly id?: string;
  readonly eventTime?: number;
  readonly inputs: readonly Tensor[];
  readonly outputs?: readonly string[];
  /** Whether an output goes back as bytes. */
  readonly binary: (output: string) => boolean;
}

const decoder = new TextDecoder("utf-8", { fatal: true });
/** A dimension beyond this is a mistake, and a product of such would no longer be exact. */
const dimensionLimit = 2 ** 31;
const valuesLimit = 64 * 1024 * 1024;

/** Reads a body; `headerLength` is the value of Inference-Header-Content-Length. Throws a 4xx for whatever is malformed. */
export function readRequest(
  body: Buffer,
  headerLength: string | undefined,
  model: () => EndpointMetadata,
): WireRequest {
  if (headerLength === undefined) return readParts(parse(body), undefined);
  const length = /^\d{1,15}$/.test(headerLength) ? Number(headerLength) : Number.NaN;
  if (!(length <= body.length)) {
    throw refused(`Inference-Header-Content-Length is ${headerLength.slice(0, 40)}; the body has ${body.length} bytes`);
  }
  if (length === 0) return readRaw(body, model());
  return readParts(parse(body.subarray(0, length)), body.subarray(length));
}

function parse(bytes: Uint8Array): Record<string, unknown> {
  let text: string;
  let value: unknown;
  try {
    text = decoder.decode(bytes);
    value = JSON.parse(text);
  } catch (cause) {
    throw refused(`the request is not JSON: ${(cause as Error).message.slice(0, 200)}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw refused("the request is not a JSON object");
  const request = value as Record<string, unknown>;
  const inputs = request.inputs;
  const lossy =
    Array.isArray(inputs) &&
    inputs.some((one) => /^U?INT64$/.test(String((one as Record<string, unknown>)?.datatype)) && hasUnsafe(one.data));
  return lossy ? (parseExact(text) as Record<string, unknown>) : request;
}

function readParts(request: Record<string, unknown>, binary: Uint8Array | undefined): WireRequest {
  const { id, inputs } = request;
  if (id !== undefined && typeof id !== "string") throw refused("id must be a string");
  if (typeof id === "string" && id.length > 1000) throw refused("id is longer than 1,000 characters");
  if (!Array.isArray(inputs) || inputs.length === 0) throw refused("inputs must be an array with at least one tensor");
  let rest = binary ?? new Uint8Array(0);
  const tensors = inputs.map((input) => {
    const { tensor, used } = readInput(input, binary === undefined ? undefined : rest);
    rest = rest.subarray(used);
    return tensor;
  });
  if (rest.length > 0) throw refused(`${rest.length} bytes follow the last binary tensor`);
  const parameters = objectOf(request.parameters, "parameters");
  const outputs = readOutputs(request.outputs);
  const all = flag(parameters.binary_data_output, "binary_data_output");
  return {
    ...(typeof id === "string" ? { id } : {}),
    ...eventTimeOf(parameters),
    inputs: tensors,
    ...(outputs === undefined ? {} : { outputs: outputs.map((one) => one.name) }),
    binary: (name) => outputs?.find((one) => one.name === name)?.binary ?? all ?? false,
  };
}

function eventTimeOf(parameters: Record<string, unknown>): { eventTime?: number } {
  const value = parameters.event_time;
  if (value === undefined) return {};
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0 || value > 8.64e15) {
    throw refused("parameter event_time must be milliseconds since 1970");
  }
  return { eventTime: value };
}

function readOutputs(outputs: unknown): { name: string; binary: boolean | undefined }[] | undefined {
  if (outputs === undefined) return undefined;
  if (!Array.isArray(outputs)) throw refused("outputs must be an array");
  const seen = new Set<string>();
  return outputs.map((output) => {
    const fields = objectOf(output, "an output");
    const name = fields.name;
    if (typeof name !== "string" || name === "") throw refused("an output has no name");
    if (seen.has(name)) throw refused(`output '${name.slice(0, 100)}' is asked for twice`);
    seen.add(name);
    const parameters = objectOf(fields.parameters, "parameters of an output");
    if (parameters.classification !== undefined) throw refused("the classification extension is not spoken here");
    return { name, binary: flag(parameters.binary_data, "binary_data") };
  });
}

function readInput(input: unknown, rest: Uint8Array | undefined): { tensor: Tensor; used: number } {
  const fields = objectOf(input, "an input");
  const { name, datatype, shape } = fields;
  if (typeof name !== "string" || name === "") throw refused("an input has no name");
  const shown = name.slice(0, 100);
  if (typeof datatype !== "string" || !isDatatype(datatype)) {
    throw refused(`input '${shown}': datatype ${String(JSON.stringify(datatype)).slice(0, 40)} is unknown`);
  }
  const dimensions = readShape(shown, shape);
  const parameters = objectOf(fields.parameters, `parameters of input '${shown}'`);
  const size = parameters.binary_data_size;
  if (size === undefined) return { tensor: fromJson(name, datatype, dimensions, fields.data), used: 0 };
  if (rest === undefined) {
    throw refused(`input '${shown}' has binary_data_size, but the header Inference-Header-Content-Length is missing`);
  }
  if (fields.data !== undefined) throw refused(`input '${shown}' has both data and binary_data_size`);
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0 || size > rest.length) {
    throw refused(`input '${shown}': binary_data_size is ${String(size).slice(0, 40)}; ${rest.length} bytes are left`);
  }
  return { tensor: fromBinary(name, datatype, dimensions, rest.subarray(0, size)), used: size };
}

function readShape(name: string, shape: unknown): number[] {
  if (!Array.isArray(shape)) throw refused(`input '${name}': shape must be an array`);
  if (shape.length > 16) throw refused(`input '${name}': shape has more than 16 dimensions`);
  for (const dimension of shape) {
    if (typeof dimension !== "number" || !Number.isInteger(dimension) || dimension < 0 || dimension >= dimensionLimit) {
      throw refused(`input '${name}': shape holds ${String(JSON.stringify(dimension)).slice(0, 40)}`);
    }
  }
  const dimensions = shape as number[];
  if (countOf(dimensions) > valuesLimit)
    throw refused(`input '${name}': shape [${dimensions}] asks for too many values`);
  return dimensions;
}

/** A body that is nothing but the bytes of the only input; its one free dimension follows from their number. */
function readRaw(body: Buffer, model: EndpointMetadata): WireRequest {
  const [spec] = model.inputs;
  if (spec === undefined || model.inputs.length !== 1) throw refused("a raw body is for models with one input");
  const free = spec.shape.filter((dimension) => dimension === -1).length;
  if (free > 1) throw refused("a raw body is for models with at most one free dimension");
  if (!isDatatype(spec.datatype)) throw refused(`datatype ${spec.datatype} is unknown`);
  const one = countOf(spec.shape.map((dimension) => (dimension === -1 ? 1 : dimension)));
  const sizes: Record<string, number> = { BOOL: 1, INT8: 1, UINT8: 1, FP16: 2, INT16: 2, UINT16: 2, BYTES: 0 };
  const size = sizes[spec.datatype] ?? (spec.datatype.endsWith("64") ? 8 : 4);
  if (size === 0) {
    if (one !== 1) throw refused("a raw body of BYTES is one element");
    const bytes = new Uint8Array(4 + body.length);
    new DataView(bytes.buffer).setUint32(0, body.length, true);
    bytes.set(body, 4);
    const shape = spec.shape.map(() => 1);
    return { inputs: [fromBinary(spec.name, spec.datatype, shape, bytes)], binary: () => true };
  }
  const number = body.length / (one * size);
  if (!Number.isInteger(number) || (free === 0 && number !== 1)) {
    throw refused(`the raw body has ${body.length} bytes; rows of ${spec.datatype}[${spec.shape}] have ${one * size}`);
  }
  const shape = spec.shape.map((dimension) => (dimension === -1 ? number : dimension));
  return { inputs: [fromBinary(spec.name, spec.datatype, shape, body)], binary: () => true };
}

function objectOf(value: unknown, what: string): Record<string, unknown> {
  if (value === undefined) return {};
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw refused(`${what} must be an object`);
  return value as Record<string, unknown>;
}

function flag(value: unknown, what: string): boolean | undefined {
  if (value === undefined || typeof value === "boolean") return value;
  throw refused(`parameter ${what} must be true or false`);
}
