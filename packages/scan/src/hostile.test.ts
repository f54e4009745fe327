import { closeSync, ftruncateSync, openSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { analyse, defaultFileLimits } from "#analysis.js";
import { emptyConfig } from "#config.js";
import { loadRules } from "#registry.js";
import { notebookJson } from "#testing/example.js";
import { createMemoryTree } from "#testing/memory-tree.js";
import { createTempFolder } from "#testing/temp-folder.js";
import type { ScanReport } from "./report.js";
import { type ScanOptions, scanRepository } from "./scan.js";

// Git and whole scans take their time on a loaded machine.
vi.setConfig({ testTimeout: 60_000 });

function scan(files: Record<string, string | Uint8Array>, options: Partial<ScanOptions> = {}): Promise<ScanReport> {
  return scanRepository({ path: createTempFolder(files), history: false, now: () => 1_760_000_000_000, ...options });
}

function codes(report: ScanReport): string[] {
  return report.unseen.map((entry) => `${entry.code} ${entry.path ?? ""}`.trim()).sort();
}

const good = "import numpy as np\nx = y == np.nan\n";

describe("a hostile repository", () => {
  test("cannot fill memory with huge files: they are not read", async () => {
    const root = createTempFolder({ "a.py": good });
    for (const name of ["big.py", "big.ipynb", "big.pkl", "big.yml"]) {
      const handle = openSync(join(root, name), "w");
      ftruncateSync(handle, 250_000_000);
      closeSync(handle);
    }
    const before = process.memoryUsage().rss;
    const report = await scanRepository({ path: root, history: false });
    expect(codes(report)).toEqual([
      "SCAN_ARTEFACT_TOO_LARGE big.pkl",
      "SCAN_FILE_TOO_LARGE big.ipynb",
      "SCAN_FILE_TOO_LARGE big.py",
    ]);
    expect(report.findings.some((finding) => finding.rule === "MLD202")).toBe(true);
    expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000);
  });

  test("cannot exhaust the stack with nesting", async () => {
    const report = await scan({
      "parens.py": `x = ${"(".repeat(20_000)}1${")".repeat(20_000)}\n`,
      "unary.py": `x = ${"-".repeat(50_000)}1\n`,
      "attributes.py": `import numpy as np\nnp${".a".repeat(50_000)}()\n`,
      "blocks.py": Array.from({ length: 600 }, (_, depth) => `${" ".repeat(depth)}if x:`).join("\n"),
      "sum.py": `x = ${"1 + ".repeat(50_000)}1\n`,
      "config.yaml": `a: ${"[".repeat(100_000)}`,
      "reader.py": "open('config.yaml')\n",
      "pyproject.toml": `a = ${"[".repeat(100_000)}${"]".repeat(100_000)}\n`,
      "deep.ipynb": `{"cells": ${"[".repeat(200_000)}${"]".repeat(200_000)}}`,
      "good.py": good,
    });
    expect(report.findings.filter((finding) => finding.rule === "MLD202").map((finding) => finding.path)).toEqual([
      "good.py",
    ]);
    expect(codes(report).filter((code) => code.startsWith("SCAN_RULE_FAILED"))).toEqual([]);
    expect(codes(report)).toContain("SCAN_NESTED_TOO_DEEP parens.py");
  });

  test("cannot stall the scan with text made for slow patterns", async () => {
    const started = performance.now();
    await scan({
      "a.py": `x = "${"a".repeat(500_000)}"\n# ${"TODO ".repeat(20_000)}\n# ${"-".repeat(100_000)} todo\npassword${"_".repeat(50_000)} = 1\n`,
      "b.yml": `${"secret".repeat(50_000)}: ${"a1".repeat(50_000)}\n${"a:".repeat(100_000)}\n${"x://".repeat(20_000)}`,
      "requirements.txt": `${"a".repeat(100_000)}${"=".repeat(100_000)}\n${"[".repeat(50_000)}\n`,
      "setup.cfg": `[options]\ninstall_requires = ${"a;".repeat(50_000)}\n`,
      "c.ipynb": JSON.stringify({
        cells: [
          {
            cell_type: "code",
            source: `!pip install ${"a ".repeat(50_000)}\n${"%".repeat(50_000)}\n${"x,".repeat(50_000)} = !ls`,
            outputs: [{ output_type: "stream", text: "A".repeat(300_000) }],
          },
        ],
      }),
    });
    expect(performance.now() - started).toBeLessThan(8_000);
  });

  test("cannot lead out of its folder", async () => {
    const outside = createTempFolder({ "secret.py": good });
    const root = createTempFolder({ "a.py": "x = 1\n" });
    symlinkSync(outside, join(root, "link"));
    symlinkSync(root, join(root, "self"));
    symlinkSync(join(outside, "secret.py"), join(root, "b.py"));
    const report = await scanRepository({ path: root, history: false });
    expect(report.findings).toEqual([]);
    expect(codes(report)).toEqual(["SCAN_LINKS_SKIPPED"]);
  });

  test("cannot write control characters to the terminal", async () => {
    const report = await scan({ "a.py": "# TODO \u001b[2J\u202e evil\nx = 1\n" });
    const shown = report.findings.map((finding) => [finding.message, ...finding.evidence].join(" ")).join(" ");
    expect(shown).toContain("evil");
    for (const sign of ["\u001b", "\u202e"]) expect(shown.includes(sign)).toBe(false);
    expect(report.findings).toHaveLength(1);
  });

  test("with broken files is still scanned, and each fault is named", async () => {
    const report = await scan({
      "broken.py": "def f(:\n  x =\n",
      "old.py": "print 'hello'\n",
      "latin.py": Uint8Array.from([0x23, 0x20, 0xe9, 0x0a, 0x78, 0x3d, 0x31, 0x0a]),
      "binary.py": Uint8Array.from([0xff, 0xfe, 0x00, 0x00, 0x01]),
      "merge.ipynb": '{"cells": [\n<<<<<<< HEAD\n',
      "lfs.ipynb": "version https://git-lfs.github.com/spec/v1\n",
      "r.ipynb": JSON.stringify({ cells: [], metadata: { language_info: { name: "R" } } }),
      "bad.npz": "PK\u0003\u0004 no directory",
      "good.py": good,
    });
    expect(codes(report)).toEqual([
      "SCAN_ARCHIVE_DAMAGED bad.npz",
      "SCAN_FILE_NOT_TEXT binary.py",
      "SCAN_LFS_POINTER lfs.ipynb",
      "SCAN_NOTEBOOK_LANGUAGE r.ipynb",
      "SCAN_NOTEBOOK_NOT_JSON merge.ipynb",
      "SCAN_PYTHON_2 old.py",
      "SCAN_PYTHON_SYNTAX broken.py",
    ]);
    expect(report.findings.some((finding) => finding.path === "good.py")).toBe(true);
  });
});

