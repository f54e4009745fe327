import { cellAt } from "#facts/file.js";
import { kindOf, parentOf, startOf, textOf } from "#facts/tree.js";
import { defineRule, type FileRule } from "#rule.js";

/** Imports below the first cells that work. */
const rule: FileRule = defineRule({
  code: "MLD505",
  slug: "nb-late-import",
  family: "nb",
  tier: "counted",
  origin: "Julynter i1",
  evidence: ["N"],
  confidence: "medium",
  principalClass: "lint",
  effort: 5,
  fix: "auto",
  summary: "A module is imported in the middle of a notebook.",
  why: "A missing package shows after an hour of work instead of at the start.",
  remedy: "Move the import into the first code cell.",
  examples: {
    bad: [
      {
        "a.ipynb": {
          cells: [
            { source: "import os\nprint(os)", count: 1 },
            { source: "x = 1", count: 2 },
            { source: "import json  # finding", count: 3 },
          ],
        },
      },
    ],
    good: [
      {
        "a.ipynb": {
          cells: [
            { source: "%matplotlib inline", count: 1 },
            { source: "import os", count: 2 },
            { source: "import json", count: 3 },
            { source: "print(os, json)", count: 4 },
          ],
        },
      },
    ],
  },
  check(facts, report) {
    if (facts.kind !== "notebook") return;
    const { tree } = facts;
    const work = facts.calls.find((call) => call.node > 0);
    const firstWork = work ? (cellAt(facts, startOf(tree, work.node))?.number ?? 0) : Number.POSITIVE_INFINITY;
    for (const { node, optional } of facts.names.imports) {
      if (optional || kindOf(tree, parentOf(tree, node)) !== "module") continue;
      if ((cellAt(facts, startOf(tree, node))?.number ?? 0) > firstWork)
        report({ at: { node }, message: `${textOf(tree, node).slice(0, 80)} stands below the first work.` });
    }
  },
});

export default rule;
