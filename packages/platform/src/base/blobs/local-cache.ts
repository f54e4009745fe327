import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Clock } from "../clock.js";
import { baseErrors } from "../errors.js";
import type { Ids } from "../ids.js";

export interface CacheOptions {
  readonly folder: string;
  /** Bytes that are kept; what is in use may be more for a while. */
  readonly limit: number;
  readonly ids: Ids;
  readonly clock: Clock;
  /** Writes the object's content to a new file. */
  readonly download: (hash: string, path: string) => Promise<void>;
}

/** Copies of objects as files, for engines that read files. */
export interface LocalCache {
  /** Throws what the download throws. */
  pathOf(hash: string): Promise<string>;
  remove(hash: string): Promise<void>;
}

/** An engine that was given a path may still open it: milliseconds. */
const inUse = 3_600_000;

/** Files named by their hash, the least recently used of which go first. */
export async function openCache(options: CacheOptions): Promise<LocalCache> {
  const { folder } = options;
  await mkdir(folder, { recursive: true });
  const files = new Map<string, { size: number; usedAt: number }>();
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) continue;
    // Half a file that a crash left.
    if (name.endsWith(".part")) await rm(path, { force: true });
    else files.set(name, { size: found.size, usedAt: found.mtimeMs });
  }
  const coming = new Map<string, Promise<void>>();

  async function download(hash: string): Promise<void> {
    const part = join(folder, `${hash}-${options.ids.ulid()}.part`);
    try {
      await options.download(hash, part);
      const digest = createHash("sha256");
      await pipeline(createReadStream(part), digest);
      const actual = digest.digest("hex");
      if (actual !== hash) throw baseErrors.BLOB_MISMATCH({ what: "sha256", actual, expected: hash });
      const { size } = await stat(part);
      await rename(part, join(folder, hash));
      files.set(hash, { size, usedAt: options.clock.now() });
    } finally {
      await rm(part, { force: true });
    }
    await makeRoom();
  }

  async function makeRoom(): Promise<void> {
    let total = [...files.values()].reduce((sum, file) => sum + file.size, 0);
    const before = options.clock.now() - inUse;
    for (const [hash, file] of [...files].sort(([, a], [, b]) => a.usedAt - b.usedAt)) {
      if (total <= options.limit || file.usedAt > before) break;
      await remove(hash);
      total -= file.size;
    }
  }

  async function remove(hash: string): Promise<void> {
    files.delete(hash);
    await rm(join(folder, hash), { force: true });
  }

  return {
    async pathOf(hash) {
      const path = join(folder, hash);
      const known = files.get(hash);
      const now = new Date(options.clock.now());
      const there =
        known !== undefined &&
        (await utimes(path, now, now).then(
          () => true,
          () => false,
        ));
      if (there) known.usedAt = now.getTime();
      else {
        const under = coming.get(hash) ?? download(hash).finally(() => coming.delete(hash));
        coming.set(hash, under);
        await under;
      }
      return path;
    },
    remove,
  };
}
