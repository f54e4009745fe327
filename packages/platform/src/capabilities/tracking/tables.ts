import { defineMigration } from "#base/db/tables.js";

/** Booleans are 0 and 1. Instants are milliseconds. `nan` marks a value that is not a number and stored as 0. */
export interface ExperimentRow {
  id: number;
  project: string;
  name: string;
  deleted: number;
  artifact_location: string;
  created_at: number;
  updated_at: number;
  /** The id clients see where it is too great for this server's own numbering; `id` is then negative. */
  outer_id: string | null;
}

export interface RunRecord {
  id: number;
  run_id: string;
  project: string;
  experiment_id: number;
  name: string;
  user_name: string;
  status: string;
  start_time: number;
  end_time: number | null;
  deleted: number;
  artifact_uri: string;
  /** When it was deleted; null when active, or deleted before this was kept. */
  deleted_at?: number | null;
}

/** A name used by the runs of one experiment: `kind` is 0 for metrics, 1 for parameters, 2 for tags. */
export interface RunKeyRow {
  id: number;
  experiment_id: number;
  kind: number;
  name: string;
  /** Runs that have it: in the table without what `run_key_uses` still holds, as `listKeys` answers it with that. */
  runs: number;
  /** First value seen of a parameter or tag, shortened; whether any other value came after it. */
  first_value: string | null;
  varies: number;
}

export interface DatasetRow {
  id: number;
  project: string;
  experiment_id: number;
  name: string;
  digest: string;
  source_type: string;
  source: string;
  schema: string | null;
  profile: string | null;
}

export interface LoggedModelRow {
  id: number;
  model_id: string;
  project: string;
  experiment_id: number;
  name: string;
  artifact_location: string;
  created_at: number;
  updated_at: number;
  status: string;
  model_type: string | null;
  source_run_id: string | null;
  deleted: number;
}

/** A file that arrives in parts; `done` once it is whole. */
export interface UploadRow {
  id: string;
  project: string;
  path: string;
  parts: number;
  begun_at: number;
  done: number;
}

export interface LoggedModelMetricRow {
  model_id: string;
  key: string;
  step: number;
  timestamp: number;
  value: number;
  nan: number;
  run_id: string;
  dataset_name: string;
  dataset_digest: string;
}

export interface TraceRow {
  id: number;
  project: string;
  trace_id: string;
  experiment_id: number;
  name: string | null;
  state: string;
  started_at: number;
  duration: number | null;
  client_request_id: string | null;
  request_preview: string | null;
  response_preview: string | null;
  /** Whether the client said itself what the trace is; until then it is concluded from its spans. */
  announced: number;
}

export interface TraceSpanRow {
  trace: number;
  span_id: string;
  parent_id: string | null;
  name: string;
  type: string | null;
  status: string;
  started_at: number;
  ended_at: number | null;
  input_tokens: number | null;
  output_tokens: number | null;
  /** JSON of the span as OpenTelemetry's protobuf names its fields; 64-bit numbers in full. */
  body: string;
}

export interface TraceAssessmentRow {
  trace: number;
  id: string;
  name: string;
  kind: string;
  /** The value as text: text as it is, all else as JSON. */
  value: string;
  number: number | null;
  valid: number;
  created_at: number;
  updated_at: number;
  /** JSON of the assessment as MLflow sends it, without its times. */
  body: string;
}

/** What a run table shows, saved under a name; `state` is JSON of the fields of its address. */
export interface RunViewRow {
  view_id: string;
  project: string;
  name: string;
  state: string;
  is_default: number;
  saved_at: number;
  saved_by: string;
}

export interface CorrectionRow {
  id: string;
  project: string;
  run_id: string;
  what: string;
  key: string;
  before_value: string;
  after_value: string | null;
  points: number;
  caused_by: string;
  door: string;
  reason: string;
  at: number;
}

export interface PurgeRow {
  id: string;
  project: string;
  kind: "runs" | "experiments" | "models";
  /** JSON of `PurgeScope`. */
  scope: string;
  deleted_before: number;
  state: "running" | "done";
  caused_by: string;
  door: string;
  reason: string;
  at: number;
  finished_at: number | null;
  /** JSON of `PurgeCounts`. */
  counts: string;
  /** JSON of the first hundred refusals. */
  refused: string;
  refused_total: number;
  /** Id of the last candidate looked at. */
  place: number;
}

