import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { rewriteMagics } from "./magics.js";

describe("rewriting IPython syntax", () => {
  test("keeps the length of every line", () => {
    const line = fc.oneof(
      fc.constantFrom(
        "%matplotlib inline",
        "!ls",
        "!ls \\",
        "%time x = 1",
        "  %timeit f()",
        "x = !ls",
        "df?",
        "?df",
        "x = %time f()",
        "  !pip install a",
        "%%time",
        "%%bash",
        '"""',
        "f(",
        ")",
        "a = 1 # b",
      ),
      fc.string({ maxLength: 12 }).map((text) => text.replace(/[\r\n]/g, " ")),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
        const source = lines.join("\n");
        expect(
          rewriteMagics(source)
            .text.split("\n")
            .map((text) => text.length),
        ).toEqual(lines.length === 0 ? [0] : lines.map((text) => text.length));
      }),
    );
  });

  test("notes what was asked of IPython", () => {
    const cell = rewriteMagics("%load_ext x\nfiles = !ls *.csv\n!pip install pandas\nframe.head?");
    expect(cell.magics.map((magic) => [magic.kind, magic.name, magic.binds])).toEqual([
      ["line", "load_ext", []],
      ["shell", "ls", ["files"]],
      ["shell", "pip", []],
      ["help", "", []],
    ]);
    expect(cell.text).toMatch(/^pass#_+\nfiles = 0#_+\npass/);
  });

  test("keeps a timed statement and the names it binds", () => {
    expect(rewriteMagics("%time x = fit()\n  %timeit  f(x)").text).toBe("if _: x = fit()\n  if _:    f(x)");
    expect(rewriteMagics("%timeit -n 3 f(x)").text).toMatch(/^pass#_+$/);
  });

  test("follows a shell command over its lines", () => {
    const cell = rewriteMagics("!pip install a \\\n   b==1\nx = 1");
    expect(cell.magics).toMatchObject([{ kind: "shell", text: "!pip install a b==1" }]);
    expect(cell.text).toMatch(/^pass#_+\n {7}\nx = 1$/);
  });

  test("leaves strings and brackets alone", () => {
    const source = 'text = """\n%not a magic\n!nor this\n"""\nvalue = (a\n  % b)\nx != y\n';
    expect(rewriteMagics(source)).toMatchObject({ text: source, magics: [] });
  });

  test("blanks cells of another language and keeps timed ones", () => {
    expect(rewriteMagics("%%bash\nrm x").foreign).toBe(true);
    expect(rewriteMagics("%%time\nx = 1").text).toContain("x = 1");
  });
});
