import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { notebookJson } from "#testing/example.js";
import { type Notebook, readNotebook } from "./notebook.js";

function read(raw: string): Notebook {
  const notebook = readNotebook(raw);
  if (typeof notebook === "string") throw new TypeError(notebook);
  return notebook;
}

describe("reading a notebook", () => {
  test("maps every source line to its raw line", () => {
    const line = fc.stringMatching(/^[a-z "'\\{}[\],:#]{0,12}$/);
    const cell = fc.record({
      source: fc.array(line, { minLength: 1, maxLength: 5 }).map((lines) => lines.join("\n")),
      type: fc.constantFrom("code" as const, "markdown" as const),
    });
    fc.assert(
      fc.property(fc.array(cell, { maxLength: 5 }), (cells) => {
        const raw = notebookJson({ cells });
        const rawLines = raw.split("\n");
        for (const [index, found] of read(raw).cells.entries()) {
          const lines = (cells[index]?.source ?? "").split("\n");
          for (const [at, text] of lines.entries()) {
            // An empty last line has no item of its own in the file.
            if (text === "" && at === lines.length - 1) continue;
            expect(rawLines[(found.rawLines[at] ?? 0) - 1]).toContain(JSON.stringify(text).slice(1, -1));
          }
        }
      }),
    );
  });

  test("accepts a source that is one string, and nbformat 3", () => {
    const four = read(
      JSON.stringify(
        { cells: [{ cell_type: "code", source: "a = 1\nb = 2", execution_count: 2, outputs: [] }] },
        null,
        1,
      ),
    );
    expect(four.cells[0]).toMatchObject({ source: "a = 1\nb = 2", executionCount: 2, rawLines: [5, 5] });
    const three = read(
      JSON.stringify(
        {
          worksheets: [{ cells: [{ cell_type: "code", input: ["x = 1\n", "y = 2"], prompt_number: 7, outputs: [] }] }],
        },
        null,
        1,
      ),
    );
    expect(three.cells[0]).toMatchObject({ source: "x = 1\ny = 2", executionCount: 7, rawLines: [8, 9] });
  });

  test("knows the raw line of every output", () => {
    const raw = notebookJson({
      cells: [
        {
          source: "1/0",
          count: 1,
          outputs: [
            { output_type: "stream", text: ["a\n"] },
            { output_type: "error", ename: "E", evalue: "v", traceback: [] },
          ],
        },
      ],
    });
    const [text, error] = read(raw).cells[0]?.outputs ?? [];
    expect(error).toMatchObject({ kind: "error", text: "E: v" });
    expect(error?.rawLine).toBeGreaterThan(text?.rawLine ?? 0);
  });

  test("names what is no notebook", () => {
    expect(readNotebook("{")).toBe("not-json");
    expect(readNotebook("[1]")).toBe("not-notebook");
    expect(readNotebook("version https://git-lfs.github.com/spec/v1\noid sha256:x")).toBe("lfs-pointer");
  });

  test("survives nesting that would exhaust a stack", () => {
    const deep = `{"metadata": ${"[".repeat(300_000)}${"]".repeat(300_000)}, "cells": [{"cell_type": "code", "source": ["x = 1"]}]}`;
    expect(read(deep).cells).toHaveLength(1);
    const nested = `{"cells": ${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
    expect(read(nested).cells).toHaveLength(1);
  });
});
