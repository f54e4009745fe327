import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, existsSync, readdirSync } from "node:fs";
import { chmod, cp, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { openBlobs } from "#base/blobs/open.js";
import { systemClock } from "#base/clock.js";
import { type LoadedConfig, loadConfig } from "#base/config/config.js";
import { secretKeyFile } from "#base/config/secret-key.js";
import { openDb } from "#base/db/open.js";
import { baseErrors } from "#base/errors.js";
import { createIds } from "#base/ids.js";
import { silentLog } from "#base/log.js";
import { configUsage, parseConfigFlags } from "../config-flags.js";
import { runningServer } from "../connect.js";
import { errors } from "../errors.js";
import type { Cli, LocalCommand } from "../run.js";

/** What a backup folder holds; written last, so that a folder without it is no backup. */
interface BackupManifest {
  readonly format: 1;
  readonly at: number;
  readonly database: string;
  readonly objects: number;
  readonly bytes: number;
}

const manifestName = "backup.json";
const databaseName = "paydown.db";

/**
 * `paydown backup DIR`: database first, then objects. Records only ever refer to objects that were stored before them,
 * so a copy taken in this order is whole although the server goes on.
 */
export const backup: LocalCommand = {
  doc: "Copy everything into a folder, while the server runs.",
  usage: `paydown backup DIR [--data DIR]\n\n${configUsage}`,
  async run(cli, argv) {
    const { config, folder } = parse(cli, argv, "backup");
    refuseFull(folder);
    const partial = `${folder}.partial`;
    await rm(partial, { recursive: true, force: true });
    await mkdir(join(partial, "objects"), { recursive: true });
    const clock = systemClock;
    const db = await openDb({ url: config.values.database, clock, log: silentLog });
    try {
      await db.backup(join(partial, databaseName));
    } finally {
      await db.close();
    }
    const { artifacts: url, artifactsCache: cacheLimit, data } = config.values;
    const here = { folder: join(data, "objects"), cacheLimit, clock };
    const blobs = await openBlobs({ url, ids: createIds(clock), shared: true, here });
    let objects = 0;
    let bytes = 0;
    for await (const blob of blobs.list()) {
      await pipeline(await blobs.open(blob.hash), createWriteStream(join(partial, "objects", blob.hash)));
      objects++;
      bytes += blob.size;
    }
    await copyKey(config.values.data, partial);
    const manifest: BackupManifest = {
      format: 1,
      at: clock.now(),
      database: await hashOf(join(partial, databaseName)),
      objects,
      bytes,
    };
    await writeFile(join(partial, manifestName), JSON.stringify(manifest, null, 2));
    await rename(partial, folder);
    cli.io.out(`backed up the database and ${objects} objects (${bytes} bytes) to ${folder}\n`);
    return 0;
  },
};

/** `paydown restore DIR --data NEW`: every object is checked against its hash before anything becomes visible. */
export const restore: LocalCommand = {
  doc: "Bring a backup back into an empty data folder.",
  usage: `paydown restore DIR --data NEW\n\n${configUsage}`,
  async run(cli, argv) {
    const { config, folder } = parse(cli, argv, "restore");
    const { data } = config.values;
    const server = runningServer(data);
    if (server !== undefined) throw errors.CLI_DATA_IN_USE({ pid: server.pid, data, url: server.url });
    refuseFull(data);
    const manifest = await readManifest(folder);
    if ((await hashOf(join(folder, databaseName))) !== manifest.database) {
      throw baseErrors.BACKUP_DAMAGED({ path: folder, problem: "the database is not the one that was backed up" });
    }
    const hashes = readdirSync(join(folder, "objects"));
    if (hashes.length !== manifest.objects) {
      throw baseErrors.BACKUP_DAMAGED({
        path: folder,
        problem: `it holds ${hashes.length} of ${manifest.objects} objects`,
      });
    }
    const partial = `${data}.partial`;
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial, { recursive: true });
    const blobs = await openBlobs({ url: `file:${join(partial, "objects")}`, ids: createIds(systemClock) });
    for (const hash of hashes) {
      const stored = await blobs.put(createReadStream(join(folder, "objects", hash)));
      if (stored.hash !== hash)
        throw baseErrors.BACKUP_DAMAGED({ path: folder, problem: `object ${hash} has other content` });
    }
    await cp(join(folder, databaseName), join(partial, databaseName));
    await copyKey(folder, partial);
    await rm(data, { recursive: true, force: true });
    await rename(partial, data);
    cli.io.out(`restored the database and ${hashes.length} objects to ${data}\n`);
    return 0;
  },
};

/** The key that secrets in the database are sealed with, where the data folder holds it; it stays its owner's alone. */
async function copyKey(from: string, to: string): Promise<void> {
  const key = join(from, secretKeyFile);
  if (!existsSync(key)) return;
  await cp(key, join(to, secretKeyFile));
  await chmod(join(to, secretKeyFile), 0o600);
}

function parse(cli: Cli, argv: readonly string[], command: string): { config: LoadedConfig; folder: string } {
  const { flags, positionals } = parseConfigFlags(argv, command);
  const [folder, ...more] = positionals;
  if (folder === undefined || more.length > 0) throw errors.CLI_USAGE({ problem: "Name one backup folder.", command });
  return {
    config: loadConfig({ flags, environment: cli.io.environment, cwd: cli.io.cwd }),
    folder: resolve(cli.io.cwd, folder),
  };
}

function refuseFull(folder: string): void {
  if (existsSync(folder) && readdirSync(folder).length > 0) throw baseErrors.BACKUP_TARGET_EXISTS({ path: folder });
}

async function readManifest(folder: string): Promise<BackupManifest> {
  try {
    const manifest = JSON.parse(await readFile(join(folder, manifestName), "utf8")) as BackupManifest;
    if (manifest.format === 1) return manifest;
    throw new RangeError(`format ${String(manifest.format)} is unknown`);
  } catch (cause) {
    throw baseErrors.BACKUP_DAMAGED({ path: folder, problem: (cause as Error).message }, { cause });
  }
}

async function hashOf(path: string): Promise<string> {
  const digest = createHash("sha256");
  for await (const chunk of createReadStream(path)) digest.update(chunk as Buffer);
  return digest.digest("hex");
}
