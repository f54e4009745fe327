import { argumentsOf } from "#facts/file.js";
import { firstChildOf, kindOf, textOf } from "#facts/tree.js";
import { defineRule, type FileRule } from "#rule.js";

const parameters = new Set(
  "lr learning_rate n_estimators max_depth batch_size epochs num_epochs dropout weight_decay momentum hidden_size hidden_dim num_leaves min_samples_leaf min_samples_split subsample colsample_bytree reg_alpha reg_lambda gamma alpha C n_neighbors n_clusters max_iter patience warmup_steps num_layers embedding_dim l1_ratio num_boost_round early_stopping_rounds".split(
    " ",
  ),
);
const constructors = /^(sklearn|xgboost|lightgbm|catboost|torch|tensorflow|keras|transformers|statsmodels)\./;

/** Numbers in the call instead of in the configuration. Counted: most baselines have some. */
const rule: FileRule = defineRule({
  code: "MLD603",
  slug: "magic-hyperparameter",
  family: "conf",
  tier: "counted",
  origin: "configuration debt (Sculley 2015); MLScent",
  evidence: ["A"],
  confidence: "medium",
  principalClass: "lint",
  effort: 10,
  fix: "generate",
  summary: "A hyperparameter is a number in the code.",
  why: "Runs cannot be compared by their configuration, and a sweep means editing code.",
  remedy: "Move it to the configuration file and log it with the run.",
  examples: {
    bad: [
      "from sklearn.ensemble import RandomForestClassifier\nmodel = RandomForestClassifier(n_estimators=300)  # finding\n",
      "import torch\nopt = torch.optim.SGD(p, lr=0.003)  # finding\n",
    ],
    good: [
      "from sklearn.ensemble import RandomForestClassifier\nmodel = RandomForestClassifier(n_estimators=config.trees, random_state=7)\n",
      "import torch\nopt = torch.optim.SGD(p, lr=LEARNING_RATE, momentum=0)\n",
      "plot(alpha=0.3)\n",
    ],
  },
  check(facts, report) {
    const { tree } = facts;
    for (const call of facts.calls) {
      if (!constructors.test(call.name ?? "") && call.method !== "fit") continue;
      for (const [key, value] of argumentsOf(facts, call).keywords) {
        const node = kindOf(tree, value) === "unary_operator" ? firstChildOf(tree, value) : value;
        const text = textOf(tree, node);
        if (!parameters.has(key) || !/^(integer|float)$/.test(kindOf(tree, node)) || /^[01](\.0*)?$/.test(text))
          continue;
        report({ at: { node: value }, message: `${key}=${text} is written into the code.` });
      }
    }
  },
});

export default rule;
