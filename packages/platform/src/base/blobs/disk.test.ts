import { existsSync } from "node:fs";
import { mkdir, mkdtemp, open, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createIds } from "../ids.js";
import { fakeClock } from "../testing/clock.js";
import { blobsContract } from "./blobs.contract.js";
import { openDisk } from "./disk.js";

const ids = createIds(fakeClock());
const folder = (): Promise<string> => mkdtemp(join(tmpdir(), "paydown-blobs-"));

blobsContract("A folder", async () => {
  const root = await folder();
  return { blobs: await openDisk({ root, ids }), close: () => rm(root, { recursive: true }) };
});

let root: string;
beforeEach(async () => {
  root = await folder();
});
afterEach(() => rm(root, { recursive: true }));

test("a full disk is a coded error and leaves nothing behind", async () => {
  const full = async (path: string, flags: string): ReturnType<typeof open> => {
    const file = await open(path, flags);
    file.write = (async () => {
      throw Object.assign(new RangeError("no space left on device"), { code: "ENOSPC" });
    }) as typeof file.write;
    return file;
  };
  const blobs = await openDisk({ root, ids, openFile: full as typeof open });
  await expect(blobs.put(Buffer.from("anything"))).rejects.toMatchObject({ code: "BLOB_STORE_FULL", status: 507 });
  expect(await readdir(join(root, "incoming"))).toEqual([]);
  expect(await readdir(join(root, "sha256"))).toEqual([]);
});

test("a write the disk takes only a part of is finished, not cut", async () => {
  const slow = async (path: string, flags: string): ReturnType<typeof open> => {
    const file = await open(path, flags);
    const write = file.write.bind(file) as (
      b: Uint8Array,
      o: number,
      l: number,
      p: number,
    ) => Promise<{ bytesWritten: number; buffer: Uint8Array }>;
    file.write = ((bytes: Uint8Array, offset: number, length: number, position: number) =>
      write(bytes, offset, Math.min(length, 3), position)) as typeof file.write;
    return file;
  };
  const blobs = await openDisk({ root, ids, openFile: slow as typeof open });
  const { hash } = await blobs.put(Buffer.from("a long enough text"));
  expect((await blobs.read(hash)).toString()).toBe("a long enough text");
});

test("what a crash left half-written is removed at the next start and was never visible", async () => {
  await mkdir(join(root, "incoming"), { recursive: true });
  await writeFile(join(root, "incoming", "half"), "half of it");
  const blobs = await openDisk({ root, ids });
  expect(existsSync(join(root, "incoming", "half"))).toBe(false);
  const all = [];
  for await (const blob of blobs.list()) all.push(blob);
  expect(all).toEqual([]);
});

test("an object set aside by a process that was killed is back at the next start", async () => {
  const first = await openDisk({ root, ids });
  const { hash } = await first.put(Buffer.from("still named by a record"));
  const never = first.collect(hash, { minAge: 0, unused: () => new Promise<boolean>(() => {}) });
  while ((await readdir(join(root, "leaving"))).length === 0) await first.stat(hash);
  const second = await openDisk({ root, ids });
  expect((await second.read(hash)).toString()).toBe("still named by a record");
  expect(await readdir(join(root, "leaving"))).toEqual([]);
  void never;
});
