import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { runningServer } from "../connect.js";
import { findExample } from "../demo/example.js";
import { tellOn } from "../demo/progress.js";
import { report } from "../demo/report.js";
import { startServer } from "../demo/server.js";
import { storySteps, tellStory } from "../demo/story.js";
import { errors } from "../errors.js";
import type { Cli, LocalCommand } from "../run.js";

const project = "flights";
/** Marks a folder as the demo's own, the only kind it ever empties. */
const markName = "paydown-demo";

const usage = `paydown demo [--exit] [--seed N] [--month 1..4] [--rows N] [--data DIR] [--port N]

  --exit        End when the story is told; without it the server stays up until Ctrl-C.
  --seed        Seed of training and sampling; another one gives other numbers. 1
  --month       Month of 2001 the first model is trained on. 1
  --rows        Flights replayed a day. 600
  --data        Folder of the demo, emptied at each start. .paydown/demo
  --port        Port of the server. 7860
  --json        Print the end of the story as JSON.`;

export const demo: LocalCommand = {
  doc: "Run the whole story on real flight data, then stay up.",
  usage,
  async run(cli, argv) {
    const options = parse(cli, argv);
    const example = await findExample();
    await prepare(options.data);
    const config = join(options.data, "demo.yaml");
    await writeFile(config, recipes(example));
    const steps = tellOn(cli.io, storySteps + 1);
    const server = await steps.step("start the server", () =>
      startServer({
        argv: [...process.execArgv, process.argv[1] as string],
        data: options.data,
        port: options.port,
        project,
        config,
        environment: cli.io.environment,
      }),
    );
    try {
      const end = await tellStory(steps, {
        ...options,
        example,
        url: server.url,
        project,
        environment: cli.io.environment,
      });
      cli.io.out(options.json ? `${JSON.stringify(end, null, 2)}\n` : report(end, project, server.url));
      if (!options.exit) {
        cli.io.err("Ctrl-C ends the server; the data stay in the demo's folder.\n");
        await new Promise<void>((done) => {
          if (cli.io.signal.aborted) done();
          cli.io.signal.addEventListener("abort", () => done(), { once: true });
        });
      }
      return 0;
    } finally {
      await server.stop();
    }
  },
};

function parse(cli: Cli, argv: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        exit: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        seed: { type: "string", default: "1" },
        month: { type: "string", default: "1" },
        rows: { type: "string", default: "600" },
        data: { type: "string", default: ".paydown/demo" },
        port: { type: "string", default: "7860" },
      },
    });
    return {
      exit: values.exit,
      json: values.json,
      seed: whole("seed", values.seed, 0, 2 ** 31 - 1),
      trainingMonth: whole("month", values.month, 1, 4) - 1,
      rowsPerDay: whole("rows", values.rows, 50, 20_000),
      data: resolve(cli.io.cwd, values.data),
      port: whole("port", values.port, 0, 65_535),
    };
  } catch (cause) {
    if (cause instanceof TypeError) throw errors.CLI_USAGE({ problem: cause.message, command: "demo" }, { cause });
    throw cause;
  }
}

function whole(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw errors.CLI_USAGE({
    problem: `--${name} ${text}: give a whole number from ${least} to ${most}`,
    command: "demo",
  });
}

/** Empties the folder of an earlier demo; refuses a folder that is anything else. */
async function prepare(data: string): Promise<void> {
  const server = runningServer(data);
  if (server !== undefined) throw errors.CLI_DATA_IN_USE({ pid: server.pid, data, url: server.url });
  if (existsSync(data) && !existsSync(join(data, markName))) throw errors.CLI_DEMO_FOLDER_FOREIGN({ data });
  await rm(data, { recursive: true, force: true });
  await mkdir(data, { recursive: true });
  await writeFile(join(data, markName), "The demo empties this folder at each start.\n");
}

/** The server's configuration: how the model is trained again when that item is paid. */
function recipes(example: { readonly folder: string; readonly trainScript: string }): string {
  return JSON.stringify({
    capacityHours: 80,
    recipes: {
      delay: {
        command: [
          process.execPath,
          example.trainScript,
          "--data={file}",
          "--dataset=flights",
          "--versions={versions}",
          "--seed={seed}",
        ],
        cwd: example.folder,
        dataset: "flights",
        timeoutMinutes: 10,
      },
    },
  });
}
