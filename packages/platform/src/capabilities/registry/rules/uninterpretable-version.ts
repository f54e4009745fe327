import { defineRule, type EvidenceFinding, type EvidenceRule } from "#base/rule.js";
import type { ModelSources } from "../needs.js";
import { isLive, nameOf, nothingSwept, sweepVersions, versionFinding } from "../views/sweep.js";

export function uninterpretableVersionRule(sources: ModelSources): EvidenceRule {
  return defineRule({
    code: "REG015",
    slug: "uninterpretable-version",
    family: "registry",
    severity: "SEV2",
    principal: "document",
    summary: "A live model version has neither signature nor input example nor card.",
    why: "Nobody but its author can tell what goes in, what comes out and what it is for, and authors leave.",
    remedy: "Log the model with `signature=` and `input_example=`, and attach a card: `paydown models card`.",
    origin: "Model debt: uninterpretable models; Mitchell 2019",
    async check(ctx, project) {
      const swept = await sweepVersions(ctx, sources, project);
      const findings: EvidenceFinding[] = [];
      const unseen = nothingSwept(swept);
      for (const one of swept) {
        if (one.external !== undefined || !isLive(one)) continue;
        const { signature, card } = one.evidence;
        if (signature.state === "yes" || card.state === "yes" || one.facts?.inputExample === true) continue;
        if (signature.state === "unknown" || card.state === "unknown") {
          unseen.push({
            what: `Whether ${nameOf(one)} says what goes in and what it is for: ${signature.evidence}`,
            remedy: "Store the model's files on this server, or attach a card.",
          });
        } else {
          const message = `${nameOf(one)} has neither signature nor input example nor card.`;
          findings.push(versionFinding(one, message, { signature: signature.evidence, card: card.evidence }));
        }
      }
      return { findings, unseen };
    },
  });
}
