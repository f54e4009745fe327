import { note, noteUnread } from "./notes.js";
import { pathProblem } from "./paths.js";
import { latin, type Part, type Reading } from "./reading.js";

const block = 512;

/** Walks a tar archive: names, links, and every file in it. */
export function inspectTar(part: Part, reading: Reading): void {
  const { name, size, depth } = part;
  const { notes } = reading;
  let longName: string | undefined;
  for (let at = 0; at + block <= size; ) {
    const head = part.read(at, block);
    if (!head || head.length < block) {
      noteUnread(notes, "SCAN_ARCHIVE_DAMAGED", `${name} breaks off at byte ${at}`);
      return;
    }
    if (head.every((byte) => byte === 0)) return;
    if (--reading.members < 0) {
      noteUnread(notes, "SCAN_ARCHIVE_CUT", `${name} has more members than are read`);
      return;
    }
    const length = sizeOf(head);
    if (length === undefined || at + block + length > size) {
      noteUnread(notes, "SCAN_ARCHIVE_DAMAGED", `${name} has a member at byte ${at} that is longer than the archive`);
      return;
    }
    const type = String.fromCharCode(head[156] ?? 0);
    const begin = at + block;
    at = begin + Math.ceil(length / block) * block;
    if (type === "L" || type === "x") {
      const text = latin(part.read(begin, Math.min(length, 1_000_000)) ?? new Uint8Array());
      longName = type === "L" ? text.replace(/\0.*$/s, "") : /\d+ path=([^\n]*)\n/.exec(text)?.[1];
      continue;
    }
    if (type === "g" || type === "K") continue;
    const prefix = field(head, 345, 155);
    const own = longName ?? (prefix === "" ? field(head, 0, 100) : `${prefix}/${field(head, 0, 100)}`);
    longName = undefined;
    const problem = pathProblem(own);
    if (problem !== undefined) note(notes, "dangerous", `${name} would unpack ${own.slice(0, 200)} ${problem}`);
    if (type === "1" || type === "2") {
      const target = field(head, 157, 100);
      const outside = pathProblem(target);
      if (outside !== undefined) note(notes, "dangerous", `${name} links ${own.slice(0, 200)} to ${target} ${outside}`);
      else note(notes, "suspicious", `${name} holds the link ${own.slice(0, 200)}`);
      continue;
    }
    if (type === "3" || type === "4" || type === "6") {
      note(notes, "suspicious", `${name} holds a device or a pipe, ${own.slice(0, 200)}`);
      continue;
    }
    if (length > 0 && type !== "5") {
      const read = (offset: number, wanted: number): Uint8Array | undefined =>
        part.read(begin + offset, Math.min(wanted, length - offset));
      reading.inspect({ name: `${name}/${own}`, size: length, read, depth: depth + 1 });
    }
  }
}

function field(head: Uint8Array, from: number, length: number): string {
  return new TextDecoder().decode(head.subarray(from, from + length)).replace(/\0.*$/s, "");
}

/** Octal text, or base 256 for large files. */
function sizeOf(head: Uint8Array): number | undefined {
  if (((head[124] ?? 0) & 0x80) !== 0) {
    let value = (head[124] ?? 0) & 0x7f;
    for (let i = 125; i < 136; i++) value = value * 256 + (head[i] ?? 0);
    return Number.isSafeInteger(value) ? value : undefined;
  }
  const text = latin(head.subarray(124, 136))
    .replace(/[\0 ]+$/, "")
    .trim();
  return /^[0-7]*$/.test(text) ? Number.parseInt(text || "0", 8) : undefined;
}
