import type { EvidenceRule } from "#base/rule.js";
import type { ModelSources } from "../needs.js";
import { liveAliasOnUnrepeatableRunRule } from "./live-alias-on-unrepeatable-run.js";
import { versionWithoutCardRule } from "./version-without-card.js";
import { versionWithoutDataVersionRule } from "./version-without-data-version.js";
import { versionWithoutEvaluationRule } from "./version-without-evaluation.js";
import { versionWithoutSignatureRule } from "./version-without-signature.js";

export function registryRules(sources: ModelSources): EvidenceRule[] {
  return [
    versionWithoutDataVersionRule(sources),
    versionWithoutSignatureRule(sources),
    versionWithoutCardRule(sources),
    versionWithoutEvaluationRule(sources),
    liveAliasOnUnrepeatableRunRule(sources),
  ];
}
