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
}

/** A name used by the runs of one experiment: `kind` is 0 for metrics, 1 for parameters, 2 for tags. */
export interface RunKeyRow {
  id: number;
  experiment_id: number;
  kind: number;
  name: string;
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
    "tracking-0002-traces",
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
];
