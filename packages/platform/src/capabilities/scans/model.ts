import type { ScanFinding, ScanReport } from "@paydown/api/scans";

/** What a new report means for what was known of a repository. */
export interface Comparison {
  /** Findings of the report, each fingerprint once. */
  readonly present: ReadonlyMap<string, ScanFinding>;
  readonly added: readonly string[];
  /** Known, not found any more, and somebody looked. */
  readonly gone: readonly string[];
  /** Known, not found, but the file could not be looked at: neither there nor gone. */
  readonly hidden: readonly string[];
}

interface Known {
  readonly fingerprint: string;
  readonly path: string;
  readonly rule: string;
  readonly present: boolean;
}

/** Holds a report against what was known. Absence counts only where the scan could look. */
export function compare(report: Pick<ScanReport, "findings" | "unseen">, known: readonly Known[]): Comparison {
  const present = new Map<string, ScanFinding>();
  for (const finding of report.findings)
    if (!present.has(finding.fingerprint)) present.set(finding.fingerprint, finding);
  const blind = new Set(report.unseen.flatMap((one) => (one.path === undefined || one.path === "" ? [] : [one.path])));
  const before = new Set(known.filter((one) => one.present).map((one) => one.fingerprint));
  const absent = known.filter((one) => one.present && !present.has(one.fingerprint));
  return {
    present,
    added: [...present.keys()].filter((fingerprint) => !before.has(fingerprint)),
    gone: absent.filter((one) => !isBlind(blind, one.path)).map((one) => one.fingerprint),
    hidden: absent.filter((one) => isBlind(blind, one.path)).map((one) => one.fingerprint),
  };
}

/** A file is hidden when it, or a folder above it, could not be looked at. */
function isBlind(blind: ReadonlySet<string>, path: string): boolean {
  if (blind.has(path)) return true;
  for (let slash = path.lastIndexOf("/"); slash > 0; slash = path.lastIndexOf("/", slash - 1)) {
    if (blind.has(path.slice(0, slash)) || blind.has(path.slice(0, slash + 1))) return true;
  }
  return false;
}

/** Findings by rule, most first. */
export function countByRule(
  findings: Iterable<Pick<ScanFinding, "rule" | "slug">>,
): { rule: string; slug: string; count: number }[] {
  const counts = new Map<string, { rule: string; slug: string; count: number }>();
  for (const { rule, slug } of findings) {
    const known = counts.get(rule);
    if (known === undefined) counts.set(rule, { rule, slug, count: 1 });
    else known.count++;
  }
  return [...counts.values()].sort((a, b) => b.count - a.count || (a.rule < b.rule ? -1 : 1));
}

/** Name of a repository when nobody gave one: the last part of the scanned folder. */
export function repositoryOf(root: string): string {
  const last =
    root
      .split(/[\\/]/)
      .filter((part) => part !== "")
      .at(-1) ?? "";
  const name = last.replace(/[^A-Za-z0-9._-]/g, "-").slice(0, 200);
  return name === "" || name === "." ? "repository" : name;
}
