import { defineRule, type EvidenceRule } from "#base/rule.js";
import type { ModelSources } from "../needs.js";
import { answerFor } from "../views/sweep.js";

export function versionWithoutDataVersionRule(sources: ModelSources): EvidenceRule {
  return defineRule({
    code: "REG001",
    slug: "version-without-data-version",
    family: "registry",
    severity: "SEV2",
    principal: "retrain",
    summary: "A live or newest model version does not say which data it was trained on.",
    why: "Versioning the model alone is not enough: a fault in the data cannot be followed to the model, and the model cannot be rebuilt.",
    remedy: "Retrain from a frozen dataset version and log it as the run's input, then register from that run.",
    origin: "Data-centric AI literature; ML Test Score I1",
    check: (ctx, project) =>
      answerFor(
        ctx,
        sources,
        project,
        "data",
        "does not say which data it was trained on",
        "Log the training data with its Paydown version as digest; MLflow's own digest covers 10,000 rows.",
      ),
  });
}
