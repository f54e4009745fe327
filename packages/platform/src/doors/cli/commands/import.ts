import { parseArgs } from "node:util";
import { createProject, createToken, getProject } from "@paydown/api/accounts";
import { ApiError } from "@paydown/api/client";
import { systemClock } from "#base/clock.js";
import { loadConfig } from "#base/config/config.js";
import { runningServer } from "../connect.js";
import { errors } from "../errors.js";
import { findSource } from "../import/find-source.js";
import { openMeter } from "../import/meter.js";
import { Problems } from "../import/problems.js";
import { printReport } from "../import/report.js";
import { Tally } from "../import/tally.js";
import { openTarget, type Target } from "../import/target.js";
import { type TransferResult, transfer } from "../import/transfer.js";
import { noteUntaken } from "../import/untaken.js";
import type { Cli, LocalCommand } from "../run.js";

const day = 86_400_000;

/**
 * `paydown import mlflow SOURCE`: everything of an MLflow folder, database or server, counted on both sides. It talks to
 * the server of the data folder, to --url, or to a server of its own that nobody else reaches while it works.
 */
export const importCommand: LocalCommand = {
  doc: "Take over an MLflow folder, database or server.",
  usage: `paydown import mlflow SOURCE [--dry-run] [--resume] [--into PROJECT] [--artifacts DIR|keep] [--url URL | --data DIR]

SOURCE is an \`mlruns\` folder, an \`mlflow.db\` file (also as sqlite:///...), or the http(s) URL of an MLflow server.

  --dry-run           Count what would come and say what cannot, and send nothing.
  --resume            Go on with an import from this source that was not finished.
  --into              Project it goes to; made when it is not there. Else the configured one.
  --artifacts         Folder that holds the old server's artifacts (repeatable), or \`keep\` to leave all files where they are.
  --workspace         Workspace of an MLflow 3.10+ source; \`default\` when absent.
  --source-token      Bearer token of the source server, or PAYDOWN_SOURCE_TOKEN.
  --source-user       User of the source server, or PAYDOWN_SOURCE_USER; the password is PAYDOWN_SOURCE_PASSWORD.
  --url, --token      Server to import into, or PAYDOWN_URL and PAYDOWN_TOKEN.
  --data, --config    Data folder and configuration file to import into, when no server is named.
  --json              Print counts, moved experiments and problems as JSON.

Exit code: 0 every count matches, 1 something differs (it is listed), 2 the import could not be done.`,
  async run(cli, argv) {
    const words = parse(argv);
    const problems = new Problems();
    const tally = new Tally();
    const source = await findSource(cli, { ...words, token: words.sourceToken }, problems);
    const target = words.dryRun ? undefined : await openTargetFor(cli, words);
    try {
      await noteUntaken(source, problems);
      const result = await runTransfer(cli, words, source, target?.target, tally, problems);
      const report = {
        source: source.name,
        project: target?.target.project ?? "",
        dryRun: words.dryRun,
        counts: tally.lines(),
        moved: result.moved,
        problems,
        verified: result.verified,
      };
      const json = { ...report, problems: problems.kept, losses: problems.losses, notes: problems.notes };
      cli.io.out(words.json ? `${JSON.stringify(json, null, 2)}\n` : printReport(report));
      return words.dryRun || result.verified ? 0 : 1;
    } finally {
      source.close();
      await target?.close();
    }
  },
};

type Words = ReturnType<typeof parse>;

async function runTransfer(
  cli: Cli,
  words: Words,
  source: Awaited<ReturnType<typeof findSource>>,
  target: Target | undefined,
  tally: Tally,
  problems: Problems,
): Promise<TransferResult> {
  const meter = openMeter(cli.io, source.runs, tally);
  try {
    return await transfer({
      source,
      target,
      resume: words.resume,
      copyFiles: words.copyFiles,
      tally,
      problems,
      meter,
      signal: cli.io.signal,
    });
  } catch (error) {
    if (cli.io.signal.aborted) throw errors.CLI_IMPORT_STOPPED({ source: source.name, runs: tally.readOf("runs") });
    // What the server refused could not be done: 1 stands for differences.
    throw error instanceof ApiError ? Object.assign(error, { exit: 2 }) : error;
  } finally {
    meter.end();
  }
}

