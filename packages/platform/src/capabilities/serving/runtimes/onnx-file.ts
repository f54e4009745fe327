import { type Field, fieldsOf, integersOf, MalformedProtobuf } from "@paydown/scan/artefacts";
import { servingErrors } from "../errors.js";
import { datatypeOfOnnx, type TensorSpec } from "../tensors/tensor.js";

/** What a model file says about itself, read without running any of it. */
export interface OnnxFile {
  readonly irVersion: number;
  readonly producer: string;
  readonly opsets: Readonly<Record<string, number>>;
  readonly inputs: readonly TensorSpec[];
  /** Outputs that are tensors; sequences and maps are left out. */
  readonly outputs: readonly TensorSpec[];
  readonly nodes: number;
  readonly operators: Readonly<Record<string, number>>;
}

export const onnxLimits = { bytes: 1024 ** 3, nodes: 1_000_000, depth: 32, tensors: 1_000, ends: 10_000 } as const;

/** Domains whose operators the engine carries itself. Anything else would need code loaded from outside. */
const knownDomains = new Set([
  "",
  "ai.onnx",
  "ai.onnx.ml",
  "ai.onnx.preview.training",
  "com.microsoft",
  "com.microsoft.nchwc",
]);

const text = new TextDecoder();

interface Walk {
  nodes: number;
  readonly operators: Record<string, number>;
  readonly initializers: Set<string>;
  readonly functions: Set<string>;
}

/**
 * Checks that bytes are an ONNX model the engine may be given: whole, bounded, known domains, nothing outside the file.
 * Throws SERVING_MODEL_NOT_ONNX or SERVING_MODEL_REFUSED; `what` names the file in the message.
 */
export function readOnnx(bytes: Uint8Array, what: string): OnnxFile {
  if (bytes.length > onnxLimits.bytes) {
    throw servingErrors.SERVING_MODEL_REFUSED({ problem: `it has ${bytes.length} bytes; at most ${onnxLimits.bytes}` });
  }
  const other = otherFormat(bytes);
  if (other !== undefined) throw servingErrors.SERVING_MODEL_NOT_ONNX({ what, problem: other });
  try {
    return readModel(bytes, what);
  } catch (error) {
    if (!(error instanceof MalformedProtobuf)) throw error;
    throw servingErrors.SERVING_MODEL_NOT_ONNX({ what, problem: error.message });
  }
}

/** Formats people upload by mistake, told by their first bytes. */
function otherFormat(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0) return "it is empty";
  const head = text.decode(bytes.subarray(0, 8));
  if (bytes[0] === 0x80 && (bytes[1] ?? 9) <= 5) return "it is a Python pickle, which runs code when loaded";
  if (head.startsWith("PK")) return "it is a zip archive (PyTorch and skops files are)";
  if (head.startsWith("\x89HDF")) return "it is an HDF5 file (Keras writes them)";
  if (head.startsWith("{") || head.startsWith("<")) return "it is text";
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return "it is compressed";
  return undefined;
}

