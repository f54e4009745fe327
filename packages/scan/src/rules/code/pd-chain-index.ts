import { childIn, fieldOf, kindOf, nodesOf, parentOf, textOf } from "#facts/tree.js";
import { typeOf } from "#facts/types.js";
import { defineRule, type FileRule } from "#rule.js";

/** Stores through two indexings are findings; loads only count, they are slow but right. */
const rule: FileRule = defineRule({
  code: "MLD203",
  slug: "pd-chain-index",
  family: "code",
  tier: "on",
  origin: "ML code smell 3 (Zhang 2022)",
  evidence: ["D"],
  confidence: "high",
  principalClass: "lint",
  effort: 5,
  fix: "suggestion",
  summary: "A value is stored through two indexings of a DataFrame in a row.",
  why: "The first indexing may give a copy: the store is then lost without an error, and with copy-on-write it always is.",
  remedy: "Use one frame.loc[rows, column] = value.",
  examples: {
    bad: [
      "import pandas as pd\nframe = pd.read_csv('a.csv')\nframe[frame['age'] > 3]['group'] = 'old'  # finding\n",
      "import pandas as pd\nframe = pd.DataFrame({'a': [1]})\nframe['a'][0] = 5  # finding\nframe['a'][0] += 1  # finding\n",
    ],
    good: [
      "import pandas as pd\nframe = pd.read_csv('a.csv')\nframe.loc[frame['age'] > 3, 'group'] = 'old'\nfirst = frame['a'][0]\n",
      "table = {'a': {}}\ntable['a']['b'] = 1\n",
      "import pandas as pd\nframes = {'a': pd.read_csv('a.csv')}\nframes['a']['b'] = 1\n",
      "import torch\nx = torch.zeros(3, 3)\nx[0][1] = 2\n",
    ],
  },
  check(facts, report) {
    // Tests do such things on purpose, to see what happens.
    if (facts.isTest) return;
    const { tree } = facts;
    for (const outer of nodesOf(tree, "subscript")) {
      const inner = childIn(tree, outer, "value");
      if (kindOf(tree, inner) !== "subscript") continue;
      const frame = childIn(tree, inner, "value");
      const type = typeOf(facts, frame);
      if (type?.type !== "DataFrame") continue;
      const parent = kindOf(tree, parentOf(tree, outer));
      const isStore = /^(assignment|augmented_assignment)$/.test(parent) && fieldOf(tree, outer) === "left";
      report({
        at: { node: outer },
        message: isStore
          ? `${textOf(tree, outer).slice(0, 80)} stores into what may be a copy of ${textOf(tree, frame)}.`
          : `${textOf(tree, outer).slice(0, 80)} indexes twice.`,
        evidence: [`${textOf(tree, frame)} is a DataFrame`],
        confidence: type.confidence,
        ...(isStore ? {} : { counted: true }),
      });
    }
  },
});

export default rule;
