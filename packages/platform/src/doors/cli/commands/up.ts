import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadConfig } from "#base/config/config.js";
import { configUsage, parseConfigFlags } from "../config-flags.js";
import { runningServer, serverFileName } from "../connect.js";
import { errors } from "../errors.js";
import type { LocalCommand } from "../run.js";

/** `paydown up`: prints one line `ready <url>` when it serves and ends cleanly at SIGTERM or Ctrl-C. */
export const up: LocalCommand = {
  doc: "Start the server.",
  usage: `paydown up [--data DIR] [--port N] [--basic-auth] ...\n\n  --basic-auth        The same as --accounts basic-auth: users with passwords, as MLflow's clients send them.\n${configUsage}`,
  async run(cli, argv) {
    const { flags, rest } = parseConfigFlags(argv, "up", { "basic-auth": { type: "boolean" } });
    if (rest["basic-auth"] === true) flags.accounts ??= "basic-auth";
    const config = loadConfig({ flags, environment: cli.io.environment, cwd: cli.io.cwd });
    const { data } = config.values;
    const other = runningServer(data);
    if (other !== undefined) throw errors.CLI_DATA_IN_USE({ pid: other.pid, data, url: other.url });
    mkdirSync(data, { recursive: true });
    const platform = await cli.openPlatform(config, { say: cli.io.err });
    const file = join(data, serverFileName);
    try {
      const url = await platform.listen();
      writeFileSync(file, JSON.stringify({ url, pid: process.pid }));
      cli.io.out(`ready ${url}\n`);
      await new Promise<void>((resolve) => {
        if (cli.io.signal.aborted) resolve();
        cli.io.signal.addEventListener("abort", () => resolve(), { once: true });
      });
      return 0;
    } finally {
      rmSync(file, { force: true });
      await platform.close();
    }
  },
};