function readModel(bytes: Uint8Array, what: string): OnnxFile {
  let irVersion = 0;
  let producer = "";
  let graph: Uint8Array | undefined;
  const opsets: Record<string, number> = {};
  const walk: Walk = { nodes: 0, operators: {}, initializers: new Set(), functions: new Set() };
  const functions: Uint8Array[] = [];
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1 && field.wire === 0) irVersion = field.value;
    else if (field.number === 2 && field.wire === 2) producer = text.decode(field.bytes);
    else if (field.number === 7 && field.wire === 2) graph = field.bytes;
    else if (field.number === 8 && field.wire === 2) readOpset(field.bytes, opsets);
    else if (field.number === 25 && field.wire === 2) functions.push(field.bytes);
  }
  if (irVersion < 3 || irVersion > 1000 || graph === undefined || Object.keys(opsets).length === 0) {
    throw servingErrors.SERVING_MODEL_NOT_ONNX({
      what,
      problem: "it has no graph, no IR version of 3 or later, or no operator set",
    });
  }
  for (const bytesOfOne of functions) nameFunction(bytesOfOne, walk);
  for (const domain of Object.keys(opsets)) {
    if (knownDomains.has(domain) || [...walk.functions].some((name) => name.startsWith(`${domain}/`))) continue;
    throw servingErrors.SERVING_MODEL_REFUSED({ problem: `it needs operators of the unknown domain ${domain}` });
  }
  for (const bytesOfOne of functions) {
    for (const field of fieldsOf(bytesOfOne))
      if (field.number === 7 && field.wire === 2) readNode(field.bytes, walk, 1);
  }
  const ends = readGraph(graph, walk, 0);
  const inputs = tensorsOf(ends.inputs, (name) => !walk.initializers.has(name), "input");
  const outputs = tensorsOf(ends.outputs, () => true, "output");
  if (inputs.length === 0 || outputs.length === 0) {
    throw servingErrors.SERVING_MODEL_REFUSED({ problem: "it has no tensor among its inputs or outputs" });
  }
  if (inputs.length > 255 || outputs.length > 255) {
    throw servingErrors.SERVING_MODEL_REFUSED({
      problem: `it has ${inputs.length} inputs and ${outputs.length} outputs; at most 255 each are served`,
    });
  }
  return { irVersion, producer, opsets, inputs, outputs, nodes: walk.nodes, operators: walk.operators };
}

function readOpset(bytes: Uint8Array, opsets: Record<string, number>): void {
  let domain = "";
  let version = 0;
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1 && field.wire === 2) domain = text.decode(field.bytes);
    else if (field.number === 2 && field.wire === 0) version = field.value;
  }
  opsets[domain] = version;
}

/** Functions travel inside the file; their domains are the file's own. */
function nameFunction(bytes: Uint8Array, walk: Walk): void {
  let name = "";
  let domain = "";
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1 && field.wire === 2) name = text.decode(field.bytes);
    else if (field.number === 10 && field.wire === 2) domain = text.decode(field.bytes);
  }
  walk.functions.add(`${domain}/${name}`);
}

function readGraph(bytes: Uint8Array, walk: Walk, depth: number): { inputs: Uint8Array[]; outputs: Uint8Array[] } {
  if (depth > onnxLimits.depth) {
    throw servingErrors.SERVING_MODEL_REFUSED({ problem: `its graphs are nested deeper than ${onnxLimits.depth}` });
  }
  const inputs: Uint8Array[] = [];
  const outputs: Uint8Array[] = [];
  for (const field of fieldsOf(bytes)) {
    if (field.wire !== 2) continue;
    if (field.number === 1) readNode(field.bytes, walk, depth);
    else if (field.number === 5) {
      const name = readTensor(field.bytes);
      if (depth === 0) walk.initializers.add(name);
    } else if (field.number === 15) readSparse(field.bytes);
    else if (field.number === 11) inputs.push(field.bytes);
    else if (field.number === 12) outputs.push(field.bytes);
  }
  return { inputs, outputs };
}

function readNode(bytes: Uint8Array, walk: Walk, depth: number): void {
  if (++walk.nodes > onnxLimits.nodes) {
    throw servingErrors.SERVING_MODEL_REFUSED({ problem: `it has more than ${onnxLimits.nodes} nodes` });
  }
  let operator = "";
  let domain = "";
  for (const field of fieldsOf(bytes)) {
    if (field.wire !== 2) continue;
    if (field.number === 4) operator = text.decode(field.bytes);
    else if (field.number === 7) domain = text.decode(field.bytes);
    else if (field.number === 5) readAttribute(field, walk, depth);
  }
  if (!knownDomains.has(domain) && !walk.functions.has(`${domain}/${operator}`)) {
    throw servingErrors.SERVING_MODEL_REFUSED({ problem: `it uses ${operator} of the unknown domain ${domain}` });
  }
  const name = domain === "" ? operator : `${domain}.${operator}`;
  walk.operators[name] = (walk.operators[name] ?? 0) + 1;
}

