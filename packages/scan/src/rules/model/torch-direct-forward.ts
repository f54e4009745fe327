import { definitionsOf } from "#facts/names.js";
import { ancestorOf, childIn, kindOf, nodesOf, textOf } from "#facts/tree.js";
import { isTorchModule, typeOf } from "#facts/types.js";
import { defineRule, type FileRule } from "#rule.js";

/** `module.forward(x)` instead of `module(x)`. */
const rule: FileRule = defineRule({
  code: "MLD255",
  slug: "torch-direct-forward",
  family: "model",
  tier: "on",
  origin: "ML code smell 19 (Zhang 2022); W5516",
  evidence: ["A", "D"],
  confidence: "high",
  principalClass: "lint",
  effort: 5,
  fix: "auto",
  summary: "A torch module's forward method is called directly.",
  why: "Hooks do not run: quantisation, profiling, pruning, distributed wrappers and debugging silently see nothing.",
  remedy: "Call the module itself: model(x).",
  examples: {
    bad: [
      "import torch.nn as nn\nmodel = nn.Linear(2, 1)\ny = model.forward(x)  # finding\n",
      "import torch\nclass Net(torch.nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.head = torch.nn.Linear(2, 1)\n    def forward(self, x):\n        return self.head.forward(x)  # finding\n",
    ],
    good: [
      "import torch.nn as nn\nmodel = nn.Linear(2, 1)\ny = model(x)\n",
      "import torch\nclass Net(torch.nn.Linear):\n    def forward(self, x):\n        return super().forward(x)\n",
      "mail.forward(message)\n",
    ],
  },
  check(facts, report) {
    const { tree } = facts;
    const fields = moduleFields();
    for (const call of facts.calls) {
      if (call.method !== "forward" || call.receiver < 0) continue;
      const direct = typeOf(facts, call.receiver);
      const owner = ancestorOf(tree, call.node, "class_definition");
      const viaSelf = fields.has(`${owner} ${textOf(tree, call.receiver)}`);
      if (direct?.type !== "Module" && !viaSelf) continue;
      report({
        at: { node: call.node },
        message: `${textOf(tree, call.receiver)}.forward(...) bypasses the module's hooks.`,
        confidence: direct ? direct.confidence : "high",
      });
    }

    /** `self.x = nn.Linear(...)` inside a torch module: the class's node and the attribute. */
    function moduleFields(): Set<string> {
      const found = new Set<string>();
      for (const node of nodesOf(tree, "assignment")) {
        const left = childIn(tree, node, "left");
        if (kindOf(tree, left) !== "attribute" || textOf(tree, childIn(tree, left, "object")) !== "self") continue;
        const owner = ancestorOf(tree, node, "class_definition");
        if (owner < 0 || !isTorchModule(facts, owner) || !definitionsOf(tree, facts.names, left, "self")) continue;
        const right = childIn(tree, node, "right");
        if (right >= 0 && typeOf(facts, right)?.type === "Module") found.add(`${owner} ${textOf(tree, left)}`);
      }
      return found;
    }
  },
});

export default rule;
