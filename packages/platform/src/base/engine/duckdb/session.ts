import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { totalmem } from "node:os";
import { join, resolve, sep } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { CodedError } from "#base/errors.js";
import { engineErrors } from "../errors.js";
import type { Query } from "./sql.js";

export interface SessionOptions {
  /** Folder of the adapter's own; temporary files go below it. */
  readonly folder: string;
  /** Folders whose files may be read. */
  readonly readable: readonly string[];
  /** e.g. `4GB`; a quarter of the machine's when absent. */
  readonly memory?: string;
  readonly threads?: number;
}

/** What an operation is about, for its errors. */
export interface About {
  readonly format: string;
  /** All files in a word. */
  readonly summary: string;
  /** What a file is called to the caller. */
  nameOf(path: string): string;
  readonly paths: readonly string[];
}

/** What an operation does to the database while it has a connection. */
export interface Session {
  rows<R = Record<string, number | string | null>>(query: Query): Promise<R[]>;
  run(query: Query): Promise<void>;
  connection: DuckDBConnection;
}

export interface Sessions {
  /** This process's own folder for files that are on their way out. */
  readonly folder: string;
  /** Runs `work` on a connection of its own; interrupts it when `signal` aborts; closes it whatever happens. */
  use<R>(about: About, signal: AbortSignal | undefined, work: (session: Session) => Promise<R>): Promise<R>;
  /** Like `use`, for work that answers bit by bit. */
  stream<R>(
    about: About,
    signal: AbortSignal | undefined,
    work: (session: Session) => AsyncIterable<R>,
  ): AsyncIterable<R>;
  close(): Promise<void>;
}

/**
 * One DuckDB in memory, opened when first used. Configured, then locked: no extension is fetched or loaded, no file
 * outside the given folders is opened, and nothing can change that afterwards.
 */
export function openSessions(options: SessionOptions): Sessions {
  const parent = resolve(options.folder);
  mkdirSync(parent, { recursive: true });
  removeLeftovers(parent);
  const folder = join(parent, `${process.pid}-${nextFolder++}`);
  mkdirSync(folder, { recursive: true });
  let opening: Promise<DuckDBInstance> | undefined;
  let closed = false;
  const running = new Set<Promise<unknown>>();

  function instance(): Promise<DuckDBInstance> {
    opening ??= openInstance(options, folder).catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  }

  async function begin(signal: AbortSignal | undefined): Promise<{ session: Session; end: () => void }> {
    if (closed || signal?.aborted) throw engineErrors.ENGINE_INTERRUPTED();
    const connection = await (await instance()).connect();
    const interrupt = () => connection.interrupt();
    signal?.addEventListener("abort", interrupt, { once: true });
    return {
      session: {
        connection,
        async rows<R>(query: Query) {
          const reader = await connection.runAndReadAll(query.sql, { ...query.values }, { ...query.types });
          return reader.getRowObjectsJS() as R[];
        },
        async run(query) {
          await connection.run(query.sql, { ...query.values }, { ...query.types });
        },
      },
      end() {
        signal?.removeEventListener("abort", interrupt);
        connection.closeSync();
      },
    };
  }

  /** A broken instance answers every later query with the same error: the next operation opens a new one. */
  function failure(error: unknown, about: About): unknown {
    if (/^(INTERNAL|FATAL) Error|database has been invalidated/.test(messageOf(error))) opening = undefined;
    return toCoded(error, about);
  }

  return {
    folder,
    async use(about, signal, work) {
      const task = (async () => {
        const { session, end } = await begin(signal);
        try {
          return await work(session);
        } catch (error) {
          throw failure(error, about);
        } finally {
          end();
        }
      })();
      running.add(task);
      try {
        return await task;
      } finally {
        running.delete(task);
      }
    },
    async *stream(about, signal, work) {
      const { session, end } = await begin(signal);
      try {
        yield* work(session);
      } catch (error) {
        throw failure(error, about);
      } finally {
        end();
      }
    },
    async close() {
      closed = true;
      await Promise.allSettled([...running]);
      await opening?.then((open) => open.closeSync());
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

let nextFolder = 1;

async function openInstance(options: SessionOptions, folder: string): Promise<DuckDBInstance> {
  const instance = await DuckDBInstance.create(":memory:", {
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    allow_unsigned_extensions: "false",
    memory_limit: options.memory ?? `${Math.max(512, Math.floor(totalmem() / 4 / 2 ** 20))}MiB`,
    temp_directory: folder,
    ...(options.threads === undefined ? {} : { threads: String(options.threads) }),
  });
  const connection = await instance.connect();
  try {
    const folders = [folder, ...options.readable.map((one) => resolve(one))];
    const list = folders.map((one) => `'${`${one}${sep}`.replaceAll("'", "''")}'`).join(", ");
    await connection.run("set preserve_insertion_order = true");
    await connection.run("set default_collation = ''");
    await connection.run(`set allowed_directories = [${list}]`);
    await connection.run("set enable_external_access = false");
    await connection.run("set lock_configuration = true");
  } catch (error) {
    instance.closeSync();
    throw error;
  } finally {
    connection.closeSync();
  }
  return instance;
}

/** Folders of processes that ended without tidying up. */
function removeLeftovers(parent: string): void {
  for (const entry of readdirSync(parent)) {
    const pid = Number(/^(\d+)-\d+$/.exec(entry)?.[1] ?? Number.NaN);
    if (Number.isInteger(pid) && pid !== process.pid && !isAlive(pid)) {
      rmSync(join(parent, entry), { recursive: true, force: true });
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** DuckDB's message in our code. The file formats' parsers speak through many kinds of errors; all are about the file. */
function toCoded(error: unknown, about: About): unknown {
  if (error instanceof CodedError) return error;
  const message = messageOf(error);
  const problem = firstLine(message, about);
  if (/^INTERRUPT Error/i.test(message) || (error instanceof Error && error.name === "AbortError"))
    return engineErrors.ENGINE_INTERRUPTED({}, { cause: error });
  if (/^Out of Memory Error/i.test(message)) return engineErrors.ENGINE_OUT_OF_MEMORY({ problem }, { cause: error });
  if (
    /^(Invalid Input|IO|Conversion|Serialization|Out of Range|Not implemented|Invalid|Permission|TransactionContext) Error/i.test(
      message,
    ) ||
    !(error instanceof Error)
  ) {
    return engineErrors.ENGINE_FILE_UNREADABLE(
      { file: fileOf(message, about), format: about.format, problem },
      { cause: error },
    );
  }
  return engineErrors.ENGINE_FAILED({ problem }, { cause: error });
}

/** The file a message names, if it names one. */
function fileOf(message: string, about: About): string {
  const path = about.paths.find((one) => message.includes(one));
  return path === undefined ? about.summary : about.nameOf(path);
}

/** The first sentence, with folders left out: a message may travel to a caller who must not learn them. */
function firstLine(message: string, about: About): string {
  const line = (message.split("\n")[0] ?? "").replace(/^[A-Za-z ]*Error: /, "").replace(/\.$/, "");
  return line.replace(
    /(["'])(\/[^"']*)\1/g,
    (_whole, quote: string, path: string) => `${quote}${about.nameOf(path)}${quote}`,
  );
}
