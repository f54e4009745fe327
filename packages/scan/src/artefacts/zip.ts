import { judgeGlobal } from "#facts/pickle-names.js";
import {
  bodyOffset,
  declaredMembers,
  inflatePrefix,
  listZip,
  localName,
  maxMembers,
  type ReadRange,
  readMember,
  type ZipMember,
} from "#sources/archive.js";
import { note, noteName, noteUnread } from "./notes.js";
import { pathProblem } from "./paths.js";
import type { Part, Reading } from "./reading.js";

/** Unpacked to packed; deflate reaches 1,032, honest files stay far below. */
const maxRatio = 1000;

/** Walks a zip archive, whatever its members call themselves, and says what it is: torch, keras, npz, skops or zip. */
export function inspectZip(part: Part, reading: Reading): string {
  const { name, size, read } = part;
  const { notes } = reading;
  const members = listZip(size, read);
  if (!members) {
    noteUnread(notes, "SCAN_ARCHIVE_DAMAGED", `the directory of ${name} cannot be read`);
    return "zip";
  }
  if (members.length >= maxMembers) {
    noteUnread(notes, "SCAN_ARCHIVE_CUT", `${name} has more than ${maxMembers} members; the others are not read`);
  }
  const declared = declaredMembers(size, read);
  if (declared !== undefined && declared !== members.length && members.length < maxMembers) {
    note(notes, "suspicious", `${name} says it has ${declared} members and lists ${members.length}`);
  }
  const format = formatOf(members, name);
  const seen = new Set<string>();
  for (const member of members) {
    if (--reading.members < 0) {
      noteUnread(notes, "SCAN_ARCHIVE_CUT", `${name} has more members than are read`);
      break;
    }
    checkMember(part, member, seen, reading);
    if (member.name.endsWith("/") || member.size === 0) continue;
    inspectMember(part, member, format, reading);
  }
  return format;
}

function formatOf(members: readonly ZipMember[], name: string): string {
  const has = (test: RegExp): boolean => members.some((member) => test.test(member.name));
  if (has(/(^|\/)data\.pkl$/)) return "torch";
  if (has(/^schema\.json$/)) return "skops";
  if (/\.keras$/i.test(name) || (has(/^config\.json$/) && has(/^metadata\.json$/))) return "keras";
  return members.length > 0 && members.every((member) => member.name.endsWith(".npy")) ? "npz" : "zip";
}

function checkMember({ name, read }: Part, member: ZipMember, seen: Set<string>, { notes }: Reading): void {
  const shown = member.name.slice(0, 200);
  const problem = pathProblem(member.name);
  if (problem !== undefined) note(notes, "dangerous", `${name} would unpack ${shown} ${problem}`);
  if (seen.has(member.name))
    note(notes, "suspicious", `${name} holds ${shown} twice; readers differ in which they take`);
  seen.add(member.name);
  const local = localName(member, read);
  if (local === undefined) note(notes, "suspicious", `${name} names ${shown}, which is not where it says`);
  else if (local !== member.name) note(notes, "suspicious", `${name} calls ${shown} ${local.slice(0, 200)} elsewhere`);
  if (member.encrypted) note(notes, "suspicious", `${name} says ${shown} is encrypted`);
  if (member.size > 10_000_000 && member.size > member.compressed * maxRatio) {
    note(
      notes,
      "suspicious",
      `${shown} in ${name} unpacks to ${Math.round(member.size / member.compressed)} times its size`,
    );
  }
}

