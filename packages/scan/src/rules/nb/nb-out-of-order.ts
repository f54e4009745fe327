import { defineRule, type FileRule } from "#rule.js";

/** Execution counts that go down while the document goes on. Cleared counts are no disorder. */
const rule: FileRule = defineRule({
  code: "MLD501",
  slug: "nb-out-of-order",
  family: "nb",
  tier: "on",
  origin: "Julynter c2; pynblint",
  evidence: ["N"],
  confidence: "high",
  principalClass: "config",
  effort: 20,
  fix: "advice",
  summary: "The notebook's cells were last run in another order than they stand.",
  why: "The stored results come from a path through the cells that nobody wrote down; running from the top may fail or give others.",
  remedy: "Restart and run all, repair what breaks, and check that in CI (for example with nbconvert --execute).",
  examples: {
    bad: [
      {
        "a.ipynb": {
          cells: [
            { source: "a = 1", count: 1 },
            { source: "b = a  # x", count: 5 },
            { source: "c = b", count: 3 },
          ],
        },
      },
    ],
    good: [
      {
        "a.ipynb": {
          cells: [
            { source: "a = 1", count: 1 },
            { source: "b = a", count: 4 },
          ],
        },
      },
      {
        "a.ipynb": {
          cells: [
            { source: "a = 1", count: null },
            { source: "b = a", count: null },
          ],
        },
      },
      "x = 1\n",
    ],
  },
  check(facts, report) {
    const run = facts.cells.filter((cell) => cell.type === "code" && cell.executionCount !== undefined);
    const drops = run.filter(
      (cell, index) => index > 0 && (cell.executionCount ?? 0) < (run[index - 1]?.executionCount ?? 0),
    );
    const first = drops[0];
    if (!first) return;
    const before = run[run.indexOf(first) - 1];
    report({
      at: { cell: first.number },
      message: `Cell ${first.number} ran as [${first.executionCount}], before the cell above it [${before?.executionCount}].`,
      evidence: [`${drops.length} of ${run.length} executed cells step back`],
      identity: "order",
    });
  },
});

export default rule;
