import type { FileHandle } from "node:fs/promises";
import { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { baseErrors } from "../errors.js";
import type { Blob } from "./blobs.js";
import { type Hasher, type Hashing, hashHere, type Slot, slotBytes } from "./hasher.js";

/** From here on a thread beside this one pays for itself. */
const large = 16 * slotBytes;
/** Writes of one upload under way at once. */
const writesAtOnce = 4;
/** The disk is kept busy while bytes still come, so that the last sync has little left to wait for. */
const syncEvery = 8 * slotBytes;

export interface Announced {
  /** Bytes that are announced; undefined when nothing is. */
  readonly size?: number;
  /** Refuse with INPUT_TOO_LARGE beyond this many bytes. */
  readonly limit?: number;
}

/**
 * Writes a stream into an empty file while it comes: bytes are gathered into slots, and each is written and hashed while the
 * next fills. Resolves when all of it is written, hashed and synced; when it rejects, nothing touches the file any more.
 */
export async function receive(
  file: FileHandle,
  content: Readable | Uint8Array,
  announced: Announced,
  hasher: Hasher,
): Promise<Blob> {
  const hashing = (announced.size ?? 0) >= large ? hasher.beside() : hashHere();
  const disk = writeBehind(file, hashing, hasher);
  // The chunks of a request's body are nobody else's.
  const ours = content instanceof IncomingMessage;
  let size = 0;
  let gathered: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of content instanceof Uint8Array ? [content] : (content as AsyncIterable<Uint8Array>)) {
      size += chunk.byteLength;
      if (announced.limit !== undefined && size > announced.limit) {
        throw baseErrors.INPUT_TOO_LARGE({ size: `more than ${announced.limit}`, limit: announced.limit });
      }
      for (let from = 0; from < chunk.byteLength; ) {
        const part = chunk.subarray(from, from + slotBytes - bytes);
        gathered.push(part);
        from += part.byteLength;
        bytes += part.byteLength;
        if (bytes < slotBytes) continue;
        await disk.write(gathered, bytes);
        if (ours) for (const one of gathered) freeNow(one);
        gathered = [];
        bytes = 0;
      }
    }
    if (bytes > 0) await disk.write(gathered, bytes);
    await disk.end();
    return { hash: await hashing.digest(), size };
  } catch (error) {
    await disk.settled();
    hashing.drop();
    if (!ours || (error as { code?: unknown }).code !== "ECONNRESET") throw error;
    const expected = announced.size ?? "more";
    throw baseErrors.BLOB_MISMATCH({ what: "size", actual: size, expected }, { cause: error });
  }
}

function writeBehind(file: FileHandle, hashing: Hashing, hasher: Hasher) {
  const under = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  let position = 0;
  let unsynced = 0;
  let syncing = false;

  function track(work: Promise<unknown>): void {
    const tracked: Promise<void> = work
      .then(
        () => {},
        (error: unknown) => {
          failure ??= { error };
        },
      )
      .finally(() => under.delete(tracked));
    under.add(tracked);
  }

  function check(): void {
    if (failure !== undefined) throw failure.error;
  }

  /** The slot goes back when neither the disk nor the hash reads it any more. */
  async function move(slot: Slot, length: number, at: number): Promise<void> {
    const both = await Promise.allSettled([
      hashing.update(slot, length),
      writeWhole(file, slot.bytes.subarray(0, length), at),
    ]);
    hasher.give(slot);
    for (const one of both) if (one.status === "rejected") throw one.reason;
  }

  async function sync(): Promise<void> {
    syncing = true;
    try {
      await file.datasync();
    } finally {
      syncing = false;
    }
  }

  return {
    /** Resolves when the bytes are taken over and there is room for more. */
    async write(chunks: readonly Uint8Array[], length: number): Promise<void> {
      const slot = await hasher.take();
      let at = 0;
      for (const chunk of chunks) {
        slot.bytes.set(chunk, at);
        at += chunk.byteLength;
      }
      track(move(slot, length, position));
      position += length;
      unsynced += length;
      if (unsynced >= syncEvery && !syncing) {
        unsynced = 0;
        track(sync());
      }
      while (under.size >= writesAtOnce) await Promise.race(under);
      check();
    },
    /** Resolves when everything is on disk. */
    async end(): Promise<void> {
      await Promise.all(under);
      check();
      await file.sync();
    },
    async settled(): Promise<void> {
      await Promise.all(under);
    },
  };
}

/** `write` may take only a part; a short write that is ignored is a truncated object. */
async function writeWhole(file: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  let offset = 0;
  while (offset < bytes.byteLength) {
    const { bytesWritten } = await file.write(bytes, offset, bytes.byteLength - offset, at + offset);
    offset += bytesWritten;
  }
}

/**
 * Gives a chunk's memory back at once. Left to the collector, each 40 MiB of an upload make it walk the whole heap, and every
 * chunk is memory the processor has not seen yet.
 */
function freeNow(chunk: Uint8Array): void {
  if (chunk.byteLength === chunk.buffer.byteLength) (chunk.buffer as ArrayBuffer).transfer(0);
}
