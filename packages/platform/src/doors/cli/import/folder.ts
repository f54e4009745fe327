import { createReadStream } from "node:fs";
import { lstat, open, readdir, realpath } from "node:fs/promises";
import { join, sep } from "node:path";
import type { Problems } from "./problems.js";
import type { SourceFile } from "./source.js";

/** Deeper than any artifact tree; a deeper one is somebody's joke. */
const deepest = 64;

/** Whether a real path is the root or below it. */
export function isBelow(root: string, path: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}

/** Names in a folder, sorted; none when there is no such folder. Links are left out. */
export async function entriesOf(path: string, problems: Problems): Promise<{ folders: string[]; files: string[] }> {
  const found = { folders: [] as string[], files: [] as string[] };
  let entries: Awaited<ReturnType<typeof readEntries>>;
  try {
    entries = await readEntries(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== "ENOENT" && code !== "ENOTDIR")
      problems.loss(path, `It cannot be listed: ${(error as Error).message}`);
    return found;
  }
  for (const entry of entries) {
    if (entry.isDirectory()) found.folders.push(entry.name);
    else if (entry.isFile()) found.files.push(entry.name);
    else
      problems.loss(
        join(path, entry.name),
        `It is ${entry.isSymbolicLink() ? "a link" : "no file"}, which is not followed.`,
      );
  }
  found.folders.sort();
  found.files.sort();
  return found;
}

function readEntries(path: string) {
  return readdir(path, { withFileTypes: true });
}

/** Every file below a folder, by path; links are reported and not followed. */
export async function* filesBelow(root: string, problems: Problems, inside = ""): AsyncGenerator<SourceFile> {
  if (inside.split("/").length > deepest) {
    problems.loss(join(root, inside), `It lies deeper than ${deepest} folders.`);
    return;
  }
  const { folders, files } = await entriesOf(join(root, inside), problems);
  for (const name of files) {
    const path = inside === "" ? name : `${inside}/${name}`;
    const full = join(root, path);
    const { size } = await lstat(full);
    yield { path, size, open: async () => createReadStream(full) };
  }
  for (const name of folders) yield* filesBelow(root, problems, inside === "" ? name : `${inside}/${name}`);
}

/** Text of a small file; undefined, and reported, when it is missing, too large, a link or not UTF-8. */
export async function readSmall(path: string, limit: number, problems: Problems): Promise<string | undefined> {
  try {
    const stat = await lstat(path);
    if (!stat.isFile()) {
      problems.loss(path, "It is a link or no file, which is not followed.");
      return undefined;
    }
    if (stat.size > limit) {
      problems.loss(path, `It has ${stat.size} bytes, more than ${limit}.`);
      return undefined;
    }
    const file = await open(path, "r");
    try {
      const text = await file.readFile();
      return new TextDecoder("utf-8", { fatal: true }).decode(text);
    } finally {
      await file.close();
    }
  } catch (error) {
    problems.loss(path, `It cannot be read: ${(error as Error).message}`);
    return undefined;
  }
}

/** The real path of a folder that is there; undefined otherwise. */
export async function realFolder(path: string): Promise<string | undefined> {
  try {
    const real = await realpath(path);
    return (await lstat(real)).isDirectory() ? real : undefined;
  } catch {
    return undefined;
  }
}
