import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { systemClock } from "../clock.js";
import { createIds } from "../ids.js";
import { type S3Server, s3Credentials, s3Missing, startS3 } from "../testing/s3.js";
import { blobsContract } from "./blobs.contract.js";
import type { Blob, Blobs } from "./blobs.js";
import { openBlobs } from "./open.js";

const missing = s3Missing();
const ids = createIds(systemClock);
const day = 86_400_000;

const folders: string[] = [];

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "paydown-blobs-"));
  folders.push(folder);
  return folder;
}

async function openBucket(url: string): Promise<Blobs> {
  return openBlobs({ url, ids, here: { folder: await newFolder(), cacheLimit: 1e9, clock: systemClock } });
}

describe("an address of a bucket", () => {
  test.each([
    ["s3:///no-bucket", "names no bucket"],
    ["s3://bucket/x?endpont=http://x", "unknown parameter endpont"],
    ["s3://bucket?endpoint=nowhere", "no URL"],
    ["s3://key:secret@bucket/x", "holds a secret"],
  ])("%s is refused before anything is asked", async (url, problem) => {
    const refused = openBlobs({ url, ids, here: { folder: tmpdir(), cacheLimit: 0, clock: systemClock } });
    await expect(refused).rejects.toMatchObject({ code: "CONFIG_INVALID", message: expect.stringContaining(problem) });
  });
});

describe.skipIf(missing !== undefined)(`objects in S3${missing === undefined ? "" : ` (skipped: ${missing})`}`, () => {
  let server: S3Server;
  beforeAll(async () => {
    for (const [name, value] of Object.entries(s3Credentials)) vi.stubEnv(name, value);
    server = await startS3();
  }, 60_000);
  afterAll(async () => {
    vi.unstubAllEnvs();
    server?.stop();
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
  });

  blobsContract("A bucket", async () => {
    return { blobs: await openBucket(server.createBucket()), close: async () => {} };
  });

  test("an upload of several parts comes back whole, from any place", async () => {
    const blobs = await openBucket(server.createBucket());
    const long = Buffer.alloc(20_000_003);
    for (let i = 0; i < long.length; i += 4) long.writeUInt32LE((i * 2654435761) >>> 0, Math.min(i, long.length - 4));
    const { hash } = await blobs.put(long);
    expect(hash).toBe(createHash("sha256").update(long).digest("hex"));
    expect((await blobs.read(hash)).equals(long)).toBe(true);
    expect((await readFile(await blobs.localPath(hash))).equals(long)).toBe(true);
  });

  test("two servers share a bucket: what one is told of, the other does not collect", async () => {
    const url = server.createBucket();
    const [one, other] = [await openBucket(url), await openBucket(url)];
    const { hash } = await one.put(Buffer.from("shared"));
    expect((await other.read(hash)).toString()).toBe("shared");
    // Between the look that finds it unused and its end, the other server means to name it.
    const unused = async (): Promise<boolean> => {
      expect(await other.claim(hash)).toBeUndefined();
      await other.put(Buffer.from("shared"));
      return true;
    };
    expect(await one.collect(hash, { minAge: 0, unused })).toBe(true);
    expect((await one.read(hash)).toString()).toBe("shared");
    await other.claim(hash);
    expect(await one.collect(hash, { minAge: day, unused: async () => true })).toBe(false);
    expect((await other.read(hash)).toString()).toBe("shared");
  });

  test("copies for engines are kept as far as there is room, and made again", async () => {
    const clock = { at: systemClock.now(), now: () => clock.at };
    const folder = await newFolder();
    const here = { folder, cacheLimit: 250, clock };
    const blobs = await openBlobs({ url: server.createBucket(), ids, here });
    const stored = [];
    for (const letter of ["a", "b", "c", "d"]) stored.push(await blobs.put(Buffer.from(letter.repeat(100))));
    for (const { hash } of stored) {
      await blobs.localPath(hash);
      clock.at += day;
    }
    expect((await readdir(join(folder, "cache"))).sort()).toEqual(
      stored
        .slice(2)
        .map((one) => one.hash)
        .sort(),
    );
    const first = stored[0] as Blob;
    const paths = await Promise.all([blobs.localPath(first.hash), blobs.localPath(first.hash)]);
    expect((await readFile(paths[1])).toString()).toBe("a".repeat(100));
    expect(await readdir(join(folder, "incoming"))).toEqual([]);
  });

  test("a bucket that is not there, or not ours, is said at the start", async () => {
    const url = server.createBucket();
    const lost = openBucket(url.replace(/bucket-/, "other-"));
    await expect(lost).rejects.toMatchObject({ code: "BLOB_STORE_UNAVAILABLE", status: 503 });
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "wrong");
    await expect(openBucket(url)).rejects.toMatchObject({ code: "BLOB_STORE_UNAVAILABLE" });
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", s3Credentials.AWS_SECRET_ACCESS_KEY);
  });
});
