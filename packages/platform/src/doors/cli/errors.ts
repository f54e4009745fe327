import { defineErrors } from "#base/errors.js";

export const errors = defineErrors({
  CLI_COMMAND_UNKNOWN: {
    status: 400,
    message: "There is no command `{command}`.{hint}",
    next: "`paydown --help` lists all commands by capability.",
  },
  CLI_USAGE: {
    status: 400,
    message: "{problem}",
    next: "`paydown {command} --help` shows what the command takes.",
  },
  CLI_SERVER_UNREACHABLE: {
    status: 503,
    message: "No server answers at {url}: {problem}.",
    next: "Start one with `paydown up`, or name another with --url or PAYDOWN_URL.",
  },
  CLI_PORT_TAKEN: {
    status: 503,
    message: "Port {port} on {host} is taken by another program.",
    next: "Name another with --port; 0 takes a free one.",
  },
  CLI_DATA_IN_USE: {
    status: 409,
    exit: 2,
    message: "A server (process {pid}) already serves the data folder {data} at {url}.",
    next: "Use that server, stop it first, or name another folder with --data.",
  },
  CLI_DEMO_INCOMPLETE: {
    status: 500,
    message: "The demo cannot run here: {problem}.",
    next: "Run it from a clone of the repository after `npm ci`: `npm run demo`.",
  },
  CLI_DEMO_FOLDER_FOREIGN: {
    status: 409,
    exit: 2,
    message: "{data} is not a folder of the demo, so the demo does not empty it.",
    next: "Name a folder that does not exist yet with --data.",
  },
  CLI_DEMO_STEP_FAILED: {
    status: 500,
    message: "The demo stopped at `{step}`: {problem}",
    next: "See the log in {data}; report it with that log.",
  },
});
