import type { Readable, Writable } from "node:stream";
import { baseErrors } from "../errors.js";

/** A stored object: SHA-256 in lower-case hex and size in bytes. */
export interface Blob {
  readonly hash: string;
  readonly size: number;
}

export interface PutOptions {
  /** Refuse with BLOB_MISMATCH unless the content has this SHA-256. */
  readonly hash?: string;
  /** Refuse with BLOB_MISMATCH unless the content has this many bytes. */
  readonly size?: number;
  /** Refuse with INPUT_TOO_LARGE beyond this many bytes. */
  readonly limit?: number;
}

/** Half-open byte range `[start, end)`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Content-addressed objects. An object is visible only when it is whole, verified and durable; putting the same content
 * twice stores it once. Names, paths and owners are records of the capabilities, never of this port.
 */
export interface Blobs {
  put(content: Readable | Uint8Array, options?: PutOptions): Promise<Blob>;
  /** Throws BLOB_NOT_FOUND. */
  open(hash: string, range?: ByteRange): Promise<Readable>;
  /**
   * Writes an object, or a range of it, as fast as it is taken, and does not end what it writes to. `into` is asked for once the
   * object is there; before that it throws BLOB_NOT_FOUND. The memory of a chunk is used again as soon as its write called back,
   * so that a download costs little of it and none of the collector's time. Rejects when the other side is gone.
   */
  pour(hash: string, into: () => Writable, range?: ByteRange): Promise<void>;
  /** Throws BLOB_NOT_FOUND; for small objects. */
  read(hash: string): Promise<Buffer>;
  stat(hash: string): Promise<Blob | undefined>;
  /** As `stat`, for a record about to name an object it did not put: the object counts as new, so `collect` leaves it. */
  claim(hash: string): Promise<Blob | undefined>;
  /** A local file with the content, for engines that read files; callers never write it. Throws BLOB_NOT_FOUND. */
  localPath(hash: string): Promise<string>;
  remove(hash: string): Promise<void>;
  /**
   * Removes an object that no record names, unless it was put or claimed within the last `minAge` milliseconds by the
   * store's own clock: an upload of the same content may be under way, its record not yet written. The object is set
   * aside first, then `unused` is asked once more, and on false or after a crash it is brought back. Answers whether it went;
   * what is not there has gone.
   */
  collect(
    hash: string,
    options: { readonly minAge: number; readonly unused: () => Promise<boolean> },
  ): Promise<boolean>;
  /** Every stored object, for garbage collection and backup. */
  list(): AsyncIterable<Blob>;
}

export function isHash(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

/** Refuses an upload that is not what was announced. */
export function checkAnnounced(wanted: PutOptions, { hash, size }: Blob): void {
  if (wanted.size !== undefined && wanted.size !== size) {
    throw baseErrors.BLOB_MISMATCH({ what: "size", actual: size, expected: wanted.size });
  }
  if (wanted.hash !== undefined && wanted.hash !== hash) {
    throw baseErrors.BLOB_MISMATCH({ what: "sha256", actual: hash, expected: wanted.hash });
  }
}
