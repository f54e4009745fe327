import { defineRule, type EvidenceFinding, type EvidenceRule } from "#base/rule.js";
import type { ModelSources } from "../needs.js";
import { isLive, nameOf, nothingSwept, sweepVersions, versionFinding } from "../views/sweep.js";

const dayMs = 86_400_000;

export function staleEvaluationRule(sources: ModelSources): EvidenceRule {
  return defineRule({
    code: "REG007",
    slug: "stale-evaluation",
    family: "registry",
    severity: "SEV2",
    principal: "test",
    summary: "A live model version was last evaluated longer ago than its policy allows.",
    why: "A score says how good a model was on the data of its day. The world moves on, and nobody has looked since.",
    remedy:
      "Evaluate it again on current data and record it: `paydown models evaluate`. The promotion policy says how long an evaluation counts.",
    origin: "ML Test Score M5; Vela et al. 2022",
    async check(ctx, project) {
      const swept = await sweepVersions(ctx, sources, project);
      const findings: EvidenceFinding[] = [];
      const unseen = nothingSwept(swept);
      const now = ctx.clock.now();
      for (const one of swept) {
        const newest = one.evaluations[0];
        // Of a version that was never evaluated REG004 tells.
        if (!isLive(one) || newest === undefined) continue;
        const days = Math.floor((now - newest.at) / dayMs);
        const { evaluationMaxAgeDays } = one.policy;
        if (days < evaluationMaxAgeDays) continue;
        const message = `${nameOf(one)} was last evaluated ${days} days ago; after ${evaluationMaxAgeDays} an evaluation is stale.`;
        findings.push(versionFinding(one, message, { evaluation: newest.id, at: newest.at, days }));
      }
      return { findings, unseen };
    },
  });
}
