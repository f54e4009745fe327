import type { ScanReport } from "#report.js";
import type { Rule } from "#rule.js";

/** placeholder until the SARIF reporter is written below */
export function toSarif(report: ScanReport, rules: readonly Rule[]): string {
  return JSON.stringify({ report, rules });
}
