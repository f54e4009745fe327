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
  CLI_IMPORT_SOURCE_INVALID: {
    status: 400,
    message: "{source} is nothing that can be imported: {problem}.",
    next: "Name an `mlruns` folder, an `mlflow.db` (or sqlite:///... URL), or the http(s) URL of an MLflow server.",
  },
  CLI_IMPORT_SOURCE_REFUSED: {
    status: 400,
    message: "The server at {url} refused {path} with status {status}: {problem}",
    next: "Check the URL; give credentials with --source-token, or with --source-user and PAYDOWN_SOURCE_PASSWORD.",
  },
  CLI_IMPORT_SOURCE_UNREACHABLE: {
    status: 503,
    message: "The server at {url} did not answer {path}: {problem}.",
    next: "When it is up again, continue with --resume.",
  },
  CLI_IMPORT_UPLOAD_DAMAGED: {
    status: 500,
    message: "{path} arrived with other bytes than were read: {problem}.",
    next: "Check disk and network, then continue with --resume.",
  },
  CLI_IMPORT_STOPPED: {
    status: 409,
    exit: 2,
    message: "The import from {source} was stopped after {runs} runs.",
    next: "Go on with --resume; what is here is not taken again.",
  },
});
