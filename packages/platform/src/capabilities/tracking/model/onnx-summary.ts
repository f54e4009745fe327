/** Gives bytes of a file, `[start, end)`. */
export type ReadBytes = (start: number, end: number) => Promise<Uint8Array>;

export interface OnnxEnd {
  readonly name: string;
  readonly type: string;
  readonly shape: string[];
}

export interface OnnxSummary {
  irVersion: number;
  producer: string;
  readonly opsets: Record<string, number>;
  inputs: OnnxEnd[];
  outputs: OnnxEnd[];
  nodes: number;
  readonly operators: Map<string, number>;
  parameters: number;
  constants: number;
  external: number;
  readonly metadata: Record<string, string>;
}

/** Why a file is not the ONNX model it is named as. */
export class NotOnnx extends TypeError {}

const limits = { nodes: 1_000_000, depth: 32, ends: 256, metadata: 50, text: 2000, read: 64 * 1024 ** 2 } as const;
const windowBytes = 64 * 1024;

const elementTypes: readonly string[] =
  "undefined float32 uint8 int8 uint16 int16 int32 int64 string bool float16 float64 uint32 uint64 complex64 complex128 bfloat16 float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz uint4 int4 float4e2m1".split(
    " ",
  );

interface Part {
  readonly number: number;
  readonly wire: number;
  readonly value: number;
  readonly start: number;
  readonly end: number;
}

/**
 * Reads what an ONNX file says about itself in windows of 64 KiB: constants are stepped over, so that a model of gigabytes
 * costs as little as its graph. Follows onnx.proto (ModelProto, GraphProto, NodeProto, TensorProto). Throws NotOnnx.
 */
export async function summariseOnnx(size: number, read: ReadBytes): Promise<OnnxSummary> {
  const file = openWindow(size, read);
  const summary: OnnxSummary = {
    irVersion: 0,
    producer: "",
    opsets: {},
    inputs: [],
    outputs: [],
    nodes: 0,
    operators: new Map(),
    parameters: 0,
    constants: 0,
    external: 0,
    metadata: {},
  };
  let graph: Part | undefined;
  let version = "";
  const functions: Part[] = [];
  for await (const part of file.parts(0, size)) {
    if (part.number === 1 && part.wire === 0) summary.irVersion = part.value;
    else if (part.wire !== 2) continue;
    else if (part.number === 2) summary.producer = await file.text(part);
    else if (part.number === 3) version = await file.text(part);
    else if (part.number === 7) graph = part;
    else if (part.number === 8) await readOpset(file, part, summary);
    else if (part.number === 14) await readMetadata(file, part, summary);
    else if (part.number === 25) functions.push(part);
  }
  if (graph === undefined || summary.irVersion < 1 || summary.irVersion > 1000) {
    throw new NotOnnx("it has no graph or no version");
  }
  summary.producer = `${summary.producer} ${version}`.trim();
  await readGraph(file, graph, summary, 0);
  for (const one of functions) {
    for await (const part of file.parts(one.start, one.end)) {
      if (part.number === 7 && part.wire === 2) await readNode(file, part, summary, 1);
    }
  }
  return summary;
}

type File = ReturnType<typeof openWindow>;

async function readOpset(file: File, of: Part, summary: OnnxSummary): Promise<void> {
  let domain = "";
  let version = 0;
  for await (const part of file.parts(of.start, of.end)) {
    if (part.number === 1 && part.wire === 2) domain = await file.text(part);
    else if (part.number === 2 && part.wire === 0) version = part.value;
  }
  if (Object.keys(summary.opsets).length < limits.metadata)
    summary.opsets[domain === "" ? "ai.onnx" : domain] = version;
}

async function readMetadata(file: File, of: Part, summary: OnnxSummary): Promise<void> {
  let key = "";
  let value = "";
  for await (const part of file.parts(of.start, of.end)) {
    if (part.number === 1 && part.wire === 2) key = await file.text(part);
    else if (part.number === 2 && part.wire === 2) value = await file.text(part);
  }
  if (Object.keys(summary.metadata).length < limits.metadata) summary.metadata[key] = value;
}

async function readGraph(file: File, of: Part, summary: OnnxSummary, depth: number): Promise<void> {
  if (depth > limits.depth) throw new NotOnnx(`its graphs are nested deeper than ${limits.depth}`);
  const constants = new Set<string>();
  const inputs: OnnxEnd[] = [];
  for await (const part of file.parts(of.start, of.end)) {
    if (part.wire !== 2) continue;
    if (part.number === 1) await readNode(file, part, summary, depth);
    else if (part.number === 5) constants.add(await readTensor(file, part, summary));
    else if (depth > 0) continue;
    else if (part.number === 11 && inputs.length < 10_000) inputs.push(await readEnd(file, part));
    else if (part.number === 12 && summary.outputs.length < limits.ends)
      summary.outputs.push(await readEnd(file, part));
  }
  // Old exporters list constants among the inputs.
  if (depth === 0) summary.inputs = inputs.filter((one) => !constants.has(one.name)).slice(0, limits.ends);
}

async function readNode(file: File, of: Part, summary: OnnxSummary, depth: number): Promise<void> {
  if (++summary.nodes > limits.nodes) throw new NotOnnx(`it has more than ${limits.nodes} nodes`);
  let operator = "";
  let domain = "";
  for await (const part of file.parts(of.start, of.end)) {
    if (part.wire !== 2) continue;
    if (part.number === 4) operator = await file.text(part);
    else if (part.number === 7) domain = await file.text(part);
    else if (part.number === 5) await readAttribute(file, part, summary, depth);
  }
  const name = domain === "" || domain === "ai.onnx" ? operator : `${domain}.${operator}`;
  summary.operators.set(name, (summary.operators.get(name) ?? 0) + 1);
}

