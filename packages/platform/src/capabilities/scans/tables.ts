import { defineMigration } from "#base/db/tables.js";

export interface ScanRow {
  project: string;
  id: string;
  repository: string;
  scanned_at: number;
  ingested_at: number;
  commit_id: string | null;
  branch: string | null;
  tool_version: string;
  profile: string;
  findings: number;
  added: number;
  gone: number;
  hidden: number;
  suppressed: number;
  unseen: number;
  report: string;
  by_rule: string;
  /** Inventory, history, counted rules and what was not seen, as JSON. */
  facts: string;
  latest: number;
}

/** A finding across scans. `interest` is what git says about its file, hours a week. */
export interface FindingRow {
  project: string;
  repository: string;
  fingerprint: string;
  rule: string;
  slug: string;
  path: string;
  line: number;
  cell: number | null;
  confidence: string;
  message: string;
  evidence: string;
  scope: string;
  principal: string;
  principal_p50: number;
  interest: string | null;
  interest_unknown: string | null;
  measured: number | null;
  first_seen_at: number;
  last_seen_at: number;
  first_scan: string;
  last_scan: string;
  gone_at: number | null;
  /** The last scan could not look at its file. */
  hidden: number;
  is_new: number;
}

export interface ScansTables {
  scans_scans: ScanRow;
  scans_findings: FindingRow;
}

export const migrations = [
  defineMigration(
    "scans-0001-findings",
    `create table scans_scans (project text not null, id text not null, repository text not null,
      scanned_at {int} not null, ingested_at {int} not null, commit_id text, branch text,
      tool_version text not null, profile text not null, findings {int} not null, added {int} not null,
      gone {int} not null, hidden {int} not null, suppressed {int} not null, unseen {int} not null,
      report text not null, by_rule text not null, facts text not null, latest {int} not null,
      primary key (project, id)) {clustered}`,
    "create index scans_scans_time on scans_scans (project, scanned_at, id)",
    `create table scans_findings (project text not null, repository text not null, fingerprint text not null,
      rule text not null, slug text not null, path text not null, line {int} not null, cell {int},
      confidence text not null, message text not null, evidence text not null, scope text not null,
      principal text not null, principal_p50 {double} not null, interest text, interest_unknown text, measured {double},
      first_seen_at {int} not null, last_seen_at {int} not null, first_scan text not null, last_scan text not null,
      gone_at {int}, hidden {int} not null, is_new {int} not null,
      primary key (project, repository, fingerprint)) {clustered}`,
    "create index scans_findings_rule on scans_findings (project, rule)",
  ),
];
