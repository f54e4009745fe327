import { argumentsOf, type FileFacts, reachingDefinition, stringOf } from "#facts/file.js";
import { childIn, childrenOf, firstChildOf, kindOf, nodesOf, textOf } from "#facts/tree.js";
import { defineRule, type FileRule } from "#rule.js";

const probability = /^(predict_proba|decision_function)$/;
const probabilityFunction =
  /^(torch\.(sigmoid|softmax)|torch\.nn\.functional\.(sigmoid|softmax)|tensorflow\.(sigmoid|nn\.(sigmoid|softmax))|scipy\.special\.expit)$/;
const reshaping =
  /^(astype|reshape|ravel|squeeze|flatten|numpy|cpu|detach|item|tolist|round|to_numpy|sigmoid|softmax)$/;

/** A model's score compared with a number in the code. */
const rule: FileRule = defineRule({
  code: "MLD851",
  slug: "hard-coded-threshold",
  family: "serve",
  tier: "on",
  origin: "fixed thresholds in dynamic systems (Sculley 2015)",
  evidence: ["D"],
  confidence: "high",
  principalClass: "config",
  effort: 30,
  fix: "suggestion",
  summary: "A decision is made by comparing a model's score with a number in the code.",
  why: "The right threshold moves with the model and the data; this one was set by hand once, and nobody will know when it is wrong.",
  remedy:
    "Choose the threshold on validation data with the model, store it with the model version, and read it from there.",
  examples: {
    bad: [
      "late = model.predict_proba(X)[:, 1] > 0.5  # finding\n",
      "scores = model.predict_proba(X)[:, 1]\nflag = (scores >= 0.37).astype(int)  # finding\n",
      "frame['p'] = model.predict_proba(X)[:, 1]\nlate = frame[frame['p'] > 0.8]  # finding\n",
      "import torch\nlabels = torch.sigmoid(net(x)) > 0.6  # finding\n",
    ],
    good: [
      "late = model.predict_proba(X)[:, 1] > config.threshold\n",
      "THRESHOLD = load()\nscores = model.predict_proba(X)[:, 1]\nflag = scores > THRESHOLD\n",
      "frame['p'] = model.predict_proba(X)[:, 1]\nold = frame[frame['age'] > 0.8]\n",
      "from sklearn.metrics import roc_auc_score\nauc = roc_auc_score(y, model.predict_proba(X)[:, 1])\nif auc > 0.8 and model.predict_proba(X)[:, 1].mean() < 0.5:\n    publish()\n",
      "assert model.predict_proba(X)[0, 1] > 0.5\n",
    ],
  },
  check(facts, report) {
    if (facts.isTest) return;
    const { tree } = facts;
    for (const node of nodesOf(tree, "comparison_operator")) {
      const operands = childrenOf(tree, node).filter((child) => !/^[<>=!]/.test(kindOf(tree, child)));
      const number = operands.find(
        (child) =>
          kindOf(tree, child) === "float" && Number(textOf(tree, child)) > 0 && Number(textOf(tree, child)) < 1,
      );
      const score = operands.find((child) => child !== number);
      if (
        number === undefined ||
        score === undefined ||
        operands.length !== 2 ||
        kindOf(tree, tree.parents[node] ?? -1) === "assert_statement"
      )
        continue;
      if (!isScore(facts, score)) continue;
      report({
        at: { node },
        message: `The score is compared with ${textOf(tree, number)}, a number in the code.`,
        evidence: [textOf(tree, node).slice(0, 100)],
        // One half is right for calibrated scores and equal costs; still nobody wrote down that they are.
        confidence: Number(textOf(tree, number)) === 0.5 ? "medium" : "high",
      });
    }
  },
});

export default rule;

/** The value of a scoring call, of a name bound to one, or of a column that one was stored into. */
function isScore(facts: FileFacts, node: number): boolean {
  const { tree } = facts;
  if (holdsScore(facts, node)) return true;
  const kind = kindOf(tree, node);
  if (kind === "identifier") {
    const definition = reachingDefinition(facts, node)?.definition;
    return (
      definition !== undefined &&
      definition.how === "assign" &&
      definition.value >= 0 &&
      holdsScore(facts, definition.value)
    );
  }
  if (kind !== "subscript") return false;
  const owner = childIn(tree, node, "value");
  const key = stringOf(facts, childIn(tree, node, "subscript"));
  if (key === undefined) return kindOf(tree, owner) === "identifier" && isScore(facts, owner);
  return nodesOf(tree, "assignment").some((assignment) => {
    const left = childIn(tree, assignment, "left");
    const right = childIn(tree, assignment, "right");
    return (
      right >= 0 &&
      kindOf(tree, left) === "subscript" &&
      textOf(tree, childIn(tree, left, "value")) === textOf(tree, owner) &&
      stringOf(facts, childIn(tree, left, "subscript")) === key &&
      holdsScore(facts, right)
    );
  });
}

/** Follows indexing and reshaping down to a scoring call; a metric or a mean of scores is not a score. */
function holdsScore(facts: FileFacts, node: number): boolean {
  const { tree } = facts;
  for (let at = node, steps = 0; at >= 0 && steps < 20; steps++) {
    const kind = kindOf(tree, at);
    if (kind === "subscript") at = childIn(tree, at, "value");
    else if (kind === "parenthesized_expression") at = firstChildOf(tree, at);
    else if (kind === "attribute")
      at = /^(T|data|values)$/.test(textOf(tree, childIn(tree, at, "attribute"))) ? childIn(tree, at, "object") : -1;
    else {
      const call = kind === "call" ? facts.callByNode.get(at) : undefined;
      if (!call) return false;
      if (probability.test(call.method) || probabilityFunction.test(call.name ?? "")) return true;
      if (/^numpy\.(array|asarray|squeeze|ravel)$/.test(call.name ?? ""))
        at = argumentsOf(facts, call).positional[0] ?? -1;
      else at = reshaping.test(call.method) ? call.receiver : -1;
    }
  }
  return false;
}