/** The server to import into; one of its own when none runs on the data folder. */
async function openTargetFor(cli: Cli, words: Words): Promise<{ target: Target; close(): Promise<void> }> {
  const { environment, cwd, signal } = cli.io;
  const flags = { data: words.data, config: words.config };
  const config = loadConfig({ flags, environment, cwd });
  const project = words.into ?? config.values.project;
  const url = words.url ?? environment.PAYDOWN_URL ?? runningServer(config.values.data)?.url;
  if (url !== undefined) {
    const target = openTarget(url, words.token ?? environment.PAYDOWN_TOKEN, project, signal);
    await ensureProject(target);
    return { target, close: async () => undefined };
  }
  const own = loadConfig({ flags: { ...flags, host: "127.0.0.1", port: "0" }, environment, cwd });
  const platform = await cli.openPlatform(own, { quiet: true });
  try {
    const at = await platform.listen();
    const issued =
      own.values.accounts === "auto"
        ? undefined
        : ((await platform.call(createToken, {
            project: own.values.project,
            name: "import",
            role: "admin",
            allProjects: true,
            expiresAt: systemClock.now() + 30 * day,
          })) as { secret: string });
    const target = openTarget(at, issued?.secret, project, signal);
    await ensureProject(target);
    return { target, close: () => platform.close() };
  } catch (error) {
    await platform.close();
    throw error;
  }
}

async function ensureProject(target: Target): Promise<void> {
  try {
    await target.call(getProject, {});
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) throw error;
    await target.ask(createProject, { name: target.project });
  }
}

function parse(argv: readonly string[]) {
  const usage = (problem: string, cause?: unknown) => errors.CLI_USAGE({ problem, command: "import" }, { cause });
  const options = {
    "dry-run": { type: "boolean", default: false },
    resume: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    into: { type: "string" },
    project: { type: "string" },
    artifacts: { type: "string", multiple: true, default: [] as string[] },
    workspace: { type: "string", default: "default" },
    "source-token": { type: "string" },
    "source-user": { type: "string" },
    url: { type: "string" },
    token: { type: "string" },
    data: { type: "string" },
    config: { type: "string" },
  } as const;
  let parsed: ReturnType<typeof parseWords>;
  try {
    parsed = parseWords();
  } catch (cause) {
    throw usage((cause as Error).message, cause);
  }
  const { values, positionals } = parsed;
  const [what, source, ...more] = positionals;
  if (what !== "mlflow") {
    throw usage(
      what === undefined
        ? "Say what to import: `mlflow` and a source."
        : `\`${what}\` cannot be imported; \`mlflow\` can.`,
    );
  }
  if (source === undefined || more.length > 0) throw usage("Name one source.");
  const into = values.into ?? values.project;
  if (into !== undefined && !/^[a-z0-9][a-z0-9-]{0,63}$/.test(into)) {
    throw usage(`--into ${into}: a project's name is lower-case letters, digits and \`-\`, at most 64`);
  }
  const keep = values.artifacts.includes("keep");
  if (keep && values.artifacts.length > 1) throw usage("--artifacts is `keep` or folders, not both");
  return {
    source,
    dryRun: values["dry-run"],
    resume: values.resume,
    json: values.json,
    into,
    copyFiles: !keep,
    artifacts: keep ? [] : values.artifacts,
    workspace: values.workspace,
    token: values.token,
    sourceToken: values["source-token"],
    user: values["source-user"],
    url: values.url,
    data: values.data,
    config: values.config,
  };

  function parseWords() {
    return parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
  }
}
