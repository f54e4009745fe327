import { defineRule, type EvidenceFinding, type EvidenceRule } from "#base/rule.js";
import type { ModelSources } from "../needs.js";
import { nameOf, nothingSwept, sweepVersions, versionFinding } from "../views/sweep.js";

export function dangerousModelFileRule(sources: ModelSources): EvidenceRule {
  return defineRule({
    code: "REG006",
    slug: "dangerous-model-file",
    family: "registry",
    severity: "SEV1",
    principal: "retrain",
    summary:
      "A live or newest model version holds a file that runs code, or reaches for other files, when it is loaded.",
    why: "A pickle is a program, and so is a Lambda layer: whoever loads the model runs it with their own rights. Most are harmless; this one names what is not.",
    remedy:
      "Do not load it before its origin is known. Store the model as ONNX, safetensors or skops and register that: `paydown models inspect` shows the names.",
    origin: "OWASP ML06, MITRE ATLAS AML.T0010",
    async check(ctx, project) {
      const swept = await sweepVersions(ctx, sources, project);
      const findings: EvidenceFinding[] = [];
      const unseen = nothingSwept(swept);
      for (const one of swept) {
        const { inspection } = one;
        if (one.external !== undefined || !one.filesStored) continue;
        if (inspection === undefined || inspection.state !== "done" || inspection.verdict === "unknown") {
          const worst = inspection?.files.find((file) => file.verdict === "unknown");
          const why = worst === undefined ? "they were not read to the end" : worst.reasons[0];
          unseen.push({
            what: `Whether a file of ${nameOf(one)} is dangerous to load: ${why}.`,
            remedy: "Have them read: `paydown models inspect`; what is packed or unknown is for people to look at.",
          });
        } else if (inspection.verdict === "dangerous") {
          const files = inspection.files.filter((file) => file.verdict === "dangerous");
          const reasons = files.flatMap((file) => file.reasons).slice(0, 10);
          const message = `${nameOf(one)} is dangerous to load: ${reasons[0]}.`;
          findings.push(versionFinding(one, message, { files: files.map((file) => file.path).slice(0, 20), reasons }));
        }
      }
      return { findings, unseen };
    },
  });
}
