import { spawn } from "node:child_process";
import { accessSync, constants, lstatSync } from "node:fs";
import { delimiter, isAbsolute, join, relative, sep } from "node:path";
import { toMessage } from "#errors.js";
import type { Unseen } from "#report.js";

/** One commit as the history reader saw it; merges have several parents. */
export interface Commit {
  readonly hash: string;
  readonly parents: number;
  /** Committer time, ms since 1970. */
  readonly time: number;
  readonly email: string;
  readonly subject: string;
  readonly changes: readonly FileChange[];
}

export interface FileChange {
  /** Relative to the scanned folder. */
  readonly path: string;
  /** The name before a rename. */
  readonly from?: string;
  /** Lines added plus deleted; 0 where only names could be read. */
  readonly lines: number;
}

export interface History {
  /** Newest first. */
  readonly commits: readonly Commit[];
  readonly unseen: readonly Unseen[];
}

export interface HistoryLimits {
  readonly commits: number;
  readonly milliseconds: number;
  readonly changesPerCommit: number;
}

const defaultLimits: HistoryLimits = { commits: 50_000, milliseconds: 60_000, changesPerCommit: 5_000 };

/**
 * Options that keep a hostile repository from running commands: no hooks, monitors, filters, signature programs,
 * external diffs, text converters, lazy fetches or transports; only commands that leave the work tree alone.
 */
const hardening = [
  "-c",
  "core.fsmonitor=false",
  "-c",
  "core.hooksPath=/dev/null",
  "-c",
  "log.showSignature=false",
  "-c",
  "core.quotePath=false",
  "-c",
  "diff.renameLimit=400",
  "--no-pager",
  "--no-replace-objects",
  "--literal-pathspecs",
];

const environment = {
  GIT_NO_LAZY_FETCH: "1",
  GIT_ALLOW_PROTOCOL: "none",
  GIT_OPTIONAL_LOCKS: "0",
  GIT_TERMINAL_PROMPT: "0",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_ATTR_NOSYSTEM: "1",
  LC_ALL: "C",
};

interface Ended {
  readonly code: number | null;
  readonly stderr: string;
  readonly stopped?: "limit" | "time" | "abort";
}

/**
 * Streams the history of the folder. Survives damaged, shallow and commit-less repositories: what was read before the
 * fault is kept, and `unseen` says what is missing. Never throws.
 */
export async function readHistory(
  top: string,
  folder: string,
  now: number,
  signal?: AbortSignal,
  limits: Partial<HistoryLimits> = {},
): Promise<History> {
  const bounds = { ...defaultLimits, ...limits };
  const unseen: Unseen[] = [];
  const git = findGit();
  if (git === undefined) return { commits: [], unseen: [noGitProgram] };
  const prefix = relative(top, folder).split(sep).join("/");
  if (await isShallow(git, top, signal))
    unseen.push({
      code: "SCAN_GIT_SHALLOW",
      message: "The clone is shallow: older commits are missing, so interest is measured on the recent ones only.",
      next: "Run: git fetch --unshallow.",
    });
  const head = await run(
    git,
    top,
    ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"],
    () => true,
    bounds.milliseconds,
    signal,
  );
  if (head.code !== 0) {
    const empty = head.stderr.trim() === "";
    unseen.push(
      empty
        ? {
            code: "SCAN_GIT_NO_COMMITS",
            message: "The repository has no commits yet: interest cannot be measured.",
            next: "Commit, and scan again when fixes have been made.",
          }
        : {
            code: "SCAN_GIT_UNREADABLE",
            message: `git cannot read the repository: ${firstLine(head.stderr)}`,
            next: "Run: git fsck, or clone again.",
          },
    );
    return { commits: [], unseen };
  }
  const commits: Commit[] = [];
  const full = await stream(git, top, prefix, ["-M", "--numstat"], commits, bounds, signal);
  if (full.stopped === undefined && full.code !== 0) {
    unseen.push({
      code: "SCAN_GIT_DAMAGED",
      message: `The history could be read for ${commits.length} commits, then git stopped: ${firstLine(full.stderr)}`,
      next: "Run: git fsck, or clone again with all objects.",
    });
    // Names need trees only, where line counts need every blob.
    const rest: Commit[] = [];
    const names = await stream(git, top, prefix, ["--no-renames", "--name-status"], rest, bounds, signal);
    if (names.code === 0 || rest.length > commits.length) commits.push(...rest.slice(commits.length));
  }
  if (full.stopped === "limit" || full.stopped === "time") {
    unseen.push({
      code: "SCAN_HISTORY_CUT",
      message: `The history was read back to the ${commits.length} newest commits.`,
      next: "Older fixes weigh next to nothing: half of a fix's weight is gone after 180 days.",
    });
  }
  return { commits: commits.filter((commit) => commit.time <= now + 86_400_000), unseen };
}

