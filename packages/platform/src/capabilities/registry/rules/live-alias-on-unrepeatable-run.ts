import { defineRule, type EvidenceFinding, type EvidenceRule } from "#base/rule.js";
import type { ModelSources } from "../needs.js";
import { nameOf, nothingSwept, sweepVersions, versionFinding } from "../views/sweep.js";

export function liveAliasOnUnrepeatableRunRule(sources: ModelSources): EvidenceRule {
  return defineRule({
    code: "REG005",
    slug: "live-alias-on-unrepeatable-run",
    family: "registry",
    severity: "SEV2",
    principal: "retrain",
    summary: "An alias points at a version whose run could not be repeated.",
    why: "When the model in use has to be rebuilt, for a fix, an audit or an erased person, it cannot be: code, data, configuration, environment or seed is missing.",
    remedy: "Retrain with the missing ingredients recorded and move the alias to the new version.",
    origin: "Sculley 2015, reproducibility debt; ML Test Score I1",
    async check(ctx, project) {
      const swept = await sweepVersions(ctx, sources, project);
      const findings: EvidenceFinding[] = [];
      const unseen = nothingSwept(swept);
      for (const one of swept) {
        if (one.aliases.length === 0) continue;
        if (one.run === undefined) {
          findings.push(
            versionFinding(one, `${nameOf(one)} names no run that could be repeated.`, { missing: ["run"] }),
          );
          continue;
        }
        const states = Object.entries(one.run.reproducibility);
        const missing = states.filter(([, evidence]) => evidence.state === "no").map(([name]) => name);
        const unknown = states.filter(([, evidence]) => evidence.state === "unknown").map(([name]) => name);
        if (missing.length > 0) {
          const message = `${nameOf(one)} comes from a run that could not be repeated: no ${missing.join(", no ")}.`;
          findings.push(versionFinding(one, message, { missing, unknown }));
        } else if (unknown.length > 0) {
          unseen.push({
            what: `Whether the run behind ${nameOf(one)} could be repeated: ${unknown.join(", ")} unknown.`,
            remedy: "Log the configuration hash, the environment hash and the dataset version with the run.",
          });
        }
      }
      return { findings, unseen };
    },
  });
}
