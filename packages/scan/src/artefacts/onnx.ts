import { createHash, type Hash } from "node:crypto";
import { type Field, fieldsOf, integersOf, MalformedProtobuf } from "#sources/protobuf.js";
import { note } from "./notes.js";
import { pathProblem } from "./paths.js";
import type { OnnxSummary, Reading } from "./reading.js";

const limits = { nodes: 1_000_000, depth: 32, values: 2 ** 40 };
/** Domains whose operators every engine carries itself. Anything else needs code loaded from outside. */
const knownDomains: ReadonlySet<string> = new Set([
  "",
  "ai.onnx",
  "ai.onnx.ml",
  "ai.onnx.preview.training",
  "com.microsoft",
  "com.microsoft.nchwc",
]);
const text = new TextDecoder();

interface Walk {
  readonly name: string;
  readonly reading: Reading;
  readonly graph: Hash;
  readonly weights: Hash;
  readonly functions: Set<string>;
  readonly external: Set<string>;
  nodes: number;
}

class TooMuch extends RangeError {}

/** Reads an ONNX file's structure; notes what a reader should fear of it. Undefined when it is none. */
export function readOnnxGraph(name: string, bytes: Uint8Array, reading: Reading): OnnxSummary | undefined {
  const walk: Walk = {
    name,
    reading,
    graph: createHash("sha256"),
    weights: createHash("sha256"),
    functions: new Set(),
    external: new Set(),
    nodes: 0,
  };
  try {
    return readModel(bytes, walk);
  } catch (error) {
    if (error instanceof MalformedProtobuf)
      note(reading.notes, "suspicious", `${name} is no whole ONNX file: ${error.message}`);
    else if (error instanceof TooMuch) note(reading.notes, "unknown", `${name} ${error.message}`);
    else throw error;
    return undefined;
  }
}

function readModel(bytes: Uint8Array, walk: Walk): OnnxSummary | undefined {
  const opsets: Record<string, number> = {};
  const functions: Uint8Array[] = [];
  let graph: Uint8Array | undefined;
  for (const field of fieldsOf(bytes)) {
    if (field.number === 7 && field.wire === 2) graph = field.bytes;
    else if (field.number === 8 && field.wire === 2) readOpset(field.bytes, opsets);
    else if (field.number === 25 && field.wire === 2) functions.push(field.bytes);
  }
  if (graph === undefined) {
    note(walk.reading.notes, "suspicious", `${walk.name} holds no ONNX graph`);
    return undefined;
  }
  for (const one of functions) walk.functions.add(functionName(one));
  for (const [domain, version] of Object.entries(opsets).sort()) {
    walk.graph.update(`opset ${domain} ${version}\n`);
    if (!knownDomains.has(domain) && ![...walk.functions].some((one) => one.startsWith(`${domain}/`))) {
      note(
        walk.reading.notes,
        "suspicious",
        `${walk.name} needs operators of the unknown domain ${domain.slice(0, 100)}`,
      );
    }
  }
  for (const one of functions) {
    walk.graph.update(`function ${functionName(one)}\n`);
    for (const field of fieldsOf(one)) if (field.number === 7 && field.wire === 2) readNode(field.bytes, walk, 1);
  }
  readGraph(graph, walk, 0);
  return {
    graphHash: walk.graph.digest("hex"),
    weightsHash: walk.weights.digest("hex"),
    nodes: walk.nodes,
    opsets,
    external: [...walk.external].sort(),
  };
}

function readOpset(bytes: Uint8Array, opsets: Record<string, number>): void {
  let domain = "";
  let version = 0;
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1 && field.wire === 2) domain = text.decode(field.bytes);
    else if (field.number === 2 && field.wire === 0) version = field.value;
  }
  Object.defineProperty(opsets, domain, { value: version, enumerable: true, configurable: true, writable: true });
}

function functionName(bytes: Uint8Array): string {
  let name = "";
  let domain = "";
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1 && field.wire === 2) name = text.decode(field.bytes);
    else if (field.number === 10 && field.wire === 2) domain = text.decode(field.bytes);
  }
  return `${domain}/${name}`;
}