/** Blobs at HEAD under the folder with their sizes: what is in git, whatever lies in the work tree. */
export async function readTrackedFiles(
  top: string,
  folder: string,
  signal?: AbortSignal,
): Promise<{ files: Map<string, number> } | { unseen: Unseen } | undefined> {
  const git = findGit();
  if (git === undefined) return undefined;
  const prefix = relative(top, folder).split(sep).join("/");
  const files = new Map<string, number>();
  const ended = await run(
    git,
    top,
    ["ls-tree", "-r", "-z", "-l", "--full-tree", "HEAD"],
    (record) => {
      const tab = record.indexOf("\t");
      const [, type, , size] = record.slice(0, tab).split(/\s+/);
      const path = underFolder(record.slice(tab + 1), prefix);
      if (type === "blob" && path !== undefined) files.set(path, Number(size) || 0);
      return files.size < 500_000;
    },
    30_000,
    signal,
  );
  if (ended.code !== 0 && /Not a valid object name HEAD|bad revision/.test(ended.stderr)) return undefined;
  if (ended.code !== 0 && ended.stopped === undefined)
    return {
      unseen: {
        code: "SCAN_GIT_TREE_UNREADABLE",
        message: `The files tracked by git could not be listed: ${firstLine(ended.stderr)}`,
        next: "Run: git fsck, or clone again.",
      },
    };
  return { files };
}

const noGitProgram: Unseen = {
  code: "SCAN_GIT_MISSING",
  message: "There is no git program: interest cannot be measured.",
  next: "Install git, or put it on the PATH.",
};

const header = /^@([0-9a-f]{40}|[0-9a-f]{64})$/;

/** Reads records by position: a header of five fields, then changes; NUL is the only separator, so no subject can break it. */
async function stream(
  git: string,
  top: string,
  prefix: string,
  diff: readonly string[],
  commits: Commit[],
  bounds: HistoryLimits,
  signal: AbortSignal | undefined,
): Promise<Ended> {
  let fields: string[] = [];
  let changes: FileChange[] = [];
  let pending: { lines: number; paths: string[]; wanted: number } | undefined;
  let dropped = false;

  function flush(): void {
    const [hash, parents, time, email, subject] = fields;
    if (hash === undefined || subject === undefined) return;
    commits.push({
      hash: hash.slice(1),
      parents: parents === "" ? 0 : (parents ?? "").split(" ").length,
      time: Number(time) * 1000,
      email: email ?? "",
      subject,
      changes: dropped ? [] : changes,
    });
    fields = [];
    changes = [];
    dropped = false;
  }

  function addChange(lines: number, to: string, from?: string): void {
    const path = underFolder(to, prefix);
    if (path === undefined) return;
    if (changes.length >= bounds.changesPerCommit) dropped = true;
    else {
      const before = from === undefined ? undefined : underFolder(from, prefix);
      changes.push(before === undefined ? { path, lines } : { path, from: before, lines });
    }
  }

  function accept(record: string): boolean {
    if (pending) {
      pending.paths.push(record);
      if (pending.paths.length === pending.wanted) {
        const [first = "", second] = pending.paths;
        addChange(pending.lines, second ?? first, second === undefined ? undefined : first);
        pending = undefined;
      }
      return true;
    }
    if (fields.length > 0 && fields.length < 5) {
      fields.push(record);
      return true;
    }
    const text = record.startsWith("\n") ? record.slice(1) : record;
    if (text === "") return true;
    if (header.test(text)) {
      flush();
      fields = [text];
      return commits.length < bounds.commits;
    }
    const stat = /^(\d+|-)\t(\d+|-)\t([\s\S]*)$/.exec(text);
    if (stat) {
      const lines = (Number(stat[1]) || 0) + (Number(stat[2]) || 0);
      if (stat[3] === "") pending = { lines, paths: [], wanted: 2 };
      else addChange(lines, stat[3] ?? "");
    } else if (/^[AMDTUX]$/.test(text)) pending = { lines: 0, paths: [], wanted: 1 };
    return true;
  }

  const ended = await run(
    git,
    top,
    [
      "log",
      "--no-ext-diff",
      "--no-textconv",
      "--no-mailmap",
      "--no-show-signature",
      "--no-color",
      ...diff,
      "-z",
      "--format=@%H%x00%P%x00%ct%x00%ae%x00%s",
    ],
    accept,
    bounds.milliseconds,
    signal,
  );
  // After a fault the last commit may lack changes; it is read again by the caller's second try.
  if (ended.code === 0 || ended.stopped !== undefined) flush();
  return ended;
}

