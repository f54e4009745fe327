import { defineMigration } from "#base/db/tables.js";

/** Instants are milliseconds; `features`, `prediction`, `quality`, `naive_rules`, `counts`, `naive` and `cause_node` are JSON. */
export interface MonitoringTables {
  monitors: MonitorRow;
  monitor_windows: WindowRow;
  monitor_signals: SignalRow;
  monitor_rules: RuleRow;
  monitor_relabels: { monitor_id: number; at: number };
  incidents: IncidentRow;
  incident_members: IncidentMemberRow;
}

export interface MonitorRow {
  id: number;
  project: string;
  name: string;
  deployment: string;
  window: string;
  reference_kind: string;
  dataset: string | null;
  version: string | null;
  features: string;
  prediction: string | null;
  quality: string | null;
  calibration_from: number;
  calibration_to: number;
  pages_per_week: number;
  shift_sigmas: number;
  naive_rules: string;
  owner: string | null;
  created_at: number;
  created_by: string;
  evaluated_to: number | null;
  retired_at: number | null;
}

export interface WindowRow {
  monitor_id: number;
  at: number;
  rows: number;
  labels: number;
  /** Model version most rows came from; null without rows. */
  version: number | null;
  /** Signals in calibrated alarm. */
  alarms: number;
  /** Rules of thumb that alarmed on any signal, JSON. */
  naive: string;
}

/** One signal in one window: what was observed (counts or value), and how it was judged. */
export interface SignalRow {
  monitor_id: number;
  signal: string;
  at: number;
  rows: number;
  labels: number;
  counts: string | null;
  value: number | null;
  error: number | null;
  low: number | null;
  high: number | null;
  statistic: number | null;
  effect: number | null;
  expected: number | null;
  threshold: number | null;
  lower_threshold: number | null;
  p: number | null;
  up: number;
  down: number;
  evidence_limit: number;
  calibrated: number;
  naive: string;
  reason: string | null;
}

/** What was learned of a signal from the reference windows. */
export interface RuleRow {
  monitor_id: number;
  signal: string;
  season: string;
  /** Null while learning. */
  between_windows: number | null;
  /** Reference windows with a value. */
  seen: number;
  at: number;
}

export interface IncidentRow {
  id: string;
  project: string;
  monitor_id: number;
  monitor: string;
  deployment: string;
  state: string;
  title: string;
  opened_at: number;
  first_effect_at: number;
  last_alarm_at: number;
  acknowledged_at: number | null;
  acknowledged_by: string | null;
  note: string | null;
  snoozed_until: number | null;
  closed_at: number | null;
  closed_by: string | null;
  outcome: string | null;
  cause: string | null;
  cause_node: string | null;
  hours: number | null;
}

export interface IncidentMemberRow {
  incident_id: string;
  signal: string;
  first_effect_at: number;
  first_alarm_at: number;
  last_alarm_at: number;
  windows: number;
  worst_effect: number;
}

export const monitoringMigrations = [
  defineMigration(
    "monitoring-0001-monitors",
    `create table monitors (
      id {serial}, project text not null, name text not null, deployment text not null, "window" text not null,
      reference_kind text not null, dataset text, version text, features text not null, prediction text, quality text,
      calibration_from {int} not null, calibration_to {int} not null, pages_per_week {double} not null,
      shift_sigmas {double} not null, naive_rules text not null, owner text, created_at {int} not null,
      created_by text not null, evaluated_to {int}, retired_at {int}, unique (project, name))`,
    "create index monitors_by_deployment on monitors (project, deployment)",
    `create table monitor_windows (
      monitor_id {int} not null, at {int} not null, "rows" {int} not null, labels {int} not null, version {int},
      alarms {int} not null, naive text not null,
      primary key (monitor_id, at)) {clustered}`,
    `create table monitor_signals (
      monitor_id {int} not null, signal text not null, at {int} not null, "rows" {int} not null, labels {int} not null,
      counts text, value {double}, error {double}, low {double}, high {double}, statistic {double}, effect {double},
      expected {double}, threshold {double}, lower_threshold {double}, p {double}, up {double} not null,
      down {double} not null, evidence_limit {double} not null, calibrated {int} not null, naive text not null,
      reason text, primary key (monitor_id, signal, at)) {clustered}`,
    "create index monitor_signals_by_time on monitor_signals (monitor_id, at)",
    `create table monitor_rules (
      monitor_id {int} not null, signal text not null, season text not null, between_windows {double},
      seen {int} not null, at {int} not null, primary key (monitor_id, signal)) {clustered}`,
    "create table monitor_relabels (monitor_id {int} not null, at {int} not null, primary key (monitor_id, at)) {clustered}",
    `create table incidents (
      id text primary key, project text not null, monitor_id {int} not null, monitor text not null,
      deployment text not null, state text not null, title text not null, opened_at {int} not null,
      first_effect_at {int} not null, last_alarm_at {int} not null, acknowledged_at {int}, acknowledged_by text,
      note text, snoozed_until {int}, closed_at {int}, closed_by text, outcome text, cause text, cause_node text,
      hours {double})`,
    "create index incidents_by_project on incidents (project, opened_at)",
    "create index incidents_by_monitor on incidents (monitor_id, state)",
    `create table incident_members (
      incident_id text not null, signal text not null, first_effect_at {int} not null, first_alarm_at {int} not null,
      last_alarm_at {int} not null, windows {int} not null, worst_effect {double} not null,
      primary key (incident_id, signal)) {clustered}`,
  ),
];
