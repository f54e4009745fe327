import { type Analysis, analyse, defaultFileLimits, type FileLimits, type Progress } from "#analysis.js";
import { readConfig, type ScanConfig } from "#config.js";
import { createPricer } from "#history/interest.js";
import { loadRules } from "#registry.js";
import type { Finding, HistorySummary, ScanReport, Unseen } from "#report.js";
import { selectRules } from "#selection.js";
import { findRepositoryRoot, openFolder, type WalkLimits } from "#sources/folder.js";
import { readHistory, readTrackedFiles } from "#sources/git.js";
import { toolVersion } from "#version.js";

export interface ScanOptions {
  /** Folder to scan. */
  readonly path: string;
  /** Overrides of the configuration file, as from a command line. */
  readonly select?: readonly string[];
  readonly ignore?: readonly string[];
  readonly extendSelect?: readonly string[];
  readonly exclude?: readonly string[];
  readonly profile?: ScanConfig["profile"];
  /** Reads the git history for interest; default true. */
  readonly history?: boolean;
  readonly limits?: Partial<FileLimits & WalkLimits>;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
  /** Milliseconds since 1970; default the system's clock. */
  readonly now?: () => number;
}

/**
 * Scans a folder for machine-learning debt. Executes and imports nothing of it.
 * Findings are ordered by forecast interest per hour of principal, then by path and line.
 * Throws ScanError; what could not be seen is in the report's `unseen`.
 */
export async function scanRepository(options: ScanOptions): Promise<ScanReport> {
  const now = (options.now ?? Date.now)();
  const scannedAt = new Date(now).toISOString();
  const tree = openFolder(options.path, options.limits ?? {});
  const config = mergeConfig(await readConfig(tree), options);
  const rules = selectRules(await loadRules(), config);
  const top = options.history === false ? undefined : findRepositoryRoot(tree.root);
  const unseen: Unseen[] = [];
  if (options.history !== false && top === undefined) {
    unseen.push({
      code: "SCAN_NO_GIT",
      message: "The folder is not in a git repository: interest cannot be measured and tracked files are unknown.",
      next: "Scan a clone with its history.",
    });
  }
  const tracked = top === undefined ? undefined : await readTrackedFiles(top, tree.root, options.signal);
  if (tracked && "unseen" in tracked) unseen.push(tracked.unseen);
  const reading = top === undefined ? undefined : readHistory(top, tree.root, now, options.signal);
  // A failing analysis must not leave the history reader's failure unhandled.
  reading?.catch(() => undefined);
  const analysis = await analyse({
    tree,
    config,
    rules,
    limits: { ...defaultFileLimits, ...options.limits },
    today: scannedAt.slice(0, 10),
    tracked: tracked && "files" in tracked ? tracked.files : undefined,
    ...(options.onProgress ? { onProgress: options.onProgress } : {}),
    ...(options.signal ? { signal: options.signal } : {}),
  });
  options.onProgress?.({ phase: "history", done: 0, total: 1 });
  const history = await reading;
  unseen.push(...analysis.unseen, ...(history?.unseen ?? []));
  const report = priceReport(analysis, history?.commits.length ? { history, now } : undefined);
  options.onProgress?.({ phase: "done", done: 1, total: 1 });
  return {
    schema: "paydown-scan/1",
    tool: { name: "paydown-scan", version: toolVersion },
    root: tree.root,
    scannedAt,
    ...report,
    unseen,
  };
}

type History = Awaited<ReturnType<typeof readHistory>>;

function priceReport(
  analysis: Analysis,
  past: { history: History; now: number } | undefined,
): Omit<ScanReport, "schema" | "tool" | "root" | "scannedAt" | "unseen"> {
  const pricer = createPricer(analysis.findings, analysis.sizes, past?.history.commits ?? [], past?.now ?? 0);
  const findings: Finding[] = analysis.findings.map((finding) => ({ ...finding, ...pricer.price(finding.path) }));
  findings.sort((a, b) => payback(b) - payback(a) || (a.path < b.path ? -1 : a.path > b.path ? 1 : a.line - b.line));
  const summary: HistorySummary | null = past
    ? { ...pricer.summary, complete: past.history.unseen.length === 0 }
    : null;
  const sum = (read: (finding: Finding) => number) =>
    Number(findings.reduce((total, finding) => total + read(finding), 0).toPrecision(3));
  return {
    profile: analysis.profile,
    findings,
    counted: analysis.counted,
    suppressed: analysis.suppressed.map((finding) => ({
      ...finding,
      ...pricer.unpriced("silenced findings are not priced"),
    })),
    suppressions: analysis.suppressions,
    inventory: analysis.inventory,
    history: summary,
    totals: {
      principal: {
        p10: sum((f) => f.principal.p10),
        p50: sum((f) => f.principal.p50),
        p90: sum((f) => f.principal.p90),
      },
      interest: past ? { p50: sum((f) => f.interest?.p50 ?? 0), measured: pricer.measuredTotal } : null,
    },
  };
}

/** Forecast hours a week that one hour of repair works on. */
function payback(finding: Finding): number {
  return (finding.interest?.forecast ?? 0) / finding.principal.p50;
}

function mergeConfig(config: ScanConfig, options: ScanOptions): ScanConfig {
  return {
    ...config,
    select: options.select ?? config.select,
    extendSelect: [...config.extendSelect, ...(options.extendSelect ?? [])],
    ignore: [...config.ignore, ...(options.ignore ?? [])],
    exclude: [...config.exclude, ...(options.exclude ?? [])],
    profile: options.profile ?? config.profile,
  };
}
