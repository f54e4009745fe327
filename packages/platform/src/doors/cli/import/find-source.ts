import { existsSync } from "node:fs";
import { open, realpath, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { errors } from "../errors.js";
import type { Cli } from "../run.js";
import { fileStoreRoots, openFileStore } from "./file-store.js";
import { realFolder } from "./folder.js";
import type { Problems } from "./problems.js";
import { openServer } from "./server.js";
import type { Source } from "./source.js";
import { openSqliteStore, sqliteRoots } from "./store.sqlite.js";

export interface SourceWords {
  readonly source: string;
  /** Folders of --artifacts. */
  readonly artifacts: readonly string[];
  readonly workspace: string;
  readonly token: string | undefined;
  readonly user: string | undefined;
}

/** Opens what the user named: a server by its URL, a database file, or an `mlruns` folder. */
export async function findSource(cli: Cli, words: SourceWords, problems: Problems): Promise<Source> {
  const { source } = words;
  const invalid = (problem: string): Error =>
    errors.CLI_IMPORT_SOURCE_INVALID({ source: withoutSecrets(source), problem });
  const artifacts = await Promise.all(
    words.artifacts.map(async (folder) => {
      const real = await realFolder(resolve(cli.io.cwd, folder));
      if (real !== undefined) return real;
      throw errors.CLI_USAGE({ problem: `--artifacts ${folder}: there is no such folder`, command: "import" });
    }),
  );
  if (/^https?:\/\//i.test(source)) {
    const { url, authorization } = readUrl(cli, words, invalid);
    const { workspace } = words;
    const roots = { home: cli.io.cwd, allowed: artifacts, stores: artifacts };
    return openServer({ url, authorization, workspace, roots, signal: cli.io.signal }, problems);
  }
  const database = /^[a-z0-9+]+:\/\//i.test(source) && !/^(sqlite|file):/i.test(source);
  if (database) {
    throw invalid(
      "databases other than SQLite are read through their server: start `mlflow server` on it and name its http URL",
    );
  }
  const path = await realpath(resolve(cli.io.cwd, toPath(source))).catch(() => {
    throw invalid("there is no such file or folder");
  });
  if ((await stat(path)).isDirectory()) {
    const root =
      existsSync(join(path, "mlruns")) && !existsSync(join(path, "0")) ? await realpath(join(path, "mlruns")) : path;
    const store = await openFileStore(root, fileStoreRoots(root, artifacts), problems);
    for await (const _ of store.experiments()) return store;
    throw invalid("the folder holds no experiment, that is, no folder with a meta.yaml of MLflow's");
  }
  if (!(await isSqlite(path))) throw invalid("the file is no SQLite database");
  const store = openSqliteStore(path, words.workspace, await sqliteRoots(path, artifacts), problems);
  const others = store.workspaces.filter((one) => one !== words.workspace);
  for (const other of others) {
    problems.note(
      `workspace ${other}`,
      `It is not part of this import; take it with --workspace ${other} --into PROJECT.`,
    );
  }
  return store;
}

/** `sqlite:///relative.db`, `sqlite:////absolute.db`, `file:///...`, or a path as it is. */
function toPath(source: string): string {
  const sqlite = /^sqlite:(?:\/\/\/)?(.*)$/i.exec(source)?.[1];
  if (sqlite !== undefined) return sqlite.split("?")[0] as string;
  if (/^file:\/\//i.test(source)) return fileURLToPath(source);
  return source;
}

async function isSqlite(path: string): Promise<boolean> {
  const file = await open(path, "r");
  try {
    const { buffer } = await file.read(Buffer.alloc(16), 0, 16, 0);
    return buffer.toString("latin1").startsWith("SQLite format 3");
  } finally {
    await file.close();
  }
}

function readUrl(
  cli: Cli,
  words: SourceWords,
  invalid: (problem: string) => Error,
): { url: string; authorization: string | undefined } {
  if (!URL.canParse(words.source)) throw invalid("it is no URL");
  const url = new URL(words.source);
  const { environment } = cli.io;
  const user =
    words.user ??
    environment.PAYDOWN_SOURCE_USER ??
    environment.MLFLOW_TRACKING_USERNAME ??
    decodeURIComponent(url.username);
  const password =
    environment.PAYDOWN_SOURCE_PASSWORD ?? environment.MLFLOW_TRACKING_PASSWORD ?? decodeURIComponent(url.password);
  const token = words.token ?? environment.PAYDOWN_SOURCE_TOKEN ?? environment.MLFLOW_TRACKING_TOKEN;
  const authorization =
    token !== undefined
      ? `Bearer ${token}`
      : user !== ""
        ? `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`
        : undefined;
  return { url: `${url.origin}${url.pathname}`.replace(/\/+$/, ""), authorization };
}

/** A URL as it may be shown. */
function withoutSecrets(source: string): string {
  return source.replace(/\/\/[^/@]*@/, "//");
}
