import { describe, expect, test } from "vitest";
import { type Analysis, analyse, defaultFileLimits } from "#analysis.js";
import { emptyConfig } from "#config.js";
import { loadRules } from "#registry.js";
import { selectRules } from "#selection.js";
import { notebookJson } from "#testing/example.js";
import { createMemoryTree } from "#testing/memory-tree.js";

const rules = selectRules(await loadRules(), { ...emptyConfig, select: ["MLD202", "MLD215", "MLD501"] });

function scan(files: Record<string, string>, today = "2026-06-01"): Promise<Analysis> {
  return analyse({
    tree: createMemoryTree(files),
    config: emptyConfig,
    rules,
    limits: defaultFileLimits,
    today,
    tracked: undefined,
  });
}

const nan = "import numpy as np\n";

describe("silencing a finding", () => {
  test("works by code at the end of the line, and for that rule only", async () => {
    const { findings, suppressed } = await scan({
      "a.py": `${nan}x = y == np.nan  # noqa: MLD202, E501\nz = y == np.nan  # noqa: MLD201\nw = y == np.nan  # noqa\n`,
    });
    expect(suppressed.map((finding) => finding.line)).toEqual([2]);
    expect(findings.map((finding) => finding.line)).toEqual([3, 4]);
  });

  test("works by slug with a reason until a day", async () => {
    const text = `${nan}x = y == np.nan  # paydown: ignore[nan-equality] reason="checked by hand" until=2026-06-30\n`;
    const before = await scan({ "a.py": text }, "2026-06-30");
    expect(before.findings).toEqual([]);
    expect(before.suppressed[0]).toMatchObject({ suppression: { line: 2, reason: "checked by hand" } });
    const after = await scan({ "a.py": text }, "2026-07-01");
    expect(after.findings).toHaveLength(1);
    expect(after.suppressions).toMatchObject([{ state: "expired", until: "2026-06-30" }]);
  });

  test("on a line of its own covers the next statement, over all its lines", async () => {
    const { findings } = await scan({
      "a.py": `${nan}# paydown: ignore[MLD202]\n\nx = (\n    y\n    == np.nan\n)\nz = y == np.nan\n`,
    });
    expect(findings.map((finding) => finding.line)).toEqual([8]);
  });

  test("covers a file, a cell, or whole notebooks", async () => {
    expect(
      (await scan({ "a.py": `# paydown: ignore-file[nan-equality, satd-comment]\n${nan}# TODO: x\nx = y == np.nan\n` }))
        .findings,
    ).toEqual([]);
    const cells = [
      { source: `# paydown: ignore-cell[MLD202]\n${nan}x = y == np.nan`, count: 2 },
      { source: "z = y == np.nan", count: 1 },
    ];
    const result = await scan({ "a.ipynb": notebookJson({ cells }) });
    expect(result.findings.map((finding) => [finding.rule, finding.cell])).toEqual([
      ["MLD501", 2],
      ["MLD202", 2],
    ]);
    const whole = await scan({
      "a.ipynb": notebookJson({
        cells: [
          { source: "# paydown: ignore-file[MLD5]\nx = 1", count: 2 },
          { source: "y = 1", count: 1 },
        ],
      }),
    });
    expect(whole.findings).toEqual([]);
  });

  test("that silences nothing is reported", async () => {
    expect((await scan({ "a.py": "x = 1  # noqa: MLD202\n" })).suppressions).toMatchObject([
      { path: "a.py", line: 1, state: "unused", suppressed: 0 },
    ]);
  });
});
