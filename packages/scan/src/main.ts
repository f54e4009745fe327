/** What `@paydown/scan` offers to other packages. Parser, rules and the scan itself load on first use. */
import type { ScanReport } from "./report.js";
import type { Rule } from "./rule.js";
import type { ScanOptions } from "./scan.js";

export type { Progress } from "./analysis.js";
export { runScanCommand, type ScanIo } from "./command.js";
export { ScanError, type ScanErrorCode } from "./errors.js";
export type * from "./report.js";
export type {
  Confidence,
  Evidence,
  Example,
  Family,
  FileRule,
  Fix,
  NotebookExample,
  PrincipalClass,
  ProjectRule,
  Rule,
  Tier,
} from "./rule.js";
export type { ScanOptions } from "./scan.js";

/**
 * Scans a folder for machine-learning debt. Executes and imports nothing of it.
 * Findings are ordered by forecast interest per hour of principal, then by path and line.
 * Throws ScanError; what could not be seen is in the report's `unseen`.
 */
export async function scanRepository(options: ScanOptions): Promise<ScanReport> {
  const scan = await import("./scan.js");
  return scan.scanRepository(options);
}

/** Every rule, ordered by code, with its metadata, examples and check. */
export async function loadRules(): Promise<readonly Rule[]> {
  const registry = await import("./registry.js");
  return registry.loadRules();
}
