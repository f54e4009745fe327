import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkPath, formatOf, toManifest } from "./model.manifest.js";

const file = (path: string, extra = {}) => ({ path, hash: "0".repeat(64), rows: 1, bytes: 10, ...extra });

describe("a manifest", () => {
  test("has the same id whatever the order its files are named in", () => {
    const files = [file("b/2.parquet"), file("a.parquet"), file("b/10.parquet"), file("ä.parquet")];
    fc.assert(
      fc.property(fc.shuffledSubarray(files, { minLength: 4 }), (shuffled) => {
        expect(toManifest(shuffled).version).toBe(toManifest(files).version);
      }),
    );
  });

  test("has an id that anybody can recompute", () => {
    const manifest = toManifest([file("a.parquet")]);
    expect(manifest.json).toBe(`[{"bytes":10,"hash":"${"0".repeat(64)}","path":"a.parquet","rows":1}]`);
    expect(manifest.version).toBe(manifest.hash.slice(0, 16));
    expect(manifest.hash).toBe("4fffbf9df6942ba65e974b46e8131d02248246e8b17c257e2fa08480b681984e");
  });

  test("changes its id with path, content and rows", () => {
    const ids = [file("a"), file("b"), file("a", { hash: "1".repeat(64) }), file("a", { rows: null })].map(
      (one) => toManifest([one]).version,
    );
    expect(new Set(ids).size).toBe(4);
  });

  test("names no path twice", () => {
    expect(() => toManifest([file("a"), file("a")])).toThrow(expect.objectContaining({ code: "DATA_PATH_TWICE" }));
  });
});

describe("a path inside a version", () => {
  test.each(["/etc/passwd", "../x", "a/../b", "a//b", "./a", "a\\b", "a\u0000b", "C:/x", "a/", ""])(
    "%j is refused",
    (path) => {
      expect(() => checkPath(path)).toThrow(expect.objectContaining({ code: "PATH_REFUSED" }));
    },
  );

  test.each(["a.parquet", "2001/01/part-0.parquet", "with space/é.csv", "..."])("%j is taken", (path) => {
    expect(() => checkPath(path)).not.toThrow();
  });
});

describe("the format", () => {
  test("follows from the names", () => {
    expect(formatOf(["a.parquet", "b/C.PQ"])).toBe("parquet");
    expect(formatOf(["a.jsonl"])).toBe("json");
    expect(formatOf(["cat.png", "dog.png"])).toBe("files");
  });

  test("must be one", () => {
    expect(() => formatOf(["a.parquet", "b.csv"])).toThrow(expect.objectContaining({ code: "DATA_FORMAT_MIXED" }));
  });
});
