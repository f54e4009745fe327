import { AsyncLocalStorage } from "node:async_hooks";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { EventKind, Payload } from "@paydown/api/event";
import Database from "better-sqlite3";
import type { Clock } from "../clock.js";
import { baseErrors } from "../errors.js";
import { inTx } from "./bound-tx.js";
import type { Db, Migration, Reader, Runnable, Statement, Tx } from "./db.js";
import { pendingMigrations, recordMigration } from "./migrations.js";
import { outboxInsert } from "./outbox.js";
import { toStatement } from "./statement.js";
import { toDialect } from "./tables.js";

export interface SqliteOptions {
  /** File of the database; `:memory:` keeps it in memory. */
  readonly path: string;
  readonly clock: Clock;
  /** Most writes that share one commit. */
  readonly groupLimit?: number;
}

interface PendingWrite {
  /** Runs the work in the asynchronous context of whoever asked, so that events are signed by the right caller. */
  readonly work: (tx: Tx) => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * SQLite in this process: WAL, `synchronous=FULL`, one writer connection, one reader connection.
 * Writes asked for in the same turn of the event loop share a transaction and one sync of the disk.
 */
export function openSqlite(options: SqliteOptions): Db {
  const inMemory = options.path === ":memory:";
  if (!inMemory) mkdirSync(dirname(options.path), { recursive: true });
  const writer = open(options.path);
  writer.pragma("journal_mode = wal");
  writer.pragma("synchronous = full");
  writer.pragma("foreign_keys = on");
  const reader = inMemory ? writer : open(options.path, true);
  const insideWrite = new AsyncLocalStorage<true>();
  const groupLimit = options.groupLimit ?? 1024;
  const waiting: PendingWrite[] = [];
  const listeners: (() => void)[] = [];
  let flushing: Promise<void> | undefined;
  let emitted = false;

  const readTx = connectionReader(reader);
  const writeTx: Tx = {
    ...connectionReader(writer),
    async run(query) {
      const statement = toStatement(query);
      return prepareOf(writer, statement).run(...statement.parameters).changes;
    },
    async defer(query) {
      await this.run(query);
    },
    async emit<E extends EventKind>(event: E, project: string, payload: Payload<E>) {
      emitted = true;
      await this.run(outboxInsert(event.name, project, payload, options.clock.now()));
    },
  };

  /** Collects what the rest of this turn asks for, then commits it together. */
  function schedule(): void {
    flushing ??= new Promise<void>((turn) => setImmediate(turn)).then(flush).finally(() => {
      flushing = undefined;
      // Answers to the last group may have asked for more before this ran.
      if (waiting.length > 0) schedule();
    });
  }

  async function flush(): Promise<void> {
    while (waiting.length > 0) {
      const group = waiting.splice(0, groupLimit);
      emitted = false;
      try {
        await commitGroup(group);
      } catch (cause) {
        const problem = baseErrors.DB_UNAVAILABLE({ problem: problemOf(cause) }, { cause });
        for (const write of group) write.reject(problem);
      }
      if (emitted) for (const listener of listeners) listener();
    }
  }

  /** One transaction for all, a savepoint each: a failing write undoes itself and nobody else. */
  async function commitGroup(group: PendingWrite[]): Promise<void> {
    const settle: (() => void)[] = [];
    prepare(writer, "begin immediate").run();
    try {
      for (const write of group) {
        prepare(writer, "savepoint request").run();
        try {
          const value = await inTx(writeTx, write.work);
          settle.push(() => write.resolve(value));
        } catch (error) {
          prepare(writer, "rollback to request").run();
          const reason = fromSqlite(error);
          settle.push(() => write.reject(reason));
        }
        prepare(writer, "release request").run();
      }
      prepare(writer, "commit").run();
    } catch (error) {
      if (writer.inTransaction) prepare(writer, "rollback").run();
      throw error;
    }
    for (const answer of settle) answer();
  }

  return {
    dialect: "sqlite",
    async read(work) {
      // In memory there is one connection: wait until no group is half-way through it.
      if (inMemory) while (flushing !== undefined) await flushing;
      return work(readTx);
    },
    write<R>(work: (tx: Tx) => Promise<R>): Promise<R> {
      if (insideWrite.getStore()) return Promise.reject(baseErrors.DB_NESTED_WRITE());
      return new Promise<R>((resolve, reject) => {
        const inContext = AsyncLocalStorage.snapshot();
        waiting.push({
          work: (tx) => inContext(() => insideWrite.run(true, () => work(tx))),
          resolve: resolve as (value: unknown) => void,
          reject,
        });
        schedule();
      });
    },
    writeOne<R>(query: Runnable<R>): Promise<R[]> {
      return this.write((tx) => tx.all(query));
    },
    async migrate(migrations: readonly Migration[]) {
      prepare(writer, "begin immediate").run();
      try {
        for (const migration of await pendingMigrations(writeTx, migrations, "sqlite")) {
          for (const sql of migration.up) writer.exec(toDialect(sql, "sqlite"));
          await recordMigration(writeTx, migration, options.clock.now());
        }
        prepare(writer, "commit").run();
      } catch (error) {
        if (writer.inTransaction) prepare(writer, "rollback").run();
        throw error;
      }
    },
    async backup(file) {
      await writer.backup(file);
    },
    onEmit: (listener) => {
      listeners.push(listener);
    },
    async close() {
      while (flushing !== undefined) await flushing;
      if (reader !== writer) reader.close();
      if (!inMemory) writer.pragma("wal_checkpoint(truncate)");
      writer.close();
    },
  };
}

/** As much of the file as SQLite maps at most. */
const mapped = 0x7fff_0000;

function open(path: string, readonly = false): Database.Database {
  const connection = new Database(path, { readonly, timeout: 20_000 });
  connection.defaultSafeIntegers(false);
  // Pages are read where the system caches them: by default every probe beyond 2 MB of them is a call and a copy.
  connection.pragma(`mmap_size = ${mapped}`);
  connection.pragma("cache_size = -16000");
  return connection;
}

const prepared = new WeakMap<Database.Database, Map<string, Database.Statement>>();
const preparedLimit = 500;

/** Preparing costs more than running a point query; statements are kept, the least recently used go first. */
function prepare(connection: Database.Database, sql: string): Database.Statement {
  let cache = prepared.get(connection);
  if (cache === undefined) {
    cache = new Map();
    prepared.set(connection, cache);
  }
  const known = cache.get(sql);
  if (known !== undefined) {
    cache.delete(sql);
    cache.set(sql, known);
    return known;
  }
  const statement = connection.prepare(sql);
  cache.set(sql, statement);
  if (cache.size > preparedLimit) cache.delete(cache.keys().next().value as string);
  return statement;
}

function prepareOf(connection: Database.Database, statement: Statement): Database.Statement {
  return statement.keep === "never" ? connection.prepare(statement.sql) : prepare(connection, statement.sql);
}

function connectionReader(connection: Database.Database): Reader {
  return {
    dialect: "sqlite",
    async all<R>(query: Runnable<R>) {
      const statement = toStatement(query);
      return prepareOf(connection, statement).all(...statement.parameters) as R[];
    },
    async get<R>(query: Runnable<R>) {
      const statement = toStatement(query);
      return prepareOf(connection, statement).get(...statement.parameters) as R | undefined;
    },
  };
}

function problemOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** A full disk, a lock or an IO fault is the machine's failure, with a code; everything else keeps its own identity. */
function fromSqlite(error: unknown): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  if (/^SQLITE_(FULL|IOERR|BUSY|READONLY|CANTOPEN)/.test(error.code)) {
    return baseErrors.DB_UNAVAILABLE({ problem: error.message }, { cause: error });
  }
  return error;
}
