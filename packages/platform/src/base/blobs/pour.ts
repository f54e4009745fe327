import type { FileHandle } from "node:fs/promises";
import type { Writable } from "node:stream";
import type { ByteRange } from "./blobs.js";

/** Bytes of one read: each costs a trip to another thread. */
const readBytes = 256 * 1024;
/** While one piece is read the others are on their way. */
const pieces = 3;

/** Writes a range of a file to a stream through a few pieces of memory that take turns. */
export async function pour(file: FileHandle, { start, end }: ByteRange, into: Writable): Promise<void> {
  const length = Math.min(readBytes, end - start);
  const ring = Array.from({ length: Math.min(pieces, Math.ceil((end - start) / readBytes)) }, () => ({
    bytes: Buffer.allocUnsafeSlow(length),
    sent: Promise.resolve(),
  }));
  let at = start;
  for (let turn = 0; at < end; turn++) {
    const piece = ring[turn % ring.length] as (typeof ring)[number];
    await piece.sent;
    const { bytesRead } = await file.read(piece.bytes, 0, Math.min(length, end - at), at);
    if (bytesRead === 0) throw new RangeError(`the object ends at ${at} of ${end} bytes`);
    at += bytesRead;
    piece.sent = send(into, piece.bytes.subarray(0, bytesRead));
    // Heard of at the next turn or at the end.
    piece.sent.catch(() => {});
  }
  for (const piece of ring) await piece.sent;
}

/** Resolves when the bytes may be written over; rejects when the other side is gone. */
export function send(into: Writable, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    if (into.destroyed) return reject(new RangeError("the other side is gone"));
    const gone = (): void => reject(new RangeError("the other side is gone"));
    into.once("close", gone);
    into.write(bytes, (error) => {
      into.off("close", gone);
      if (error === undefined || error === null) resolve();
      else reject(error);
    });
  });
}
