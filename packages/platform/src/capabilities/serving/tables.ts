import { defineMigration } from "#base/db/tables.js";

/** Instants are milliseconds; `contract`, `limits`, `score`, `inputs` and `outputs` of schemas are JSON. */
export interface ServingTables {
  deployments: DeploymentRow;
  deployment_spans: SpanRow;
  served_models: ServedModelRow;
  deployment_consumers: ConsumerRow;
  deployment_traffic: TrafficRow;
  deployment_latency: { deployment_id: number; minute: number; bucket: number; requests: number };
  predictions: PredictionRow;
  prediction_outcomes: OutcomeRow;
}

export interface DeploymentRow {
  id: number;
  project: string;
  name: string;
  model: string;
  version: number;
  alias: string | null;
  served_id: number;
  state: string;
  owner: string | null;
  contract: string | null;
  limits: string | null;
  score: string | null;
  batching: number;
  retention_days: number | null;
  created_at: number;
  created_by: string;
  switched_at: number;
}

export interface SpanRow {
  id: number;
  deployment_id: number;
  model: string;
  version: number;
  previous: number | null;
  served_id: number;
  started_at: number;
  ended_at: number | null;
  started_by: string;
  reason: string;
}

/** What a file declares; kept for ever, because logged predictions are read by it. */
export interface ServedModelRow {
  id: number;
  project: string;
  model: string;
  version: number;
  hash: string;
  size: number;
  inputs: string;
  outputs: string;
  columns: string;
}

export interface ConsumerRow {
  id: number;
  deployment_id: number;
  project: string;
  consumer: string;
  declared_at: number | null;
  declared_by: string | null;
  team: string | null;
  purpose: string | null;
  first_seen: number | null;
  last_seen: number | null;
  requests: number;
  row_count: number;
  errors: number;
  violations: number;
}

export interface TrafficRow {
  deployment_id: number;
  minute: number;
  consumer_id: number;
  requests: number;
  row_count: number;
  errors: number;
  violations: number;
}

export interface PredictionRow {
  id: number;
  project: string;
  request_id: string;
  client_id: string | null;
  deployment_id: number;
  served_id: number;
  consumer_id: number;
  at: number;
  event_time: number;
  row_count: number;
  violations: number;
  latency_us: number;
  score: number | null;
  inputs: Uint8Array;
  outputs: Uint8Array;
}

export interface OutcomeRow {
  prediction_id: number;
  row_index: number;
  value: number;
  at: number;
  recorded_at: number;
}

export const servingMigrations = [
  defineMigration(
    "serving-0001-deployments",
    `create table served_models (
      id {serial},
      project text not null,
      model text not null,
      version {int} not null,
      hash text not null,
      size {int} not null,
      inputs text not null,
      outputs text not null,
      columns text not null,
      unique (project, model, version, hash)
    )`,
    `create table deployments (
      id {serial},
      project text not null,
      name text not null,
      model text not null,
      version {int} not null,
      alias text,
      served_id {int} not null,
      state text not null,
      owner text,
      contract text,
      limits text,
      score text,
      batching {int} not null,
      retention_days {int},
      created_at {int} not null,
      created_by text not null,
      switched_at {int} not null,
      unique (project, name)
    )`,
    `create table deployment_spans (
      id {serial},
      deployment_id {int} not null,
      model text not null,
      version {int} not null,
      previous {int},
      served_id {int} not null,
      started_at {int} not null,
      ended_at {int},
      started_by text not null,
      reason text not null
    )`,
    "create index deployment_spans_by_deployment on deployment_spans (deployment_id, id)",
    `create table deployment_consumers (
      id {serial},
      deployment_id {int} not null,
      project text not null,
      consumer text not null,
      declared_at {int},
      declared_by text,
      team text,
      purpose text,
      first_seen {int},
      last_seen {int},
      requests {int} not null,
      row_count {int} not null,
      errors {int} not null,
      violations {int} not null,
      unique (deployment_id, consumer)
    )`,
    "create index deployment_consumers_by_project on deployment_consumers (project, consumer, id)",
    `create table deployment_traffic (
      deployment_id {int} not null,
      minute {int} not null,
      consumer_id {int} not null,
      requests {int} not null,
      row_count {int} not null,
      errors {int} not null,
      violations {int} not null,
      primary key (deployment_id, minute, consumer_id)
    ) {clustered}`,
    `create table deployment_latency (
      deployment_id {int} not null,
      minute {int} not null,
      bucket {int} not null,
      requests {int} not null,
      primary key (deployment_id, minute, bucket)
    ) {clustered}`,
    `create table predictions (
      id {serial},
      project text not null,
      request_id text not null,
      client_id text,
      deployment_id {int} not null,
      served_id {int} not null,
      consumer_id {int} not null,
      at {int} not null,
      event_time {int} not null,
      row_count {int} not null,
      violations {int} not null,
      latency_us {int} not null,
      score {double},
      inputs {bytes} not null,
      outputs {bytes} not null,
      unique (request_id)
    )`,
    "create index predictions_by_time on predictions (deployment_id, event_time, id)",
    `create table prediction_outcomes (
      prediction_id {int} not null,
      row_index {int} not null,
      value {double} not null,
      at {int} not null,
      recorded_at {int} not null,
      primary key (prediction_id, row_index)
    ) {clustered}`,
  ),
];
