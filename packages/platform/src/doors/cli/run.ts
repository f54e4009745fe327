import type { Operation } from "@paydown/api/operation";
import type { LoadedConfig } from "#base/config/config.js";
import { CodedError } from "#base/errors.js";
import { errors } from "./errors.js";
import { commandHelp, nounHelp, overview } from "./help.js";
import type { Io } from "./io.js";

/** A running or openable platform, as the command line needs it; `platform.ts` is one. */
export interface OpenedPlatform {
  readonly operations: readonly Operation[];
  call(operation: Operation, input: unknown): Promise<unknown>;
  /** Starts background work and the HTTP server; answers its URL. */
  listen(): Promise<string>;
  close(): Promise<void>;
}

export type OpenPlatform = (
  config: LoadedConfig,
  options?: { quiet?: boolean; say?: (text: string) => void },
) => Promise<OpenedPlatform>;

export interface Cli {
  readonly io: Io;
  readonly version: string;
  /** Opens the platform in this process; imported only when a command needs it. */
  readonly openPlatform: OpenPlatform;
}

/** A command that is not an operation: it works on this machine. */
export interface LocalCommand {
  readonly doc: string;
  readonly usage: string;
  /** Answers the exit code. */
  readonly run: (cli: Cli, argv: readonly string[]) => Promise<number>;
}

/** Loaded only when called, so that `paydown --help` stays fast. */
export const localCommands: Readonly<Record<string, { doc: string; load: () => Promise<LocalCommand> }>> = {
  up: { doc: "Start the server.", load: async () => (await import("./commands/up.js")).up },
  scan: {
    doc: "Find debt in a repository, without running any of its code.",
    load: async () => (await import("./commands/scan.js")).scan,
  },
  demo: {
    doc: "Run the whole story on real flight data, then stay up.",
    load: async () => (await import("./commands/demo.js")).demo,
  },
  import: {
    doc: "Take over an MLflow folder, database or server.",
    load: async () => (await import("./commands/import.js")).importCommand,
  },
  backup: {
    doc: "Copy everything into a folder, while the server runs.",
    load: async () => (await import("./commands/backup.js")).backup,
  },
  restore: {
    doc: "Bring a backup back into an empty data folder.",
    load: async () => (await import("./commands/backup.js")).restore,
  },
  config: {
    doc: "Print every configuration key with its value and origin.",
    load: async () => (await import("./commands/config.js")).config,
  },
};

/** Runs one command. Exit codes: 0 fine, 1 findings or refused, 2 usage or failure. */
export async function runCli(cli: Cli, argv: readonly string[]): Promise<number> {
  const json = argv.includes("--json");
  try {
    return await dispatch(cli, argv);
  } catch (error) {
    if (!isCoded(error)) throw error;
    if (json) cli.io.err(`${JSON.stringify({ code: error.code, message: error.message, next: error.next })}\n`);
    else cli.io.err(`error ${error.code}: ${error.message}\n  next: ${error.next}\n`);
    return exitOf(error);
  }
}

async function dispatch(cli: Cli, argv: readonly string[]): Promise<number> {
  const first = argv[0];
  if (first === "--version" || first === "-v") {
    cli.io.out(`${cli.version}\n`);
    return 0;
  }
  const { commands } = await import("./commands.generated.js");
  const locals = Object.entries(localCommands).map(([command, one]) => ({ command, doc: one.doc }));
  if (first === undefined || first === "--help" || first === "-h" || first === "help") {
    cli.io.out(overview(locals, commands, cli.version));
    return 0;
  }
  const local = localCommands[first];
  const wantsHelp = argv.includes("--help") || argv.includes("-h");
  if (local !== undefined && !commands.some((one) => one.command === first)) {
    const command = await local.load();
    if (wantsHelp && first !== "scan") {
      cli.io.out(`${command.doc}\n\n${command.usage}\n`);
      return 0;
    }
    return command.run(cli, argv.slice(1));
  }
  const entry = longestMatch(commands, argv);
  if (entry === undefined) {
    const ofNoun = commands.filter((one) => one.command.split(" ")[0] === first);
    if (!wantsHelp || ofNoun.length === 0) throw unknownCommand(commands, argv);
    cli.io.out(nounHelp(first, ofNoun));
    return 0;
  }
  const { operations } = await import("@paydown/api");
  const operation = operations.find((one) => one.name === entry.operation);
  if (operation === undefined) throw errors.CLI_COMMAND_UNKNOWN({ command: entry.command, hint: "" });
  if (wantsHelp) {
    cli.io.out(commandHelp(operation));
    return 0;
  }
  const { runOperation } = await import("./operation.js");
  return runOperation(cli, operation, argv.slice(entry.command.split(" ").length));
}

interface CommandEntry {
  readonly command: string;
  readonly doc: string;
  readonly operation: string;
}

/** `runs show` wins over `runs`. */
function longestMatch(commands: readonly CommandEntry[], argv: readonly string[]): CommandEntry | undefined {
  const words = argv.filter((word) => !word.startsWith("-"));
  return commands
    .filter((one) => one.command.split(" ").every((word, i) => words[i] === word && argv[i] === word))
    .sort((a, b) => b.command.length - a.command.length)[0];
}

function unknownCommand(commands: readonly CommandEntry[], argv: readonly string[]): CodedError {
  const noun = argv[0] ?? "";
  const near = commands.filter((one) => one.command.split(" ")[0] === noun).map((one) => `\`${one.command}\``);
  const hint = near.length === 0 ? "" : ` Did you mean ${near.join(", ")}?`;
  return errors.CLI_COMMAND_UNKNOWN({ command: argv.slice(0, 2).join(" "), hint });
}

interface Coded extends Error {
  readonly code: string;
  readonly next: string;
  readonly status: number;
  readonly exit?: 1 | 2;
}

/** Errors of this process and those a server answered (ApiError) look the same to the reader. */
function isCoded(error: unknown): error is Coded {
  return (
    error instanceof CodedError || (error instanceof Error && "code" in error && "next" in error && "status" in error)
  );
}

function exitOf(error: Coded): number {
  return error.exit ?? (error.status >= 500 || error.status === 400 ? 2 : 1);
}
