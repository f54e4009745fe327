import { argumentsOf, type FileFacts, lineOf, reachingDefinition, readFileFacts, stringOf } from "#facts/file.js";
import { childIn, childrenOf, kindOf } from "#facts/tree.js";
import type { Manifest, Requirement } from "./manifests.js";
import type { PythonParser } from "./python.js";
import { normaliseName, parseRequirement } from "./requirements.js";

/** Reads the literals of `setup(...)` in a setup.py: never runs it. Values that are computed stay unknown. */
export function readSetupPy(text: string, parser: PythonParser): Omit<Manifest, "path"> | undefined {
  const { tree } = parser.parse(text, [{ text, offset: 0 }]);
  const facts = readFileFacts({ path: "setup.py", kind: "python", text, tree, cells: [], hasSyntaxError: false });
  const call = facts.calls.find((candidate) => /^(setuptools|distutils\.core)\.setup$/.test(candidate.name ?? ""));
  if (!call) return undefined;
  const { keywords, hasSplat } = argumentsOf(facts, call);
  const requirements: Requirement[] = [...readList(facts, keywords.get("install_requires"), "main")];
  const extras = literalOf(facts, keywords.get("extras_require"));
  if (extras !== undefined && kindOf(tree, extras) === "dictionary") {
    for (const pair of childrenOf(tree, extras)) {
      if (kindOf(tree, pair) !== "pair") continue;
      const group = stringOf(facts, childIn(tree, pair, "key"));
      requirements.push(...readList(facts, childIn(tree, pair, "value"), group ?? "extra"));
    }
  }
  const name = stringOf(facts, keywords.get("name") ?? -1);
  const install = keywords.get("install_requires");
  const list = literalOf(facts, install);
  const isOpen =
    hasSplat || (install !== undefined && (list === undefined || !/^(list|tuple|set)$/.test(kindOf(tree, list))));
  return {
    kind: "setup.py",
    requirements,
    ...(isOpen ? { isOpen } : {}),
    ...(name === undefined ? {} : { project: normaliseName(name) }),
  };
}

function readList(facts: FileFacts, node: number | undefined, group: string): Requirement[] {
  const list = literalOf(facts, node);
  if (list === undefined || !/^(list|tuple|set)$/.test(kindOf(facts.tree, list))) return [];
  return childrenOf(facts.tree, list).flatMap((child) => {
    const text = stringOf(facts, child);
    const requirement = text === undefined ? undefined : parseRequirement(text, lineOf(facts, child), group);
    return requirement ? [requirement] : [];
  });
}

/** A literal, or the literal its only definition gives a name. */
function literalOf(facts: FileFacts, node: number | undefined): number | undefined {
  if (node === undefined || node < 0 || kindOf(facts.tree, node) !== "identifier")
    return node === -1 ? undefined : node;
  const reaching = reachingDefinition(facts, node);
  return reaching?.only && reaching.definition.value >= 0 ? reaching.definition.value : undefined;
}
