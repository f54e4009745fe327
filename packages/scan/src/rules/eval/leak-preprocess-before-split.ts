import { argumentOf, argumentsOf, type Call, type FileFacts } from "#facts/file.js";
import { ancestryOf, constructorOf } from "#facts/lineage.js";
import { childIn, containsNode, kindOf, startOf, textOf } from "#facts/tree.js";
import { typeOf } from "#facts/types.js";
import { placeOf } from "#place.js";
import { defineRule, type FileRule } from "#rule.js";

/** Splits, with the position of the features among their arguments. */
const splits: readonly (readonly [RegExp, number, string])[] = [
  [/^sklearn\.model_selection\.train_test_split$/, 0, "arrays"],
  [/^sklearn\.model_selection\.(cross_val_score|cross_validate|cross_val_predict)$/, 1, "X"],
];

const learned =
  /^sklearn\.(preprocessing|impute|decomposition|feature_selection|feature_extraction\.\w+|pipeline|compose|manifold|random_projection)\.\w+$/;
/** Work row by row, or on the labels: nothing of the test rows reaches training through them. */
const stateless =
  /\.(LabelEncoder|LabelBinarizer|MultiLabelBinarizer|OneHotEncoder|OrdinalEncoder|FunctionTransformer|Normalizer|Binarizer|PolynomialFeatures|HashingVectorizer|FeatureHasher|DictVectorizer|Pipeline\.named_steps)$/;
const reductions = /^(mean|median|mode|std|min|max|quantile|sum)$/;

/** The features given to a split carry statistics that were learned on all rows, the test rows among them. */
const rule: FileRule = defineRule({
  code: "MLD101",
  slug: "leak-preprocess-before-split",
  family: "eval",
  tier: "on",
  origin: "leakage-analysis, preprocessing leakage (ASE 2022); ML code smell 21",
  evidence: ["D", "N"],
  confidence: "high",
  principalClass: "transform",
  effort: 60,
  fix: "suggestion",
  summary: "Preprocessing is fitted on all rows before they are split.",
  why: "The test score then includes knowledge of the test rows: it is too good, and the model disappoints in production.",
  remedy:
    "Split first and fit on the training part only, or put the steps into a Pipeline that is cross-validated as a whole.",
  examples: {
    bad: [
      "from sklearn.preprocessing import StandardScaler\nfrom sklearn.model_selection import train_test_split\nscaler = StandardScaler()\nX = scaler.fit_transform(X)  # finding\na, b, c, d = train_test_split(X, y, random_state=1)\n",
      "import pandas as pd\nfrom sklearn.impute import SimpleImputer\nfrom sklearn.model_selection import train_test_split\nframe = pd.read_csv('a.csv')\nframe[['age']] = SimpleImputer().fit_transform(frame[['age']])  # finding\nX = frame.drop(columns=['y'])\na, b = train_test_split(X, random_state=1)\n",
      "import pandas as pd\nfrom sklearn.model_selection import train_test_split\nframe = pd.read_csv('a.csv')\nframe['age'] = frame['age'].fillna(frame['age'].mean())  # finding\na, b = train_test_split(frame, random_state=1)\n",
      "from sklearn.decomposition import PCA\nfrom sklearn.model_selection import cross_val_score\npca = PCA(2).fit(X)  # finding\nZ = pca.transform(X)\nscores = cross_val_score(model, Z, y)\n",
      {
        "a.ipynb": {
          cells: [
            {
              source:
                "from sklearn.feature_extraction.text import TfidfVectorizer\nX = TfidfVectorizer().fit_transform(texts)  # finding",
              count: 1,
            },
            {
              source:
                "from sklearn.model_selection import train_test_split\na, b = train_test_split(X, random_state=1)",
              count: 2,
            },
          ],
        },
      },
    ],
    good: [
      "from sklearn.preprocessing import StandardScaler\nfrom sklearn.model_selection import train_test_split\na, b, c, d = train_test_split(X, y, random_state=1)\nscaler = StandardScaler()\na = scaler.fit_transform(a)\nb = scaler.transform(b)\n",
      "from sklearn.preprocessing import LabelEncoder, OneHotEncoder\nfrom sklearn.model_selection import train_test_split\ny = LabelEncoder().fit_transform(y)\nX = OneHotEncoder().fit_transform(X)\na, b, c, d = train_test_split(X, y, random_state=1)\n",
      "from sklearn.pipeline import make_pipeline\nfrom sklearn.preprocessing import StandardScaler\nfrom sklearn.model_selection import cross_val_score\nscores = cross_val_score(make_pipeline(StandardScaler(), model), X, y)\n",
      "import numpy as np\nfrom sklearn.model_selection import train_test_split\nX = np.log1p(X)\na, b = train_test_split(X, random_state=1)\n",
      "import pandas as pd\nfrom sklearn.model_selection import train_test_split\nframe = pd.read_csv('a.csv').fillna(0)\na, b = train_test_split(frame, random_state=1)\n",
      "from sklearn.preprocessing import StandardScaler\nfrom sklearn.model_selection import train_test_split\nrest, test = train_test_split(X, random_state=1)\nscaler = StandardScaler().fit(rest)\nrest = scaler.transform(rest)\ntrain, valid = train_test_split(rest, random_state=1)\n",
    ],
  },
  check(facts, report) {
    // Tests do such things on purpose, to see what happens.
    if (facts.isTest) return;
    const reported = new Set<number>();
    for (const split of facts.calls) {
      const kind = splits.find(([pattern]) => pattern.test(split.name ?? ""));
      if (!kind) continue;
      const features = argumentOf(facts, split, kind[1], kind[2]);
      if (features < 0) continue;
      const ancestry = ancestryOf(facts, features);
      // What comes out of an earlier split is a training part: preparing it before a second split is the known trap.
      if (ancestry.some((call) => call !== split && call.name === "sklearn.model_selection.train_test_split")) continue;
      for (const call of ancestry) {
        const fit = fitOf(facts, call);
        if (!fit || reported.has(fit.node)) continue;
        reported.add(fit.node);
        report({
          at: { node: fit.node },
          message: `${fit.what} learns from all rows; ${placeName(facts, split)} splits them afterwards.`,
          evidence: [`split: ${textOf(facts.tree, split.node).slice(0, 100)}`],
          // Across the folds of a training part the leak is real but its held-out test may still be clean.
          confidence: kind[1] === 1 ? "medium" : fit.confidence,
        });
      }
    }
  },
});

