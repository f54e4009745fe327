import type { EvidenceRule } from "#base/rule.js";
import type { ModelSources } from "../needs.js";

export function registryRules(_sources: ModelSources): EvidenceRule[] {
  return [];
}
