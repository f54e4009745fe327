import { argumentsOf, type FileFacts, reachingDefinition, stringOf } from "#facts/file.js";
import { definitionsOf } from "#facts/names.js";
import { containsNode, kindOf, nodesOf, parentOf, textOf } from "#facts/tree.js";
import { defineRule, type FileRule } from "#rule.js";

const outside = /^(input|open|read\w*|recv|json|text|get|getenv|post|parse_args|loads?)$/;

/** `eval` and `exec` of anything that is not a literal; high where the text visibly comes from outside. */
const rule: FileRule = defineRule({
  code: "MLD904",
  slug: "eval-on-external-text",
  family: "priv",
  tier: "on",
  origin: "audit of real repositories",
  evidence: ["D"],
  confidence: "medium",
  principalClass: "lint",
  effort: 15,
  fix: "suggestion",
  securitySeverity: 8.0,
  summary: "Text that is not written in the code is run as code.",
  why: "A column of a data set, a file or a request then decides what the program does.",
  remedy: "Parse the text: ast.literal_eval, json.loads, or a table of allowed functions.",
  examples: {
    bad: [
      "import pandas as pd\nframe = pd.read_csv('a.csv')\nframe['list'] = frame['list'].apply(eval)  # finding\n",
      "value = eval(input())  # finding\n",
      "def build(name):\n    return eval(name)  # finding\n",
      "exec(open('settings.py').read())  # finding\n",
    ],
    good: [
      "import ast\nvalue = ast.literal_eval(text)\n",
      "model.eval()\nframe.eval('a + b')\nvalue = eval('1 + 2')\n",
      "def eval(x):\n    return x\neval(name)\n",
    ],
  },
  check(facts, report) {
    if (facts.isTest) return;
    const { tree } = facts;
    for (const call of facts.calls) {
      if (call.receiver >= 0 || !isBuiltin(facts, call.callee) || !/^(eval|exec)$/.test(call.method)) continue;
      const text = argumentsOf(facts, call).positional[0];
      if (text === undefined || stringOf(facts, text) !== undefined) continue;
      report({
        at: { node: call.node },
        message: `${call.method}(${textOf(tree, text).slice(0, 60)}) runs text as code.`,
        confidence: comesFromOutside(facts, text, 0) ? "high" : "medium",
      });
    }
    for (const node of nodesOf(tree, "identifier")) {
      if (
        textOf(tree, node) !== "eval" ||
        kindOf(tree, parentOf(tree, node)) !== "argument_list" ||
        !isBuiltin(facts, node)
      )
        continue;
      const call = facts.callByNode.get(parentOf(tree, parentOf(tree, node)));
      if (call && /^(apply|map|applymap|transform)$/.test(call.method))
        report({ at: { node: call.node }, message: "eval is applied to every value of a column.", confidence: "high" });
    }
  },
});

export default rule;

function isBuiltin(facts: FileFacts, node: number): boolean {
  return node >= 0 && definitionsOf(facts.tree, facts.names, node, textOf(facts.tree, node)) === undefined;
}

function comesFromOutside(facts: FileFacts, node: number, depth: number): boolean {
  if (depth > 4) return false;
  const { tree } = facts;
  if (
    containsNode(
      tree,
      node,
      (inner) =>
        (kindOf(tree, inner) === "call" && outside.test(facts.callByNode.get(inner)?.method ?? "")) ||
        /^(sys\.argv|os\.environ)$/.test(textOf(tree, inner).slice(0, 12)),
    )
  )
    return true;
  if (kindOf(tree, node) !== "identifier") return false;
  const value = reachingDefinition(facts, node)?.definition.value ?? -1;
  return value >= 0 && comesFromOutside(facts, value, depth + 1);
}
