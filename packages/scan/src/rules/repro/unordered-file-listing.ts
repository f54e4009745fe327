import { type Call, type FileFacts, qualifiedName, reachingDefinition, usesWithin } from "#facts/file.js";
import { scopeOf } from "#facts/names.js";
import { childIn, childrenOf, containsNode, fieldOf, kindOf, parentOf, textOf } from "#facts/tree.js";
import { defineRule, type FileRule } from "#rule.js";

const listings = /^(os\.(listdir|scandir)|glob\.(glob|iglob))$/;
const orderFree =
  /^(sorted|natsorted|set|frozenset|len|any|all|sum|max|min|Counter|natsort\.natsorted|collections\.Counter)$/;
const collects = /^(append|extend|add|concat|insert|read_\w+|load\w*|imread|open)$/;

/** The order of files depends on the file system, and with it folds, batches and joined tables. */
const rule: FileRule = defineRule({
  code: "MLD406",
  slug: "unordered-file-listing",
  family: "repro",
  tier: "on",
  origin: "own; known cause of irreproducible results",
  evidence: ["D"],
  confidence: "medium",
  principalClass: "lint",
  effort: 5,
  fix: "auto",
  summary: "Files are listed without sorting, and their order is used.",
  why: "The same folder comes in another order on another machine: other splits, other batches, other results.",
  remedy: "Wrap the listing in sorted(...).",
  examples: {
    bad: [
      "import os\nrows = []\nfor name in os.listdir('data'):  # finding\n    rows.append(name)\n",
      "import glob\nimport pandas as pd\nframe = pd.concat([pd.read_csv(p) for p in glob.glob('*.csv')])  # finding\n",
      "from pathlib import Path\nfiles = list(Path('data').glob('*.png'))  # finding\ntrain = files[:10]\n",
    ],
    good: [
      "import os\nfor name in sorted(os.listdir('data')):\n    rows.append(name)\n",
      "import os\nif 'a' in os.listdir('.') or len(os.listdir('.')) > 3:\n    pass\n",
      "import glob\nfiles = glob.glob('*.csv')\nfiles.sort()\n",
      "import glob\nfiles = glob.glob('*.csv')\nfor path in sorted(files):\n    rows.append(path)\n",
      "import glob, os\nfor path in glob.glob('*.tmp'):\n    os.remove(path)\n",
      "import glob, os\nlatest = max(glob.glob('*.ckpt'), key=os.path.getctime)\n",
      "import glob\nnames = sorted(p.upper() for p in glob.glob('*'))\n",
    ],
  },
  check(facts, report) {
    if (facts.isTest) return;
    for (const call of facts.calls) {
      const isPath =
        /^(iterdir|glob|rglob)$/.test(call.method) && call.receiver >= 0 && isPathObject(facts, call.receiver, 0);
      if (!(listings.test(call.name ?? "") || isPath) || !usesOrder(facts, call.node)) continue;
      report({
        at: { node: call.node },
        message: `${textOf(facts.tree, call.callee).slice(0, 60)}(...) gives files in no particular order.`,
      });
    }
  },
});

export default rule;

function isPathObject(facts: FileFacts, node: number, depth: number): boolean {
  const { tree } = facts;
  if (depth > 6 || node < 0) return false;
  const kind = kindOf(tree, node);
  if (kind === "parenthesized_expression") return isPathObject(facts, childrenOf(tree, node)[0] ?? -1, depth + 1);
  if (kind === "call") return /^pathlib\.(Path|PurePath)(\.cwd|\.home)?$/.test(facts.callByNode.get(node)?.name ?? "");
  if (kind === "binary_operator") return isPathObject(facts, childIn(tree, node, "left"), depth + 1);
  if (kind !== "identifier") return false;
  const definition = reachingDefinition(facts, node)?.definition;
  if (!definition) return false;
  if (
    definition.annotation >= 0 &&
    /^pathlib\.Path$/.test(qualifiedName(facts, childrenOf(tree, definition.annotation)[0] ?? -1) ?? "")
  )
    return true;
  return definition.value >= 0 && definition.item === undefined && isPathObject(facts, definition.value, depth + 1);
}

/** Follows the listing outwards to the place where its order does or does not matter. */
function usesOrder(facts: FileFacts, node: number): boolean {
  const { tree } = facts;
  let at = node;
  for (let up = parentOf(tree, at); up >= 0; at = up, up = parentOf(tree, up)) {
    const kind = kindOf(tree, up);
    if (
      kind === "argument_list" ||
      kind === "parenthesized_expression" ||
      kind === "list_splat" ||
      /_comprehension$|^generator_expression$/.test(kind)
    ) {
      if (kind === "set_comprehension" || kind === "dictionary_comprehension") return false;
      continue;
    }
    if (kind === "call") {
      const call = facts.callByNode.get(up) as Call;
      const name = call.name ?? (call.receiver < 0 ? call.method : "");
      if (orderFree.test(name) || name === "next" || name.startsWith("subprocess.")) return false;
      if (!/^(list|tuple|enumerate|filter|map|iter|tqdm|tqdm\..*|zip|reversed)$/.test(name)) return true;
      continue;
    }
    if (kind === "comparison_operator") return false;
    if (kind === "for_in_clause") continue;
    if (kind === "for_statement")
      return fieldOf(tree, at) === "right" && collectsInBody(facts, childIn(tree, up, "body"));
    if (kind === "subscript" || kind === "return_statement") return true;
    if (kind === "assignment")
      return (
        !isSortedLater(facts, childIn(tree, up, "left")) &&
        kindOf(tree, childIn(tree, up, "left")) === "identifier" &&
        isReadInOrder(facts, childIn(tree, up, "left"))
      );
    if (kind === "list" || kind === "binary_operator") return true;
    return false;
  }
  return false;
}

/** A loop whose body keeps or reads something depends on order; one that deletes, copies or prints does not. */
function collectsInBody(facts: FileFacts, body: number): boolean {
  const { tree } = facts;
  if (body < 0) return false;
  return containsNode(tree, body, (node) => {
    const kind = kindOf(tree, node);
    if (kind === "augmented_assignment" || kind === "yield") return true;
    return kind === "call" && collects.test(facts.callByNode.get(node)?.method ?? "");
  });
}

/** At most two hundred reads: one of the first decides. */
function usesOfName(facts: FileFacts, target: number): readonly number[] {
  const scope = scopeOf(facts.tree, facts.names, target);
  return usesWithin(facts, textOf(facts.tree, target), scope.node).slice(0, 200);
}

function isSortedLater(facts: FileFacts, target: number): boolean {
  const { tree } = facts;
  if (target < 0 || kindOf(tree, target) !== "identifier") return false;
  return usesOfName(facts, target).some((use) => {
    const parent = parentOf(tree, use);
    if (
      kindOf(tree, parent) === "attribute" &&
      /^(sort|shuffle)$/.test(textOf(tree, childIn(tree, parent, "attribute")))
    )
      return true;
    const call = facts.callByNode.get(parentOf(tree, parent));
    return (
      kindOf(tree, parent) === "argument_list" &&
      /^(sorted|natsorted|natsort\.natsorted|random\.shuffle|set|sorted_nicely)$/.test(call?.name ?? call?.method ?? "")
    );
  });
}

function isReadInOrder(facts: FileFacts, target: number): boolean {
  return usesOfName(facts, target).some((use) => usesOrder(facts, use));
}
