import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import ignore, { type Ignore } from "ignore";
import { ScanError, toMessage } from "#errors.js";
import type { Unseen } from "#report.js";
import { decodeText, type Listing, type SourceFile, type SourceTree } from "./source-tree.js";

/** Bounds of one walk; above them the scan says what it left out. */
export interface WalkLimits {
  readonly files: number;
  readonly depth: number;
  readonly entriesPerFolder: number;
}

const defaults: WalkLimits = { files: 200_000, depth: 64, entriesPerFolder: 100_000 };

/** Folders that hold other people's code, caches or environments. */
const skippedFolders = new Set([
  ".git",
  ".hg",
  ".svn",
  "node_modules",
  "__pycache__",
  ".ipynb_checkpoints",
  ".mypy_cache",
  ".pytest_cache",
  ".ruff_cache",
  ".tox",
  ".nox",
  ".venv",
  "venv",
  "site-packages",
  "dist-packages",
  ".eggs",
  "vendor",
  "vendored",
  "_vendor",
  "third_party",
  "third-party",
  ".terraform",
  ".idea",
  ".vscode",
  ".pixi",
  "bower_components",
]);

interface IgnoreLevel {
  readonly base: string;
  readonly rules: Ignore;
}

/** A folder on disk. Throws SCAN_PATH_NOT_FOUND or SCAN_PATH_NOT_FOLDER. */
export function openFolder(path: string, limits: Partial<WalkLimits> = {}): SourceTree {
  const root = resolveFolder(path);
  const bounds = { ...defaults, ...limits };
  return {
    root,
    list: (exclude, signal) => walk(root, exclude, bounds, signal),
    read: (file, limit) => readBounded(join(root, ...file.split("/")), limit),
    readRange: (file, offset, length) => readBounded(join(root, ...file.split("/")), length, offset),
  };
}

function resolveFolder(path: string): string {
  const full = resolve(path);
  if (!existsSync(full))
    throw new ScanError(
      "SCAN_PATH_NOT_FOUND",
      `There is no ${path}.`,
      "Name an existing folder, for example: paydown-scan .",
    );
  const real = realpathSync(full);
  if (!lstatSync(real).isDirectory())
    throw new ScanError(
      "SCAN_PATH_NOT_FOLDER",
      `${path} is not a folder.`,
      "Scan the folder that holds it; choose files with exclude or per-file-ignores.",
    );
  return real;
}

/** The folder that holds `.git`, at or above the path; undefined outside of any repository. */
export function findRepositoryRoot(path: string): string | undefined {
  for (let at = path; ; at = dirname(at)) {
    if (existsSync(join(at, ".git"))) return at;
    if (dirname(at) === at) return undefined;
  }
}

function walk(root: string, exclude: readonly string[], limits: WalkLimits, signal: AbortSignal | undefined): Listing {
  const files: SourceFile[] = [];
  const unseen: Unseen[] = [];
  let links = 0;
  let tooDeep = 0;
  const excluded = exclude.length > 0 ? ignore().add([...exclude]) : undefined;
  const stack: { path: string; depth: number; ignores: readonly IgnoreLevel[] }[] = [
    { path: "", depth: 0, ignores: ignoresAbove(root) },
  ];
  while (stack.length > 0) {
    if (signal?.aborted)
      throw new ScanError("SCAN_ABORTED", "The scan was stopped.", "Start it again when convenient.", signal.reason);
    const folder = stack.pop() as (typeof stack)[number];
    const full = join(root, folder.path);
    let entries: import("node:fs").Dirent[];
    try {
      entries = readdirSync(full, { withFileTypes: true });
    } catch (cause) {
      unseen.push({
        code: "SCAN_FOLDER_UNREADABLE",
        path: folder.path || ".",
        message: toMessage(cause),
        next: "Give the scanning user the right to read the folder, or exclude it.",
      });
      continue;
    }
    if (entries.some((entry) => entry.name === "pyvenv.cfg") && folder.path !== "") continue;
    if (entries.length > limits.entriesPerFolder) {
      unseen.push({
        code: "SCAN_FOLDER_TOO_LARGE",
        path: folder.path || ".",
        message: `The folder has ${entries.length} entries; the first ${limits.entriesPerFolder} are read.`,
        next: "Exclude the folder, or scan parts of it.",
      });
      entries.length = limits.entriesPerFolder;
    }
    const ignores = entries.some((entry) => entry.name === ".gitignore" && entry.isFile())
      ? [...folder.ignores, ...readIgnore(full, full)]
      : folder.ignores;
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    const deeper: typeof stack = [];
    for (const entry of entries) {
      const path = folder.path === "" ? entry.name : `${folder.path}/${entry.name}`;
      if (entry.isSymbolicLink()) {
        links++;
        continue;
      }
      const isFolder = entry.isDirectory();
      if (isFolder && (skippedFolders.has(entry.name) || entry.name.endsWith(".egg-info"))) continue;
      if (isIgnored(join(full, entry.name), isFolder, ignores) || excluded?.ignores(isFolder ? `${path}/` : path))
        continue;
      if (isFolder) {
        if (folder.depth + 1 > limits.depth) tooDeep++;
        else deeper.push({ path, depth: folder.depth + 1, ignores });
      } else if (entry.isFile()) {
        if (files.length >= limits.files) {
          unseen.push({
            code: "SCAN_TOO_MANY_FILES",
            message: `More than ${limits.files} files; the rest is not read.`,
            next: "Scan parts of the repository, or exclude data folders.",
          });
          return { files, unseen };
        }
        files.push({ path, bytes: sizeOf(join(full, entry.name)) });
      }
    }
    stack.push(...deeper.reverse());
  }
  if (links > 0)
    unseen.push({
      code: "SCAN_LINKS_SKIPPED",
      message: `${links} symbolic ${links === 1 ? "link was" : "links were"} not followed.`,
      next: "Scan the link's target on its own if it belongs to the system.",
    });
  if (tooDeep > 0)
    unseen.push({
      code: "SCAN_TOO_DEEP",
      message: `${tooDeep} folders lie deeper than ${limits.depth} levels.`,
      next: "Scan the deep folder on its own.",
    });
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { files, unseen };
}

