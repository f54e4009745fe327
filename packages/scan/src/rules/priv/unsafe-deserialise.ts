import {
  argumentOf,
  argumentsOf,
  type Call,
  type FileFacts,
  qualifiedName,
  reachingDefinition,
  stringOf,
} from "#facts/file.js";
import { kindOf, textOf } from "#facts/tree.js";
import { defineRule, type FileRule } from "#rule.js";

const loaders =
  /^(pickle|cPickle|_pickle|dill|cloudpickle)\.(load|loads|Unpickler)$|^joblib\.load$|^sklearn\.externals\.joblib\.load$|^pandas\.read_pickle$|^(shelve\.open|marshal\.loads?|jsonpickle\.decode)$/;
const writers = /^(pickle|cPickle|dill|cloudpickle|joblib)\.(dump|dumps)$|^torch\.save$|^shelve\.open$/;

/** Loading calls that run whatever the file says. What the same file wrote under the same name is left alone. */
const rule: FileRule = defineRule({
  code: "MLD901",
  slug: "unsafe-deserialise",
  family: "priv",
  tier: "on",
  origin: "S301; S6985; Trail of Bits",
  evidence: ["A"],
  confidence: "high",
  principalClass: "config",
  effort: 20,
  fix: "suggestion",
  securitySeverity: 7.5,
  summary: "A model or data file is loaded in a way that can run code.",
  why: "A pickle is a program: whoever can write the file, or the place it is downloaded from, runs code here.",
  remedy: "Use safetensors, skops, ONNX or Parquet; torch.load(..., weights_only=True); yaml.safe_load.",
  examples: {
    bad: [
      "import pickle\nmodel = pickle.load(open(path, 'rb'))  # finding\n",
      "import joblib\nmodel = joblib.load('model.pkl')  # finding\n",
      "import torch\nstate = torch.load('a.pt')  # finding\nother = torch.load('b.pt', weights_only=False)  # finding\n",
      "import numpy as np\nx = np.load('a.npy', allow_pickle=True)  # finding\n",
      "import yaml\nconfig = yaml.load(text)  # finding\nmore = yaml.load(text, Loader=yaml.Loader)  # finding\n",
    ],
    good: [
      "import torch\nstate = torch.load('a.pt', weights_only=True)\n",
      "import yaml\nconfig = yaml.safe_load(text)\nother = yaml.load(text, Loader=yaml.SafeLoader)\n",
      "import joblib\njoblib.dump(model, 'cache.pkl')\nmodel = joblib.load('cache.pkl')\n",
      "import numpy as np\nx = np.load('a.npy')\n",
      "import json\njson.load(handle)\n",
    ],
  },
  check(facts, report) {
    if (facts.isTest) return;
    const written = new Set(
      facts.calls.filter((call) => writers.test(call.name ?? "")).flatMap((call) => namesOfArguments(facts, call)),
    );
    for (const call of facts.calls) {
      const why = unsafe(facts, call);
      if (why === undefined) continue;
      if (namesOfArguments(facts, call).some((name) => written.has(name))) continue;
      report({ at: { node: call.node }, message: why });
    }
  },
});

export default rule;

function unsafe(facts: FileFacts, call: Call): string | undefined {
  const name = call.name ?? "";
  const { keywords, positional, hasSplat } = argumentsOf(facts, call);
  const isTrue = (key: string) => keywords.has(key) && kindOf(facts.tree, keywords.get(key) as number) === "true";
  if (loaders.test(name)) return `${name} runs code that the file contains.`;
  if (name === "torch.load")
    return isTrue("weights_only") ||
      (hasSplat && !keywords.has("weights_only")) ||
      isComputed(facts, keywords.get("weights_only"))
      ? undefined
      : "torch.load without weights_only=True can run code that the file contains.";
  if (name === "numpy.load")
    return isTrue("allow_pickle")
      ? "numpy.load with allow_pickle=True can run code that the file contains."
      : undefined;
  if (/^(yaml|ruamel\.yaml)\.(unsafe_load|full_load|unsafe_load_all)$/.test(name))
    return `${name} can build any object.`;
  if (/^yaml\.load(_all)?$/.test(name) && !hasSplat) {
    const loader = keywords.get("Loader") ?? positional[1];
    const text = loader === undefined ? "" : (qualifiedName(facts, loader) ?? textOf(facts.tree, loader));
    return /Safe|BaseLoader/.test(text) ? undefined : "yaml.load without a safe loader can build any object.";
  }
  if (/(^|\.)keras\.models\.load_model$/.test(name)) {
    const safe = keywords.get("safe_mode");
    return safe !== undefined && kindOf(facts.tree, safe) === "false"
      ? "load_model with safe_mode=False runs Lambda layers of the file."
      : undefined;
  }
  return undefined;
}

function isComputed(facts: FileFacts, node: number | undefined): boolean {
  return node !== undefined && !/^(true|false)$/.test(kindOf(facts.tree, node));
}

/** Literal paths and names among the arguments; of `open(path)` the path. */
function namesOfArguments(facts: FileFacts, call: Call): string[] {
  return argumentsOf(facts, call).positional.flatMap((node) => {
    const literal = stringOf(facts, node);
    if (literal !== undefined) return [literal];
    if (kindOf(facts.tree, node) === "identifier") {
      const value = reachingDefinition(facts, node)?.definition.value ?? -1;
      const opened = value >= 0 ? facts.callByNode.get(value) : undefined;
      const path =
        opened?.method === "open" ? stringOf(facts, argumentOf(facts, opened, 0, "file")) : stringOf(facts, value);
      return path === undefined ? [] : [path];
    }
    const inner = facts.callByNode.get(node);
    if (inner?.method !== "open") return [];
    const path = argumentOf(facts, inner, 0, "file");
    return path < 0 ? [] : [stringOf(facts, path) ?? textOf(facts.tree, path)];
  });
}
