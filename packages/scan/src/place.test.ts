import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { analyse, defaultFileLimits } from "#analysis.js";
import { emptyConfig } from "#config.js";
import { loadRules } from "#registry.js";
import type { NotebookExample } from "#rule.js";
import { selectRules } from "#selection.js";
import { notebookJson } from "#testing/example.js";
import { createMemoryTree } from "#testing/memory-tree.js";

// Git and whole scans take their time on a loaded machine.
vi.setConfig({ testTimeout: 60_000 });

const rules = selectRules(await loadRules(), { ...emptyConfig, select: ["ALL"] });

async function fingerprints(files: Record<string, string>): Promise<string[]> {
  const result = await analyse({
    tree: createMemoryTree(files),
    config: emptyConfig,
    rules,
    limits: defaultFileLimits,
    today: "2026-01-01",
    tracked: undefined,
  });
  return result.findings.map((finding) => finding.fingerprint).sort();
}

const blocks = [
  "import pandas as pd\nimport numpy as np\nframe = pd.read_csv('a.csv')",
  "def clean(value):\n    return value == np.nan",
  "class Model:\n    def load(self):\n        return eval(input())",
  "for index, row in frame.iterrows():\n    total = row['x'] + 1",
  "frame.dropna()",
  "frame.dropna()\nprint(frame)",
  "# TODO: check the labels",
  "path = '/home/anna/x'",
];

/** Lines that hold no finding, put between the blocks. */
const filler = fc.array(
  fc.constantFrom("", "# a remark", "unrelated = 1", "print('hello')", "def other():\n    return 2"),
  { maxLength: 6 },
);

describe("fingerprints", () => {
  test("survive lines that come and go around them", async () => {
    const plain = await fingerprints({ "a.py": `${blocks.join("\n")}\n` });
    expect(plain.length).toBeGreaterThan(6);
    await fc.assert(
      fc.asyncProperty(fc.array(filler, { minLength: blocks.length, maxLength: blocks.length }), async (between) => {
        const moved = blocks.flatMap((block, index) => [...(between[index] ?? []), block]).join("\n");
        expect(await fingerprints({ "a.py": `${moved}\n` })).toEqual(plain);
      }),
      { numRuns: 40 },
    );
  });

  test("survive other spacing and comments at the end of lines", async () => {
    const before = await fingerprints({ "a.py": "import numpy as np\nif x == np.nan:\n    pass\n" });
    expect(await fingerprints({ "a.py": "import numpy as np\n\nif  x==np.nan :  # why\n        pass\n" })).toEqual(
      before,
    );
  });

  test("tell equal statements in one scope apart, and equal statements in two functions", async () => {
    const twice = await fingerprints({
      "a.py":
        "import numpy as np\ndef f(x):\n    a = x == np.nan\n    a = x == np.nan\ndef g(x):\n    a = x == np.nan\n",
      "requirements.txt": "numpy==1.26.4\n",
    });
    expect(new Set(twice).size).toBe(3);
  });

  test("survive a notebook that is run again, and cells that move", async () => {
    const sources = ["import numpy as np\nx = 1", "y = x == np.nan", "z = eval(input())", "token = np.nan != x"];
    const make = (order: readonly number[], counts: readonly (number | null)[], output: string): string => {
      const example: NotebookExample = {
        cells: sources.map((source, index) => ({
          source,
          count: counts[index] ?? null,
          outputs: [{ output_type: "stream", name: "stdout", text: [output] }],
        })),
      };
      const json = JSON.parse(notebookJson(example)) as { cells: unknown[] };
      return JSON.stringify({ ...json, cells: order.map((index) => json.cells[index]) }, null, 1);
    };
    const inOrder = await fingerprints({ "a.ipynb": make([0, 1, 2, 3], [1, 2, 3, 4], "a\n") });
    expect(inOrder.length).toBeGreaterThan(2);
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { minLength: 4, maxLength: 4 }),
        fc.string(),
        async (counts, output) => {
          const rising = [...counts].sort((a, b) => a - b);
          // Gaps in the counts are a finding of their own; the others stay what they were.
          const again = await fingerprints({ "a.ipynb": make([0, 1, 2, 3], rising, output) });
          expect(again.filter((print) => inOrder.includes(print))).toEqual(inOrder);
        },
      ),
      { numRuns: 25 },
    );
    const moved = await fingerprints({ "a.ipynb": make([0, 3, 2, 1], [1, 4, 3, 2], "a\n") });
    for (const print of inOrder) expect(moved).toContain(print);
  });
});
