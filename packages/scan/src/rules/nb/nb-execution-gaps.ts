import { defineRule, type FileRule } from "#rule.js";

/** Counts that skip or repeat: weak alone, so it only counts. */
const rule: FileRule = defineRule({
  code: "MLD503",
  slug: "nb-execution-gaps",
  family: "nb",
  tier: "counted",
  origin: "Julynter h3, h4, c1",
  evidence: ["N"],
  confidence: "low",
  principalClass: "lint",
  effort: 5,
  fix: "advice",
  summary: "The execution counts of the notebook have gaps or repeats.",
  why: "Cells were run more than once, or cells that ran are gone.",
  remedy: "Restart and run all before committing.",
  examples: {
    bad: [
      {
        "a.ipynb": {
          cells: [
            { source: "a = 1", count: 1 },
            { source: "b = 2", count: 7 },
          ],
        },
      },
    ],
    good: [
      {
        "a.ipynb": {
          cells: [
            { source: "a = 1", count: 1 },
            { source: "b = 2", count: 2 },
          ],
        },
      },
      { "a.ipynb": { cells: [{ source: "a = 1" }, { source: "b = 2" }] } },
    ],
  },
  check(facts, report) {
    const counts = facts.cells.flatMap((cell) =>
      cell.type === "code" && cell.executionCount !== undefined ? [cell.executionCount] : [],
    );
    const gaps = counts.filter((count, index) => index > 0 && count !== (counts[index - 1] ?? 0) + 1).length;
    if (gaps > 0)
      report({
        at: { cell: facts.cells.find((cell) => cell.type === "code")?.number ?? 1 },
        message: `${gaps} of ${counts.length} counts do not follow the one before.`,
        identity: "gaps",
      });
  },
});

export default rule;
