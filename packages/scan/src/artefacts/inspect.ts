import { judgeGlobal } from "#facts/pickle-names.js";
import { listZip, type ReadRange, unpack } from "#sources/archive.js";
import { type PickleFacts, scanPickle } from "#sources/pickle.js";
import { readKerasConfig, searchHdf5 } from "./keras.js";
import { type ArtefactVerdict, type Notes, newNotes, note, noteName, noteUnread } from "./notes.js";
import { readOnnxGraph } from "./onnx.js";
import {
  type ArtefactLimits,
  artefactLimits,
  latin,
  type OnnxSummary,
  type Part,
  type Reading,
  whole,
} from "./reading.js";
import { checkSafetensors } from "./safetensors.js";
import { inspectTar } from "./tar.js";
import { inspectZip } from "./zip.js";

/** What reading one file said; nothing of it was executed. */
export interface ArtefactReport {
  /** By content, not by name: pickle, zip, torch, safetensors, onnx, npy, hdf5, text, ... */
  readonly format: string;
  readonly verdict: ArtefactVerdict;
  /** Why, the worst first, each once. */
  readonly reasons: readonly string[];
  /** Callables it would import, the worst first, with their judgement. */
  readonly names: readonly { readonly name: string; readonly verdict: "harmless" | "dangerous" | "unknown" }[];
  readonly unread: Notes["unread"];
  readonly onnx?: OnnxSummary;
}

const severity: readonly ArtefactVerdict[] = ["dangerous", "unknown", "suspicious", "clean"];

/**
 * Reads a file that somebody may load one day and says what that would run. Never executes, never throws for what the bytes
 * are, reads no more than the limits allow and says where it stopped. `read` answers bytes `[offset, offset + length)`.
 */
export function inspectArtefact(
  name: string,
  size: number,
  read: ReadRange,
  limits: Partial<ArtefactLimits> = {},
): ArtefactReport {
  const notes = newNotes();
  const all = { ...artefactLimits, ...limits };
  const reading: Reading = {
    notes,
    limits: all,
    unpacked: all.unpacked,
    members: all.members,
    inspect: (part) => inspectPart(part, reading),
  };
  const format = reading.inspect({ name, size, read, depth: 0 });
  const order = { dangerous: 0, unknown: 1, harmless: 2 };
  return {
    format,
    verdict: notes.verdict,
    reasons: [...notes.reasons]
      .sort((a, b) => severity.indexOf(a.verdict) - severity.indexOf(b.verdict))
      .map((one) => one.reason),
    names: [...notes.names]
      .map(([full, verdict]) => ({ name: full, verdict }))
      .sort((a, b) => order[a.verdict] - order[b.verdict]),
    unread: notes.unread,
    ...(reading.onnx === undefined ? {} : { onnx: reading.onnx }),
  };
}

/** Reads a file or a member of an archive; answers its format. */
function inspectPart(part: Part, reading: Reading): string {
  const { name, size, read, depth } = part;
  const { notes, limits } = reading;
  if (size === 0) return "empty";
  const head = read(0, Math.min(size, 4096));
  if (!head || head.length === 0) {
    noteUnread(notes, "SCAN_ARTEFACT_TOO_LARGE", `${name} could not be read`);
    return "binary";
  }
  const start = latin(head.subarray(0, 300));
  if (start.startsWith("version https://git-lfs")) {
    noteUnread(notes, "SCAN_LFS_POINTER", `${name} is a Git LFS pointer, its content is not here`);
    return "lfs-pointer";
  }
  if (depth > limits.depth) {
    noteUnread(notes, "SCAN_ARCHIVE_CUT", `${name} lies deeper in archives than ${limits.depth}`);
    return "archive";
  }
  if (start.startsWith("PK\x03\x04") || start.startsWith("PK\x05\x06")) return inspectZip(part, reading);
  const format = inspectPlain(part, head, start, reading);
  // Readers that look for an archive from its end find one behind anything.
  if (size > 22 && format !== "tar" && (listZip(size, read)?.length ?? 0) > 0) {
    note(notes, "suspicious", `${name} is a ${format} and a zip archive at once`);
    inspectZip({ ...part, depth: depth + 1 }, reading);
  }
  return format;
}

