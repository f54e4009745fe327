import { defineRule, type EvidenceFinding, type EvidenceRule } from "#base/rule.js";
import type { ModelSources } from "../needs.js";
import { isLive, nameOf, nothingSwept, sweepVersions, versionFinding } from "../views/sweep.js";

const dayMs = 86_400_000;
const patienceDays = 180;

export function modelLeftAloneRule(sources: ModelSources): EvidenceRule {
  return defineRule({
    code: "REG017",
    slug: "model-left-alone",
    family: "registry",
    severity: "SEV2",
    principal: "retrain",
    summary: "A live model version is half a year old or more, is its model's newest, and was not evaluated since.",
    why: "Models lose quality as the world moves on. Nobody has trained a newer one or looked whether this one still holds.",
    remedy: "Evaluate it on current data, or train it again: `paydown models retrain`. Either answer pays this item.",
    origin: "Model debt: stale without refresh; Vela et al. 2022",
    async check(ctx, project) {
      const swept = await sweepVersions(ctx, sources, project);
      const findings: EvidenceFinding[] = [];
      const unseen = nothingSwept(swept);
      const now = ctx.clock.now();
      for (const one of swept) {
        if (one.external !== undefined || !isLive(one) || !one.isNewest) continue;
        const days = Math.floor((now - one.row.created_at) / dayMs);
        const since = one.evaluations.find((evaluation) => now - evaluation.at < patienceDays * dayMs);
        if (days < patienceDays || since !== undefined) continue;
        const message = `${nameOf(one)} is ${days} days old, has no successor and was not evaluated for ${patienceDays} days.`;
        findings.push(versionFinding(one, message, { createdAt: one.row.created_at, days }));
      }
      return { findings, unseen };
    },
  });
}
