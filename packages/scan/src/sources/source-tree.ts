import type { Unseen } from "#report.js";

/** A file of the scanned folder; `path` is relative with forward slashes. */
export interface SourceFile {
  readonly path: string;
  readonly bytes: number;
}

export interface Listing {
  readonly files: readonly SourceFile[];
  readonly unseen: readonly Unseen[];
}

/** Where a scan reads from: a folder on disk, or files in memory. Never follows links, never runs anything. */
export interface SourceTree {
  readonly root: string;
  list(exclude: readonly string[], signal?: AbortSignal): Listing;
  /** At most `limit` bytes from the start of the file; undefined when it is gone or unreadable. */
  read(path: string, limit: number): Uint8Array | undefined;
  /** A piece of the file; shorter at its end. */
  readRange(path: string, offset: number, length: number): Uint8Array | undefined;
}

const strict = new TextDecoder("utf-8", { fatal: true });
const latin = new TextDecoder("latin1");

/** UTF-8 without its mark; other single-byte text as Latin-1. Line ends become `\n`, so columns and lines agree. */
export function decodeText(bytes: Uint8Array): { text: string; isUtf8: boolean } {
  try {
    return { text: normalise(strict.decode(bytes)), isUtf8: true };
  } catch {
    return { text: normalise(latin.decode(bytes)), isUtf8: false };
  }
}

function normalise(text: string): string {
  const body = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  return body.includes("\r") ? body.replace(/\r\n?/g, "\n") : body;
}
