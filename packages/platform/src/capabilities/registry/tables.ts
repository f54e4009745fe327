import { defineMigration } from "#base/db/tables.js";

export interface ModelRow {
  id: number;
  project: string;
  name: string;
  description: string | null;
  created_at: number;
  updated_at: number;
  /** Criticality; null when nobody said. */
  tier: string | null;
}

export interface VersionRow {
  model_id: number;
  version: number;
  project: string;
  /** Name of its model, joined. */
  name: string;
  source: string;
  location: string;
  run_id: string | null;
  logged_model_id: string | null;
  run_link: string | null;
  description: string | null;
  stage: string;
  created_by: string;
  created_at: number;
  updated_at: number;
  artifact_hash: string | null;
  /** JSON of `ModelFacts`; null when there was no MLmodel to read. */
  facts: string | null;
  deleted: number;
  /** JSON of `ExternalModel`; null for a model whose files are its own. */
  external: string | null;
}

export interface ChangeRow {
  id: number;
  project: string;
  model_id: number;
  kind: string;
  subject: string;
  version: number | null;
  previous: number | null;
  caused_by: string;
  door: string;
  reason: string;
  at: number;
  promotion: string | null;
  /** JSON list of names. */
  approvers: string | null;
  /** 1 when it went past the promotion policy. */
  unapproved: number | null;
}

export interface EvaluationRow {
  id: string;
  project: string;
  model_id: number;
  version: number;
  at: number;
  caused_by: string;
  dataset: string | null;
  dataset_version: string | null;
  against: number | null;
  slice: string | null;
  /** JSON. */
  metrics: string;
  verdict: string;
  reason: string;
}

export interface CardRow {
  id: number;
  project: string;
  model_id: number;
  version: number;
  hash: string;
  text: string;
  caused_by: string;
  at: number;
}

export interface WebhookRow {
  id: string;
  project: string;
  name: string;
  url: string;
  /** JSON list. */
  events: string;
  description: string;
  status: string;
  /** Sealed; null when it has none. */
  secret: string | null;
  created_at: number;
  updated_at: number;
  /** Failures since it last answered well. */
  failures: number;
  held_until: number;
}

export interface WebhookDeliveryRow {
  id: string;
  project: string;
  webhook_id: string;
  event: string;
  body: string;
  state: string;
  attempts: number;
  status: number | null;
  problem: string | null;
  response: string | null;
  created_at: number;
  attempted_at: number | null;
  next_at: number | null;
}

export interface PromotionRow {
  id: string;
  project: string;
  model_id: number;
  version: number;
  kind: "alias" | "stage";
  name: string;
  state: "open" | "promoted" | "rejected" | "withdrawn";
  requested_by: string;
  requested_at: number;
  reason: string;
  previous: number | null;
  approvals_needed: number;
  four_eyes: number;
  /** JSON of the gates as they were when it closed; null while it is open. */
  gates: string | null;
  closed_at: number | null;
}

export interface DecisionRow {
  id: number;
  project: string;
  promotion: string;
  caused_by: string;
  at: number;
  decision: "approve" | "reject" | "withdraw";
  reason: string;
}

export interface WaiverRow {
  project: string;
  promotion: string;
  gate: string;
  caused_by: string;
  at: number;
  reason: string;
  due_at: number;
}

export interface InspectionRow {
  model_id: number;
  version: number;
  project: string;
  state: "waiting" | "done" | "failed";
  job: string | null;
  at: number | null;
  verdict: string;
  problem: string | null;
  /** JSON of what was read; null before the first reading. */
  report: string | null;
  /** Of the files as they were read; null before the first reading and where nothing was stored. */
  artifact_hash: string | null;
}

/** As of a version; by the logged model's id, which is unique. */
export interface LoggedModelInspectionRow extends Omit<InspectionRow, "model_id" | "version"> {
  logged_model_id: string;
}

export interface ReplayRow {
  id: string;
  project: string;
  model_id: number;
  from_version: number;
  to_version: number;
  at: number;
  caused_by: string;
  /** JSON. */
  report: string;
}

/** Row types by table, for queries that are built. */
export interface RegistryTables {
  model_policies: { project: string; model_id: number; settings: string };
  model_promotions: PromotionRow;
  model_promotion_decisions: DecisionRow;
  model_promotion_waivers: WaiverRow;
  model_inspections: InspectionRow;
  logged_model_inspections: LoggedModelInspectionRow;
  model_replays: ReplayRow;
}

