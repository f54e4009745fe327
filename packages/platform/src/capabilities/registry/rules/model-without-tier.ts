import { defineRule, type EvidenceFinding, type EvidenceRule } from "#base/rule.js";
import type { ModelSources } from "../needs.js";
import { isLive, nameOf, nothingSwept, sweepVersions, versionFinding } from "../views/sweep.js";

export function modelWithoutTierRule(sources: ModelSources): EvidenceRule {
  return defineRule({
    code: "REG011",
    slug: "model-without-tier",
    family: "registry",
    severity: "SEV3",
    principal: "config",
    summary: "A live model has no criticality tier.",
    why: "Nobody has said how much hangs on it, so it is promoted, watched and repaired like any other, whether loans or banners are decided on it.",
    remedy:
      "Say it: `paydown models tier <model> critical|important|standard --reason ...`; the tier sets what its promotions ask for.",
    origin: "Requirement 26",
    async check(ctx, project) {
      const swept = await sweepVersions(ctx, sources, project);
      const findings: EvidenceFinding[] = [];
      const unseen = nothingSwept(swept);
      const named = new Set<string>();
      for (const one of swept) {
        if (one.tier !== undefined || !isLive(one) || named.has(one.row.name)) continue;
        named.add(one.row.name);
        findings.push(
          versionFinding(one, `${one.row.name} is in use, as ${nameOf(one)}, and has no criticality tier.`, {}),
        );
      }
      return { findings, unseen };
    },
  });
}
