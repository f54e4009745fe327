import { defineRule, type EvidenceFinding, type EvidenceRule } from "#base/rule.js";
import { missingOf, wantedOfExternal } from "../model/external.js";
import type { ModelSources } from "../needs.js";
import { nameOf, nothingSwept, sweepVersions, versionFinding } from "../views/sweep.js";

export function externalModelWithGapsRule(sources: ModelSources): EvidenceRule {
  return defineRule({
    code: "REG009",
    slug: "external-model-with-gaps",
    family: "registry",
    severity: "SEV2",
    principal: "document",
    summary:
      "A model hosted elsewhere is used without a version pin, prompt version, evaluation set, fallback or licence on record.",
    why: "Its provider changes or retires it without asking. Without a pin and an evaluation set nobody notices, without a fallback nobody can react.",
    remedy:
      "Register it again with what is missing: `paydown models register-external ... --pin --promptVersion --evaluationSet --fallback --licence`.",
    origin: "Requirement 14; Sculley 2015, undeclared dependencies",
    async check(ctx, project) {
      const swept = await sweepVersions(ctx, sources, project);
      const findings: EvidenceFinding[] = [];
      const unseen = nothingSwept(swept);
      for (const one of swept) {
        if (one.external === undefined) continue;
        const { provider, name } = one.external;
        for (const field of missingOf(one.external)) {
          const message = `${nameOf(one)} stands for ${name} of ${provider}, and no ${wantedOfExternal[field]} is recorded.`;
          findings.push(versionFinding(one, message, { provider, name, missing: field }, field));
        }
      }
      return { findings, unseen };
    },
  });
}