export const registryMigrations = [
  defineMigration(
    "registry-0001-models",
    `create table registered_models (
      id {serial},
      project text not null,
      name text not null,
      description text,
      created_at {int} not null,
      updated_at {int} not null,
      unique (project, name)
    )`,
    `create table registered_model_counters (
      project text not null,
      name text not null,
      last_version {int} not null,
      primary key (project, name)
    ) {clustered}`,
    `create table registered_model_tags (
      model_id {int} not null,
      key text not null,
      value text not null,
      primary key (model_id, key)
    ) {clustered}`,
    `create table model_versions (
      model_id {int} not null,
      version {int} not null,
      project text not null,
      source text not null,
      location text not null,
      run_id text,
      logged_model_id text,
      run_link text,
      description text,
      stage text not null,
      created_by text not null,
      created_at {int} not null,
      updated_at {int} not null,
      artifact_hash text,
      facts text,
      deleted {int} not null,
      primary key (model_id, version)
    )`,
    "create index model_versions_by_run on model_versions (project, run_id)",
    "create index model_versions_by_update on model_versions (project, updated_at)",
    `create table model_version_tags (
      model_id {int} not null,
      version {int} not null,
      key text not null,
      value text not null,
      primary key (model_id, version, key)
    ) {clustered}`,
    `create table model_aliases (
      model_id {int} not null,
      alias text not null,
      version {int} not null,
      primary key (model_id, alias)
    ) {clustered}`,
    `create table model_changes (
      id {serial},
      project text not null,
      model_id {int} not null,
      kind text not null,
      subject text not null,
      version {int},
      previous {int},
      caused_by text not null,
      door text not null,
      reason text not null,
      at {int} not null
    )`,
    "create index model_changes_by_model on model_changes (model_id, id)",
    `create table model_evaluations (
      id text primary key,
      project text not null,
      model_id {int} not null,
      version {int} not null,
      at {int} not null,
      caused_by text not null,
      dataset text,
      dataset_version text,
      against {int},
      slice text,
      metrics text not null,
      verdict text not null,
      reason text not null
    )`,
    "create index model_evaluations_by_version on model_evaluations (model_id, version, at)",
    `create table model_cards (
      id {serial},
      project text not null,
      model_id {int} not null,
      version {int} not null,
      hash text not null,
      text text not null,
      caused_by text not null,
      at {int} not null
    )`,
    "create index model_cards_by_version on model_cards (model_id, version, id)",
  ),
  defineMigration(
    "registry-0002-webhooks",
    `create table webhooks (
      id text primary key,
      project text not null,
      name text not null,
      url text not null,
      events text not null,
      description text not null,
      status text not null,
      secret text,
      created_at {int} not null,
      updated_at {int} not null,
      failures {int} not null,
      held_until {int} not null
    )`,
    "create index webhooks_by_project on webhooks (project, created_at)",
    `create table webhook_deliveries (
      id text primary key,
      project text not null,
      webhook_id text not null,
      event text not null,
      body text not null,
      state text not null,
      attempts {int} not null,
      status {int},
      problem text,
      response text,
      created_at {int} not null,
      attempted_at {int},
      next_at {int}
    )`,
    "create index webhook_deliveries_by_webhook on webhook_deliveries (webhook_id, created_at, id)",
    "create index webhook_deliveries_by_state on webhook_deliveries (webhook_id, state, created_at)",
  ),
  defineMigration(
    "registry-0003-promotions",
    "alter table registered_models add column tier text",
    "alter table model_changes add column promotion text",
    "alter table model_changes add column approvers text",
    "alter table model_changes add column unapproved {int}",
    "create index model_changes_by_project on model_changes (project, id)",
    `create table model_policies (
      project text not null,
      model_id {int} not null,
      settings text not null,
      primary key (project, model_id)
    ) {clustered}`,
    `create table model_promotions (
      id text primary key,
      project text not null,
      model_id {int} not null,
      version {int} not null,
      kind text not null,
      name text not null,
      state text not null,
      requested_by text not null,
      requested_at {int} not null,
      reason text not null,
      previous {int},
      approvals_needed {int} not null,
      four_eyes {int} not null,
      gates text,
      closed_at {int}
    )`,
    "create index model_promotions_by_model on model_promotions (model_id, version, id)",
    "create index model_promotions_by_project on model_promotions (project, id)",
    `create table model_promotion_decisions (
      id {serial},
      project text not null,
      promotion text not null,
      caused_by text not null,
      at {int} not null,
      decision text not null,
      reason text not null,
      unique (promotion, caused_by)
    )`,
    `create table model_promotion_waivers (
      promotion text not null,
      gate text not null,
      project text not null,
      caused_by text not null,
      at {int} not null,
      reason text not null,
      due_at {int} not null,
      primary key (promotion, gate)
    ) {clustered}`,
  ),
  defineMigration(
    "registry-0004-inspections",
    "alter table model_versions add column external text",
    `create table model_inspections (
      model_id {int} not null,
      version {int} not null,
      project text not null,
      state text not null,
      job text,
      at {int},
      verdict text not null,
      problem text,
      report text,
      primary key (model_id, version)
    )`,
    `create table model_replays (
      id text primary key,
      project text not null,
      model_id {int} not null,
      from_version {int} not null,
      to_version {int} not null,
      at {int} not null,
      caused_by text not null,
      report text not null
    )`,
    "create index model_replays_by_model on model_replays (model_id, id)",
  ),
  defineMigration(
    "registry-0005-logged-model-inspections",
    "alter table model_inspections add column artifact_hash text",
    "create index model_inspections_by_files on model_inspections (artifact_hash)",
    "create index model_versions_by_logged_model on model_versions (logged_model_id)",
    `create table logged_model_inspections (
      logged_model_id text primary key,
      project text not null,
      state text not null,
      job text,
      at {int},
      verdict text not null,
      problem text,
      report text,
      artifact_hash text
    )`,
    "create index logged_model_inspections_by_files on logged_model_inspections (artifact_hash)",
  ),
];
