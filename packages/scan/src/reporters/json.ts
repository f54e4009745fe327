import type { ScanReport } from "#report.js";

/** The report as it is; the shape is the contract `paydown-scan/1`. */
export function toJson(report: ScanReport): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}
