import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";

export interface RunningServer {
  readonly url: string;
  readonly process: ChildProcess;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export const root: string = join(import.meta.dirname, "..");
export const mainFile: string = join(root, "packages/platform/dist/main.js");

/** Starts the built command line's `up` with these words and waits for its `ready` line. */
export async function startServer(
  words: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
): Promise<RunningServer> {
  const child = spawn(process.execPath, [mainFile, "up", ...words], {
    stdio: ["ignore", "pipe", "inherit"],
    env: environment,
  });
  const url = await new Promise<string>((resolve, reject) => {
    let text = "";
    const timer = setTimeout(() => reject(new Error("the server was not ready within 60 s")), 60_000);
    child.stdout?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      const found = /^ready (\S+)$/m.exec(text)?.[1];
      if (found === undefined) return;
      clearTimeout(timer);
      resolve(found);
    });
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
  });
  return {
    url,
    process: child,
    stop: (signal = "SIGTERM") =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) resolve();
        child.once("exit", () => resolve());
        child.kill(signal);
      }),
  };
}
