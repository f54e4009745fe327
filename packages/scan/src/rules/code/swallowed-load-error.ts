import type { FileFacts } from "#facts/file.js";
import { childIn, childrenOf, containsNode, firstChildOf, kindOf, nodesOf, textOf } from "#facts/tree.js";
import { defineRule, type FileRule } from "#rule.js";

const loads =
  /^(open|json\.load|json\.loads|pickle\.loads?|joblib\.load|torch\.load|yaml\.(safe_)?load|numpy\.(load|loadtxt|genfromtxt)|pandas\.read_\w+|requests\.(get|post)|urllib\.request\.urlopen|tensorflow\.keras\.models\.load_model|keras\.models\.load_model|mlflow\.\w+\.load_model|mlflow\.pyfunc\.load_model)$/;
const loadMethods =
  /^(read_csv|read_parquet|load_model|load_state_dict|from_pretrained|load_weights|load_checkpoint|load_data|load_dataset)$/;

/** A broad except around a load that neither raises nor tells anybody. */
const rule: FileRule = defineRule({
  code: "MLD216",
  slug: "swallowed-load-error",
  family: "code",
  tier: "on",
  origin: "audit of real repositories",
  evidence: ["A", "D"],
  confidence: "high",
  principalClass: "lint",
  effort: 10,
  fix: "suggestion",
  summary: "A failing load of data or a model is caught broadly and ignored.",
  why: "A missing file or a changed format then means an empty frame, an untrained model or stale defaults, in silence.",
  remedy: "Catch the one exception you expect, log it, and raise for the rest.",
  examples: {
    bad: [
      "import pandas as pd\ntry:\n    frame = pd.read_csv('a.csv')\nexcept Exception:  # finding\n    frame = None\n",
      "import joblib\ndef load():\n    try:\n        return joblib.load('m.pkl')\n    except:  # finding\n        pass\n",
      "import json\ntry:\n    with open(path) as handle:\n        config = json.load(handle)\nexcept BaseException as error:  # finding\n    config = {}\n",
    ],
    good: [
      "import pandas as pd\ntry:\n    frame = pd.read_csv('a.csv')\nexcept FileNotFoundError:\n    frame = None\n",
      "import pandas as pd\ntry:\n    frame = pd.read_csv('a.csv')\nexcept Exception:\n    log.exception('no data')\n    frame = None\n",
      "try:\n    import torch\nexcept Exception:\n    torch = None\n",
      "import joblib\ntry:\n    model = joblib.load('m.pkl')\nexcept Exception as error:\n    raise RuntimeError('no model') from error\n",
      "try:\n    count = int(text)\nexcept Exception:\n    count = 0\n",
      "import pandas as pd\ntry:\n    frame = pd.read_csv('a.csv')\nexcept Exception as error:\n    errors.append(error)\n    frame = None\n",
    ],
  },
  check(facts, report) {
    const { tree } = facts;
    for (const node of nodesOf(tree, "try_statement")) {
      const body = childIn(tree, node, "body");
      const load = body < 0 ? undefined : loadIn(facts, body);
      if (load === undefined) continue;
      for (const clause of childrenOf(tree, node)) {
        if (kindOf(tree, clause) !== "except_clause" || !isBroad(facts, clause)) continue;
        const block = childrenOf(tree, clause).find((child) => kindOf(tree, child) === "block");
        if (block === undefined || !isSilent(facts, block, boundName(facts, clause))) continue;
        report({
          at: { node: clause },
          message: `A failure of ${load} is caught broadly and ignored.`,
          evidence: [textOf(tree, block).trim().split("\n")[0]?.slice(0, 100) ?? ""],
        });
      }
    }
  },
});

export default rule;

function loadIn(facts: FileFacts, body: number): string | undefined {
  const end = facts.tree.lasts[body] ?? body;
  const call = facts.calls.find(
    (candidate) =>
      candidate.node > body &&
      candidate.node < end &&
      (loads.test(candidate.name ?? candidate.method) || loadMethods.test(candidate.method)),
  );
  return call && textOf(facts.tree, call.callee).slice(0, 60);
}

function isBroad(facts: FileFacts, clause: number): boolean {
  const { tree } = facts;
  const first = firstChildOf(tree, clause);
  const kind = kindOf(tree, first);
  if (kind === "block" || kind === "comment") return true;
  const type = kind === "as_pattern" ? firstChildOf(tree, first) : first;
  return /^(Exception|BaseException)$/.test(textOf(tree, type));
}

function boundName(facts: FileFacts, clause: number): string | undefined {
  const target = childrenOf(facts.tree, firstChildOf(facts.tree, clause)).find(
    (child) => kindOf(facts.tree, child) === "as_pattern_target",
  );
  return target === undefined ? undefined : textOf(facts.tree, target);
}

/** Nothing is raised, called, printed or kept of the error: only constants are set or returned. */
function isSilent(facts: FileFacts, block: number, error: string | undefined): boolean {
  const { tree } = facts;
  return !containsNode(tree, block, (node) => {
    const kind = kindOf(tree, node);
    if (kind === "raise_statement" || kind === "call" || kind === "print_statement" || kind === "yield") return true;
    return kind === "identifier" && error !== undefined && textOf(tree, node) === error;
  });
}
