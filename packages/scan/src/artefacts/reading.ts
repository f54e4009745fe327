import type { ReadRange } from "#sources/archive.js";
import { type Notes, noteUnread } from "./notes.js";

/** What an ONNX file holds, told without loading it. */
export interface OnnxSummary {
  /** SHA-256 over operators, connections, attributes and the shapes of constants; not over their values, nor who wrote it. */
  readonly graphHash: string;
  /** SHA-256 over the values of all constants. */
  readonly weightsHash: string;
  readonly nodes: number;
  readonly opsets: Readonly<Record<string, number>>;
  /** Files beside it that hold constants. */
  readonly external: readonly string[];
}

export interface ArtefactLimits {
  /** Most bytes that are held in memory at once, packed or not. */
  readonly bytes: number;
  /** Most bytes that are unpacked from one file, over all its archives. */
  readonly unpacked: number;
  /** How deep archives may lie in archives. */
  readonly depth: number;
  /** Most members of all archives in one file. */
  readonly members: number;
}

export const artefactLimits: ArtefactLimits = {
  bytes: 256_000_000,
  unpacked: 1_000_000_000,
  depth: 4,
  members: 50_000,
};

/** What is left of the limits while one file is read. */
export interface Reading {
  readonly notes: Notes;
  readonly limits: ArtefactLimits;
  unpacked: number;
  members: number;
  onnx?: OnnxSummary;
  /** Reads a member as a file of its own; answers its format. */
  readonly inspect: (part: Part) => string;
}

/** A stretch of bytes with the name it goes by. */
export interface Part {
  readonly name: string;
  readonly size: number;
  readonly read: ReadRange;
  readonly depth: number;
}

/** The whole part in memory; undefined, and said so, when it is larger than may be held. */
export function whole({ name, size, read }: Part, { limits, notes }: Reading): Uint8Array | undefined {
  if (size > limits.bytes) {
    noteUnread(
      notes,
      "SCAN_ARTEFACT_TOO_LARGE",
      `${name} has ${size} bytes; of more than ${limits.bytes} nothing is walked`,
    );
    return undefined;
  }
  const bytes = read(0, size);
  if (bytes === undefined) noteUnread(notes, "SCAN_ARTEFACT_TOO_LARGE", `${name} could not be read`);
  return bytes;
}

export function latin(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