/** A run, experiment or logged model that is gone for its users, and whose rows and files are still being removed. */
export interface RemainsRow {
  purge_id: string;
  kind: "run" | "experiment" | "model";
  number: number;
  id: string;
  project: string;
  experiment_id: number;
  folder: string | null;
}

export interface RetentionRow {
  project: string;
  /** null: for ever. */
  deleted_days: number | null;
  caused_by: string;
  reason: string;
  at: number;
}

export interface ConfigSchemaRow {
  experiment_id: number;
  project: string;
  schema: string;
  hash: string;
  caused_by: string;
  reason: string;
  at: number;
}

export interface RunVersionRow {
  run_id: number;
  source: string;
  what: string;
  version: string;
  at: number;
}

export interface ImportRow {
  id: string;
  project: string;
  source: string;
  kind: string;
  state: "running" | "verified" | "different";
  started_at: number;
  finished_at: number | null;
  caused_by: string;
  report: string | null;
}

export const trackingMigrations = [
  defineMigration(
    "tracking-0001-runs",
    `create table experiments (
      id {serial},
      project text not null,
      name text not null,
      deleted {int} not null,
      artifact_location text not null,
      created_at {int} not null,
      updated_at {int} not null,
      unique (project, name)
    )`,
    `create table experiment_tags (
      experiment_id {int} not null,
      key text not null,
      value text not null,
      primary key (experiment_id, key)
    ) {clustered}`,
    `create table runs (
      id {serial},
      run_id text not null unique,
      project text not null,
      experiment_id {int} not null,
      name text not null,
      user_name text not null,
      status text not null,
      start_time {int} not null,
      end_time {int},
      deleted {int} not null,
      artifact_uri text not null
    )`,
    "create index runs_by_start on runs (experiment_id, deleted, start_time desc, run_id)",
    "create index runs_by_status on runs (experiment_id, deleted, status)",
    `create table run_keys (
      id {serial},
      experiment_id {int} not null,
      kind {int} not null,
      name text not null,
      runs {int} not null,
      first_value text,
      varies {int} not null,
      unique (experiment_id, kind, name)
    )`,
    `create table metric_points (
      run_id {int} not null,
      key_id {int} not null,
      step {int} not null,
      timestamp {int} not null,
      value {double} not null,
      nan {int} not null,
      primary key (run_id, key_id, step, timestamp, value, nan)
    ) {clustered}`,
    `create table latest_metrics (
      run_id {int} not null,
      key_id {int} not null,
      value {double} not null,
      nan {int} not null,
      step {int} not null,
      timestamp {int} not null,
      primary key (run_id, key_id)
    ) {clustered}`,
    "create index latest_metrics_by_value on latest_metrics (key_id, nan, value, run_id)",
    `create table params (
      run_id {int} not null,
      key_id {int} not null,
      value text not null,
      primary key (run_id, key_id)
    ) {clustered}`,
    // Values may be longer than an index entry may be on PostgreSQL; the head is enough to walk by.
    "create index params_by_value on params (key_id, substr(value, 1, 200), run_id)",
    `create table run_tags (
      run_id {int} not null,
      key_id {int} not null,
      value text not null,
      primary key (run_id, key_id)
    ) {clustered}`,
    "create index run_tags_by_value on run_tags (key_id, substr(value, 1, 200), run_id)",
    `create table experiment_datasets (
      id {serial},
      project text not null,
      experiment_id {int} not null,
      name text not null,
      digest text not null,
      source_type text not null,
      source text not null,
      schema text,
      profile text,
      unique (experiment_id, name, digest)
    )`,
    `create table run_inputs (
      run_id {int} not null,
      dataset_id {int} not null,
      position {int} not null,
      context text,
      tags text not null,
      primary key (run_id, dataset_id)
    ) {clustered}`,
    "create index run_inputs_by_dataset on run_inputs (dataset_id, run_id)",
    `create table run_models (
      run_id {int} not null,
      direction text not null,
      model_id text not null,
      step {int} not null,
      primary key (run_id, direction, model_id)
    ) {clustered}`,
    `create table logged_models (
      id {serial},
      model_id text not null unique,
      project text not null,
      experiment_id {int} not null,
      name text not null,
      artifact_location text not null,
      created_at {int} not null,
      updated_at {int} not null,
      status text not null,
      model_type text,
      source_run_id text,
      deleted {int} not null
    )`,
    "create index logged_models_by_experiment on logged_models (experiment_id, deleted, created_at)",
    "create index logged_models_by_run on logged_models (source_run_id)",
    `create table logged_model_tags (
      model_id text not null,
      key text not null,
      value text not null,
      primary key (model_id, key)
    ) {clustered}`,
    `create table logged_model_params (
      model_id text not null,
      key text not null,
      value text not null,
      primary key (model_id, key)
    ) {clustered}`,
    `create table logged_model_metrics (
      model_id text not null,
      key text not null,
      step {int} not null,
      timestamp {int} not null,
      value {double} not null,
      nan {int} not null,
      run_id text not null,
      dataset_name text not null,
      dataset_digest text not null,
      primary key (model_id, key, dataset_name, dataset_digest, step, timestamp, value, nan, run_id)
    ) {clustered}`,
    `create table artifact_files (
      project text not null,
      folder text not null,
      name text not null,
      hash text not null,
      size {int} not null,
      stored_at {int} not null,
      primary key (project, folder, name)
    ) {clustered}`,
    "create index artifact_files_by_hash on artifact_files (hash)",
    `create table artifact_folders (
      project text not null,
      parent text not null,
      name text not null,
      path text not null,
      primary key (project, parent, name)
    ) {clustered}`,
  ),
  defineMigration(
    "tracking-0002-metric-blocks",
    // A hint of how many points of the series are rows, not blocks; repeats may be counted twice.
    "alter table latest_metrics add column open {int} not null default 0",
    `update latest_metrics set open = (select count(*) from metric_points p
       where p.run_id = latest_metrics.run_id and p.key_id = latest_metrics.key_id)`,
    `create table metric_blocks (
      run_id {int} not null,
      key_id {int} not null,
      first_step {int} not null,
      first_time {int} not null,
      last_step {int} not null,
      last_time {int} not null,
      from_time {int} not null,
      to_time {int} not null,
      points {int} not null,
      nans {int} not null,
      low {double},
      high {double},
      total {double} not null,
      id {int} not null,
      primary key (run_id, key_id, first_step, first_time, id)
    ) {clustered}`,
    // Apart from what is read of every block, so that a look at a long curve passes over none of these bytes.
    `create table metric_block_data (
      id {serial},
      data {bytes} not null
    )`,
    `create table runs_to_seal (
      run_id {int} primary key
    )`,
    "insert into runs_to_seal (run_id) select distinct run_id from latest_metrics where open >= 32",
    "create index runs_by_project_start on runs (project, deleted, start_time desc, run_id)",
  ),
  defineMigration(
    "tracking-0003-traces",
    `create table traces (
      id {serial},
      project text not null,
      trace_id text not null,
      experiment_id {int} not null,
      name text,
      state text not null,
      started_at {int} not null,
      duration {int},
      client_request_id text,
      request_preview text,
      response_preview text,
      announced {int} not null,
      unique (project, trace_id)
    )`,
    "create index traces_by_start on traces (experiment_id, started_at, id)",
    `create table trace_tags (
      trace {int} not null,
      key text not null,
      value text not null,
      primary key (trace, key)
    ) {clustered}`,
    `create table trace_metadata (
      trace {int} not null,
      key text not null,
      value text not null,
      primary key (trace, key)
    ) {clustered}`,
    `create table trace_runs (
      run_id text not null,
      trace {int} not null,
      primary key (run_id, trace)
    ) {clustered}`,
    "create index trace_runs_by_trace on trace_runs (trace)",
    `create table trace_spans (
      trace {int} not null,
      span_id text not null,
      parent_id text,
      name text not null,
      type text,
      status text not null,
      started_at {int} not null,
      ended_at {int},
      input_tokens {int},
      output_tokens {int},
      body text not null,
      primary key (trace, span_id)
    ) {clustered}`,
    // The body lies beside every span; names are looked for without reading it.
    "create index trace_spans_by_name on trace_spans (name, trace)",
    `create table trace_assessments (
      trace {int} not null,
      id text not null,
      name text not null,
      kind text not null,
      value text not null,
      number {double},
      valid {int} not null,
      created_at {int} not null,
      updated_at {int} not null,
      body text not null,
      primary key (trace, id)
    )`,
  ),
  defineMigration(
    "tracking-0004-views",
    `create table run_views (
      view_id text not null primary key,
      project text not null,
      name text not null,
      state text not null,
      is_default {int} not null,
      saved_at {int} not null,
      saved_by text not null,
      unique (project, name)
    )`,
    `create table run_selections (
      project text not null,
      selection_id text not null,
      run_ids text not null,
      saved_at {int} not null,
      primary key (project, selection_id)
    ) {clustered}`,
  ),
  defineMigration(
    "tracking-0005-upkeep",
    "alter table runs add column deleted_at {int}",
    `create table run_corrections (
      id text primary key,
      project text not null,
      run_id text not null,
      what text not null,
      key text not null,
      before_value text not null,
      after_value text,
      points {int} not null,
      caused_by text not null,
      door text not null,
      reason text not null,
      at {int} not null
    )`,
    "create index run_corrections_by_project on run_corrections (project, id)",
    "create index run_corrections_by_run on run_corrections (run_id, id)",
    `create table corrected_points (
      correction_id text not null,
      step {int} not null,
      timestamp {int} not null,
      value {double} not null,
      nan {int} not null,
      primary key (correction_id, step, timestamp, value, nan)
    ) {clustered}`,
    `create table purges (
      id text primary key,
      project text not null,
      kind text not null,
      scope text not null,
      deleted_before {int} not null,
      state text not null,
      caused_by text not null,
      door text not null,
      reason text not null,
      at {int} not null,
      finished_at {int},
      counts text not null,
      refused text not null,
      refused_total {int} not null,
      place {int} not null
    )`,
    "create index purges_by_project on purges (project, id)",
    `create table purge_remains (
      purge_id text not null,
      kind text not null,
      number {int} not null,
      id text not null,
      project text not null,
      experiment_id {int} not null,
      folder text,
      primary key (purge_id, kind, number)
    ) {clustered}`,
    `create table loose_objects (
      hash text primary key,
      project text not null,
      size {int} not null,
      loose_at {int} not null
    )`,
    "create index loose_objects_by_time on loose_objects (loose_at)",
    `create table tracking_retention (
      project text primary key,
      deleted_days {int},
      caused_by text not null,
      reason text not null,
      at {int} not null
    )`,
    "create index logged_model_metrics_by_run on logged_model_metrics (run_id)",
  ),
  defineMigration(
    "tracking-0006-environments",
    `create table run_versions (
      run_id {int} not null,
      source text not null,
      what text not null,
      version text not null,
      at {int} not null,
      primary key (run_id, source, what, version)
    ) {clustered}`,
    `create table config_schemas (
      experiment_id {int} primary key,
      project text not null,
      schema text not null,
      hash text not null,
      caused_by text not null,
      reason text not null,
      at {int} not null
    )`,
  ),
  defineMigration(
    "tracking-0007-artifact-uploads",
    `create table artifact_uploads (
      id text primary key,
      project text not null,
      path text not null,
      parts {int} not null,
      begun_at {int} not null,
      done {int} not null
    )`,
    "create index artifact_uploads_by_age on artifact_uploads (project, begun_at)",
    `create table artifact_upload_parts (
      upload_id text not null,
      part {int} not null,
      hash text not null,
      size {int} not null,
      primary key (upload_id, part)
    ) {clustered}`,
  ),
  defineMigration(
    "tracking-0008-imports",
    "alter table experiments add column outer_id text",
    "create unique index experiments_by_outer_id on experiments (project, outer_id)",
    `create table imports (
      id text primary key,
      project text not null,
      source text not null,
      kind text not null,
      state text not null,
      started_at {int} not null,
      finished_at {int},
      caused_by text not null,
      report text
    )`,
    "create index imports_by_project on imports (project, started_at)",
    `create table import_experiments (
      import_id text not null,
      source_id text not null,
      experiment_id {int} not null,
      primary key (import_id, source_id)
    ) {clustered}`,
    `create table import_runs (
      import_id text not null,
      run_id text not null,
      done {int} not null,
      primary key (import_id, run_id)
    ) {clustered}`,
  ),
  defineMigration(
    "tracking-0009-key-uses",
    // What writers add to `run_keys.runs` and its values, until it is folded in: every run of an experiment would change the same rows.
    `create table run_key_uses (
      id {serial},
      key_id {int} not null,
      more {int} not null,
      value text
    )`,
    "create index run_key_uses_by_key on run_key_uses (key_id)",
  ),
];
