import { argumentOf, argumentsOf } from "#facts/file.js";
import { ancestryOf, constructorOf } from "#facts/lineage.js";
import { kindOf } from "#facts/tree.js";
import { defineRule, type FileRule } from "#rule.js";

/** Copies or blends of rows are made before the split: the same row is in both parts. */
const rule: FileRule = defineRule({
  code: "MLD104",
  slug: "leak-resample-before-split",
  family: "eval",
  tier: "on",
  origin: "leakage-analysis, overlap by duplicates (ASE 2022)",
  evidence: ["D"],
  confidence: "high",
  principalClass: "transform",
  effort: 30,
  fix: "suggestion",
  summary: "Rows are oversampled before they are split.",
  why: "Copies of a training row are in the test part: the score measures memory.",
  remedy: "Split first and resample the training part only, or use imblearn's Pipeline in cross-validation.",
  examples: {
    bad: [
      "from imblearn.over_sampling import SMOTE\nfrom sklearn.model_selection import train_test_split\nX2, y2 = SMOTE().fit_resample(X, y)  # finding\na, b, c, d = train_test_split(X2, y2, random_state=1)\n",
      "from sklearn.utils import resample\nfrom sklearn.model_selection import train_test_split\nrows = resample(frame, n_samples=900, random_state=1)  # finding\na, b = train_test_split(rows, random_state=1)\n",
    ],
    good: [
      "from imblearn.over_sampling import SMOTE\nfrom sklearn.model_selection import train_test_split\na, b, c, d = train_test_split(X, y, random_state=1)\na, c = SMOTE().fit_resample(a, c)\n",
      "from imblearn.under_sampling import RandomUnderSampler\nfrom sklearn.model_selection import train_test_split\nX2, y2 = RandomUnderSampler().fit_resample(X, y)\na, b, c, d = train_test_split(X2, y2, random_state=1)\n",
      "from sklearn.utils import resample\nfrom sklearn.model_selection import train_test_split\nrows = resample(frame, replace=False, n_samples=90, random_state=1)\na, b = train_test_split(rows, random_state=1)\n",
    ],
  },
  check(facts, report) {
    // Tests do such things on purpose, to see what happens.
    if (facts.isTest) return;
    const reported = new Set<number>();
    for (const split of facts.calls) {
      if (split.name !== "sklearn.model_selection.train_test_split") continue;
      const ancestry = ancestryOf(facts, argumentOf(facts, split, 0, "arrays"));
      if (ancestry.some((call) => call.name === split.name)) continue;
      for (const call of ancestry) {
        if (reported.has(call.node)) continue;
        reported.add(call.node);
        const maker =
          /^fit_(re)?sample$/.test(call.method) && call.receiver >= 0 ? constructorOf(facts, call.receiver) : undefined;
        const replace = argumentsOf(facts, call).keywords.get("replace");
        const isBootstrap =
          call.name === "sklearn.utils.resample" && !(replace !== undefined && kindOf(facts.tree, replace) === "false");
        if (/^imblearn\.(over_sampling|combine)\./.test(maker ?? ""))
          report({
            at: { node: call.node },
            message: `${maker?.split(".").at(-1)} adds rows that are then split into training and test.`,
          });
        else if (isBootstrap)
          report({
            at: { node: call.node },
            message: "Rows drawn with replacement are then split into training and test.",
          });
      }
    }
  },
});

export default rule;
