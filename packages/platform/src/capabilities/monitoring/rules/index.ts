import type { EvidenceRule } from "#base/rule.js";
import type { MonitoringNeeds } from "../needs.js";

export function monitoringRules(_needs: MonitoringNeeds): EvidenceRule[] {
  return [];
}
