import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

/** No upload lasts so long without a byte: milliseconds. */
const forgotten = 86_400_000;

/** Removes what a crash left, but nothing that another server of the same folder may be receiving. `now`: milliseconds. */
export async function removeOld(folder: string, now: number): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && now - found.mtimeMs > forgotten) await rm(path, { force: true });
  }
}
