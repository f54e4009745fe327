import { defineRule } from "#base/rule.js";
import { loopFindings } from "./feedback-loop.js";

export const correctionCascade = defineRule({
  code: "LIN002",
  slug: "correction-cascade",
  family: "lineage",
  severity: "SEV2",
  principal: "untested-transform",
  summary: "A model is trained on another model's raw output.",
  why: "Improving the first model changes the second one's input: better on its own can be worse in the chain, and nobody may touch the first without retraining the second.",
  remedy:
    "Add the missing features to the first model so that one model answers, or accept a separate model; until then test both together before either is promoted.",
  origin: "Sculley et al. 2015, correction cascades",
  check: (ctx, project) => loopFindings(ctx, project, "correction-cascade"),
});
