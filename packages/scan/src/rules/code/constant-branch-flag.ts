import { type FileFacts, reachingDefinition } from "#facts/file.js";
import { childIn, firstChildOf, kindOf, nodesOf, parentOf, textOf } from "#facts/tree.js";
import { defineRule, type FileRule } from "#rule.js";

/** A branch whose condition can only have one value. Switches in notebooks are control panels and left alone. */
const rule: FileRule = defineRule({
  code: "MLD212",
  slug: "constant-branch-flag",
  family: "code",
  tier: "on",
  origin: "dead code; dead experimental path (Sculley 2015)",
  evidence: ["D"],
  confidence: "high",
  principalClass: "lint",
  effort: 10,
  fix: "auto",
  summary: "A branch depends on a constant, so one side of it is dead.",
  why: "Dead experiment code is read, kept compiling and copied, and sometimes comes back to life by accident.",
  remedy: "Delete the dead side; version control keeps it. If it is a switch, read it from the configuration.",
  examples: {
    bad: [
      "if False:  # finding\n    train_old()\n",
      "def run():\n    if 0:  # finding\n        plot()\n    elif True:  # finding\n        fit()\n",
      "USE_OLD_LOSS = False\n\ndef loss(x):\n    if USE_OLD_LOSS:  # finding\n        return x\n    return x * 2\n",
    ],
    good: [
      "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import pandas\nwhile True:\n    break\n",
      "import os\nDEBUG = os.environ.get('DEBUG') == '1'\nif DEBUG:\n    print('x')\n",
      "found = False\nfor item in items:\n    if item:\n        found = True\nif found:\n    print('x')\n",
      "try:\n    import torch\n    HAS_TORCH = True\nexcept ImportError:\n    HAS_TORCH = False\nif HAS_TORCH:\n    pass\n",
      { "a.ipynb": { cells: [{ source: "RETRAIN = False\nif RETRAIN:\n    fit()", count: 1 }] } },
    ],
  },
  check(facts, report) {
    const { tree } = facts;
    for (const node of [...nodesOf(tree, "if_statement"), ...nodesOf(tree, "elif_clause")]) {
      const condition = childIn(tree, node, "condition");
      const inner = kindOf(tree, condition) === "not_operator" ? firstChildOf(tree, condition) : condition;
      const kind = kindOf(tree, inner);
      if (kind === "true" || kind === "false" || (kind === "integer" && /^[01]$/.test(textOf(tree, inner)))) {
        report({
          at: { node: condition },
          message: `The condition ${textOf(tree, condition)} never changes: one side of the branch is dead.`,
        });
      } else if (kind === "identifier" && isConstantFlag(facts, inner)) {
        report({
          at: { node: condition },
          message: `${textOf(tree, inner)} is set once, to a constant: one side of the branch is dead.`,
          confidence: "medium",
        });
      }
    }
  },
});

export default rule;

/** An upper-case name of the module, assigned exactly once, at the top level, to True or False. */
function isConstantFlag(facts: FileFacts, node: number): boolean {
  const { tree } = facts;
  const name = textOf(tree, node);
  if (facts.kind === "notebook" || !/^[A-Z][A-Z0-9_]*$/.test(name)) return false;
  const reaching = reachingDefinition(facts, node);
  if (!reaching?.only || reaching.definition.how !== "assign" || reaching.definition.item !== undefined) return false;
  const { value } = reaching.definition;
  if (value < 0 || !/^(true|false)$/.test(kindOf(tree, value))) return false;
  // assignment -> expression_statement -> module: not inside if, try or a function.
  const top = parentOf(tree, parentOf(tree, parentOf(tree, value)));
  if (top !== 0) return false;
  return !facts.names.scopes.some((scope) => scope.globals.has(name));
}
