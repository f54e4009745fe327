import { note } from "./notes.js";
import type { Part, Reading } from "./reading.js";

const maxHeader = 100_000_000;
/** Bits an element takes, by data type. */
const bits: Readonly<Record<string, number>> = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  F64: 64,
  I64: 64,
  U64: 64,
  C64: 64,
};

/** Holds a file to the format's own promises, so that every reader sees the same tensors in it, and nothing else lies in it. */
export function checkSafetensors(part: Part, { notes }: Reading): void {
  const problem = problemOf(part);
  if (problem !== undefined) note(notes, "suspicious", `${part.name} is no whole safetensors file: ${problem}`);
}

function problemOf({ size, read }: Part): string | undefined {
  const lead = read(0, 8);
  if (!lead || lead.length < 8) return "it is shorter than its first number";
  const wide = new DataView(lead.buffer, lead.byteOffset, 8).getBigUint64(0, true);
  if (wide > BigInt(maxHeader)) return `its header claims ${wide} bytes; at most ${maxHeader} are allowed`;
  const length = Number(wide);
  if (8 + length > size) return `its header claims ${length} bytes and the file has ${size}`;
  const bytes = read(8, length);
  if (!bytes || bytes.length < length || bytes[0] !== 0x7b) return "its header does not begin with {";
  let text: string;
  let header: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    header = JSON.parse(text);
  } catch {
    return "its header is no JSON in UTF-8";
  }
  const twice = duplicateKey(text);
  if (twice !== undefined) return `its header names ${twice.slice(0, 100)} twice`;
  return tensorProblem(header as Record<string, unknown>, size - 8 - length);
}

function tensorProblem(header: Record<string, unknown>, room: number): string | undefined {
  const spans: [number, number][] = [];
  for (const [name, value] of Object.entries(header)) {
    const shown = name.slice(0, 100);
    if (typeof value !== "object" || value === null) return `${shown} is no object`;
    if (name === "__metadata__") {
      if (Object.values(value).some((one) => typeof one !== "string")) return "its metadata holds more than texts";
      continue;
    }
    const { dtype, shape, data_offsets: offsets, ...rest } = value as Record<string, unknown>;
    if (Object.keys(rest).length > 0) return `${shown} holds the unknown field ${Object.keys(rest)[0]?.slice(0, 100)}`;
    const width = typeof dtype === "string" && Object.hasOwn(bits, dtype) ? bits[dtype] : undefined;
    if (width === undefined) return `${shown} has the unknown type ${String(dtype).slice(0, 50)}`;
    if (!isCounts(shape)) return `${shown} has a shape that is no list of counts`;
    if (!isCounts(offsets) || offsets.length !== 2) return `${shown} has no two offsets`;
    const [begin, end] = offsets as [number, number];
    let total = width;
    for (const dimension of shape) total *= dimension;
    if (!Number.isSafeInteger(total)) return `${shown} has more elements than can be counted`;
    if (total % 8 !== 0 || end - begin !== total / 8) {
      return `${shown} takes ${end - begin} bytes where its shape and type ask for ${total / 8}`;
    }
    spans.push([begin, end]);
  }
  spans.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let at = 0;
  for (const [begin, end] of spans) {
    if (begin !== at) return begin < at ? `tensors overlap at byte ${begin}` : `there is a hole at byte ${at}`;
    at = end;
  }
  return at === room ? undefined : `its tensors end at byte ${at} of ${room}`;
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((one) => Number.isSafeInteger(one) && one >= 0);
}

/** The first key that an object of valid JSON holds twice: readers differ in which one they believe. */
function duplicateKey(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = [];
  const strings = /"(?:[^"\\]|\\.)*"|[{}[\]]/g;
  for (const match of text.matchAll(strings)) {
    const token = match[0];
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(undefined);
    else if (token === "}" || token === "]") open.pop();
    else {
      const keys = open.at(-1);
      let next = match.index + token.length;
      while (text[next] === " " || text[next] === "\n" || text[next] === "\r" || text[next] === "\t") next++;
      if (keys === undefined || text[next] !== ":") continue;
      const key = JSON.parse(token) as string;
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return undefined;
}
