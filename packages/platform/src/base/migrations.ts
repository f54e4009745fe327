import type { Migration } from "./db/db.js";
import { outboxMigration } from "./db/outbox.js";
import { idempotencyMigration } from "./idempotency/tables.js";
import { jobsMigration } from "./jobs/tables.js";

/** What the ground itself keeps; applied before every capability's. */
export const baseMigrations: readonly Migration[] = [outboxMigration, jobsMigration, idempotencyMigration];
