import { argumentsOf } from "#facts/file.js";
import { textOf } from "#facts/tree.js";
import { typeOf } from "#facts/types.js";
import { defineRule, type FileRule } from "#rule.js";

const keys = ["on", "left_on", "right_on", "left_index", "right_index"];

/** No keys: a finding. Keys without `how` and `validate`: counted. */
const rule: FileRule = defineRule({
  code: "MLD303",
  slug: "pd-implicit-merge",
  family: "data",
  tier: "on",
  origin: "ML code smell 6 (Zhang 2022); S6735",
  evidence: ["D"],
  confidence: "high",
  principalClass: "lint",
  effort: 10,
  fix: "suggestion",
  summary: "Two frames are merged without naming the keys.",
  why: "The join then uses all columns the frames share: a column added upstream changes the result without an error.",
  remedy: "Name on=, how= and validate=.",
  examples: {
    bad: [
      "import pandas as pd\ndef rates(df):\n    return df.sort_values('a')['b'].dt.hour\ndef join(df, rates):\n    return df.merge(rates)  # finding\ntable = join(pd.read_csv('a.csv'), rates)\n",
      "import pandas as pd\na = pd.read_csv('a.csv')\nb = pd.read_csv('b.csv')\nc = a.merge(b)  # finding\nd = pd.merge(a, b, how='left')  # finding\n",
    ],
    good: [
      "import pandas as pd\ndef land(repository, branch):\n    repository.merge(branch)\n",
      "import pandas as pd\na = pd.read_csv('a.csv')\nc = a.merge(a, on='id', how='left', validate='1:1')\nd = pd.merge(a, a, left_index=True, right_index=True)\ne = a.merge(a, how='cross')\n",
      "repository.merge(branch)\n",
      "import pandas as pd\na = pd.read_csv('a.csv')\nb = a.merge(a, **options)\nc = a.merge(a, 'left', 'id')\n",
    ],
  },
  check(facts, report) {
    // Tests do such things on purpose, to see what happens.
    if (facts.isTest) return;
    for (const call of facts.calls) {
      const isFunction = call.name === "pandas.merge";
      const type = isFunction
        ? undefined
        : call.method === "merge" && call.receiver >= 0
          ? typeOf(facts, call.receiver)
          : undefined;
      if (!isFunction && type?.type !== "DataFrame") continue;
      const { keywords, positional, hasSplat } = argumentsOf(facts, call);
      if (hasSplat) continue;
      const how = keywords.get("how");
      const isCross = how !== undefined && /cross/.test(textOf(facts.tree, how));
      const hasKeys = isCross || keys.some((key) => keywords.has(key)) || positional.length > (isFunction ? 3 : 2);
      const confidence = isFunction ? "high" : (type?.confidence ?? "medium");
      if (!hasKeys)
        report({
          at: { node: call.node },
          message: "The merge names no keys: it joins on every column the frames share.",
          confidence,
        });
      else if (!isCross && !keywords.has("validate"))
        report({
          at: { node: call.node },
          message: "The merge does not validate its keys.",
          confidence,
          counted: true,
        });
    }
  },
});

export default rule;
