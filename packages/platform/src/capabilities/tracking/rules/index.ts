import type { EvidenceRule } from "#base/rule.js";

export const trackingRules: EvidenceRule[] = [];
