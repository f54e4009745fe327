import { childIn, containsNode, kindOf, nodesOf, textOf } from "#facts/tree.js";
import { typeOf } from "#facts/types.js";
import { defineRule, type FileRule } from "#rule.js";

/** Row loops over a frame where a vectorised operation exists; loops that only act on the outside world are left alone. */
const rule: FileRule = defineRule({
  code: "MLD201",
  slug: "pd-row-iteration",
  family: "code",
  tier: "on",
  origin: "ML code smell 1 (Zhang 2022)",
  evidence: ["D"],
  confidence: "high",
  principalClass: "lint",
  effort: 15,
  fix: "advice",
  summary: "A loop walks a DataFrame row by row.",
  why: "Each row becomes a Series object: the loop is hundreds of times slower than a vectorised operation and hides what is computed.",
  remedy:
    "Use column operations, map, merge or groupby; where a loop is needed, itertuples is ten times cheaper than iterrows.",
  examples: {
    bad: [
      "import pandas as pd\nframe = pd.read_csv('a.csv')\ntotal = 0\nfor index, row in frame.iterrows():  # finding\n    total += row['x'] * row['y']\n",
      "import pandas as pd\ndef build(frame: pd.DataFrame):\n    out = []\n    for row in frame.itertuples():  # finding\n        out.append(row.x + 1)\n    return out\n",
    ],
    good: [
      "import pandas as pd\nframe = pd.read_csv('a.csv')\ntotal = (frame['x'] * frame['y']).sum()\n",
      "settings = {'a': 1}\nfor key, value in settings.items():\n    print(key, value)\n",
      "import pandas as pd\nframe = pd.read_csv('a.csv')\nfor row in frame.itertuples():\n    client.upload(row.path)\n",
      "for row in table.iterrows():\n    total += row['x']\n",
    ],
  },
  check(facts, report) {
    // Tests do such things on purpose, to see what happens.
    if (facts.isTest) return;
    const { tree } = facts;
    for (const loop of [...nodesOf(tree, "for_statement"), ...nodesOf(tree, "for_in_clause")]) {
      const call = facts.callByNode.get(childIn(tree, loop, "right"));
      if (!call || !/^(iterrows|itertuples)$/.test(call.method) || call.receiver < 0) continue;
      const type = typeOf(facts, call.receiver);
      if (type?.type !== "DataFrame") continue;
      const body = childIn(tree, loop, "body");
      // itertuples for input and output is the recommended form: only loops that compute are findings.
      if (
        call.method === "itertuples" &&
        !(
          body >= 0 &&
          containsNode(tree, body, (inner) => /^(augmented_assignment|binary_operator)$/.test(kindOf(tree, inner)))
        )
      )
        continue;
      report({
        at: { node: call.node },
        message: `${textOf(tree, call.receiver)}.${call.method}() loops over the rows of a DataFrame.`,
        evidence: [`${textOf(tree, call.receiver)} is a DataFrame`],
        confidence: type.confidence,
      });
    }
  },
});

export default rule;
