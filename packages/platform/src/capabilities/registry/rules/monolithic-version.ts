import { defineRule, type EvidenceFinding, type EvidenceRule } from "#base/rule.js";
import type { ModelSources } from "../needs.js";
import { nameOf, nothingSwept, sweepVersions, versionFinding } from "../views/sweep.js";

const many = 3;
/** Files that are a whole model each; weights in shards are not. */
const modelFormats: ReadonlySet<string> = new Set([
  "onnx",
  "torch",
  "keras",
  "hdf5",
  "pickle",
  "skops",
  "tensorflow",
  "catboost",
]);

export function monolithicVersionRule(sources: ModelSources): EvidenceRule {
  return defineRule({
    code: "REG016",
    slug: "monolithic-version",
    family: "registry",
    severity: "SEV3",
    principal: "pipeline-split",
    summary: "A live or newest model version packs three or more models into one.",
    why: "None of them can be tested, replaced or rolled back alone, and a change to one is a change to all.",
    remedy: "Register each as a model of its own and combine them where they are served or called.",
    origin: "Model debt: monolithic models; Sculley 2015, CACE",
    async check(ctx, project) {
      const swept = await sweepVersions(ctx, sources, project);
      const findings: EvidenceFinding[] = [];
      const unseen = nothingSwept(swept);
      for (const one of swept) {
        if (one.external !== undefined || !one.filesStored) continue;
        if (one.inspection?.state !== "done") {
          unseen.push({
            what: `How many models ${nameOf(one)} holds: its files were not read.`,
            remedy: "Have them read: `paydown models inspect`.",
          });
          continue;
        }
        const models = one.inspection.files.filter((file) => modelFormats.has(file.format)).map((file) => file.path);
        if (models.length < many) continue;
        const message = `${nameOf(one)} packs ${models.length} models: ${models.slice(0, 4).sort().join(", ")}${models.length > 4 ? ", …" : ""}.`;
        findings.push(versionFinding(one, message, { models: models.slice(0, 50) }));
      }
      return { findings, unseen };
    },
  });
}