export default rule;

function placeName(facts: FileFacts, call: Call): string {
  const place = placeOf(facts, { node: call.node });
  return place.cell === undefined ? `line ${place.line}` : `cell ${place.cell}`;
}

interface Fit {
  readonly node: number;
  readonly what: string;
  readonly confidence: "high" | "medium";
}

/** The place where a step of the ancestry learned from the rows, if it did. */
function fitOf(facts: FileFacts, call: Call): Fit | undefined {
  if (call.method === "fillna") return fillOf(facts, call);
  if (call.receiver < 0 || !/^(fit_transform|transform)$/.test(call.method)) return undefined;
  const maker = constructorOf(facts, call.receiver);
  if (maker === undefined || !learned.test(maker) || stateless.test(maker)) return undefined;
  const what = `${maker.split(".").at(-1)}.fit`;
  const confidence = /\.(pipeline|compose)\./.test(maker) ? "medium" : "high";
  if (call.method === "fit_transform") return { node: call.node, what, confidence };
  const name = textOf(facts.tree, call.receiver);
  const fit = facts.calls.find(
    (candidate) =>
      candidate.method === "fit" &&
      startOf(facts.tree, candidate.node) < startOf(facts.tree, call.node) &&
      candidate.receiver >= 0 &&
      (textOf(facts.tree, candidate.receiver) === name || isDefinedBy(facts, candidate, name)),
  );
  if (!fit) return undefined;
  // Fitted on the training part of a split is right.
  const rows = argumentsOf(facts, fit).positional[0] ?? -1;
  if (ancestryOf(facts, rows).some((step) => /train_test_split$/.test(step.name ?? ""))) return undefined;
  return rows >= 0 && textOf(facts.tree, rows) === textOf(facts.tree, argumentOf(facts, call, 0, "X"))
    ? { node: fit.node, what, confidence }
    : undefined;
}

/** `pca = PCA(2).fit(X)`: the fit is the value of the name. */
function isDefinedBy(facts: FileFacts, fit: Call, name: string): boolean {
  const parent = facts.tree.parents[fit.node] ?? -1;
  return (
    kindOf(facts.tree, parent) === "assignment" && textOf(facts.tree, childIn(facts.tree, parent, "left")) === name
  );
}

/** `column.fillna(column.mean())` */
function fillOf(facts: FileFacts, call: Call): Fit | undefined {
  const type = typeOf(facts, call.receiver);
  const value = argumentOf(facts, call, 0, "value");
  if (value < 0 || !/^(DataFrame|Series)$/.test(type?.type ?? "")) return undefined;
  const reduces = containsNode(facts.tree, value, (node) => {
    const inner = kindOf(facts.tree, node) === "call" ? facts.callByNode.get(node) : undefined;
    return (
      inner !== undefined &&
      reductions.test(inner.method) &&
      inner.receiver >= 0 &&
      /^(DataFrame|Series)$/.test(typeOf(facts, inner.receiver)?.type ?? "")
    );
  });
  return reduces ? { node: call.node, what: "fillna with a statistic of the column", confidence: "medium" } : undefined;
}
