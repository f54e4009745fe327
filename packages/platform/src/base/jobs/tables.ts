import type { Migration } from "../db/db.js";
import { defineMigration } from "../db/tables.js";

export const jobsMigration: Migration = defineMigration(
  "base-0002-jobs",
  `create table jobs (
    id text primary key,
    kind text not null,
    project text not null,
    payload text not null,
    state text not null,
    dedupe text unique,
    run_at {int} not null,
    lease_until {int},
    leased_by text,
    attempts {int} not null,
    share {double} not null,
    doing text not null,
    result text,
    problem text,
    created_at {int} not null,
    finished_at {int}
  )`,
  "create index jobs_due on jobs (state, run_at)",
);

export type JobState = "queued" | "running" | "done" | "failed";

export interface JobsTables {
  jobs: {
    id: string;
    kind: string;
    project: string;
    payload: string;
    state: JobState;
    dedupe: string | null;
    run_at: number;
    lease_until: number | null;
    leased_by: string | null;
    attempts: number;
    share: number;
    doing: string;
    result: string | null;
    problem: string | null;
    created_at: number;
    finished_at: number | null;
  };
}
