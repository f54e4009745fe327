import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { errors } from "../errors.js";

export interface DemoServer {
  readonly url: string;
  readonly pid: number;
  /** Ends it and waits until it is gone. */
  stop(): Promise<void>;
}

const startLimit = 30_000;

/** Starts `paydown up` as a user would, in a process of its own, and waits for its `ready` line. */
export async function startServer(options: {
  /** Arguments of Node before the words, e.g. the main file. */
  readonly argv: readonly string[];
  readonly data: string;
  readonly port: number;
  readonly project: string;
  readonly config: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}): Promise<DemoServer> {
  await mkdir(options.data, { recursive: true });
  const words = [
    "up",
    "--data",
    options.data,
    "--port",
    String(options.port),
    "--project",
    options.project,
    "--config",
    options.config,
  ];
  const child = spawn(process.execPath, [...options.argv, ...words], {
    env: { ...options.environment },
    stdio: ["ignore", "pipe", "pipe"],
    // Ctrl-C reaches the demo only; it ends the server itself, in order.
    detached: true,
  });
  child.stderr?.pipe(createWriteStream(join(options.data, "server.log"), { flags: "a" }));
  const url = await readyUrl(child, options.data);
  return {
    url,
    pid: child.pid as number,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
      child.kill("SIGTERM");
      await gone;
    },
  };
}

function readyUrl(child: ChildProcess, data: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (problem: string): void =>
      reject(errors.CLI_DEMO_STEP_FAILED({ step: "start the server", problem, data }));
    const timer = setTimeout(() => fail(`it was not ready within ${startLimit} ms`), startLimit);
    let text = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8");
      const url = /^ready (\S+)$/m.exec(text)?.[1];
      if (url === undefined) return;
      clearTimeout(timer);
      resolve(url);
    });
    child.once("exit", (code) => {
      clearTimeout(timer);
      fail(`it ended with exit code ${code}; its log is server.log in the data folder`);
    });
    child.once("error", (error) => fail(error.message));
  });
}
