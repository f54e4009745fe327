import type { EvidenceRule } from "#base/rule.js";
import type { ModelSources } from "../needs.js";
import { baseModelWithoutLicenceRule } from "./base-model-without-licence.js";
import { dangerousModelFileRule } from "./dangerous-model-file.js";
import { externalModelWithGapsRule } from "./external-model-with-gaps.js";
import { guardedAliasMovedWithoutApprovalRule } from "./guarded-alias-moved-without-approval.js";
import { liveAliasOnUnrepeatableRunRule } from "./live-alias-on-unrepeatable-run.js";
import { modelLeftAloneRule } from "./model-left-alone.js";
import { modelWithoutTierRule } from "./model-without-tier.js";
import { monolithicVersionRule } from "./monolithic-version.js";
import { staleEvaluationRule } from "./stale-evaluation.js";
import { uninterpretableVersionRule } from "./uninterpretable-version.js";
import { unpinnedModelRequirementsRule } from "./unpinned-model-requirements.js";
import { untrackedTrainingRule } from "./untracked-training.js";
import { versionWithoutCardRule } from "./version-without-card.js";
import { versionWithoutDataVersionRule } from "./version-without-data-version.js";
import { versionWithoutEvaluationRule } from "./version-without-evaluation.js";
import { versionWithoutSignatureRule } from "./version-without-signature.js";
import { waiverOverdueRule } from "./waiver-overdue.js";

export function registryRules(sources: ModelSources): EvidenceRule[] {
  return [
    versionWithoutDataVersionRule(sources),
    versionWithoutSignatureRule(sources),
    versionWithoutCardRule(sources),
    versionWithoutEvaluationRule(sources),
    liveAliasOnUnrepeatableRunRule(sources),
    dangerousModelFileRule(sources),
    staleEvaluationRule(sources),
    unpinnedModelRequirementsRule(sources),
    externalModelWithGapsRule(sources),
    modelWithoutTierRule(sources),
    baseModelWithoutLicenceRule(sources),
    untrackedTrainingRule(sources),
    uninterpretableVersionRule(sources),
    monolithicVersionRule(sources),
    modelLeftAloneRule(sources),
    guardedAliasMovedWithoutApprovalRule(),
    waiverOverdueRule(sources),
  ];
}
