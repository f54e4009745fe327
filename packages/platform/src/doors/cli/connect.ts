import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ApiError, type ClientOptions, createClient } from "@paydown/api/client";
import type { Operation } from "@paydown/api/operation";
import { loadConfig } from "#base/config/config.js";
import { errors } from "./errors.js";
import type { Cli } from "./run.js";

export interface Connection {
  /** Project of calls that name none. */
  readonly project: string;
  call(operation: Operation, input: unknown): Promise<unknown>;
  close(): Promise<void>;
}

/** What a running server leaves in its data folder. */
export interface ServerFile {
  readonly url: string;
  readonly pid: number;
}

export const serverFileName = "server.json";

/**
 * Where a command's operation is performed: at `--url` or `PAYDOWN_URL`; else at the server that serves the data folder;
 * else in this process, on that folder.
 */
export async function connect(
  cli: Cli,
  flags: Readonly<Record<string, string | boolean | undefined>>,
): Promise<Connection> {
  const given = (name: string): string | undefined => (typeof flags[name] === "string" ? flags[name] : undefined);
  const config = loadConfig({
    flags: { data: given("data"), config: given("config") },
    environment: cli.io.environment,
    cwd: cli.io.cwd,
  });
  const url = given("url") ?? cli.io.environment.PAYDOWN_URL ?? runningServer(config.values.data)?.url;
  if (url !== undefined) {
    const { PAYDOWN_TOKEN, PAYDOWN_USER: name, PAYDOWN_PASSWORD: password } = cli.io.environment;
    const token = given("token") ?? PAYDOWN_TOKEN;
    const user = name !== undefined && password !== undefined ? { name, password } : undefined;
    return remote(url, { token, user }, config.values.project);
  }
  const platform = await cli.openPlatform(config, { quiet: true });
  return {
    project: config.values.project,
    call: (operation, input) => platform.call(operation, input),
    close: () => platform.close(),
  };
}

/** A broken connection is tried again; the client's keys make sure that nothing is done twice. */
const retries = 2;

function remote(url: string, who: Pick<ClientOptions, "token" | "user">, project: string): Connection {
  const baseUrl = url.replace(/\/+$/, "");
  const client = createClient({ baseUrl, ...who, retries });
  return {
    project,
    async call(operation, input) {
      try {
        return await client.call(operation, input as never);
      } catch (error) {
        if (error instanceof ApiError) throw error;
        const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
        throw errors.CLI_SERVER_UNREACHABLE(
          { url, problem: cause instanceof Error ? cause.message : String(cause) },
          { cause },
        );
      }
    },
    close: async () => undefined,
  };
}

/** The live server of a data folder; a file left behind by a killed one does not count. */
export function runningServer(data: string): ServerFile | undefined {
  const path = join(data, serverFileName);
  if (!existsSync(path)) return undefined;
  try {
    const file = JSON.parse(readFileSync(path, "utf8")) as ServerFile;
    process.kill(file.pid, 0);
    return file;
  } catch {
    return undefined;
  }
}
