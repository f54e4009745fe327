import { existsSync } from "node:fs";
import Database from "better-sqlite3";
import { baseErrors } from "../errors.js";

/** Somebody else's SQLite file. */
export interface ForeignDatabase {
  /** Columns of a table; empty when there is no such table. */
  columns(table: string): ReadonlySet<string>;
  all<R>(sql: string, ...values: readonly unknown[]): R[];
  get<R>(sql: string, ...values: readonly unknown[]): R | undefined;
  close(): void;
}

/**
 * Opens a SQLite file of another program, for reading only: nothing is written, no extension is loaded, and functions its
 * schema names are not trusted. Throws DB_FOREIGN_UNREADABLE for a file that is no database or damaged, also later, when
 * the damage is met.
 */
export function openForeignSqlite(path: string): ForeignDatabase {
  const refuse = (cause: unknown): Error =>
    baseErrors.DB_FOREIGN_UNREADABLE(
      { path, problem: cause instanceof Error ? cause.message : String(cause) },
      { cause },
    );
  const guarded = <R>(work: () => R): R => {
    try {
      return work();
    } catch (cause) {
      throw refuse(cause);
    }
  };
  if (!existsSync(path)) throw refuse("there is no such file");
  const db = guarded(() => new Database(path, { readonly: true, fileMustExist: true }));
  guarded(() => {
    db.pragma("query_only = on");
    db.pragma("trusted_schema = off");
    db.pragma("cell_size_check = on");
    db.pragma("cache_size = -65536");
  });
  const prepared = new Map<string, Database.Statement>();
  const prepare = (sql: string): Database.Statement => {
    let statement = prepared.get(sql);
    if (statement === undefined) {
      statement = db.prepare(sql);
      prepared.set(sql, statement);
    }
    return statement;
  };
  return {
    columns: (table) =>
      guarded(
        () =>
          new Set((db.pragma(`table_info("${table.replaceAll('"', '""')}")`) as { name: string }[]).map((c) => c.name)),
      ),
    all: <R>(sql: string, ...values: readonly unknown[]) => guarded(() => prepare(sql).all(...values) as R[]),
    get: <R>(sql: string, ...values: readonly unknown[]) => guarded(() => prepare(sql).get(...values) as R | undefined),
    close: () => db.close(),
  };
}
