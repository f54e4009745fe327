import { type Static, Type } from "typebox";
import { defineEvent } from "./event.js";
import { defineOperation } from "./operation.js";
import { InProject, Instant, Paging, page } from "./values.js";

const text = (maxLength: number, description: string) => Type.String({ maxLength, description });
const hours = (description: string) => Type.Number({ minimum: 0, maximum: 1e9, description });

/** Hours of a repair, before any repayment has been seen. */
export const ScanPrincipal = Type.Object(
  { p10: hours("10th percentile."), p50: hours("Median."), p90: hours("90th percentile.") },
  { description: "Hours of a repair: the scan's prior." },
);

/** What the git history says about the file of a finding. */
export const ScanInterest = Type.Object(
  {
    p10: hours("10th percentile."),
    p50: hours("Median."),
    p90: hours("90th percentile."),
    events: Type.Integer({ minimum: 0, description: "Fix commits on the file." }),
    measured: hours("Measured fix hours a week on the whole file, decayed with a half-life of 180 days."),
    forecast: hours("Forecast fix hours a week on the whole file, shrunk towards the repository; never billed."),
  },
  { description: "Hours a week, from fixes in the file's history." },
);

export const ScanFinding = Type.Object(
  {
    rule: Type.String({ pattern: "^[A-Z]{2,8}[0-9]{1,5}$", description: "Code of the rule, e.g. MLD203." }),
    slug: text(100, "Name of the bad pattern."),
    path: Type.String({
      minLength: 1,
      maxLength: 4096,
      description: "File, relative to the scanned folder, with forward slashes.",
    }),
    line: Type.Integer({ minimum: 0, description: "1-based line; of the raw JSON for a notebook." }),
    cell: Type.Optional(Type.Integer({ minimum: 0, description: "1-based position of the cell in a notebook." })),
    cellLine: Type.Optional(Type.Integer({ minimum: 0, description: "1-based line inside the cell." })),
    cellId: Type.Optional(text(200, "Stored id of the cell.")),
    confidence: Type.Union([Type.Literal("high"), Type.Literal("medium"), Type.Literal("low")], {
      description: "How sure the rule is.",
    }),
    message: text(4000, "One sentence with the facts."),
    evidence: Type.Array(text(2000, "A short fact."), {
      maxItems: 200,
      description: "Short facts a reader can check.",
    }),
    principal: ScanPrincipal,
    interest: Type.Union([ScanInterest, Type.Null()], { description: "Null when there is no readable history." }),
    interestUnknown: Type.Optional(text(500, "Why `interest` is null.")),
    fingerprint: Type.String({
      minLength: 4,
      maxLength: 128,
      description: "Stable under moved lines and re-run notebooks.",
    }),
    scope: text(1000, "Function, class or cell that encloses it."),
  },
  { description: "One place where a rule found debt." },
);
export type ScanFinding = Static<typeof ScanFinding>;

const UnseenPlace = Type.Object(
  {
    code: text(100, "Code of what could not be looked at."),
    path: Type.Optional(text(4096, "File it concerns.")),
    line: Type.Optional(Type.Integer({ minimum: 0, description: "Line it concerns." })),
    message: text(4000, "What could not be looked at."),
    next: text(4000, "What would make it visible."),
  },
  { description: "What the scan could not look at; never the same as nothing found." },
);

const Inventory = Type.Record(Type.String(), Type.Unknown(), {
  description: "What is in the repository: files, notebooks, configs, models, datasets, pipelines, CI, tests.",
});

const ScanHistory = Type.Union(
  [
    Type.Object({
      commits: Type.Integer({ minimum: 0, description: "Commits read." }),
      fixCommits: Type.Integer({ minimum: 0, description: "Of them, repairs." }),
      from: Type.Optional(text(40, "First commit, ISO 8601.")),
      to: Type.Optional(text(40, "Last commit, ISO 8601.")),
      complete: Type.Boolean({ description: "False when the history was cut short or damaged." }),
    }),
    Type.Null(),
  ],
  { description: "The git history behind the interest; null without one." },
);

/** A report of `paydown scan --json`, schema `paydown-scan/1`. Fields this version does not know are kept in the stored report. */
export const ScanReport = Type.Object(
  {
    schema: Type.Literal("paydown-scan/1", { description: "Version of the report." }),
    tool: Type.Object(
      { name: text(100, "Scanner."), version: text(100, "Its version.") },
      { description: "What scanned." },
    ),
    root: text(4096, "Folder that was scanned."),
    scannedAt: Type.String({
      pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z$",
      maxLength: 40,
      description: "When, ISO 8601 in UTC.",
    }),
    profile: text(100, "Profile of rules."),
    findings: Type.Array(ScanFinding, { maxItems: 200_000, description: "What was found." }),
    unseen: Type.Array(UnseenPlace, { maxItems: 100_000, description: "What could not be looked at." }),
    counted: Type.Array(
      Type.Object({
        rule: text(100, "Code of the rule."),
        slug: text(100, "Its name."),
        count: Type.Integer({ minimum: 0, description: "Places." }),
        files: Type.Integer({ minimum: 0, description: "Files." }),
      }),
      { maxItems: 10_000, description: "Rules that are only counted." },
    ),
    suppressed: Type.Array(Type.Unknown(), { maxItems: 200_000, description: "Findings silenced in the code." }),
    suppressions: Type.Array(Type.Unknown(), { maxItems: 200_000, description: "Comments that silence." }),
    inventory: Inventory,
    history: ScanHistory,
    totals: Type.Record(Type.String(), Type.Unknown(), { description: "Sums over the findings." }),
  },
  { description: "A report of the scanner." },
);
export type ScanReport = Static<typeof ScanReport>;

