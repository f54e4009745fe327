/** What `@paydown/scan` offers to other packages. Parser and rules load on first use. */

export type { Progress } from "./analysis.js";
export { runScanCommand, type ScanIo } from "./command.js";
export { ScanError, type ScanErrorCode } from "./errors.js";
export { loadRules } from "./registry.js";
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
export { type ScanOptions, scanRepository } from "./scan.js";
