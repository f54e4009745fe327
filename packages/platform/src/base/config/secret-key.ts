import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const secretKeyFile = "secrets.key";

/** The key of a data folder, made when it is first needed; only its owner may read it. */
export function secretKeyIn(data: string): string {
  const path = join(data, secretKeyFile);
  if (!existsSync(path)) {
    mkdirSync(data, { recursive: true });
    const partial = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
    writeFileSync(partial, `${randomBytes(32).toString("base64url")}\n`, { mode: 0o600, flush: true });
    chmodSync(partial, 0o600);
    try {
      // A link appears whole or not at all, and never replaces a key somebody else made meanwhile.
      linkSync(partial, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    } finally {
      rmSync(partial, { force: true });
    }
  }
  return readFileSync(path, "utf8").trim();
}
