import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { ReadRange } from "./archive.js";

/** A file of which any stretch can be read, until it is closed. */
export interface FileRange {
  readonly size: number;
  readonly read: ReadRange;
  close(): void;
}

export function openFileRange(path: string): FileRange {
  const file = openSync(path, "r");
  const { size } = fstatSync(file);
  return {
    size,
    read(offset, length) {
      if (offset < 0 || length < 0 || offset > size) return undefined;
      const bytes = new Uint8Array(Math.min(length, size - offset));
      for (let at = 0; at < bytes.length; ) {
        const got = readSync(file, bytes, at, bytes.length - at, offset + at);
        if (got === 0) return undefined;
        at += got;
      }
      return bytes;
    },
    close: () => closeSync(file),
  };
}