function inspectMember(part: Part, member: ZipMember, format: string, reading: Reading): void {
  const { name, read, depth } = part;
  const { notes, limits } = reading;
  const full = `${name}/${member.name}`;
  const begin = bodyOffset(member, read);
  if (begin === undefined) {
    noteUnread(notes, "SCAN_ARCHIVE_MEMBER_UNREAD", `${full} is not where the directory says`);
    return;
  }
  // Weights: torch reads them as plain numbers, and only what lies beside them as a pickle.
  const isWeights = format === "torch" && /(^|\/)data\/\d+$/.test(member.name);
  if (member.method === 0) {
    if (isWeights) return;
    const inner: ReadRange = (offset, length) => read(begin + offset, Math.min(length, member.compressed - offset));
    inspectInner({ name: full, size: member.compressed, read: inner, depth: depth + 1 }, format, reading);
    return;
  }
  if (member.method !== 8) {
    noteUnread(
      notes,
      "SCAN_ARCHIVE_MEMBER_UNREAD",
      `${full} is packed in a way (${member.method}) that is not unpacked here`,
    );
    return;
  }
  if (
    isWeights &&
    !startsLikePickle(inflatePrefix(read(begin, Math.min(512, member.compressed)) ?? new Uint8Array(), 4_000_000))
  ) {
    return;
  }
  const bytes = readMember(member, read, Math.min(limits.bytes, reading.unpacked));
  if (bytes === undefined) {
    noteUnread(notes, "SCAN_ARCHIVE_MEMBER_UNREAD", `${full} is damaged, or unpacks to more than is read`);
    return;
  }
  reading.unpacked -= bytes.length;
  const inner: ReadRange = (offset, length) => bytes.subarray(offset, offset + length);
  inspectInner({ name: full, size: bytes.length, read: inner, depth: depth + 1 }, format, reading);
}

function startsLikePickle(bytes: Uint8Array | undefined): boolean {
  return bytes !== undefined && bytes[0] === 0x80 && (bytes[1] ?? 9) <= 5;
}

function inspectInner(part: Part, format: string, reading: Reading): void {
  if (format === "skops" && part.name.endsWith("/schema.json")) {
    readSkops(part, reading);
    return;
  }
  // TorchScript is a language of its own: it cannot reach Python, but it can write files.
  const text =
    format === "torch" && /\/code\/.*\.py$/.test(part.name) ? part.read(0, Math.min(part.size, 16_000_000)) : undefined;
  if (text !== undefined) {
    if (/\b(aten\.(save|from_file)|torch\.(save|from_file))\b/.test(new TextDecoder().decode(text))) {
      note(reading.notes, "dangerous", `${part.name} reads or writes files`);
    }
    return;
  }
  if (format === "torch" && /\.debug_pkl$/.test(part.name)) {
    reading.inspect(part);
    return;
  }
  reading.inspect(part);
}

/** skops names the class of every object it holds; loading looks them up. */
function readSkops({ name, size, read }: Part, reading: Reading): void {
  const bytes = size > 64_000_000 ? undefined : read(0, size);
  if (bytes === undefined) {
    noteUnread(reading.notes, "SCAN_ARTEFACT_TOO_LARGE", `${name} has ${size} bytes`);
    return;
  }
  let root: unknown;
  try {
    root = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    note(reading.notes, "suspicious", `${name} is no JSON`);
    return;
  }
  const stack: unknown[] = [root];
  for (let left = 5_000_000; stack.length > 0; left--) {
    if (left === 0) {
      noteUnread(reading.notes, "SCAN_ARCHIVE_CUT", `${name} has more than 5,000,000 entries`);
      return;
    }
    const value = stack.pop();
    if (typeof value !== "object" || value === null) continue;
    const { __module__: module, __class__: className } = value as Record<string, unknown>;
    if (typeof module === "string" && typeof className === "string") {
      const verdict = judgeGlobal({ module, name: className });
      const full = `${module}.${className}`.slice(0, 300);
      noteName(reading.notes, full, verdict);
      if (verdict === "dangerous" && !plain.has(full)) {
        note(reading.notes, "dangerous", `loading ${name} would look up ${full}`);
      }
      if (verdict === "unknown") note(reading.notes, "suspicious", `${name} names ${full}, which nobody vouches for`);
    }
    for (const inner of Object.values(value)) stack.push(inner);
  }
}

/** Kinds of values that skops spells as classes of the standard library. */
const plain: ReadonlySet<string> = new Set([
  "builtins.NoneType",
  "builtins.function",
  "builtins.method",
  "types.FunctionType",
]);
