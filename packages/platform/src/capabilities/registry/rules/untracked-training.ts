import { defineRule, type EvidenceFinding, type EvidenceRule } from "#base/rule.js";
import type { ModelSources } from "../needs.js";
import { nameOf, nothingSwept, sweepVersions, versionFinding } from "../views/sweep.js";

export function untrackedTrainingRule(sources: ModelSources): EvidenceRule {
  return defineRule({
    code: "REG014",
    slug: "untracked-training",
    family: "registry",
    severity: "SEV2",
    principal: "retrain",
    summary: "A live or newest model version names no run that made it.",
    why: "Its parameters, data and code are nowhere on record: it cannot be explained, repeated or compared.",
    remedy: "Train inside a run and register from it: `paydown models register <model> runs:/<run>/<path>`.",
    origin: "Model debt: untracked experiments; ML Test Score I1",
    async check(ctx, project) {
      const swept = await sweepVersions(ctx, sources, project);
      const findings: EvidenceFinding[] = [];
      const unseen = nothingSwept(swept);
      for (const one of swept) {
        if (one.external !== undefined || one.row.run_id !== null) continue;
        findings.push(versionFinding(one, `${nameOf(one)} names no run that made it.`, { source: one.row.source }));
      }
      return { findings, unseen };
    },
  });
}
