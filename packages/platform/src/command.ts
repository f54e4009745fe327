import { readFileSync } from "node:fs";
import { environment } from "#base/config/config.js";
import { type OpenPlatform, runCli } from "#doors/cli/run.js";

const ending = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) {
  process.on(name, () => {
    // The second one ends at once; data are safe at any moment.
    if (ending.signal.aborted) process.exit(130);
    ending.abort();
  });
}

// A reader that closes its pipe early (`paydown ... | head`) has seen enough.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  version: string;
};
const openPlatform: OpenPlatform = async (config, options) =>
  (await import("./platform.js")).openPlatform(config, options);

// Should nothing be left to wait for before the command has ended, that is no success.
process.exitCode = 13;
process.exitCode = await runCli(
  {
    version,
    openPlatform,
    io: {
      out: (text) => void process.stdout.write(text),
      err: (text) => void process.stderr.write(text),
      terminal: process.stdout.isTTY === true && process.stderr.isTTY === true,
      columns: process.stdout.columns ?? 120,
      cwd: process.cwd(),
      environment: environment(),
      signal: ending.signal,
    },
  },
  process.argv.slice(2),
);
