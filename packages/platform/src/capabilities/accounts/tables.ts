import type { Level, Role } from "@paydown/api/accounts";
import { defineMigration } from "#base/db/tables.js";

export const migrations = [
  defineMigration(
    "accounts-0001-projects",
    `create table accounts_projects (
      name text primary key,
      title text not null,
      team text,
      time_zone text not null,
      currency text not null,
      hourly_rate {double},
      weekly_hours {double},
      created_at {int} not null,
      created_by text not null
    )`,
    `create table accounts_members (
      project text not null,
      name text not null,
      role text not null,
      since {int} not null,
      given_by text not null,
      primary key (project, name)
    )`,
    `create table accounts_tokens (
      id text primary key,
      hash text not null unique,
      name text not null,
      kind text not null,
      acts_for text,
      consumer text,
      project text not null,
      role text not null,
      prefix text not null,
      created_at {int} not null,
      created_by text not null,
      last_used_at {int},
      expires_at {int},
      revoked_at {int}
    )`,
    "create index accounts_tokens_project on accounts_tokens (project, id)",
  ),
  defineMigration(
    "accounts-0002-owners",
    `create table accounts_teams (
      project text not null,
      name text not null,
      contact text,
      primary key (project, name)
    )`,
    `create table accounts_owners (
      project text not null,
      kind text not null,
      id text not null,
      team text not null,
      role text not null,
      since {int} not null,
      given_by text not null,
      primary key (project, kind, id)
    )`,
    "create index accounts_owners_team on accounts_owners (project, team)",
    `create table accounts_hand_overs (
      id text primary key,
      project text not null,
      kind text not null,
      asset text not null,
      from_team text not null,
      to_team text,
      note text not null,
      state text not null,
      offered_at {int} not null,
      settled_at {int},
      reason text
    )`,
    "create index accounts_hand_overs_project on accounts_hand_overs (project, id)",
  ),
  defineMigration(
    "accounts-0003-users",
    `create table accounts_users (
      id {serial},
      name text not null unique,
      password text not null,
      created_at {int} not null,
      created_by text not null,
      changed_at {int} not null
    )`,
    "create index accounts_members_name on accounts_members (name)",
    "create index accounts_tokens_user on accounts_tokens (acts_for)",
    `create table accounts_grants (
      id {serial},
      holder text not null,
      type text not null,
      project text not null,
      resource text not null,
      level text not null,
      since {int} not null,
      given_by text not null,
      unique (holder, type, project, resource)
    )`,
    "create index accounts_grants_project on accounts_grants (project, type, resource)",
    `create table accounts_grant_sets (
      id {serial},
      project text not null,
      name text not null,
      description text,
      unique (project, name)
    )`,
    `create table accounts_grant_set_members (
      id {serial},
      holder text not null,
      user_name text not null,
      unique (user_name, holder)
    )`,
    "create index accounts_grant_set_members_holder on accounts_grant_set_members (holder)",
  ),
];

export interface ProjectRow {
  name: string;
  title: string;
  team: string | null;
  time_zone: string;
  currency: string;
  hourly_rate: number | null;
  weekly_hours: number | null;
  created_at: number;
  created_by: string;
}

export interface MemberRow {
  project: string;
  name: string;
  role: Role;
  since: number;
  given_by: string;
}

export interface TokenRow {
  id: string;
  hash: string;
  name: string;
  kind: "token" | "consumer";
  acts_for: string | null;
  consumer: string | null;
  project: string;
  role: Role;
  prefix: string;
  created_at: number;
  created_by: string;
  last_used_at: number | null;
  expires_at: number | null;
  revoked_at: number | null;
}

/** `password` is `scrypt$<N>$<r>$<p>$<salt>$<hash>`, salt and hash in base64. */
export interface UserRow {
  id: number;
  name: string;
  password: string;
  created_at: number;
  created_by: string;
  changed_at: number;
}

/** What a grant is about: MLflow's words, since its clients read them back. `workspace` is the project itself. */
export type GrantType = "experiment" | "registered_model" | "prompt" | "workspace";

/** `holder` is a user's name, or `#<id>` of a grant set. */
export interface GrantRow {
  id: number;
  holder: string;
  type: GrantType;
  project: string;
  resource: string;
  level: Level;
  since: number;
  given_by: string;
}

export interface GrantSetRow {
  id: number;
  project: string;
  name: string;
  description: string | null;
}

export interface GrantSetMemberRow {
  id: number;
  holder: string;
  user_name: string;
}

export interface TeamRow {
  project: string;
  name: string;
  contact: string | null;
}

export interface OwnerRow {
  project: string;
  kind: string;
  id: string;
  team: string;
  role: string;
  since: number;
  given_by: string;
}

export interface HandOverRow {
  id: string;
  project: string;
  kind: string;
  asset: string;
  from_team: string;
  to_team: string | null;
  note: string;
  state: "waiting" | "accepted" | "returned";
  offered_at: number;
  settled_at: number | null;
  reason: string | null;
}

export interface AccountsTables {
  accounts_projects: ProjectRow;
  accounts_members: MemberRow;
  accounts_tokens: TokenRow;
  accounts_users: UserRow;
  accounts_grants: GrantRow;
  accounts_grant_sets: GrantSetRow;
  accounts_grant_set_members: GrantSetMemberRow;
  accounts_teams: TeamRow;
  accounts_owners: OwnerRow;
  accounts_hand_overs: HandOverRow;
}