const Repository = Type.String({
  pattern: "^[A-Za-z0-9._/-]{1,200}$",
  description: "Name of the repository inside the project; a project may have several.",
});

/** A stored scan. */
export const Scan = Type.Object({
  id: Type.String({ description: "Id of the scan." }),
  repository: Repository,
  scannedAt: Instant,
  ingestedAt: Instant,
  commit: Type.Optional(Type.String({ description: "Commit that was scanned." })),
  branch: Type.Optional(Type.String({ description: "Branch that was scanned." })),
  toolVersion: Type.String({ description: "Version of the scanner." }),
  profile: Type.String({ description: "Profile of rules." }),
  findings: Type.Integer({ description: "Findings in it." }),
  added: Type.Integer({ description: "Findings the scan before did not have." }),
  gone: Type.Integer({ description: "Findings of the scan before that are no longer found." }),
  hidden: Type.Integer({ description: "Findings of the scan before whose file could not be looked at this time." }),
  suppressed: Type.Integer({ description: "Findings silenced in the code." }),
  unseen: Type.Integer({ description: "Places it could not look at." }),
  report: Type.String({ description: "SHA-256 of the stored report." }),
  byRule: Type.Array(
    Type.Object({
      rule: Type.String({ description: "Code of the rule." }),
      slug: Type.String({ description: "Its name." }),
      count: Type.Integer({ description: "Findings." }),
    }),
    { description: "Findings by rule, most first." },
  ),
});
export type Scan = Static<typeof Scan>;

/** A finding as it lives across scans. */
export const StoredFinding = Type.Object({
  fingerprint: Type.String({ description: "Identity across scans." }),
  repository: Repository,
  rule: Type.String({ description: "Code of the rule." }),
  slug: Type.String({ description: "Its name." }),
  path: Type.String({ description: "File." }),
  line: Type.Integer({ description: "Line at the last sight." }),
  cell: Type.Optional(Type.Integer({ description: "Cell of a notebook." })),
  confidence: ScanFinding.properties.confidence,
  message: Type.String({ description: "One sentence with the facts." }),
  evidence: Type.Array(Type.String(), { description: "Short facts." }),
  principal: ScanPrincipal,
  interest: ScanFinding.properties.interest,
  interestUnknown: Type.Optional(Type.String({ description: "Why `interest` is null." })),
  scope: Type.String({ description: "Function, class or cell that encloses it." }),
  firstSeenAt: Instant,
  lastSeenAt: Instant,
  goneAt: Type.Optional(Instant),
  isNew: Type.Boolean({ description: "True when the first scan of the repository did not have it." }),
});
export type StoredFinding = Static<typeof StoredFinding>;

export const ingestScan = defineOperation({
  name: "scans.ingestScan",
  method: "POST",
  path: "/projects/:project/scans",
  permission: "write",
  doc: "Takes a scan report of a repository and keeps its findings by fingerprint.",
  cli: { command: "scans ingest" },
  input: Type.Object({
    ...InProject,
    report: ScanReport,
    repository: Type.Optional(Repository),
    commit: Type.Optional(Type.String({ pattern: "^[0-9a-f]{7,64}$", description: "Commit that was scanned." })),
    branch: Type.Optional(text(300, "Branch that was scanned.")),
  }),
  reply: Scan,
});

export const listScans = defineOperation({
  name: "scans.listScans",
  method: "GET",
  path: "/projects/:project/scans",
  permission: "read",
  doc: "Lists scans, newest first, with what each added and no longer found.",
  cli: { command: "scans list" },
  input: Type.Object({ ...InProject, ...Paging, repository: Type.Optional(Repository) }),
  reply: page(Scan),
});

export const getScan = defineOperation({
  name: "scans.getScan",
  method: "GET",
  path: "/projects/:project/scans/:scan",
  permission: "read",
  doc: "Shows a scan: counts by rule, inventory, history, and what it could not look at.",
  cli: { command: "scans show", positional: ["scan"] },
  input: Type.Object({
    ...InProject,
    scan: Type.String({ maxLength: 64, description: "Id of the scan, or `latest`." }),
  }),
  reply: Type.Object({
    scan: Scan,
    inventory: Inventory,
    history: ScanHistory,
    counted: ScanReport.properties.counted,
    unseen: Type.Array(UnseenPlace, { description: "What it could not look at, at most 1,000." }),
  }),
});

export const listFindings = defineOperation({
  name: "scans.listFindings",
  method: "GET",
  path: "/projects/:project/findings",
  permission: "read",
  doc: "Lists findings across scans with first and last sight, those of the dearest files first.",
  cli: { command: "findings list" },
  input: Type.Object({
    ...InProject,
    ...Paging,
    repository: Type.Optional(Repository),
    rule: Type.Optional(text(100, "Only this rule, by code or slug.")),
    path: Type.Optional(text(4096, "Only this file, or the folder when it ends with `/`.")),
    state: Type.Optional(
      Type.Union([Type.Literal("present"), Type.Literal("gone"), Type.Literal("all")], {
        description: "present: in the last scan; gone: no longer found; present when absent.",
      }),
    ),
    scan: Type.Optional(text(64, "Only findings this scan saw for the first time.")),
  }),
  reply: page(StoredFinding),
});

/** A repository was looked at. */
export const ScanIngested = defineEvent({
  name: "scans.scan-ingested",
  doc: "A scan report was taken in.",
  payload: Type.Object({
    scan: Type.String({ description: "Id of the scan." }),
    repository: Repository,
    commit: Type.Optional(Type.String({ description: "Commit that was scanned." })),
    scannedAt: Instant,
    findings: Type.Integer({ description: "Findings in it." }),
    added: Type.Integer({ description: "Findings the scan before did not have." }),
    gone: Type.Integer({ description: "Findings no longer found." }),
  }),
});
