import { defineRule, type EvidenceFinding, type EvidenceRule } from "#base/rule.js";
import type { ModelSources } from "../needs.js";
import { nameOf, nothingSwept, sweepVersions, versionFinding } from "../views/sweep.js";

export function unpinnedModelRequirementsRule(sources: ModelSources): EvidenceRule {
  return defineRule({
    code: "REG008",
    slug: "unpinned-model-requirements",
    family: "registry",
    severity: "SEV3",
    principal: "pin",
    summary: "A live or newest model version names packages without an exact version.",
    why: "The environment it is loaded in next year is another one: it fails to load, or loads and answers differently.",
    remedy: "Log the model with exact versions, as `pip freeze` gives them, and register it again.",
    origin: "Sculley 2015; ML Test Score I1",
    async check(ctx, project) {
      const swept = await sweepVersions(ctx, sources, project);
      const findings: EvidenceFinding[] = [];
      const unseen = nothingSwept(swept);
      for (const one of swept) {
        if (one.external !== undefined || !one.filesStored) continue;
        const environment = one.inspection?.environment;
        if (environment === undefined) {
          unseen.push({
            what: `Which packages ${nameOf(one)} needs: no requirements.txt or conda.yaml of it was read.`,
            remedy: "Log the model with its requirements, or have its files read with `paydown models inspect`.",
          });
        } else if (environment.unpinned.length > 0) {
          const { unpinned, pinned, files } = environment;
          const message = `${nameOf(one)} leaves ${unpinned.length} of ${unpinned.length + pinned} packages open: ${unpinned.slice(0, 5).join(", ")}.`;
          findings.push(versionFinding(one, message, { unpinned, files }));
        }
      }
      return { findings, unseen };
    },
  });
}
