import { defineMigration } from "#base/db/tables.js";

export const migrations = [
  defineMigration(
    "lineage-0001-graph",
    `create table lineage_nodes (
      key {serial},
      project text not null,
      kind text not null,
      id text not null,
      name text not null,
      team text,
      first_seen {int} not null,
      last_seen {int} not null,
      door text not null,
      facts text not null,
      search text not null,
      unique (project, kind, id)
    )`,
    "create index lineage_nodes_seen on lineage_nodes (project, last_seen, key)",
    `create table lineage_edges (
      project text not null,
      from_key {int} not null,
      to_key {int} not null,
      relation text not null,
      evidence text not null,
      first_seen {int} not null,
      last_seen {int} not null,
      ended {int} not null,
      door text not null,
      count {int} not null,
      primary key (from_key, to_key, relation, ended)
    ) {clustered}`,
    "create index lineage_edges_to on lineage_edges (to_key, from_key)",
    "create index lineage_edges_project on lineage_edges (project, relation)",
  ),
  defineMigration(
    "lineage-0002-notices",
    `create table lineage_notices (
      id text primary key,
      project text not null,
      kind text not null,
      node text not null,
      what text not null,
      announced_by text not null,
      announced_at {int} not null,
      takes_effect_at {int} not null,
      state text not null,
      unowned text not null,
      override_by text,
      override_at {int},
      override_reason text
    )`,
    "create index lineage_notices_project on lineage_notices (project, id)",
    `create table lineage_notice_answers (
      notice text not null,
      project text not null,
      team text not null,
      reached {int} not null,
      example text not null,
      state text not null,
      reason text,
      answered_at {int},
      primary key (notice, team)
    ) {clustered}`,
  ),
  defineMigration(
    "lineage-0003-node-states",
    `create table lineage_node_states (
      node_key {int} not null,
      until {int} not null,
      name text not null,
      facts text not null,
      primary key (node_key, until)
    ) {clustered}`,
  ),
  defineMigration(
    "lineage-0004-experiment-names",
    `create table lineage_experiment_names (
      project text not null,
      id text not null,
      until {int} not null,
      name text not null,
      primary key (project, id, until)
    ) {clustered}`,
  ),
];

/** `ended` of an edge that still holds, and `until` of a name that still does. */
export const standing = 8_640_000_000_000_000;

export interface NodeRow {
  key: number;
  project: string;
  kind: string;
  id: string;
  name: string;
  team: string | null;
  first_seen: number;
  last_seen: number;
  door: string;
  facts: string;
  search: string;
}

/** What a node was called and what was known of it before it changed at an instant. */
export interface NodeStateRow {
  node_key: number;
  /** The state held before this instant; the one after it is the next row's or, after the last, the node's own. */
  until: number;
  name: string;
  facts: string;
}

/** What an experiment was called until an instant, or is called still. Runs refer to it by id: renaming it rewrites none. */
export interface ExperimentNameRow {
  project: string;
  id: string;
  until: number;
  name: string;
}

export interface EdgeRow {
  project: string;
  from_key: number;
  to_key: number;
  relation: string;
  evidence: "observed" | "declared" | "static";
  first_seen: number;
  last_seen: number;
  ended: number;
  door: string;
  count: number;
}

export interface NoticeRow {
  id: string;
  project: string;
  kind: string;
  node: string;
  what: string;
  announced_by: string;
  announced_at: number;
  takes_effect_at: number;
  state: "waiting" | "cleared" | "blocked" | "overridden" | "withdrawn";
  unowned: string;
  override_by: string | null;
  override_at: number | null;
  override_reason: string | null;
}

export interface NoticeAnswerRow {
  notice: string;
  project: string;
  team: string;
  reached: number;
  example: string;
  state: "waiting" | "acknowledged" | "objected";
  reason: string | null;
  answered_at: number | null;
}

export interface LineageTables {
  lineage_nodes: NodeRow;
  lineage_node_states: NodeStateRow;
  lineage_experiment_names: ExperimentNameRow;
  lineage_edges: EdgeRow;
  lineage_notices: NoticeRow;
  lineage_notice_answers: NoticeAnswerRow;
}
