import type { EventKind, Payload } from "@paydown/api/event";
import type { Compilable } from "kysely";

export type Dialect = "sqlite" | "postgres";

/** SQL text with `?` placeholders and its values. Booleans are stored as 0 and 1, JSON as text, instants as integer ms. */
export interface Statement<R = unknown> {
  readonly sql: string;
  readonly parameters: readonly unknown[];
  /**
   * Whether its plan is worth keeping. `always`: a read that is best read one way whatever its values; PostgreSQL plans the others
   * by their values each time. `never`: its text does not come again, because numbers stand in it.
   */
  readonly keep?: "always" | "never";
  /**
   * The columns it answers, said where there are many small rows: PostgreSQL then hands over a column at a time, which costs the
   * reading process a fifth of taking in rows. Numbers and texts alone: no bytes, no NaN, no infinity.
   */
  readonly columns?: readonly string[];
  /** Never present; carries the row type. */
  readonly row?: R;
}

/** Either a Kysely builder made by `queries<Tables>()` or a raw statement of a hot path. */
export type Runnable<R> = Compilable<R> | Statement<R>;

/** Sees committed rows. */
export interface Reader {
  readonly dialect: Dialect;
  all<R>(query: Runnable<R>): Promise<R[]>;
  get<R>(query: Runnable<R>): Promise<R | undefined>;
}

/** One open transaction. Everything run and emitted through it is committed together or not at all. */
export interface Tx extends Reader {
  /** Runs a statement and answers how many rows it changed. */
  run(query: Runnable<unknown>): Promise<number>;
  /**
   * Runs a statement nobody waits for before the commit, together with it where that saves a round trip. Rows that many
   * transactions change are changed this way: on PostgreSQL they are then locked for the commit alone. What it would change is
   * not seen by the rest of the transaction, and its failure fails the whole.
   */
  defer(query: Runnable<unknown>): Promise<void>;
  /** Writes an event to the outbox inside this transaction; it is delivered after the commit. */
  emit<E extends EventKind>(event: E, project: string, payload: Payload<E>): Promise<void>;
}

/** One schema change, forward only. `up` is portable SQL; see `tables` for its type words. */
export interface Migration {
  /** `<capability>-<nnnn>-<what>`, unique, never renamed. */
  readonly id: string;
  readonly up: readonly string[];
}

/**
 * Where metadata lives.
 *
 * `write` runs `work` in one transaction and resolves after the commit is durable. On SQLite all writes asked for in one
 * turn of the event loop share a commit (group commit) with a savepoint each, so a failing one undoes only itself;
 * `work` must therefore wait for nothing but the transaction. `read` never sees uncommitted rows.
 */
export interface Db {
  readonly dialect: Dialect;
  read<R>(work: (reader: Reader) => Promise<R>): Promise<R>;
  write<R>(work: (tx: Tx) => Promise<R>): Promise<R>;
  /** Runs one statement as a transaction of its own, and answers its rows once they are durable. */
  writeOne<R>(query: Runnable<R>): Promise<R[]>;
  /** Applies what is missing, in the given order; refuses a database that holds unknown migrations. */
  migrate(migrations: readonly Migration[]): Promise<void>;
  /** Writes a consistent copy to a new file while the server runs; DB_BACKUP_EXTERNAL where the database has its own tools. */
  backup(file: string): Promise<void>;
  /** Calls back after each commit that emitted events. */
  onEmit(listener: () => void): void;
  close(): Promise<void>;
}