/** Runs git and hands over NUL-terminated records; `accept` returns false to stop. Never throws. */
function run(
  git: string,
  top: string,
  args: readonly string[],
  accept: (record: string) => boolean,
  milliseconds: number,
  signal: AbortSignal | undefined,
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(git, [...hardening, "-c", `safe.directory=${top}`, "-C", top, ...args], {
      // biome-ignore lint/style/noProcessEnv: git needs PATH and HOME of the user; everything that steers it is set above
      env: { PATH: process.env.PATH ?? "", HOME: "/nonexistent", ...environment },
      stdio: ["ignore", "pipe", "pipe"],
      windowsHide: true,
    });
    const decoder = new TextDecoder();
    let rest = "";
    let stderr = "";
    let stopped: Ended["stopped"];
    const stop = (why: NonNullable<Ended["stopped"]>) => {
      stopped ??= why;
      child.kill("SIGKILL");
    };
    const timer = setTimeout(() => stop("time"), milliseconds);
    const onAbort = () => stop("abort");
    signal?.addEventListener("abort", onAbort, { once: true });
    if (signal?.aborted) onAbort();
    child.stdout.on("data", (chunk: Buffer) => {
      if (stopped) return;
      rest += decoder.decode(chunk, { stream: true });
      let from = 0;
      for (let at = rest.indexOf("\0"); at >= 0; at = rest.indexOf("\0", from)) {
        const record = rest.slice(from, at);
        from = at + 1;
        if (!accept(record)) return stop("limit");
      }
      rest = rest.slice(from);
      if (rest.length > 1_000_000) stop("limit");
    });
    child.stderr.on("data", (chunk: Buffer) => {
      if (stderr.length < 4_000) stderr += chunk.toString("utf8");
    });
    let ended = false;
    const finish = (code: number | null, message?: string) => {
      if (ended) return;
      ended = true;
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      if (!stopped && rest !== "") accept(rest);
      resolve({ code, stderr: message ?? stderr, ...(stopped ? { stopped } : {}) });
    };
    child.on("error", (cause) => finish(-1, toMessage(cause)));
    child.on("close", (code) => finish(code));
  });
}

function underFolder(path: string, prefix: string): string | undefined {
  if (prefix === "") return path;
  return path.startsWith(`${prefix}/`) ? path.slice(prefix.length + 1) : undefined;
}

/** Asked of git, because in a worktree or a submodule the mark lies elsewhere. */
async function isShallow(git: string, top: string, signal: AbortSignal | undefined): Promise<boolean> {
  let answer = "";
  const accept = (record: string): boolean => {
    answer = record.trim();
    return true;
  };
  await run(git, top, ["rev-parse", "--is-shallow-repository"], accept, 10_000, signal);
  return answer === "true";
}

/** An absolute path, so that a `git` in the scanned folder is never meant. */
function findGit(): string | undefined {
  // biome-ignore lint/style/noProcessEnv: where programs are is a fact of the machine
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    if (!isAbsolute(folder)) continue;
    for (const name of process.platform === "win32" ? ["git.exe"] : ["git"]) {
      const full = join(folder, name);
      try {
        accessSync(full, constants.X_OK);
        if (lstatSync(full).isDirectory()) continue;
        return full;
      } catch {
        // Not in this folder of the PATH: look in the next.
      }
    }
  }
  return undefined;
}

function firstLine(text: string): string {
  return text.trim().split("\n", 1)[0]?.slice(0, 300) ?? "";
}
