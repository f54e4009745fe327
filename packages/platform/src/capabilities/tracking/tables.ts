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
];
