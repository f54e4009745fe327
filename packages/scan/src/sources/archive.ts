import { constants, gunzipSync, inflateRawSync, inflateSync } from "node:zlib";

/** A member of a zip archive as its central directory names it. */
export interface ZipMember {
  readonly name: string;
  readonly method: number;
  readonly compressed: number;
  readonly size: number;
  readonly offset: number;
  /** Whether it says it is encrypted. Some readers ignore that, and so does `readMember`. */
  readonly encrypted: boolean;
}

export type ReadRange = (offset: number, length: number) => Uint8Array | undefined;

/** Members of one archive that are listed; of larger ones the directory counts as damaged. */
export const maxMembers = 20_000;
const maxDirectory = 16_000_000;

/** Reads the central directory. Undefined when it is no zip archive or its directory is damaged. */
export function listZip(size: number, read: ReadRange): ZipMember[] | undefined {
  const found = findEnd(size, read);
  if (found === undefined) return undefined;
  const { view, end, tailLength } = found;
  let length = view.getUint32(end + 12, true);
  let offset = view.getUint32(end + 16, true);
  if (offset === 0xffffffff || length === 0xffffffff) {
    // Zip64: the locator stands right before the end record.
    const locator = end - 20;
    if (locator < 0 || view.getUint32(locator, true) !== 0x07064b50) return undefined;
    const record = read(Number(view.getBigUint64(locator + 8, true)), 56);
    if (!record || record.length < 56) return undefined;
    const wide = new DataView(record.buffer, record.byteOffset, record.byteLength);
    length = Number(wide.getBigUint64(40, true));
    offset = Number(wide.getBigUint64(48, true));
  }
  if (length > maxDirectory || offset + length > size) return undefined;
  // What stands before the archive, of a file that is two things at once, shifts it as a whole.
  const shift = Math.max(0, size - tailLength + end - length - offset);
  const isWide = offset >= 0xffffffff || view.getUint32(end + 16, true) === 0xffffffff;
  for (const moved of isWide || shift === 0 ? [0] : [shift, 0]) {
    const directory = read(offset + moved, length);
    if (!directory || (length > 0 && !startsDirectory(directory))) continue;
    return readDirectory(directory, moved);
  }
  return undefined;
}

interface EndRecord {
  readonly view: DataView;
  readonly end: number;
  readonly tailLength: number;
}

/** The record that closes an archive, within the last 64 KiB. */
function findEnd(size: number, read: ReadRange): EndRecord | undefined {
  const tailLength = Math.min(size, 65_557);
  const tail = read(size - tailLength, tailLength);
  if (!tail) return undefined;
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
  for (let end = tail.length - 22; end >= 0; end--) {
    if (view.getUint32(end, true) === 0x06054b50) return { view, end, tailLength };
  }
  return undefined;
}

/** How many members the archive says it has; undefined when it does not say, as very large ones do elsewhere. */
export function declaredMembers(size: number, read: ReadRange): number | undefined {
  const found = findEnd(size, read);
  const count = found?.view.getUint16(found.end + 10, true);
  return count === 0xffff ? undefined : count;
}

function startsDirectory(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 1 && bytes[3] === 2;
}

/** The name that stands before a member's bytes, which readers may believe instead of the directory's. */
export function localName(member: ZipMember, read: ReadRange): string | undefined {
  const head = read(member.offset, 30);
  if (!head || head.length < 30) return undefined;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (view.getUint32(0, true) !== 0x04034b50) return undefined;
  const name = read(member.offset + 30, view.getUint16(26, true));
  return name && new TextDecoder().decode(name);
}

/** Where a member's packed bytes begin; undefined when there is no member there. */
export function bodyOffset(member: ZipMember, read: ReadRange): number | undefined {
  const head = read(member.offset, 30);
  if (!head || head.length < 30) return undefined;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (view.getUint32(0, true) !== 0x04034b50) return undefined;
  return member.offset + 30 + view.getUint16(26, true) + view.getUint16(28, true);
}

function readDirectory(directory: Uint8Array, shift: number): ZipMember[] {
  const view = new DataView(directory.buffer, directory.byteOffset, directory.byteLength);
  const decoder = new TextDecoder();
  const members: ZipMember[] = [];
  let at = 0;
  while (at + 46 <= directory.length && view.getUint32(at, true) === 0x02014b50 && members.length < maxMembers) {
    const nameLength = view.getUint16(at + 28, true);
    const extraLength = view.getUint16(at + 30, true);
    const commentLength = view.getUint16(at + 32, true);
    let compressed = view.getUint32(at + 20, true);
    let size = view.getUint32(at + 24, true);
    let offset = view.getUint32(at + 42, true);
    const name = decoder.decode(directory.subarray(at + 46, at + 46 + nameLength));
    const extraEnd = Math.min(directory.length, at + 46 + nameLength + extraLength);
    for (let extra = at + 46 + nameLength; extra + 4 <= extraEnd; extra += 4 + view.getUint16(extra + 2, true)) {
      if (view.getUint16(extra, true) !== 1) continue;
      let field = extra + 4;
      const wide = (): number => {
        const value = field + 8 <= extraEnd ? Number(view.getBigUint64(field, true)) : 0;
        field += 8;
        return value;
      };
      if (size === 0xffffffff) size = wide();
      if (compressed === 0xffffffff) compressed = wide();
      if (offset === 0xffffffff) offset = wide();
    }
    members.push({
      name,
      method: view.getUint16(at + 10, true),
      compressed,
      size,
      offset: offset + shift,
      encrypted: (view.getUint16(at + 8, true) & 1) === 1,
    });
    at += 46 + nameLength + extraLength + commentLength;
  }
  return members;
}

/** The bytes of a member, at most `limit` of them unpacked; undefined when packed otherwise, damaged, or larger. */
export function readMember(member: ZipMember, read: ReadRange, limit: number): Uint8Array | undefined {
  const start = bodyOffset(member, read);
  if (start === undefined || member.compressed > limit) return undefined;
  const body = read(start, member.compressed);
  if (!body) return undefined;
  if (member.method === 0) return body;
  return member.method === 8 ? inflate(() => inflateRawSync(body, { maxOutputLength: limit })) : undefined;
}

/** The first bytes of a deflated stream, as far as `packed` holds them. */
export function inflatePrefix(packed: Uint8Array, limit: number): Uint8Array | undefined {
  return inflate(() => inflateRawSync(packed, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: limit }));
}

/** Unpacks gzip and zlib streams up to `limit` bytes; the bytes themselves when they are not packed. */
export function unpack(bytes: Uint8Array, limit: number): Uint8Array | undefined {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b)
    return inflate(() => gunzipSync(bytes, { maxOutputLength: limit, finishFlush: constants.Z_SYNC_FLUSH }));
  if (bytes[0] === 0x78 && [0x01, 0x5e, 0x9c, 0xda].includes(bytes[1] ?? 0))
    return inflate(() => inflateSync(bytes, { maxOutputLength: limit, finishFlush: constants.Z_SYNC_FLUSH })) ?? bytes;
  return bytes;
}

function inflate(run: () => Uint8Array): Uint8Array | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}
