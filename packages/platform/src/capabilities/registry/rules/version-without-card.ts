import { defineRule, type EvidenceRule } from "#base/rule.js";
import type { ModelSources } from "../needs.js";
import { answerFor } from "../views/sweep.js";

export function versionWithoutCardRule(sources: ModelSources): EvidenceRule {
  return defineRule({
    code: "REG003",
    slug: "version-without-card",
    family: "registry",
    severity: "SEV3",
    principal: "document",
    summary: "A live or newest model version has no model card.",
    why: "Who reads its scores cannot know what it is for, what it was not tested on and where it fails.",
    remedy: "Write a card and attach it: `paydown models card`; most of it can be filled from the recorded evidence.",
    origin: "Mitchell 2019, model cards",
    check: (ctx, project) =>
      answerFor(
        ctx,
        sources,
        project,
        "card",
        "has no model card",
        "Attach a card, or store the model's files on this server.",
      ),
  });
}
