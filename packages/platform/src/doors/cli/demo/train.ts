import { spawn } from "node:child_process";
import { errors } from "../errors.js";

export interface Trained {
  readonly runId: string;
  readonly version: number;
  readonly rows: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/** Runs the example's training as a person would in a shell, with the tracking server in the environment. */
export function trainModel(options: {
  readonly script: string;
  readonly files: readonly string[];
  readonly versions: readonly string[];
  readonly seed: number;
  readonly trackingUrl: string;
  readonly data: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}): Promise<Trained> {
  const words = [
    options.script,
    ...options.files.map((file) => `--data=${file}`),
    "--dataset=flights",
    `--versions=${options.versions.join(",")}`,
    `--seed=${options.seed}`,
  ];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, words, {
      env: { ...options.environment, MLFLOW_TRACKING_URI: options.trackingUrl },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    let failed = "";
    child.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString("utf8");
    });
    child.stderr.on("data", (chunk: Buffer) => {
      failed += chunk.toString("utf8");
    });
    const fail = (problem: string): void =>
      reject(errors.CLI_DEMO_STEP_FAILED({ step: "train", problem, data: options.data }));
    child.once("error", (error) => fail(error.message));
    child.once("close", (code) => {
      if (code !== 0) fail(`the training ended with exit code ${code}: ${failed.slice(-2000)}`);
      else resolve(JSON.parse(said.trim().split("\n").at(-1) ?? "{}") as Trained);
    });
  });
}
