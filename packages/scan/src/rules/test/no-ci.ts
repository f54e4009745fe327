import { defineProjectRule, type ProjectRule } from "#rule.js";

/** Absence rule: one finding for a repository that trains or serves and checks nothing automatically. */
const rule: ProjectRule = defineProjectRule({
  code: "MLD953",
  slug: "no-ci",
  family: "test",
  tier: "on",
  origin: "mllint; ML Test Score (Breck 2017)",
  evidence: ["R"],
  confidence: "medium",
  principalClass: "schema",
  effort: 60,
  fix: "generate",
  summary: "No continuous integration is set up.",
  why: "Whether the code still runs is found out by the next person who needs it, usually in a hurry.",
  remedy: "Add a workflow that installs from the lock file, runs the tests, and scans what changed.",
  examples: {
    bad: [
      {
        "train.py": "from sklearn.svm import SVC\nprint(SVC().fit(X, y))\n",
        "score.py": "import joblib\nprint(1)\n",
        "features.py": "import pandas\n",
      },
    ],
    good: [
      {
        ".github/workflows/ci.yml": "on: push\n",
        "train.py": "from sklearn.svm import SVC\nprint(SVC().fit(X, y))\n",
        "score.py": "print(1)\n",
        "a.py": "",
      },
      { "train.py": "from sklearn.svm import SVC\nprint(SVC().fit(X, y))\n" },
      { "a.py": "x = 1\n", "b.py": "x = 1\n", "c.py": "x = 1\n" },
    ],
  },
  check(project, report) {
    if (project.inventory.ci.length > 0) return;
    const code = project.summaries.filter((file) => !file.isTest);
    const entry = code.find((file) => file.isEntryPoint && file.kind === "python");
    const learns = code.some((file) =>
      file.imports.some((fact) =>
        /^(sklearn|torch|tensorflow|keras|xgboost|lightgbm|catboost|transformers|mlflow|joblib)(\.|$)/.test(
          fact.module,
        ),
      ),
    );
    // A script or two is an experiment; a project has programs and modules.
    if (!entry || !learns || code.length < 3) return;
    report(entry.path, {
      at: { line: 1 },
      message: `${code.length} files of code, and no workflow of any known CI system.`,
      evidence: [`${project.inventory.tests} test files`],
      identity: "ci",
    });
  },
});

export default rule;
