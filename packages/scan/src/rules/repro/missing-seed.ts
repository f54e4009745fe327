import { defineProjectRule, type ProjectRule } from "#rule.js";

const setters: Readonly<Record<string, string>> = {
  numpy: "numpy.random.seed(...) or numpy.random.default_rng(seed)",
  python: "random.seed(...)",
  torch: "torch.manual_seed(...)",
  tensorflow: "tensorflow.random.set_seed(...)",
};

/** Programs that draw numbers but learn nothing (games, retries, ids) are left alone. */
const learning =
  /^(numpy|pandas|sklearn|scipy|torch|tensorflow|keras|xgboost|lightgbm|catboost|transformers|jax|statsmodels|polars|gym|gymnasium)(\.|$)/;

/** Absence rule: one finding per program. A seed in any module the program imports from this repository counts. */
const rule: ProjectRule = defineProjectRule({
  code: "MLD402",
  slug: "missing-seed",
  family: "repro",
  tier: "on",
  origin: "ML code smell 14 (Zhang 2022); S6709",
  evidence: ["D", "X"],
  confidence: "medium",
  principalClass: "lint",
  effort: 5,
  fix: "suggestion",
  summary: "A program draws random numbers and sets no seed.",
  why: "Two runs of the same code on the same data give different models; failures cannot be repeated and comparisons are partly luck.",
  remedy:
    "Set the seed of every library that draws numbers where the program starts, or pass random_state and generators explicitly.",
  examples: {
    bad: [
      "import numpy as np\nweights = np.random.rand(3)  # finding\nprint(weights)\n",
      {
        "train.py":
          "from sklearn.model_selection import train_test_split\nfrom data import load\nX, y = load()\na, b, c, d = train_test_split(X, y)  # finding\nprint(a)\n",
        "data.py": "def load():\n    return [], []\n",
      },
    ],
    good: [
      "import numpy as np\nnp.random.seed(7)\nweights = np.random.rand(3)\nprint(weights)\n",
      "import numpy as np\nrng = np.random.default_rng(7)\nprint(rng.normal(size=3))\n",
      {
        "train.py":
          "from sklearn.model_selection import train_test_split\nfrom setup_run import prepare\nprepare()\na, b = train_test_split(rows)\nprint(a)\n",
        "setup_run.py": "import numpy as np\ndef prepare():\n    np.random.seed(1)\n",
      },
      { "test_model.py": "import numpy as np\nx = np.random.rand(3)\nprint(x)\n" },
      "from sklearn.model_selection import train_test_split\na, b = train_test_split(rows, random_state=None)\nprint(a)\n",
    ],
  },
  check(project, report) {
    const seedsByModule = new Map<string, ReadonlySet<string>>();
    for (const file of project.summaries)
      if (file.randomness.seeds.size > 0) seedsByModule.set(moduleName(file.path), file.randomness.seeds);
    for (const file of project.summaries) {
      if (!file.isEntryPoint || file.isTest || !file.imports.some((fact) => learning.test(fact.module))) continue;
      const seeds = new Set(file.randomness.seeds);
      for (const { module, name } of file.imports) {
        for (const candidate of [module, `${module}.${name ?? ""}`]) {
          for (const [known, found] of seedsByModule)
            if (isSameModule(candidate, known)) for (const library of found) seeds.add(library);
        }
      }
      if (seeds.has("*")) continue;
      const missing = [...file.randomness.draws].filter(([library]) => !seeds.has(library));
      const first = missing[0];
      if (!first) continue;
      const libraries = missing.map(([library]) => library);
      report(file.path, {
        at: { place: first[1].place },
        message: `Random numbers are drawn (${first[1].name}) but no seed is set for ${libraries.join(", ")}.`,
        evidence: missing.map(
          ([library, draw]) => `${draw.name} at line ${draw.place.line}; set ${setters[library] ?? "a seed"}`,
        ),
        identity: libraries.join(" "),
      });
    }
  },
});

export default rule;

function moduleName(path: string): string {
  return path
    .replace(/\.(py|ipynb)$/, "")
    .replace(/\/__init__$/, "")
    .split("/")
    .join(".");
}

/** `src.train.seeds` is imported as `train.seeds`, `.seeds` or `src.train.seeds`. */
function isSameModule(candidate: string, known: string): boolean {
  const name = candidate.replace(/^\.+/, "").replace(/\.$/, "");
  return name !== "" && (known === name || known.endsWith(`.${name}`));
}