async function readAttribute(file: File, of: Part, summary: OnnxSummary, depth: number): Promise<void> {
  for await (const part of file.parts(of.start, of.end)) {
    if (part.wire !== 2) continue;
    if (part.number === 5 || part.number === 10) await readTensor(file, part, summary);
    else if (part.number === 6 || part.number === 11) await readGraph(file, part, summary, depth + 1);
  }
}

/** Counts a constant's numbers by its dimensions; its data is stepped over. */
async function readTensor(file: File, of: Part, summary: OnnxSummary): Promise<string> {
  let name = "";
  let count = 1;
  let external = false;
  for await (const part of file.parts(of.start, of.end)) {
    if (part.number === 1) for (const dimension of await file.integers(part)) count *= dimension;
    else if (part.number === 8 && part.wire === 2) name = await file.text(part);
    else if (part.number === 13 || (part.number === 14 && part.value === 1)) external = true;
  }
  summary.constants++;
  summary.parameters += Number.isSafeInteger(count) ? count : 0;
  if (external) summary.external++;
  return name;
}

async function readEnd(file: File, of: Part): Promise<OnnxEnd> {
  let name = "";
  let type = "unknown";
  let shape: string[] = [];
  for await (const part of file.parts(of.start, of.end)) {
    if (part.wire !== 2) continue;
    if (part.number === 1) name = await file.text(part);
    else if (part.number === 2) {
      for await (const kind of file.parts(part.start, part.end)) {
        if (kind.number === 1 && kind.wire === 2) ({ type, shape } = await readTensorType(file, kind));
        else if (kind.number === 4) type = "sequence";
        else if (kind.number === 5) type = "map";
        else if (kind.number === 9) type = "optional";
      }
    }
  }
  return { name, type, shape };
}

async function readTensorType(file: File, of: Part): Promise<{ type: string; shape: string[] }> {
  let type = "undefined";
  const shape: string[] = [];
  for await (const part of file.parts(of.start, of.end)) {
    if (part.number === 1 && part.wire === 0) type = elementTypes[part.value] ?? `type ${part.value}`;
    else if (part.number === 2 && part.wire === 2) {
      for await (const dimension of file.parts(part.start, part.end)) {
        if (dimension.number !== 1 || dimension.wire !== 2 || shape.length >= 64) continue;
        let text = "?";
        for await (const one of file.parts(dimension.start, dimension.end)) {
          if (one.number === 1 && one.wire === 0) text = one.value > 2 ** 62 ? "?" : String(one.value);
          else if (one.number === 2 && one.wire === 2) text = (await file.text(one)) || "?";
        }
        shape.push(text);
      }
    }
  }
  return { type, shape };
}

const decoder = new TextDecoder();

/** A window over the file that moves as it is read; what is stepped over is never fetched. */
function openWindow(size: number, read: ReadBytes) {
  let from = 0;
  let bytes: Uint8Array = new Uint8Array(0);
  let fetched = 0;

  async function need(at: number, length: number): Promise<void> {
    if (at >= from && at + length <= from + bytes.length) return;
    const end = Math.min(size, Math.max(at + length, at + windowBytes));
    fetched += end - at;
    if (fetched > limits.read) throw new NotOnnx(`its graph without constants is longer than ${limits.read} bytes`);
    bytes = await read(at, end);
    from = at;
    if (bytes.length < length) throw new NotOnnx("it ends too early");
  }

  async function varint(at: number, end: number): Promise<{ value: number; at: number }> {
    await need(at, Math.min(10, end - at));
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 10; i++) {
      if (at + i >= end) throw new NotOnnx("it ends in the middle of a number");
      const byte = bytes[at + i - from] as number;
      value += (byte & 127) * scale;
      if (byte < 128) return { value, at: at + i + 1 };
      scale *= 128;
    }
    throw new NotOnnx("a number is longer than 64 bits");
  }

  return {
    async *parts(start: number, end: number): AsyncGenerator<Part> {
      let at = start;
      while (at < end) {
        const key = await varint(at, end);
        const number = Math.floor(key.value / 8);
        const wire = key.value % 8;
        if (number < 1 || number > 536_870_911) throw new NotOnnx(`there is no field ${number}`);
        let value = 0;
        let from = key.at;
        let to: number;
        if (wire === 0) ({ value, at: to } = await varint(from, end));
        else if (wire === 1 || wire === 5) to = from + (wire === 1 ? 8 : 4);
        else if (wire === 2) {
          const length = await varint(from, end);
          from = length.at;
          to = from + length.value;
        } else throw new NotOnnx(`wire type ${wire} does not exist`);
        if (to > end) throw new NotOnnx("a part is longer than the whole");
        yield { number, wire, value, start: from, end: to };
        at = to;
      }
    },
    async text(part: Part): Promise<string> {
      const length = Math.min(part.end - part.start, limits.text);
      await need(part.start, length);
      return decoder.decode(bytes.subarray(part.start - from, part.start - from + length));
    },
    async integers(part: Part): Promise<number[]> {
      if (part.wire === 0) return [part.value];
      const values: number[] = [];
      for (let at = part.start; at < part.end && values.length < 1000; ) {
        const one = await varint(at, part.end);
        values.push(one.value);
        at = one.at;
      }
      return values;
    },
  };
}
