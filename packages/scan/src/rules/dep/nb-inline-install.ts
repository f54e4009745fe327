import { installedPackages } from "#facts/summary.js";
import { defineRule, type FileRule } from "#rule.js";

/** `!pip install x` and its like. In Colab notebooks it is the only way, so there it counts only. */
const rule: FileRule = defineRule({
  code: "MLD701",
  slug: "nb-inline-install",
  family: "dep",
  tier: "on",
  origin: "own",
  evidence: ["N"],
  confidence: "high",
  principalClass: "lint",
  effort: 10,
  fix: "generate",
  summary: "The notebook installs packages by itself.",
  why: "The environment depends on the day and on who ran which cell; the manifest does not know the package.",
  remedy: "Add the package with a version to the manifest and delete the line.",
  examples: {
    bad: [
      {
        "a.ipynb": {
          cells: [
            { source: "!pip install xgboost  # finding", count: 1 },
            { source: "%pip install -q shap==0.40  # finding", count: 2 },
          ],
        },
      },
    ],
    good: [
      {
        "a.ipynb": {
          cells: [
            { source: "!pip install -r requirements.txt", count: 1 },
            { source: "!pip list", count: 2 },
          ],
        },
      },
      { "a.ipynb": { cells: [{ source: "!pip install -e .\nprint('pip install x')", count: 1 }] } },
    ],
  },
  check(facts, report) {
    const isColab = facts.names.imports.some((fact) => fact.module.startsWith("google.colab"));
    for (const cell of facts.cells) {
      for (const magic of cell.magics) {
        const packages =
          magic.kind === "cell"
            ? cell.source.split("\n").flatMap((line) => installedPackages(line))
            : installedPackages(magic.text);
        if (packages.length === 0) continue;
        const isPinned = packages.every((name) => name.includes("=="));
        report({
          at: { offset: cell.start + magic.offset },
          message: `${packages.slice(0, 4).join(", ")}${packages.length > 4 ? ", …" : ""} ${packages.length === 1 ? "is" : "are"} installed by the notebook${isPinned ? "" : ", without a version"}.`,
          confidence: isPinned ? "medium" : "high",
          identity: packages.join(" "),
          counted: isColab,
        });
      }
    }
  },
});

export default rule;