function isIgnored(full: string, isFolder: boolean, levels: readonly IgnoreLevel[]): boolean {
  for (let index = levels.length - 1; index >= 0; index--) {
    const level = levels[index] as IgnoreLevel;
    const path = relative(level.base, full).split(sep).join("/");
    const result = level.rules.test(isFolder ? `${path}/` : path);
    if (result.ignored) return true;
    if (result.unignored) return false;
  }
  return false;
}

/** Ignore files between the repository's root and the scanned folder, and the repository's own exclude file. */
function ignoresAbove(root: string): IgnoreLevel[] {
  const top = findRepositoryRoot(root);
  if (top === undefined) return [];
  const levels: IgnoreLevel[] = [];
  const exclude = readText(join(top, ".git", "info", "exclude"));
  if (exclude) levels.push({ base: top, rules: ignore().add(exclude) });
  const parts = relative(top, root)
    .split(sep)
    .filter((part) => part !== "");
  for (let depth = 0, at = top; depth < parts.length; depth++) {
    levels.push(...readIgnore(at, at));
    at = join(at, parts[depth] as string);
  }
  // Whoever names an ignored folder wants it scanned: what ignores the folder itself does not count inside of it.
  return levels.filter((level) => level.base === root || !isIgnored(root, true, [level]));
}

function readIgnore(folder: string, base: string): IgnoreLevel[] {
  const text = readText(join(folder, ".gitignore"));
  return text === undefined ? [] : [{ base, rules: ignore().add(text) }];
}

function readText(full: string): string | undefined {
  const bytes = readBounded(full, 1_000_000);
  return bytes ? decodeText(bytes).text : undefined;
}

function sizeOf(full: string): number {
  try {
    return lstatSync(full).size;
  } catch {
    return 0;
  }
}

/** Refuses links and anything but plain files; reads at most `limit` bytes from `offset`. */
function readBounded(full: string, limit: number, offset = 0): Uint8Array | undefined {
  let handle: number | undefined;
  try {
    handle = openSync(full, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stat = fstatSync(handle);
    if (!stat.isFile()) return undefined;
    const buffer = Buffer.allocUnsafe(Math.max(0, Math.min(stat.size - offset, limit)));
    let filled = 0;
    while (filled < buffer.length) {
      const count = readSync(handle, buffer, filled, buffer.length - filled, offset + filled);
      if (count === 0) break;
      filled += count;
    }
    return buffer.subarray(0, filled);
  } catch {
    return undefined;
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

/** Writes a report. Throws SCAN_OUTPUT_FAILED. */
export function writeReport(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (cause) {
    throw new ScanError(
      "SCAN_OUTPUT_FAILED",
      `The report could not be written to ${path}: ${toMessage(cause)}`,
      "Choose a folder you may write to.",
      cause,
    );
  }
}
