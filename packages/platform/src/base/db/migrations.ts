import { createHash } from "node:crypto";
import { baseErrors } from "../errors.js";
import type { Dialect, Migration, Tx } from "./db.js";
import { toDialect } from "./tables.js";

const table = `create table if not exists migrations (
  id text primary key,
  checksum text not null,
  applied_at {int} not null
)`;

/**
 * What is not applied yet, in order. Refuses a database that holds a migration this version does not know (DB_NEWER) or
 * one whose text has changed (DB_MIGRATION_CHANGED).
 */
export async function pendingMigrations(
  tx: Tx,
  migrations: readonly Migration[],
  dialect: Dialect,
): Promise<Migration[]> {
  await tx.run({ sql: toDialect(table, dialect), parameters: [] });
  const rows = await tx.all<{ id: string; checksum: string }>({
    sql: "select id, checksum from migrations",
    parameters: [],
  });
  const applied = new Map(rows.map((row) => [row.id, row.checksum]));
  const known = new Set(migrations.map((migration) => migration.id));
  for (const id of applied.keys()) if (!known.has(id)) throw baseErrors.DB_NEWER({ migration: id });
  return migrations.filter((migration) => {
    const before = applied.get(migration.id);
    if (before !== undefined && before !== checksum(migration)) {
      throw baseErrors.DB_MIGRATION_CHANGED({ migration: migration.id });
    }
    return before === undefined;
  });
}

export async function recordMigration(tx: Tx, migration: Migration, now: number): Promise<void> {
  await tx.run({
    sql: "insert into migrations (id, checksum, applied_at) values (?, ?, ?)",
    parameters: [migration.id, checksum(migration), now],
  });
}

function checksum(migration: Migration): string {
  return createHash("sha256").update(migration.up.join("\n;\n")).digest("hex");
}