function readAttribute(attribute: Field, walk: Walk, depth: number): void {
  for (const field of fieldsOf(attribute.bytes)) {
    if (field.wire !== 2) continue;
    // t, tensors; sparse_tensor, sparse_tensors; g, graphs
    if (field.number === 5 || field.number === 10) readTensor(field.bytes);
    else if (field.number === 22 || field.number === 23) readSparse(field.bytes);
    else if (field.number === 6 || field.number === 11) readGraph(field.bytes, walk, depth + 1);
  }
}

function readSparse(bytes: Uint8Array): void {
  for (const field of fieldsOf(bytes)) if (field.wire === 2 && field.number <= 2) readTensor(field.bytes);
}

/** A constant: its data must be inside the file, and as large as its dimensions say. Answers its name. */
function readTensor(bytes: Uint8Array): string {
  let name = "";
  let count = 1;
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1) for (const dimension of integersOf(field)) count *= dimension;
    else if (field.number === 8 && field.wire === 2) name = text.decode(field.bytes);
    else if (field.number === 13 || (field.number === 14 && field.value !== 0)) {
      throw servingErrors.SERVING_MODEL_REFUSED({
        problem: "it keeps constants in other files (external data), which would be read from this machine",
      });
    }
  }
  if (count > onnxLimits.bytes) {
    throw servingErrors.SERVING_MODEL_REFUSED({ problem: `the constant ${name} claims ${count} values` });
  }
  return name;
}

function tensorsOf(ends: readonly Uint8Array[], wanted: (name: string) => boolean, side: string): TensorSpec[] {
  const specs: TensorSpec[] = [];
  for (const end of ends.slice(0, onnxLimits.ends)) {
    const { name, tensor } = readValueInfo(end);
    if (!wanted(name)) continue;
    if (tensor === undefined) {
      if (side === "output") continue;
      throw servingErrors.SERVING_MODEL_REFUSED({ problem: `its input ${name} is not a tensor` });
    }
    const datatype = datatypeOfOnnx(tensor.elementType);
    if (datatype === undefined) {
      throw servingErrors.SERVING_MODEL_REFUSED({
        problem: `its ${side} ${name} has element type ${tensor.elementType}, which the protocol does not know`,
      });
    }
    specs.push({ name, datatype, shape: tensor.shape });
  }
  return specs;
}

function readValueInfo(bytes: Uint8Array): { name: string; tensor?: { elementType: number; shape: number[] } } {
  let name = "";
  let tensor: { elementType: number; shape: number[] } | undefined;
  for (const field of fieldsOf(bytes)) {
    if (field.wire !== 2) continue;
    if (field.number === 1) name = text.decode(field.bytes);
    else if (field.number === 2) {
      for (const type of fieldsOf(field.bytes))
        if (type.number === 1 && type.wire === 2) tensor = readTensorType(type.bytes);
    }
  }
  return tensor === undefined ? { name } : { name, tensor };
}

function readTensorType(bytes: Uint8Array): { elementType: number; shape: number[] } {
  let elementType = 0;
  const shape: number[] = [];
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1 && field.wire === 0) elementType = field.value;
    else if (field.number === 2 && field.wire === 2) {
      for (const dimension of fieldsOf(field.bytes)) {
        if (dimension.number === 1 && dimension.wire === 2) shape.push(dimensionOf(dimension.bytes));
      }
    }
  }
  return { elementType, shape };
}

/** A number, or -1 when it is free: named, absent or 0 as old exporters write it. */
function dimensionOf(bytes: Uint8Array): number {
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1 && field.wire === 0 && field.value > 0 && field.value < 2 ** 31) return field.value;
  }
  return -1;
}