test("no rule breaks on any mixture of code", async () => {
  const pieces = [
    "import pandas as pd",
    "from torch import nn",
    "x = ",
    "pd.read_csv(",
    ")",
    "[",
    "]",
    "df[df['a'] > 1]['b'] = 2",
    "for i, r in df.iterrows():",
    "    pass",
    "except Exception:",
    "try:",
    "  def f(self, *a, b: int = 3, **k) -> None:",
    "class A(nn.Module):",
    "lambda x: x",
    "f'{x!r:>{y}}'",
    "*a, (b, c) = d",
    "with open(x) as (a, b):",
    "print 'x'",
    "@",
    "match x:",
    "  case [a, *b]:",
    "x == np.nan",
    "eval(",
    "%time x = 1",
    "!ls",
    "del a, b",
    "global q",
    "async def g(): await h()",
    "\\",
    "'''",
    "# paydown: ignore[",
    "# noqa: MLD",
    "# TODO",
    "if 0:",
    "elif False: x",
    "x: pd.DataFrame",
    "(yield)",
    "[a for a in b if c for d in e]",
    "{**a, 'b': c}",
    "import a.b as c, d",
    "from . import *",
    ":=",
    "\u00e9 = '\u{1f600}'",
  ];
  const text = fc
    .array(fc.tuple(fc.constantFrom(...pieces), fc.constantFrom("\n", " ", "\n    ", "")), { maxLength: 30 })
    .map((list) => list.flat().join(""));
  const rules = new Map((await loadRules()).map((rule) => [rule, "finding" as const]));
  await fc.assert(
    fc.asyncProperty(text, async (body) => {
      const notebook = notebookJson({
        cells: [
          { source: body, count: 1 },
          { source: body, count: null },
        ],
      });
      const tree = createMemoryTree({
        "a.py": body,
        "b.ipynb": notebook,
        "setup.py": body,
        "requirements.txt": body,
        "pyproject.toml": body,
      });
      const { unseen } = await analyse({
        tree,
        config: emptyConfig,
        rules,
        limits: defaultFileLimits,
        today: "2026-01-01",
        tracked: undefined,
      });
      expect(unseen.filter((entry) => entry.code === "SCAN_RULE_FAILED")).toEqual([]);
      for (const entry of unseen) expect(entry.next.length * entry.message.length).toBeGreaterThan(0);
    }),
    { numRuns: 150 },
  );
});
