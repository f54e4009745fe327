import { describe, expect, test } from "vitest";
import { artifactKind, hexLines, imageSize, readTable } from "./artifact-kind.js";

test("a file's name says how it is shown; what is not known is bytes", () => {
  expect(
    [
      "a/b.PNG",
      "x.csv",
      "x.parquet",
      "MLmodel",
      "m/model.onnx",
      "n.ipynb",
      "r.json",
      "train.py",
      "page.html",
      "model.pkl",
      "noending",
    ].map(artifactKind),
  ).toEqual(["image", "table", "parquet", "mlmodel", "onnx", "notebook", "json", "text", "text", "bytes", "bytes"]);
});

describe("tables", () => {
  test("quotes hold separators, quotes and lines; a row that was cut is left out", () => {
    const text = 'a,b\r\n1,"x, ""y""\nz"\r\n2,cut he';
    expect(readTable(text, "t.csv", false)).toEqual({ columns: ["a", "b"], rows: [["1", 'x, "y"\nz']] });
    expect(readTable(text, "t.csv", true).rows).toHaveLength(2);
  });
  test("JSON lines become columns, and what is no JSON stays readable", () => {
    expect(readTable('{"a":1}\n{"b":[2]}\nbroken\n', "t.jsonl", true)).toEqual({
      columns: ["a", "b", "not JSON"],
      rows: [
        ["1", "", ""],
        ["", "[2]", ""],
        ["", "", "broken"],
      ],
    });
  });
  test("no more rows are read than are shown", () => {
    const text = `a\n${"1\n".repeat(5000)}`;
    expect(readTable(text, "t.csv", true, 50).rows).toHaveLength(50);
  });
});

test("the size an image claims is read from its head", () => {
  const png = new Uint8Array(32);
  png.set([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]);
  new DataView(png.buffer).setUint32(16, 65_535);
  new DataView(png.buffer).setUint32(20, 40);
  expect(imageSize(png)).toEqual({ width: 65_535, height: 40 });
  const jpeg = Uint8Array.from([0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0, 0xff, 0xc0, 0, 17, 8, 1, 0, 2, 0, 3, 0, 0, 0, 0]);
  expect(imageSize(jpeg)).toEqual({ width: 512, height: 256 });
  expect(imageSize(new Uint8Array(4))).toBeUndefined();
});

test("bytes are written as hex and letters", () => {
  expect(hexLines(new TextEncoder().encode("PK\u0003 hi"))).toBe(
    "00000000  50 4b 03 20 68 69                                PK. hi",
  );
});
