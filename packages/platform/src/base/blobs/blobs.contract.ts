import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Blobs } from "./blobs.js";

const text = Buffer.from("two tables and a chair");
const hash = createHash("sha256").update(text).digest("hex");
const unknown = "0".repeat(64);

/** What every object store adapter must do. */
export function blobsContract(name: string, open: () => Promise<{ blobs: Blobs; close: () => Promise<void> }>): void {
  describe(`${name} keeps objects whole`, () => {
    let blobs: Blobs;
    let close: () => Promise<void>;
    const hashes = async (): Promise<string[]> => {
      const all: string[] = [];
      for await (const blob of blobs.list()) all.push(blob.hash);
      return all;
    };

    beforeEach(async () => {
      ({ blobs, close } = await open());
    });
    afterEach(() => close());

    test("what was put is read back under its own hash", async () => {
      expect(await blobs.put(text)).toEqual({ hash, size: text.length });
      expect(await blobs.read(hash)).toEqual(text);
      expect(await blobs.stat(hash)).toEqual({ hash, size: text.length });
    });

    test("a stream is stored like its bytes", async () => {
      const parts = Readable.from([text.subarray(0, 5), text.subarray(5)]);
      expect(await blobs.put(parts)).toEqual({ hash, size: text.length });
    });

    test("the same content twice is stored once", async () => {
      await Promise.all([blobs.put(text), blobs.put(text), blobs.put(Readable.from([text]))]);
      expect(await hashes()).toEqual([hash]);
    });

    test("an empty object is an object", async () => {
      const empty = await blobs.put(new Uint8Array());
      expect(await blobs.read(empty.hash)).toHaveLength(0);
    });

    test("a range is read from start up to, not including, end", async () => {
      await blobs.put(text);
      expect((await buffer(await blobs.open(hash, { start: 4, end: 10 }))).toString()).toBe("tables");
      expect(await buffer(await blobs.open(hash, { start: 4, end: 4 }))).toHaveLength(0);
    });

    test("an upload that breaks off leaves nothing", async () => {
      async function* broken(): AsyncGenerator<Buffer> {
        yield text;
        throw new RangeError("connection lost");
      }
      await expect(blobs.put(Readable.from(broken()))).rejects.toThrow("connection lost");
      expect(await hashes()).toEqual([]);
    });

    test("an upload that is not what was announced is refused and leaves nothing", async () => {
      await expect(blobs.put(text, { hash: unknown })).rejects.toMatchObject({ code: "BLOB_MISMATCH" });
      await expect(blobs.put(text, { size: 3 })).rejects.toMatchObject({ code: "BLOB_MISMATCH" });
      await expect(blobs.put(text, { limit: 3 })).rejects.toMatchObject({ code: "INPUT_TOO_LARGE" });
      expect(await hashes()).toEqual([]);
    });

    test("what is not there says so, and so does what is no hash", async () => {
      for (const one of [unknown, "../../etc/passwd", "", "ABC"]) {
        await expect(blobs.read(one)).rejects.toMatchObject({ code: "BLOB_NOT_FOUND" });
        await expect(blobs.open(one)).rejects.toMatchObject({ code: "BLOB_NOT_FOUND" });
        await expect(blobs.localPath(one)).rejects.toMatchObject({ code: "BLOB_NOT_FOUND" });
        expect(await blobs.stat(one)).toBeUndefined();
      }
    });

    test("an object nothing names is collected; one put or claimed just now is left", async () => {
      await blobs.put(text);
      const day = 86_400_000;
      expect(await blobs.collect(hash, { minAge: day, unused: async () => true })).toBe(false);
      expect(await blobs.claim(hash)).toEqual({ hash, size: text.length });
      expect(await blobs.collect(hash, { minAge: 0, unused: async () => false })).toBe(false);
      expect(await blobs.read(hash)).toEqual(text);
      expect(await blobs.collect(hash, { minAge: 0, unused: async () => true })).toBe(true);
      expect(await blobs.collect(hash, { minAge: 0, unused: async () => true })).toBe(true);
      expect(await blobs.claim(hash)).toBeUndefined();
      expect(await hashes()).toEqual([]);
    });

    test("content put again while it is collected stays readable", async () => {
      await blobs.put(text);
      const unused = async (): Promise<boolean> => {
        await blobs.put(text);
        return true;
      };
      expect(await blobs.collect(hash, { minAge: 0, unused })).toBe(true);
      expect(await blobs.read(hash)).toEqual(text);
      const failing = blobs.collect(hash, { minAge: 0, unused: () => Promise.reject(new RangeError("lost")) });
      await expect(failing).rejects.toThrow("lost");
      expect(await blobs.read(hash)).toEqual(text);
    });

    test("what was removed is gone, and removing it again is fine", async () => {
      await blobs.put(text);
      await blobs.remove(hash);
      await blobs.remove(hash);
      expect(await hashes()).toEqual([]);
    });
  });
}