function inspectPlain(part: Part, head: Uint8Array, start: string, reading: Reading): string {
  const { name, size, depth } = part;
  const { notes } = reading;
  const packed = packedAs(start);
  if (packed !== undefined) {
    noteUnread(notes, "SCAN_ARTEFACT_PACKED", `${name} is packed as ${packed}, which is not unpacked here`);
    return packed;
  }
  if (start.slice(257, 262) === "ustar") {
    inspectTar(part, reading);
    return "tar";
  }
  if (start.startsWith("\x89HDF")) {
    searchHdf5(part, reading);
    return "hdf5";
  }
  if (/\.safetensors$/i.test(name) || looksLikeSafetensors(head, size)) {
    checkSafetensors(part, reading);
    return "safetensors";
  }
  if (start.startsWith("GGUF")) {
    note(notes, "unknown", `${name} is GGUF, whose chat template is not judged here`);
    return "gguf";
  }
  if (start.startsWith("PAR1")) return "parquet";
  if (start.startsWith("ARROW1")) return "arrow";
  if (start.startsWith("CBM1")) return "catboost";
  if (isGzip(head) || isZlib(head)) {
    const bytes = whole(part, reading);
    const limit = Math.min(reading.limits.bytes, reading.unpacked);
    const inner = bytes && unpack(bytes, limit);
    if (inner === undefined) {
      if (bytes) noteUnread(notes, "SCAN_ARTEFACT_TOO_LARGE", `${name} unpacks to more than is read, or is damaged`);
      return "gzip";
    }
    if (inner !== bytes) {
      reading.unpacked -= inner.length;
      return inspectPart(
        {
          name: name.replace(/\.(gz|z)$/i, ""),
          size: inner.length,
          read: (offset, length) => inner.subarray(offset, offset + length),
          depth: depth + 1,
        },
        reading,
      );
    }
  }
  if (start.startsWith("\x93NUMPY")) return inspectNpy(part, reading);
  if (head[0] === 0x80 && (head[1] ?? 9) <= 9) {
    const bytes = whole(part, reading);
    if (bytes) judgePickle(name, scanPickle(bytes), reading);
    return "pickle";
  }
  if (/\.onnx$/i.test(name) || looksLikeOnnx(head)) {
    const bytes = whole(part, reading);
    const summary = bytes && readOnnxGraph(name, bytes, reading);
    if (summary) reading.onnx = summary;
    return "onnx";
  }
  if (/\.pb$/i.test(name)) {
    const bytes = whole(part, reading);
    if (bytes) searchTensorflow(name, bytes, reading);
    return "tensorflow";
  }
  if (/(^|\/)config\.json$/i.test(name) && head.includes(0x7b) && latin(head).includes("class_name")) {
    const bytes = whole(part, reading);
    if (bytes) readKerasConfig(name, new TextDecoder().decode(bytes), reading);
    return "json";
  }
  if (isOldPickle(part, head, reading)) return "pickle";
  if (/\.(pkl|pickle|joblib|dill)$/i.test(name)) note(notes, "suspicious", `${name} is called a pickle and is none`);
  return textFormat(name, head) ?? unknownFormat(part, reading);
}

function unknownFormat({ name }: Part, { notes }: Reading): string {
  note(notes, "unknown", `${name} is of no format that is known here`);
  return "binary";
}

function textFormat(name: string, head: Uint8Array): string | undefined {
  for (const byte of head) if (byte < 9 || (byte > 13 && byte < 32 && byte !== 27)) return undefined;
  if (/\.pyc?$/i.test(name)) return "python";
  if (/\.json$/i.test(name)) return "json";
  if (/(\.ya?ml|(^|\/)MLmodel)$/i.test(name)) return "yaml";
  return "text";
}

function packedAs(start: string): string | undefined {
  if (start.startsWith("7z\xbc\xaf")) return "7z";
  if (start.startsWith("BZh")) return "bzip2";
  if (start.startsWith("\xfd7zXZ")) return "xz";
  if (start.startsWith("\x5d\x00\x00")) return "lzma";
  if (start.startsWith("\x04\x22\x4d\x18")) return "lz4";
  if (start.startsWith("\x28\xb5\x2f\xfd")) return "zstd";
  if (start.startsWith("Rar!")) return "rar";
  return undefined;
}

function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

function isZlib(head: Uint8Array): boolean {
  return head[0] === 0x78 && [0x01, 0x5e, 0x9c, 0xda].includes(head[1] ?? 0);
}

function looksLikeSafetensors(head: Uint8Array, size: number): boolean {
  if (head.length < 10 || head[8] !== 0x7b || head[9] !== 0x22) return false;
  const length = new DataView(head.buffer, head.byteOffset, 8).getBigUint64(0, true);
  return length <= 100_000_000n && Number(length) + 8 <= size;
}

