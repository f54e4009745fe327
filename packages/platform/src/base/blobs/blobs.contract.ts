import { createHash } from "node:crypto";
import { Readable, Writable } from "node:stream";
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

    test("what is poured is the object, or the range of it, whole and in order", async () => {
      const long = Buffer.from(Array.from({ length: 2_000_003 }, (_, at) => (at * 31) % 251));
      const stored = await blobs.put(long);
      expect(await poured((into) => blobs.pour(stored.hash, into))).toEqual(long);
      expect(await poured((into) => blobs.pour(stored.hash, into, { start: 70_001, end: 1_900_002 }))).toEqual(
        long.subarray(70_001, 1_900_002),
      );
      expect(await poured((into) => blobs.pour(stored.hash, into, { start: 5, end: 5 }))).toHaveLength(0);
      const never = () => expect.unreachable("what is not there was begun");
      await expect(blobs.pour(unknown, never)).rejects.toMatchObject({ code: "BLOB_NOT_FOUND" });
    });

    test("pouring ends when the other side goes away", async () => {
      const stored = await blobs.put(Buffer.alloc(2_000_000, 1));
      const into = new Writable({ write: () => void into.destroy() });
      await expect(blobs.pour(stored.hash, () => into)).rejects.toThrow();
    });

    test.each(["announced", "not announced"])("a large stream whose length is %s keeps its hash", async (length) => {
      const part = Buffer.from(Array.from({ length: 100_003 }, (_, at) => (at * 17) % 253));
      const parts = Array.from({ length: 120 }, () => Buffer.from(part));
      const whole = Buffer.concat(parts);
      const size = length === "announced" ? { size: whole.length } : {};
      const stored = await Promise.all([blobs.put(Readable.from(parts), size), blobs.put(Readable.from(parts), size)]);
      for (const one of stored) {
        expect(one).toEqual({ hash: createHash("sha256").update(whole).digest("hex"), size: whole.length });
      }
      expect(parts[0]).toEqual(part);
      expect((await blobs.read(stored[0].hash)).equals(whole)).toBe(true);
    });

    test("a large upload that breaks off, or is not what was announced, leaves nothing", async () => {
      const parts = Array.from({ length: 100 }, () => Buffer.alloc(100_000, 1));
      async function* broken(): AsyncGenerator<Buffer> {
        yield* parts;
        throw new RangeError("connection lost");
      }
      const size = 100 * 100_000;
      await expect(blobs.put(Readable.from(broken()), { size: 2 * size })).rejects.toThrow("connection lost");
      await expect(blobs.put(Readable.from(parts), { size: size + 1 })).rejects.toMatchObject({
        code: "BLOB_MISMATCH",
      });
      await expect(blobs.put(Readable.from(parts), { size, limit: size - 1 })).rejects.toMatchObject({
        code: "INPUT_TOO_LARGE",
      });
      expect(await hashes()).toEqual([]);
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

/** All that was written, copied while the memory still holds it. */
async function poured(work: (into: () => Writable) => Promise<void>): Promise<Buffer> {
  const all: Buffer[] = [];
  const into = new Writable({
    write(chunk: Buffer, _encoding, done) {
      all.push(Buffer.from(chunk));
      setImmediate(done);
    },
  });
  await work(() => into);
  return Buffer.concat(all);
}
