import { defineRule, type EvidenceFinding, type EvidenceRule } from "#base/rule.js";
import type { ModelSources } from "../needs.js";
import { nameOf, nothingSwept, sweepVersions, versionFinding } from "../views/sweep.js";

export function baseModelWithoutLicenceRule(sources: ModelSources): EvidenceRule {
  return defineRule({
    code: "REG012",
    slug: "base-model-without-licence",
    family: "registry",
    severity: "SEV2",
    principal: "document",
    summary: "A live or newest model version was tuned from another model, and no licence is named.",
    why: "Terms of a base model bind what is made of it: use, disclosure and place of work may be restricted, and nobody has looked.",
    remedy:
      "Name the licence: in the card's front matter (`license:`), in the MLmodel's metadata, as a tag, or with the external model.",
    origin: "Requirement 59; CycloneDX ML-BOM",
    async check(ctx, project) {
      const swept = await sweepVersions(ctx, sources, project);
      const findings: EvidenceFinding[] = [];
      const unseen = nothingSwept(swept);
      for (const one of swept) {
        const base = one.external?.baseModel ?? one.inspection?.baseModel;
        if (base === undefined) continue;
        const licence = one.external?.licence ?? one.inspection?.licence ?? one.licence;
        if (licence !== undefined) continue;
        findings.push(versionFinding(one, `${nameOf(one)} was tuned from ${base}, and no licence is named.`, { base }));
      }
      return { findings, unseen };
    },
  });
}
