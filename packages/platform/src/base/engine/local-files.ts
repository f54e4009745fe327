import { createReadStream } from "node:fs";
import { lstat, readdir, realpath } from "node:fs/promises";
import { basename, isAbsolute, join } from "node:path";
import type { Readable } from "node:stream";

/** A file on this machine's disk that is to become an object. */
export interface LocalFile {
  /** Relative to the folder named, with `/` between folders; the file's own name when a file was named. */
  readonly path: string;
  readonly absolute: string;
  readonly bytes: number;
}

/** Why a path was not taken, in words. */
export interface LocalRefusal {
  readonly path: string;
  readonly problem: string;
}

/**
 * The ordinary files at or below an absolute path, sorted by path. Names that begin with `.` or `_` are left out, as table
 * formats do with their markers (`_SUCCESS`, `.crc`). Links and special files below the path are refused.
 */
export async function listLocalFiles(path: string): Promise<readonly LocalFile[] | LocalRefusal> {
  if (!isAbsolute(path) || path.includes("\0")) return { path, problem: "it is not an absolute path" };
  try {
    const root = await realpath(path);
    const about = await lstat(root);
    if (about.isFile()) return [{ path: basename(path), absolute: root, bytes: about.size }];
    if (!about.isDirectory()) return { path, problem: "it is neither a file nor a folder" };
    const files: LocalFile[] = [];
    const refusal = await walk(root, "", files);
    if (refusal !== undefined) return refusal;
    if (files.length === 0) return { path, problem: "the folder has no files" };
    return files.sort((a, b) => (a.path < b.path ? -1 : 1));
  } catch (error) {
    return { path, problem: wordsFor((error as NodeJS.ErrnoException).code) };
  }
}

async function walk(root: string, inside: string, files: LocalFile[]): Promise<LocalRefusal | undefined> {
  for (const entry of await readdir(join(root, inside), { withFileTypes: true })) {
    if (/^[._]/.test(entry.name)) continue;
    const path = inside === "" ? entry.name : `${inside}/${entry.name}`;
    const absolute = join(root, path);
    if (entry.isDirectory()) {
      const refusal = await walk(root, path, files);
      if (refusal !== undefined) return refusal;
    } else if (entry.isFile()) {
      files.push({ path, absolute, bytes: (await lstat(absolute)).size });
    } else {
      return { path: absolute, problem: entry.isSymbolicLink() ? "it is a link" : "it is not an ordinary file" };
    }
  }
  return undefined;
}

export function openLocalFile(file: LocalFile): Readable {
  return createReadStream(file.absolute, { highWaterMark: 2 ** 20 });
}

function wordsFor(code: string | undefined): string {
  if (code === "ENOENT") return "nothing is there";
  if (code === "EACCES" || code === "EPERM") return "the server may not read it";
  return `the disk answered ${code ?? "an error"}`;
}
