import { spawn } from "node:child_process";
import { errors } from "../errors.js";

export interface Trained {
  readonly runId: string;
  readonly version: number;
  readonly rows: number;
  readonly metrics: Readonly<Record<string, number>>;
}

export interface TrainOptions {
  readonly script: string;
  readonly files: readonly string[];
  readonly dataset: string;
  readonly versions: readonly string[];
  readonly seed: number;
  readonly trackingUrl: string;
  readonly data: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Trains, and throws CLI_DEMO_STEP_FAILED when it does not end well. */
export async function trainModel(options: TrainOptions): Promise<Trained> {
  const { code, said, failed } = await runTraining(options);
  if (code === 0) return JSON.parse(said.trim().split("\n").at(-1) ?? "{}") as Trained;
  const problem = `the training ended with exit code ${code}: ${failed.slice(-2000)}`;
  throw errors.CLI_DEMO_STEP_FAILED({ step: "train", problem, data: options.data });
}

/** Runs the example's training as a person would in a shell, with the tracking server in the environment. */
export function runTraining(options: TrainOptions): Promise<{ code: number | null; said: string; failed: string }> {
  const words = [
    options.script,
    ...options.files.map((file) => `--data=${file}`),
    `--dataset=${options.dataset}`,
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
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, said, failed }));
  });
}
