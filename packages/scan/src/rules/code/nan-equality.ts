import { qualifiedName } from "#facts/file.js";
import { ancestorOf, childrenOf, kindOf, nodesOf, textOf } from "#facts/tree.js";
import { defineRule, type FileRule } from "#rule.js";

const nan = /^(numpy\.(nan|NaN|NAN)|math\.nan|pandas\.(NA|NaT)|torch\.nan)$/;

/** Comparing with NaN is always false (for `!=` always true), whatever the data. */
const rule: FileRule = defineRule({
  code: "MLD202",
  slug: "nan-equality",
  family: "code",
  tier: "on",
  origin: "ML code smell 2 (Zhang 2022); S6725",
  evidence: ["A"],
  confidence: "high",
  principalClass: "lint",
  effort: 5,
  fix: "auto",
  summary: "A value is compared with NaN by == or !=.",
  why: "NaN equals nothing, not even itself: the filter silently keeps or drops every row.",
  remedy: "Use pandas.isna(x), numpy.isnan(x) or math.isnan(x).",
  examples: {
    bad: [
      "import numpy as np\nrows = frame[frame['age'] == np.nan]  # finding\n",
      "from numpy import nan\nif x != nan:  # finding\n    pass\n",
      "import pandas as pd\nempty = value == pd.NaT  # finding\nmissing = value == float('nan')  # finding\n",
    ],
    good: [
      "import numpy as np\nrows = frame[np.isnan(frame['age'])]\nif x is np.nan:\n    pass\n",
      "label = text == 'nan'\n",
      "import numpy as np\nnp.testing.assert_equal(x, np.nan)\n",
    ],
  },
  check(facts, report) {
    // Tests do such things on purpose, to see what happens.
    if (facts.isTest) return;
    const { tree } = facts;
    for (const node of nodesOf(tree, "comparison_operator")) {
      const parts = childrenOf(tree, node);
      const compares = parts.some((part) => /^(==|!=|<>)$/.test(kindOf(tree, part)));
      if (!compares || ancestorOf(tree, node, "assert_statement") >= 0) continue;
      const found = parts.find(
        (part) =>
          nan.test(qualifiedName(facts, part) ?? "") || /^float\(\s*['"]nan['"]\s*\)$/i.test(textOf(tree, part)),
      );
      if (found === undefined) continue;
      report({
        at: { node },
        message: `Comparison with ${textOf(tree, found)} is never true: NaN equals nothing.`,
        evidence: [textOf(tree, node).slice(0, 120)],
      });
    }
  },
});

export default rule;
