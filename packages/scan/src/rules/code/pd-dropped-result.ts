import { argumentsOf, cellAt, type FileFacts } from "#facts/file.js";
import { ancestorOf, childIn, endOf, firstChildOf, kindOf, nodesOf, parentOf, startOf, textOf } from "#facts/tree.js";
import { typeOf } from "#facts/types.js";
import { defineRule, type FileRule } from "#rule.js";

const frameMethods = new Set(
  "drop dropna fillna rename replace sort_values sort_index reset_index set_index astype drop_duplicates merge assign clip round ffill bfill interpolate reindex query eval join".split(
    " ",
  ),
);
const tensorMethods = new Set(
  "to cuda cpu detach float double half long view reshape permute transpose squeeze unsqueeze".split(" "),
);
const arrayFunctions = /^numpy\.(append|delete|insert|sort|clip|reshape|concatenate|unique|where|nan_to_num)$/;

/** The result of a call that changes nothing in place is thrown away. */
const rule: FileRule = defineRule({
  code: "MLD204",
  slug: "pd-dropped-result",
  family: "code",
  tier: "on",
  origin: "ML code smell 7 (Zhang 2022); W5503",
  evidence: ["D"],
  confidence: "high",
  principalClass: "lint",
  effort: 5,
  fix: "auto",
  summary: "A call that returns a new frame, array or tensor stands alone, so its result is lost.",
  why: "The step looks done and is not: rows stay unsorted, missing values stay, the tensor stays on its device.",
  remedy: "Assign the result, or delete the line.",
  examples: {
    bad: [
      "import pandas as pd\ndef clean(df):\n    df = df[df['a'].notna()]\n    df.dropna()  # finding\n    return df\ndef prepare(df, rates):\n    df = clean(df)\n    both = df.merge(rates, on='a')\n    both.fillna(0)  # finding\n    return both\n",
      "import pandas as pd\nframe = pd.read_csv('a.csv')\nframe.dropna()  # finding\nframe.drop(columns=['a'], inplace=False)  # finding\nframe['b'].fillna(0)  # finding\nprint(frame)\n",
      "import numpy as np\nvalues = np.array([1])\nnp.append(values, 3)  # finding\n",
      "import torch\nx = torch.zeros(3)\nx.to('cuda')  # finding\n",
      {
        "a.ipynb": {
          cells: [
            {
              source: "import pandas as pd\nframe = pd.read_csv('a.csv')\nframe.dropna()  # finding\nprint(frame)",
              count: 1,
            },
          ],
        },
      },
    ],
    good: [
      {
        "tests/test_sort.py":
          "import numpy as np\nimport pytest\ndef test_sort():\n    with pytest.raises(ValueError):\n        np.sort(3)\n",
      },
      "import pandas as pd\ndef clean(text, items):\n    text.replace('a', 'b')\n    items.drop(3)\n    return text\n",
      "import pandas as pd\nframe = pd.read_csv('a.csv')\nframe = frame.dropna()\nframe.drop(columns=['a'], inplace=True)\nframe.fillna(0, **options)\n",
      "items = [3, 1]\nitems.sort()\nnames.replace('a', 'b')\n",
      {
        "a.ipynb": {
          cells: [{ source: "import pandas as pd\nframe = pd.read_csv('a.csv')\nframe.sort_values('a')", count: 1 }],
        },
      },
      "import torch\nmodel = torch.nn.Linear(2, 2)\nmodel.to('cuda')\n",
    ],
  },
  check(facts, report) {
    // Tests do such things on purpose, to see what happens.
    if (facts.isTest) return;
    const { tree } = facts;
    for (const statement of nodesOf(tree, "expression_statement")) {
      const call = facts.callByNode.get(firstChildOf(tree, statement));
      // In a try body the call may be there for its error.
      if (!call || isDisplayed(facts, statement) || ancestorOf(tree, statement, "try_statement") >= 0) continue;
      if (call.name !== undefined && arrayFunctions.test(call.name)) {
        if (!argumentsOf(facts, call).keywords.has("out"))
          report({
            at: { node: statement },
            message: `${textOf(tree, call.callee)}(...) returns a new array; its result is dropped.`,
          });
        continue;
      }
      if (call.receiver < 0) continue;
      const type = typeOf(facts, call.receiver);
      const isFrame = (type?.type === "DataFrame" || type?.type === "Series") && frameMethods.has(call.method);
      const isTensor = type?.type === "Tensor" && tensorMethods.has(call.method);
      if (!type || !(isFrame || isTensor)) continue;
      const { keywords, hasSplat } = argumentsOf(facts, call);
      const inplace = keywords.get("inplace");
      if (hasSplat || (inplace !== undefined && kindOf(tree, inplace) !== "false")) continue;
      report({
        at: { node: statement },
        message: `.${call.method}(...) returns a new ${type.type}; its result is dropped.`,
        evidence: [`${textOf(tree, call.receiver).slice(0, 80)} is a ${type.type}`],
        confidence: type.confidence,
      });
    }
  },
});

export default rule;

/** The last expression of a notebook cell is shown, not lost. */
function isDisplayed(facts: FileFacts, statement: number): boolean {
  if (facts.kind !== "notebook" || kindOf(facts.tree, parentOf(facts.tree, statement)) !== "module") return false;
  const cell = cellAt(facts, startOf(facts.tree, statement));
  if (!cell) return false;
  const rest = facts.text.slice(endOf(facts.tree, statement), cell.start + cell.source.length);
  return /^[\s;]*(#[^\n]*\s*)*$/.test(rest) && childIn(facts.tree, statement, "left") < 0;
}