function readGraph(bytes: Uint8Array, walk: Walk, depth: number): void {
  if (depth > limits.depth) throw new TooMuch(`nests graphs deeper than ${limits.depth}`);
  walk.graph.update(`graph ${depth}\n`);
  for (const field of fieldsOf(bytes)) {
    if (field.wire !== 2) continue;
    if (field.number === 1) readNode(field.bytes, walk, depth);
    else if (field.number === 5) readTensor(field.bytes, walk);
    else if (field.number === 15) readSparse(field.bytes, walk);
    else if (field.number === 11 || field.number === 12) walk.graph.update(field.bytes).update(`end ${field.number}\n`);
  }
}

function readNode(bytes: Uint8Array, walk: Walk, depth: number): void {
  if (++walk.nodes > limits.nodes) throw new TooMuch(`has more than ${limits.nodes} nodes`);
  let operator = "";
  let domain = "";
  for (const field of fieldsOf(bytes)) {
    if (field.wire !== 2) continue;
    if (field.number === 4) operator = text.decode(field.bytes);
    else if (field.number === 7) domain = text.decode(field.bytes);
    if (field.number === 1 || field.number === 2)
      walk.graph.update(`${field.number} `).update(field.bytes).update("\n");
    else if (field.number === 5) readAttribute(field, walk, depth);
  }
  walk.graph.update(`node ${domain} ${operator}\n`);
  if (!knownDomains.has(domain) && !walk.functions.has(`${domain}/${operator}`)) {
    note(
      walk.reading.notes,
      "suspicious",
      `${walk.name} uses ${operator.slice(0, 100)} of the unknown domain ${domain.slice(0, 100)}`,
    );
  }
}

function readAttribute(attribute: Field, walk: Walk, depth: number): void {
  for (const field of fieldsOf(attribute.bytes)) {
    // t, tensors; sparse_tensor, sparse_tensors; g, graphs; and doc_string, which says nothing to an engine.
    if (field.number === 5 || field.number === 10) readTensor(field.bytes, walk);
    else if (field.number === 22 || field.number === 23) readSparse(field.bytes, walk);
    else if (field.number === 6 || field.number === 11) readGraph(field.bytes, walk, depth + 1);
    else if (field.number !== 13) walk.graph.update(`${field.number} ${field.value} `).update(field.bytes).update("\n");
  }
}

function readSparse(bytes: Uint8Array, walk: Walk): void {
  for (const field of fieldsOf(bytes)) if (field.wire === 2 && field.number <= 2) readTensor(field.bytes, walk);
}

function readTensor(bytes: Uint8Array, walk: Walk): void {
  const { notes } = walk.reading;
  let name = "";
  let count = 1;
  const dimensions: number[] = [];
  let elementType = 0;
  let isOutside = false;
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1) for (const dimension of integersOf(field)) dimensions.push(dimension);
    else if (field.number === 2 && field.wire === 0) elementType = field.value;
    else if (field.number === 8 && field.wire === 2) name = text.decode(field.bytes);
    else if (field.number === 14 && field.value !== 0) isOutside = true;
    else if (field.number === 13 && field.wire === 2) readOutside(field.bytes, walk);
    else if (field.number !== 12)
      walk.weights.update(`${field.number} ${field.value} `).update(field.bytes).update("\n");
  }
  for (const dimension of dimensions) count *= dimension;
  walk.graph.update(`tensor ${name} ${elementType} ${dimensions.join(",")}\n`);
  if (count > limits.values) {
    note(notes, "suspicious", `the constant ${name.slice(0, 100)} in ${walk.name} claims ${count} values`);
  } else if (!isOutside && count > bytes.length * 8) {
    note(
      notes,
      "suspicious",
      `the constant ${name.slice(0, 100)} in ${walk.name} claims ${count} values and holds fewer`,
    );
  }
}

/** Where a constant's values lie when not in the file: a path that leads away would be read from the machine that loads it. */
function readOutside(bytes: Uint8Array, walk: Walk): void {
  let key = "";
  let value = "";
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1 && field.wire === 2) key = text.decode(field.bytes);
    else if (field.number === 2 && field.wire === 2) value = text.decode(field.bytes);
  }
  walk.graph.update(`outside ${key} ${value}\n`);
  if (key !== "location") return;
  if (walk.external.size < 1000) walk.external.add(value.slice(0, 500));
  const problem = pathProblem(value);
  if (problem !== undefined) {
    note(walk.reading.notes, "dangerous", `${walk.name} reads constants from ${value.slice(0, 200)}, ${problem}`);
  }
}
