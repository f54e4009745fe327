import type { Migration } from "../db/db.js";
import { defineMigration } from "../db/tables.js";

/**
 * One row a key that was used. `claimed`: the change is committed or about to be, its answer is not there yet; `done`: the
 * answer is kept; `lost`: it was carried out, or partly, and the answer cannot be given again.
 */
export const idempotencyMigration: Migration = defineMigration(
  "base-0003-idempotency",
  `create table idempotency_keys (
    id text primary key,
    operation text not null,
    fingerprint text not null,
    attempt text not null,
    server text not null,
    state text not null,
    at {int} not null,
    status {int},
    body text,
    problem text
  )`,
  "create index idempotency_keys_by_age on idempotency_keys (at)",
);

export interface IdempotencyTables {
  idempotency_keys: {
    id: string;
    operation: string;
    fingerprint: string;
    attempt: string;
    server: string;
    state: "claimed" | "done" | "lost";
    at: number;
    status: number | null;
    body: string | null;
    problem: string | null;
  };
}
