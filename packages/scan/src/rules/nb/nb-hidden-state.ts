import { builtinNames } from "#facts/builtins.js";
import { cellAt, type FileFacts } from "#facts/file.js";
import { definitionsOf, scopeOf } from "#facts/names.js";
import { ancestorOf, childrenOf, kindOf, startOf, textOf } from "#facts/tree.js";
import { defineRule, type FileRule } from "#rule.js";

/** Magics that may define any name. */
const defining = /^(run|pylab|load|store|cython|R|Rpull|sql|bigquery|load_dotenv|rpush|julia|matlab|octave)$/;

/** Names that are read but that no cell defines before: they lived in a kernel that is gone. */
const rule: FileRule = defineRule({
  code: "MLD502",
  slug: "nb-hidden-state",
  family: "nb",
  tier: "on",
  origin: "Julynter h5, h6",
  evidence: ["N", "D"],
  confidence: "high",
  principalClass: "config",
  effort: 20,
  fix: "advice",
  summary: "The notebook reads a name that no cell above defines.",
  why: "It only works in a kernel that remembers a deleted or a later cell; run from the top it fails.",
  remedy: "Define the name before its first use, or move the defining cell up.",
  examples: {
    bad: [
      {
        "a.ipynb": {
          cells: [
            { source: "x = 1", count: 1 },
            { source: "print(threshold)  # finding", count: 2 },
          ],
        },
      },
      {
        "a.ipynb": {
          cells: [
            { source: "print(frame)  # finding", count: 3 },
            { source: "frame = 1", count: 2 },
          ],
        },
      },
    ],
    good: [
      {
        "a.ipynb": {
          cells: [
            { source: "%pylab inline", count: 1 },
            { source: "plot(x)", count: 2 },
          ],
        },
      },
      {
        "a.ipynb": {
          cells: [
            { source: "from helpers import *", count: 1 },
            { source: "prepare()", count: 2 },
          ],
        },
      },
      {
        "a.ipynb": {
          cells: [
            { source: "files = !ls", count: 1 },
            { source: "print(files, display, In, _, __name__, [i for i in files])", count: 2 },
          ],
        },
      },
      {
        "a.ipynb": {
          cells: [
            { source: "def run():\n    return later", count: 1 },
            { source: "later = 2\nrun()", count: 2 },
          ],
        },
      },
      { "a.ipynb": { cells: [{ source: "try:\n    model\nexcept NameError:\n    model = 1", count: 1 }] } },
      "print(never)\n",
    ],
  },
  check(facts, report) {
    if (facts.kind !== "notebook" || facts.hasSyntaxError || facts.names.hasStarImport || definesUnseen(facts)) return;
    const { tree, names } = facts;
    const bound = new Set(facts.cells.flatMap((cell) => cell.magics.flatMap((magic) => magic.binds)));
    const reported = new Set<string>();
    for (const use of names.uses) {
      const name = textOf(tree, use);
      if (reported.has(name) || bound.has(name) || builtinNames.has(name) || /^_\d*$|^_i{1,3}\d*$|^__/.test(name))
        continue;
      if (isGuarded(facts, use)) continue;
      const found = definitionsOf(tree, names, use, name);
      if (!found) {
        reported.add(name);
        report({
          at: { node: use },
          message: `${name} is read but no cell defines it.`,
          identity: `undefined ${name}`,
        });
        continue;
      }
      if (
        found.scope.kind !== "module" ||
        scopeOf(tree, names, use).kind === "function" ||
        ancestorOf(tree, use, "function_definition", "lambda") >= 0
      )
        continue;
      const here = cellAt(facts, startOf(tree, use));
      const first = found.list
        .filter((definition) => definition.how !== "delete")
        .map((definition) => cellAt(facts, definition.offset)?.number ?? 0);
      const earliest = Math.min(...first);
      if (here && earliest > here.number) {
        reported.add(name);
        report({
          at: { node: use },
          message: `${name} is read in cell ${here.number} but first defined in cell ${earliest}.`,
          identity: `later ${name}`,
        });
      }
    }
  },
});

export default rule;

function definesUnseen(facts: FileFacts): boolean {
  const magics = facts.cells.flatMap((cell) => cell.magics);
  if (magics.some((magic) => defining.test(magic.name) || /<<|-o\s/.test(magic.text))) return true;
  return facts.calls.some((call) =>
    /^(exec|globals|locals|eval|run_line_magic|load_ipython_extension)$/.test(call.method),
  );
}

/** Inside `try: ... except NameError`, or only tested for existence. */
function isGuarded(facts: FileFacts, node: number): boolean {
  const { tree } = facts;
  const guard = ancestorOf(tree, node, "try_statement");
  if (guard < 0) return false;
  return childrenOf(tree, guard).some(
    (child) =>
      kindOf(tree, child) === "except_clause" && /^except\s*(:|[^:]*(NameError|Exception))/.test(textOf(tree, child)),
  );
}
