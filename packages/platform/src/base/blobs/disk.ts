import { createReadStream } from "node:fs";
import { link, mkdir, open, readdir, readFile, rename, rm, stat, unlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { baseErrors } from "../errors.js";
import type { Ids } from "../ids.js";
import { type Blob, type Blobs, type ByteRange, checkAnnounced, isHash, type PutOptions } from "./blobs.js";
import { createHasher } from "./hasher.js";
import { pour } from "./pour.js";
import { receive } from "./receive.js";
import { removeOld } from "./spool.js";

export interface DiskOptions {
  readonly root: string;
  readonly ids: Ids;
  /** True beside another process that may be receiving uploads or collecting: only what is long forgotten is touched. */
  readonly shared?: boolean;
  /** Replaces how bytes reach the disk, for tests that need a full one. */
  readonly openFile?: typeof open;
}

/**
 * Objects in a folder: `sha256/ab/cd…` under its hash. An upload lands under `incoming/`, is hashed, checked, synced and
 * only then renamed, so that a crash leaves at most a file under `incoming/`, which the next start removes.
 */
export async function openDisk(options: DiskOptions): Promise<Blobs> {
  const objects = join(options.root, "sha256");
  const incoming = join(options.root, "incoming");
  const leaving = join(options.root, "leaving");
  const openFile = options.openFile ?? open;
  const hasher = createHasher();
  if (options.shared !== true) await rm(incoming, { recursive: true, force: true });
  await mkdir(incoming, { recursive: true });
  if (options.shared === true) await removeOld(incoming, await storeTime());
  await mkdir(leaving, { recursive: true });
  await mkdir(objects, { recursive: true });

  function pathOf(hash: string): string {
    if (!isHash(hash)) throw baseErrors.BLOB_NOT_FOUND({ hash });
    return join(objects, hash.slice(0, 2), hash.slice(2));
  }

  // A crash while an object was set aside: it comes back, and is looked at again.
  for (const name of await readdir(leaving)) {
    const aside = join(leaving, name);
    if (options.shared !== true || (await isForgotten(aside))) await bringBack(aside, name.slice(0, 64));
  }

  /** Collecting takes seconds: what was set aside an hour ago was left by a crash. */
  async function isForgotten(aside: string): Promise<boolean> {
    const found = await stat(aside).catch(() => undefined);
    return found !== undefined && (await storeTime()) - found.ctimeMs > 3_600_000;
  }

  /** What the file system says the time is, in milliseconds: the clock that stamps the objects. */
  async function storeTime(): Promise<number> {
    const probe = join(incoming, options.ids.ulid());
    await writeFile(probe, "");
    try {
      return (await stat(probe)).mtimeMs;
    } finally {
      await rm(probe, { force: true });
    }
  }

  /** Back under its hash, unless the same content was put there meanwhile. */
  async function bringBack(aside: string, hash: string): Promise<void> {
    await link(aside, pathOf(hash)).catch((error: unknown) => {
      if (codeOf(error) !== "EEXIST") throw error;
    });
    await unlink(aside);
  }

  async function statOf(hash: string): Promise<Blob | undefined> {
    try {
      return { hash, size: (await stat(pathOf(hash))).size };
    } catch (error) {
      if (codeOf(error) === "ENOENT" || codeOf(error) === "BLOB_NOT_FOUND") return undefined;
      throw error;
    }
  }

  async function existing(hash: string): Promise<string> {
    if ((await statOf(hash)) === undefined) throw baseErrors.BLOB_NOT_FOUND({ hash });
    return pathOf(hash);
  }

  async function put(content: Readable | Uint8Array, wanted: PutOptions = {}): Promise<Blob> {
    const temporary = join(incoming, options.ids.ulid());
    try {
      const file = await openFile(temporary, "wx");
      const { hash, size } = await receive(file, content, wanted, hasher).finally(() => file.close());
      checkAnnounced(wanted, { hash, size });
      const target = pathOf(hash);
      await mkdir(join(objects, hash.slice(0, 2)), { recursive: true });
      await rename(temporary, target);
      await syncFolder(join(objects, hash.slice(0, 2)));
      return { hash, size };
    } catch (error) {
      await rm(temporary, { force: true });
      if (codeOf(error) === "ENOSPC" || codeOf(error) === "EDQUOT") {
        throw baseErrors.BLOB_STORE_FULL({}, { cause: error });
      }
      throw error;
    }
  }

  return {
    put,
    async open(hash: string, range?: ByteRange) {
      const path = await existing(hash);
      if (range === undefined) return createReadStream(path);
      if (range.end <= range.start) return Readable.from([]);
      return createReadStream(path, { start: range.start, end: range.end - 1 });
    },
    async pour(hash, into, range) {
      const file = await open(pathOf(hash), "r").catch((error: unknown) => {
        throw codeOf(error) === "ENOENT" ? baseErrors.BLOB_NOT_FOUND({ hash }) : error;
      });
      try {
        await pour(file, range ?? { start: 0, end: (await file.stat()).size }, into());
      } finally {
        await file.close();
      }
    },
    read: async (hash) => readFile(await existing(hash)),
    stat: statOf,
    localPath: existing,
    async remove(hash) {
      await unlink(pathOf(hash)).catch((error: unknown) => {
        if (codeOf(error) !== "ENOENT") throw error;
      });
    },
    async claim(hash) {
      const found = await statOf(hash);
      if (found === undefined) return undefined;
      const now = await storeTime();
      try {
        await utimes(pathOf(hash), now / 1000, now / 1000);
      } catch (error) {
        if (codeOf(error) === "ENOENT") return undefined;
        throw error;
      }
      return found;
    },
    async collect(hash, { minAge, unused }) {
      const aside = join(leaving, `${hash}-${options.ids.ulid()}`);
      const path = pathOf(hash);
      const now = await storeTime();
      try {
        await rename(path, aside);
      } catch (error) {
        if (codeOf(error) === "ENOENT") return true;
        throw error;
      }
      // What was put or claimed a moment ago is known by its age only now that nobody can touch it any more.
      let gone = false;
      try {
        const old = minAge <= 0 || now - (await stat(aside)).mtimeMs >= minAge;
        gone = old && (await unused());
      } finally {
        if (!gone) await bringBack(aside, hash);
      }
      if (gone) await unlink(aside);
      return gone;
    },
    async *list() {
      for (const prefix of (await readdir(objects)).sort()) {
        for (const rest of (await readdir(join(objects, prefix))).sort()) {
          const blob = await statOf(prefix + rest);
          if (blob !== undefined) yield blob;
        }
      }
    },
  };
}

/** A rename is durable only when its folder is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function codeOf(error: unknown): string | undefined {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : undefined;
}
