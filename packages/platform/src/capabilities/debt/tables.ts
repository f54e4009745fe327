import { defineMigration } from "#base/db/tables.js";

/** An item with its last price. Sort columns repeat medians out of `price`, null when unknown. */
export interface ItemRow {
  project: string;
  id: string;
  rule: string;
  slug: string;
  family: string;
  severity: string;
  confidence: string;
  source: "evidence" | "scan" | "declared";
  asset_kind: string;
  asset_id: string;
  item_key: string;
  repository: string | null;
  place: string | null;
  message: string;
  search: string;
  evidence: string;
  state: string;
  team: string | null;
  fixable: number;
  is_new: number;
  /** ` failed-runs incidents `: a space on each side of every channel. */
  channels: string;
  opened_at: number;
  last_seen_at: number;
  closed_at: number | null;
  due_at: number | null;
  deferrals: number;
  minutes: number;
  median_hours: number;
  size: number;
  complexity: number;
  assets: number;
  since_at: number | null;
  risk: string | null;
  trend: string;
  growth: number | null;
  prudent: string | null;
  reach: string | null;
  reach_score: number | null;
  exposure: string;
  predictions: number | null;
  price: string | null;
  principal_p50: number;
  principal_width: number;
  interest_p50: number | null;
  interest_width: number;
  expected_p50: number | null;
  risk_p50: number | null;
  rate_p50: number | null;
  payback_p50: number | null;
  delay_p50: number | null;
  net_p50: number | null;
  principal_mean: number;
  principal_var: number;
  interest_mean: number;
  interest_var: number;
  interest_n: number;
  solo: number | null;
  ceiling: number;
  expected_dots: string;
}

export interface EntryRow {
  id: number;
  project: string;
  item: string;
  at: number;
  kind: string;
  minutes: number;
  principal: number;
  by_name: string;
  note: string;
}

/** A cost event as it was seen on one asset and channel. */
export interface CostRow {
  project: string;
  event: string;
  channel: string;
  asset_kind: string;
  asset_id: string;
  at: number;
  low: number;
  high: number;
  what: string;
}

export interface DebtTables {
  debt_items: ItemRow;
  debt_derivations: { project: string; item: string; derivation: string };
  debt_entries: EntryRow;
  debt_costs: CostRow;
  debt_claims: { project: string; item: string; event: string; channel: string; explained: number };
  debt_standing: {
    project: string;
    asset_kind: string;
    asset_id: string;
    channel: string;
    month: string;
    weekly: number;
    forecast: number;
    events: number;
  };
  debt_payments: {
    project: string;
    id: string;
    item: string;
    rule: string;
    state: string;
    how: string;
    what: string;
    evidence: string;
    hours: number | null;
    size: number;
    complexity: number;
    assets: number;
    started_at: number;
    ended_at: number | null;
    problem: string | null;
    job: string | null;
  };
  debt_unseen: { project: string; source: string; what: string; remedy: string };
  debt_ledgers: {
    project: string;
    baseline_at: number;
    refreshed_at: number;
    correction: number;
    totals: string;
    frontier: string;
  };
  debt_statements: {
    project: string;
    month: string;
    forecast: string | null;
    closed_at: number | null;
    principal: string | null;
    hash: string | null;
  };
  debt_plans: {
    project: string;
    id: string;
    adopted_at: number;
    adopted_by: string;
    items: string;
    hours: number;
    promised: string;
    replaced_at: number | null;
  };
}

export const migrations = [
  defineMigration(
    "debt-0001-ledger",
    `create table debt_items (
      project text not null, id text not null, rule text not null, slug text not null, family text not null,
      severity text not null, confidence text not null, source text not null,
      asset_kind text not null, asset_id text not null, item_key text not null, repository text, place text,
      message text not null, search text not null, evidence text not null,
      state text not null, team text, fixable {int} not null, is_new {int} not null, channels text not null,
      opened_at {int} not null, last_seen_at {int} not null, closed_at {int}, due_at {int}, deferrals {int} not null,
      minutes {int} not null, median_hours {double} not null, size {double} not null, complexity {double} not null,
      assets {int} not null, since_at {int}, risk text, trend text not null, growth {double}, prudent text,
      reach text, reach_score {double}, exposure text not null, predictions {double}, price text,
      principal_p50 {double} not null, principal_width {double} not null,
      interest_p50 {double}, interest_width {double} not null, expected_p50 {double}, risk_p50 {double},
      rate_p50 {double}, payback_p50 {double}, delay_p50 {double}, net_p50 {double},
      principal_mean {double} not null, principal_var {double} not null,
      interest_mean {double} not null, interest_var {double} not null, interest_n {int} not null,
      solo {double}, ceiling {double} not null, expected_dots text not null,
      primary key (project, id)) {clustered}`,
    "create index debt_items_state on debt_items (project, state, rate_p50)",
    "create index debt_items_asset on debt_items (project, asset_kind, asset_id)",
    "create index debt_items_rule on debt_items (project, rule)",
    `create table debt_derivations (project text not null, item text not null, derivation text not null,
      primary key (project, item)) {clustered}`,
    `create table debt_entries (id {serial}, project text not null, item text not null, at {int} not null,
      kind text not null, minutes {int} not null, principal {int} not null, by_name text not null, note text not null)`,
    "create index debt_entries_item on debt_entries (project, item, id)",
    "create index debt_entries_at on debt_entries (project, at)",
    `create table debt_costs (project text not null, event text not null, channel text not null,
      asset_kind text not null, asset_id text not null, at {int} not null, low {double} not null, high {double} not null,
      what text not null, primary key (project, event, channel, asset_kind, asset_id)) {clustered}`,
    "create index debt_costs_asset on debt_costs (project, asset_kind, asset_id, at)",
    `create table debt_claims (project text not null, item text not null, event text not null, channel text not null,
      explained {int} not null, primary key (project, item, event, channel)) {clustered}`,
    "create index debt_claims_event on debt_claims (project, event)",
    `create table debt_standing (project text not null, asset_kind text not null, asset_id text not null,
      channel text not null, month text not null, weekly {double} not null, forecast {double} not null, events {int} not null,
      primary key (project, asset_kind, asset_id, channel, month)) {clustered}`,
    `create table debt_payments (project text not null, id text not null, item text not null, rule text not null,
      state text not null, how text not null, what text not null, evidence text not null, hours {double},
      size {double} not null, complexity {double} not null, assets {int} not null,
      started_at {int} not null, ended_at {int}, problem text, job text, primary key (project, id)) {clustered}`,
    "create index debt_payments_item on debt_payments (project, item, started_at)",
    `create table debt_unseen (project text not null, source text not null, what text not null, remedy text not null,
      primary key (project, source, what)) {clustered}`,
    `create table debt_ledgers (project text primary key, baseline_at {int} not null, refreshed_at {int} not null,
      correction {double} not null, totals text not null, frontier text not null)`,
    `create table debt_statements (project text not null, month text not null, forecast text, closed_at {int},
      principal text, hash text, primary key (project, month)) {clustered}`,
    `create table debt_plans (project text not null, id text not null, adopted_at {int} not null, adopted_by text not null,
      items text not null, hours {double} not null, promised text not null, replaced_at {int}, primary key (project, id)) {clustered}`,
  ),
];
