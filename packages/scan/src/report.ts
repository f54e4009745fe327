import type { Confidence } from "#rule.js";

/** Hours of work, as a distribution: nine of ten repairs cost less than p90. */
export interface Principal {
  readonly p10: number;
  readonly p50: number;
  readonly p90: number;
}

/** Hours a week, from events in the file's history. `events` is their number; the sum over a file never exceeds `measured`. */
export interface Interest {
  readonly p10: number;
  readonly p50: number;
  readonly p90: number;
  /** Fix commits behind the range. */
  readonly events: number;
  /** Measured fix hours a week on the whole file, decayed with a half-life of 180 days. */
  readonly measured: number;
  /** Forecast fix hours a week on the whole file, shrunk towards the repository: for ranking, never billed. */
  readonly forecast: number;
}

export interface Finding {
  /** `MLD203`. */
  readonly rule: string;
  readonly slug: string;
  /** Relative to the scanned folder, with forward slashes. */
  readonly path: string;
  /** 1-based; for notebooks the line of the raw JSON. */
  readonly line: number;
  /** 1-based position of the cell in a notebook, Markdown cells counted. */
  readonly cell?: number;
  readonly cellLine?: number;
  /** Stored id of the cell, where the notebook has ids. */
  readonly cellId?: string;
  readonly confidence: Confidence;
  readonly message: string;
  readonly evidence: readonly string[];
  readonly principal: Principal;
  readonly interest: Interest | null;
  /** Why `interest` is null. */
  readonly interestUnknown?: string;
  /** Stable under moved lines and re-run notebooks. */
  readonly fingerprint: string;
  /** Enclosing class and function, or the cell: `Trainer.fit`, `cell:3f2a`. */
  readonly scope: string;
}

/** What the scan could not look at: never the same as "nothing found". */
export interface Unseen {
  readonly code: string;
  readonly path?: string;
  readonly line?: number;
  readonly message: string;
  readonly next: string;
}

export interface RuleCount {
  readonly rule: string;
  readonly slug: string;
  readonly count: number;
  readonly files: number;
}

export interface Suppression {
  readonly path: string;
  readonly line: number;
  readonly targets: readonly string[];
  readonly reason?: string;
  readonly until?: string;
  readonly state: "used" | "unused" | "expired";
  readonly suppressed: number;
}

export interface SuppressedFinding extends Finding {
  readonly suppression: { readonly line: number; readonly reason?: string };
}

export interface Inventory {
  readonly files: number;
  readonly pythonFiles: number;
  readonly pythonLines: number;
  readonly notebooks: number;
  readonly notebookCodeLines: number;
  readonly configs: number;
  readonly manifests: readonly string[];
  readonly models: readonly { readonly path: string; readonly bytes: number }[];
  readonly datasets: readonly { readonly path: string; readonly bytes: number }[];
  readonly pipelines: readonly string[];
  readonly ci: readonly string[];
  readonly tests: number;
}

export interface HistorySummary {
  readonly commits: number;
  readonly fixCommits: number;
  readonly from?: string;
  readonly to?: string;
  readonly complete: boolean;
}

export interface ScanReport {
  readonly schema: "paydown-scan/1";
  readonly tool: { readonly name: "paydown-scan"; readonly version: string };
  readonly root: string;
  readonly scannedAt: string;
  readonly profile: string;
  readonly findings: readonly Finding[];
  readonly unseen: readonly Unseen[];
  /** Counts of rules that are not findings by default. */
  readonly counted: readonly RuleCount[];
  readonly suppressed: readonly SuppressedFinding[];
  readonly suppressions: readonly Suppression[];
  readonly inventory: Inventory;
  readonly history: HistorySummary | null;
  /** Sums over the findings; p10 and p90 as if all estimates erred to the same side, which is the wider band. */
  readonly totals: {
    readonly principal: Principal;
    readonly interest: { readonly p50: number; readonly measured: number } | null;
  };
}
