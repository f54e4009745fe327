import { defineRule, type FileRule } from "#rule.js";
import type { Cell } from "#sources/notebook.js";

/** A committed notebook that does not run through: stored errors, or cells never run among cells that were. */
const rule: FileRule = defineRule({
  code: "MLD504",
  slug: "nb-unexecuted-or-error-output",
  family: "nb",
  tier: "on",
  origin: "pynblint",
  evidence: ["N"],
  confidence: "high",
  principalClass: "config",
  effort: 20,
  fix: "advice",
  summary: "The notebook was committed with an error in its outputs, or half executed.",
  why: "Its results cannot be trusted: part of them comes from another state of the code, or there are none.",
  remedy: "Repair the cell, restart and run all, or clear the outputs.",
  examples: {
    bad: [
      {
        "a.ipynb": {
          cells: [
            {
              source: "1 / 0",
              count: 1,
              outputs: [{ output_type: "error", ename: "ZeroDivisionError", evalue: "x", traceback: [] }],
            },
          ],
        },
      },
      { "a.ipynb": { cells: [{ source: "a = 1", count: 1 }, { source: "train(a)" }] } },
    ],
    good: [
      { "a.ipynb": { cells: [{ source: "a = 1", count: 1 }, { source: "# to be done" }, { source: "" }] } },
      { "a.ipynb": { cells: [{ source: "a = 1" }, { source: "b = 1" }] } },
      { "a.ipynb": { cells: [{ source: "a = 1", count: 1 }, { source: "# YOUR CODE HERE\npass" }] } },
    ],
  },
  check(facts, report) {
    const code = facts.cells.filter((cell) => cell.type === "code");
    const failed = code.find(
      (cell) => cell.outputs.some((output) => output.kind === "error") && !cell.tags.includes("raises-exception"),
    );
    if (failed) {
      const error = failed.outputs.find((output) => output.kind === "error");
      report({
        at: { cell: failed.number, ...(error ? { rawLine: error.rawLine } : {}) },
        message: `Cell ${failed.number} was committed with ${error?.text.split(":", 1)[0] || "an error"} as its output.`,
        identity: "error",
      });
    }
    const pending = code.filter((cell) => cell.executionCount === undefined && !isExercise(cell));
    const first = pending[0];
    if (first && code.some((cell) => cell.executionCount !== undefined)) {
      report({
        at: { cell: first.number },
        message: `${pending.length} of ${code.length} code cells were not run, the others were.`,
        identity: "unexecuted",
      });
    }
  },
});

export default rule;

/** Empty cells, comments, and what a course leaves to its students. */
function isExercise(cell: Cell): boolean {
  const body = cell.source.replace(/#[^\n]*/g, "").trim();
  return (
    body === "" ||
    /^(pass|\.\.\.|raise NotImplementedError.*)$/.test(body) ||
    /your code|YOUR_CODE|TODO|fill in/i.test(cell.source) ||
    cell.foreign
  );
}
