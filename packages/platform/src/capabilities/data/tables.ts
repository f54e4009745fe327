import type { Format, Modality, ProfileState } from "@paydown/api/data";
import { defineMigration } from "#base/db/tables.js";

export interface DataTables {
  data_sources: SourceRow;
  data_datasets: DatasetRow;
  data_versions: VersionRow;
  data_files: FileRow;
}

export interface SourceRow {
  project: string;
  name: string;
  location: string;
  modality: Modality;
  format: string;
  external: number;
  description: string;
  owner: string | null;
  freshness_hours: number | null;
  created_at: number;
  created_by: string;
  updated_at: number;
}

export interface DatasetRow {
  project: string;
  name: string;
  description: string;
  owner: string | null;
  source: string | null;
  freshness_hours: number | null;
  /** Version whose bins all profiles share. */
  reference: string | null;
  created_at: number;
  created_by: string;
}

export interface VersionRow {
  project: string;
  dataset: string;
  version: string;
  /** 1, 2, 3, ... in the order they were added to the dataset. */
  number: number;
  manifest_hash: string;
  created_at: number;
  created_by: string;
  message: string;
  format: Format;
  rows: number | null;
  bytes: number;
  files: number;
  source: string | null;
  /** JSON array of `<dataset>@<version>`. */
  parents: string;
  /** JSON array of `SchemaColumn`. */
  columns: string;
  profile: ProfileState;
  profile_problem: string | null;
  profile_hash: string | null;
  profile_reference: string | null;
  profiled_at: number | null;
}

export interface FileRow {
  project: string;
  dataset: string;
  version: string;
  path: string;
  hash: string;
  bytes: number;
  rows: number | null;
}

export const dataMigrations = [
  defineMigration(
    "data-0001-catalogue",
    `create table data_sources (
       project text not null, name text not null, location text not null, modality text not null, format text not null,
       external {int} not null, description text not null, owner text, freshness_hours {double},
       created_at {int} not null, created_by text not null, updated_at {int} not null,
       primary key (project, name))`,
    `create table data_datasets (
       project text not null, name text not null, description text not null, owner text, source text,
       freshness_hours {double}, reference text, created_at {int} not null, created_by text not null,
       primary key (project, name))`,
    `create table data_versions (
       project text not null, dataset text not null, version text not null, number {int} not null,
       manifest_hash text not null, created_at {int} not null, created_by text not null, message text not null,
       format text not null, rows {int}, bytes {int} not null, files {int} not null, source text,
       parents text not null, columns text not null, profile text not null, profile_problem text, profile_hash text,
       profile_reference text, profiled_at {int},
       primary key (project, dataset, version))`,
    "create unique index data_versions_number on data_versions (project, dataset, number)",
    `create table data_files (
       project text not null, dataset text not null, version text not null, path text not null, hash text not null,
       bytes {int} not null, rows {int},
       primary key (project, dataset, version, path)) {clustered}`,
    "create index data_files_hash on data_files (project, hash)",
  ),
];