/** A protobuf that begins with a small IR version and then a name or a graph. */
function looksLikeOnnx(head: Uint8Array): boolean {
  return head[0] === 0x08 && (head[1] ?? 0) >= 3 && (head[1] ?? 99) <= 30 && [0x12, 0x3a, 0x42].includes(head[2] ?? 0);
}

/** Notes what loading a pickle would import. */
function judgePickle(name: string, facts: PickleFacts, { notes }: Reading): void {
  const judged = [
    ...facts.globals.map((one) => ({ ...one, stray: false })),
    ...facts.stray.map((one) => ({ ...one, stray: true })),
  ];
  for (const one of judged) {
    const verdict = judgeGlobal(one);
    if (one.stray && verdict !== "dangerous") continue;
    const full = `${one.module}.${one.name}`.slice(0, 300);
    noteName(notes, full, verdict);
    if (verdict === "dangerous") note(notes, "dangerous", `loading ${name} would call ${full}`);
    if (verdict === "unknown") note(notes, "suspicious", `${name} imports ${full}, which nobody vouches for`);
  }
  if (facts.tampers) note(notes, "suspicious", `${name} changes attributes of a class or module it imports`);
  if (facts.end === "broken")
    note(notes, "suspicious", `${name} is no whole pickle: it breaks off at byte ${facts.at}`);
  if (facts.end === "limit") {
    noteUnread(
      notes,
      "SCAN_PICKLE_CUT",
      `${name} has more than twenty million opcodes or 100,000 names; the rest is not walked`,
    );
  }
}

const pickleName = /\.(pkl|pickle|p|joblib|dill|pt|pth|ckpt|sav)(\.gz|\.z)?$/i;
const identifier = /^[A-Za-z_][\w.]*$/;

/** Pickles of the first protocols have no head: the name says it, or that walking them meets imports and an end. */
function isOldPickle(part: Part, head: Uint8Array, reading: Reading): boolean {
  const named = pickleName.test(part.name);
  if (named && part.size > reading.limits.bytes) return whole(part, reading) === undefined;
  const first = String.fromCharCode(head[0] ?? 0);
  if (!/[(c\]})IKLMNSVXFGiPl]/.test(first)) return false;
  if (part.size > reading.limits.bytes) return false;
  const bytes = part.read(0, part.size);
  if (bytes === undefined) return false;
  const facts = scanPickle(bytes);
  const real = facts.globals.filter((one) => identifier.test(one.module) && identifier.test(one.name));
  const runs = real.some((one) => judgeGlobal(one) === "dangerous");
  if (!named && !runs && !(facts.end === "stopped" && real.length > 0)) return false;
  judgePickle(part.name, named ? facts : { ...facts, globals: real, end: "stopped" }, reading);
  return true;
}

function inspectNpy(part: Part, reading: Reading): string {
  const head = part.read(0, Math.min(part.size, 1_100_000));
  if (!head || head.length < 12) {
    note(reading.notes, "suspicious", `${part.name} is a damaged array`);
    return "npy";
  }
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const isFirst = head[6] === 1;
  const length = isFirst ? view.getUint16(8, true) : view.getUint32(8, true);
  const begin = isFirst ? 10 : 12;
  if (length > 1_000_000 || begin + length > part.size) {
    note(reading.notes, "suspicious", `${part.name} has an array header longer than itself, or than a million bytes`);
    return "npy";
  }
  const header = latin(head.subarray(begin, begin + length));
  // Only arrays of objects, alone or as a field, are pickled.
  if (/['"][|<>=]?O\d*['"]/.test(header)) {
    const bytes = whole(part, reading);
    if (bytes) judgePickle(part.name, scanPickle(bytes.subarray(begin + length)), reading);
  }
  return "npy";
}

function searchTensorflow(name: string, bytes: Uint8Array, { notes }: Reading): void {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const operation of ["ReadFile", "WriteFile", "PyFunc", "EagerPyFunc", "PyFuncStateless"]) {
    const spelled = Buffer.concat([Buffer.from([0x12, operation.length]), Buffer.from(operation)]);
    const listed = Buffer.concat([Buffer.from([0x0a, operation.length]), Buffer.from(operation)]);
    if (text.includes(spelled) || text.includes(listed))
      note(notes, "dangerous", `${name} uses TensorFlow's ${operation}`);
  }
}
