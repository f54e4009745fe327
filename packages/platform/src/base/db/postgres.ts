import { AsyncLocalStorage } from "node:async_hooks";
import { randomUUID } from "node:crypto";
import type { EventKind, Payload } from "@paydown/api/event";
import pg from "pg";
import type { Clock } from "../clock.js";
import { baseErrors } from "../errors.js";
import type { Log } from "../log.js";
import { inTx } from "./bound-tx.js";
import { inColumns, toRows } from "./columns.js";
import type { Db, Migration, Reader, Runnable, Statement, Tx } from "./db.js";
import { pendingMigrations, recordMigration } from "./migrations.js";
import { outboxInsert } from "./outbox.js";
import { toNumbered, toStatement } from "./statement.js";
import { toDialect } from "./tables.js";
import { TurnSocket } from "./turn-socket.js";

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`. */
  readonly url: string;
  /** Direct connection for LISTEN when `url` goes through a transaction pooler, which never delivers notices. */
  readonly listenUrl?: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly connections?: number;
}

const channel = "paydown_outbox";
/** Milliseconds in which other servers are told at most once that there are events. */
const betweenNotices = 100;
/** Milliseconds from a write to a look at how much was written; doubled while nothing has grown, up to a minute. */
const [firstLook, lastLook] = [2000, 60_000];
/** Serialisation failure and deadlock: the database asks for another try. */
const retryable = new Set(["40001", "40P01"]);
/**
 * Somebody else has just written what this transaction looked for and did not find: at the next try it is found, and the refusal
 * is the one that is meant.
 */
const taken = "23505";
/** A newer server of the same database has changed a table under a plan that this connection keeps. */
const planIsStale = "cached plan must not change result type";
const migrationLock = 7_265_001;
/** Texts of statements that every connection may keep a plan of. */
const mostNamed = 1000;

/** Every connection of the pool may hold a stale plan. */
const mostAttempts = 12;

/** Columns come as JSON, which is parsed after the driver and not by it. */
const asText: pg.CustomTypesConfig = { getTypeParser: () => (value: string) => value };

pg.types.setTypeParser(pg.types.builtins.INT8, Number);

/**
 * PostgreSQL. Transaction-level locks only, and with a `listenUrl` unnamed statements only, so that a transaction pooler in between changes
 * nothing; LISTEN has a direct connection of its own. Any number of servers may share the database.
 */
export async function openPostgres(options: PostgresOptions): Promise<Db> {
  // Statements that do not wait for each other's answers share a round trip.
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.connections ?? 10,
    pipeline: true,
    stream: () => new TurnSocket(),
  });
  // An idle connection that dies is replaced at its next use; without a handler it would end the process.
  pool.on("error", (error) => options.log.warn({ problem: error.message }, "an idle database connection failed"));
  // Compiling a search costs more than any of ours takes. A pooler may hand the connection to somebody else: there it stays.
  if (options.listenUrl === undefined) {
    pool.on("connect", (client) => {
      client
        .query("set jit = off")
        .catch((error: Error) => options.log.warn({ problem: error.message }, "a connection compiles its searches"));
    });
  }
  const insideWrite = new AsyncLocalStorage<true>();
  const listeners: (() => void)[] = [];
  const numbered = new Map<string, string>();
  let listening: pg.Client | undefined;
  let closed = false;

  function text(sql: string): string {
    let known = numbered.get(sql);
    if (known === undefined) {
      known = toNumbered(sql);
      if (numbered.size > 2000) numbered.clear();
      numbered.set(sql, known);
    }
    return known;
  }

  const names = new Map<string, string>();
  /**
   * Statements of transactions, and reads that say so, are parsed and planned once a connection, which is most of what a small one
   * costs. Not where a transaction pooler is in between, and not for ever more texts; searches are planned by their values each time.
   */
  function nameOf(sql: string): string | undefined {
    if (options.listenUrl !== undefined) return undefined;
    const known = names.get(sql);
    if (known !== undefined || names.size >= mostNamed) return known;
    const name = `paydown_${names.size}`;
    names.set(sql, name);
    return name;
  }

  function ask(client: pg.Pool | pg.PoolClient, query: Runnable<unknown>, inTx: boolean): Promise<pg.QueryResult> {
    return askStatement(client, toStatement(query), inTx);
  }

  function askStatement(
    client: pg.Pool | pg.PoolClient,
    statement: Statement,
    inTx: boolean,
    types?: pg.CustomTypesConfig,
  ): Promise<pg.QueryResult> {
    const asked = { values: [...statement.parameters], ...(types === undefined ? {} : { types }) };
    if (statement.keep === "never") return client.query({ ...asked, text: toNumbered(statement.sql) });
    const name = inTx || statement.keep === "always" ? nameOf(statement.sql) : undefined;
    return client.query({ ...asked, ...(name === undefined ? {} : { name }), text: text(statement.sql) });
  }

  async function askColumns<R>(
    client: pg.Pool | pg.PoolClient,
    statement: Statement,
    columns: readonly string[],
    inTx: boolean,
  ): Promise<R[]> {
    const { rows } = await askStatement(client, inColumns(statement, columns), inTx, asText);
    return toRows<R>(columns, rows[0] as Record<string, string | null>);
  }

  function readerOf(client: pg.Pool | pg.PoolClient, inTx: boolean): Reader {
    const rows = async <R>(query: Runnable<R>): Promise<R[]> => {
      const statement = toStatement(query);
      if (statement.columns !== undefined) return askColumns<R>(client, statement, statement.columns, inTx);
      return (await askStatement(client, statement, inTx)).rows as R[];
    };
    return { dialect: "postgres", all: rows, get: async <R>(query: Runnable<R>) => (await rows(query))[0] };
  }

  /** `later`: what the transaction leaves for its commit; `notify`: it has emitted. */
  function txOf(client: pg.PoolClient, later: Runnable<unknown>[], notify: () => void): Tx {
    return {
      ...readerOf(client, true),
      async run(query) {
        return (await ask(client, query, true)).rowCount ?? 0;
      },
      async defer(query) {
        later.push(query);
      },
      async emit<E extends EventKind>(event: E, project: string, payload: Payload<E>) {
        notify();
        const xact = "pg_current_xact_id()::text::bigint";
        await this.defer(outboxInsert(event.name, project, payload, options.clock.now(), xact));
      },
    };
  }

  async function connect(): Promise<pg.PoolClient> {
    return pool.connect().catch((cause: Error) => {
      throw baseErrors.DB_UNAVAILABLE({ problem: cause.message }, { cause });
    });
  }

  async function transact<R>(work: (tx: Tx) => Promise<R>): Promise<R> {
    const client = await connect();
    let broken: Error | undefined;
    try {
      // Not waited for: the first statement travels with it, and fails with it.
      const begun = client.query("begin");
      begun.catch(() => undefined);
      const later: Runnable<unknown>[] = [];
      let emitted = false;
      const notify = () => {
        emitted = true;
      };
      const value = await insideWrite.run(true, () => inTx(txOf(client, later, notify), work));
      await begun;
      await Promise.all([...later.map((query) => ask(client, query, true)), client.query("commit")]);
      if (emitted) {
        for (const listener of listeners) listener();
        notifyOthers();
      }
      return value;
    } catch (error) {
      await client.query("rollback").catch((failure: Error) => {
        broken = failure;
      });
      if (error instanceof pg.DatabaseError && error.message === planIsStale) broken ??= error;
      throw error;
    } finally {
      client.release(broken);
    }
  }

  const self = randomUUID();
  let noticing: NodeJS.Timeout | undefined;
  let isNoticeDue = false;

  /**
   * Tells other servers that there are events, but only so often. Not within the transaction: commits that notify wait for one
   * another, and then no two share a sync of the disk. A lost notice costs the others the time until they look by themselves.
   */
  function notifyOthers(): void {
    isNoticeDue = noticing !== undefined;
    if (isNoticeDue || closed) return;
    pool.query("select pg_notify($1, $2)", [channel, self]).catch((error: Error) => {
      if (!closed) options.log.warn({ problem: error.message }, "other servers were not told of new events");
    });
    noticing = setTimeout(() => {
      noticing = undefined;
      if (isNoticeDue) notifyOthers();
    }, betweenNotices);
    noticing.unref();
  }

  async function runAlone<R>(query: Runnable<R>): Promise<R[]> {
    const client = await connect();
    let broken: Error | undefined;
    try {
      return (await ask(client, query, true)).rows as R[];
    } catch (error) {
      // Only a database error says that the connection is as it was.
      if (!(error instanceof pg.DatabaseError) || error.message === planIsStale) broken = error as Error;
      throw error;
    } finally {
      client.release(broken);
    }
  }

  /** Does what writes until the database no longer asks for another try. */
  async function persist<R>(write: () => Promise<R>): Promise<R> {
    if (insideWrite.getStore()) throw baseErrors.DB_NESTED_WRITE();
    for (let attempt = 1; ; attempt++) {
      try {
        const value = await write();
        lookAfterwards();
        return value;
      } catch (error) {
        if (attempt >= attemptsOf(error)) throw error;
      }
    }
  }

  let look = firstLook;
  let looking: NodeJS.Timeout | undefined;

  /**
   * Keeps statistics abreast of what is written. Autovacuum does so too, but a minute late: until then searches of a table that
   * has grown from nothing are planned as if it were empty, and take a hundred times as long.
   */
  function lookAfterwards(): void {
    if (closed || looking !== undefined) return;
    looking = setTimeout(() => {
      analyzeGrown()
        .then((any) => {
          look = any ? firstLook : Math.min(lastLook, look * 2);
        })
        .catch((error: Error) => {
          if (!closed) options.log.warn({ problem: error.message }, "tables that have grown were not analyzed");
        })
        .finally(() => {
          looking = undefined;
        });
    }, look);
    looking.unref();
  }

  async function analyzeGrown(): Promise<boolean> {
    const { rows } = await pool.query<{ name: string }>(
      `select quote_ident(relname) as name from pg_class
       where relkind = 'r' and relnamespace = current_schema()::regnamespace
         and pg_stat_get_mod_since_analyze(oid) > 500 + greatest(reltuples, 0) / 5`,
    );
    for (const { name } of rows) await pool.query(`analyze ${name}`);
    return rows.length > 0;
  }

  async function listen(): Promise<void> {
    if (closed) return;
    const client = new pg.Client({ connectionString: options.listenUrl ?? options.url });
    client.on("notification", ({ payload }) => {
      if (payload === self) return;
      for (const listener of listeners) listener();
    });
    client.on("error", (error) => {
      options.log.warn({ problem: error.message }, "the notice connection failed; listening again");
      listening = undefined;
      setTimeout(() => void listen().catch(() => undefined), 1000).unref();
    });
    await client.connect();
    await client.query(`listen ${channel}`);
    listening = client;
    for (const listener of listeners) listener();
  }

  try {
    await listen();
  } catch (cause) {
    await pool.end();
    throw baseErrors.DB_UNAVAILABLE({ problem: (cause as Error).message }, { cause });
  }

  return {
    dialect: "postgres",
    read: (work) => work(readerOf(pool, false)),
    write: (work) => persist(() => transact(work)),
    writeOne: (query) => persist(() => runAlone(query)),
    async migrate(migrations: readonly Migration[]) {
      await transact(async (tx) => {
        await tx.get({ sql: "select pg_advisory_xact_lock(?)", parameters: [migrationLock] });
        // Not one by one: each would be a round trip of its own.
        const applied = (await pendingMigrations(tx, migrations, "postgres")).flatMap((migration) => [
          ...migration.up.map((sql) => tx.run({ sql: toDialect(sql, "postgres"), parameters: [], keep: "never" })),
          recordMigration(tx, migration, options.clock.now()),
        ]);
        await Promise.all(applied);
      });
    },
    backup: () => Promise.reject(baseErrors.DB_BACKUP_EXTERNAL()),
    onEmit: (listener) => {
      listeners.push(listener);
    },
    async close() {
      closed = true;
      clearTimeout(looking);
      clearTimeout(noticing);
      await listening?.end();
      await pool.end();
    },
  };
}

/** How often a transaction that ends so is tried in all. */
function attemptsOf(error: unknown): number {
  if (!(error instanceof pg.DatabaseError)) return 1;
  if (error.code === taken) return 3;
  return retryable.has(error.code ?? "") || error.message === planIsStale ? mostAttempts : 1;
}
