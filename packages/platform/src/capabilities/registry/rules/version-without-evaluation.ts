import { defineRule, type EvidenceRule } from "#base/rule.js";
import type { ModelSources } from "../needs.js";
import { answerFor } from "../views/sweep.js";

export function versionWithoutEvaluationRule(sources: ModelSources): EvidenceRule {
  return defineRule({
    code: "REG004",
    slug: "version-without-evaluation",
    family: "registry",
    severity: "SEV2",
    principal: "test",
    summary: "A live or newest model version has no recorded evaluation.",
    why: "Without a score on known data, with its interval, nobody can say that a newer version is better, or notice that this one has become worse.",
    remedy: "Evaluate it on a frozen dataset version and record it: `paydown models evaluate`.",
    origin: "ML Test Score M5, O7",
    check: (ctx, project) =>
      answerFor(ctx, sources, project, "evaluation", "has no recorded evaluation", "Record one."),
  });
}
