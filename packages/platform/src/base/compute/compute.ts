/** What a job run outside this process is. */
export interface TaskSpec {
  /** Identity chosen by the caller; starting the same one twice answers the first. */
  readonly id: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  /** The whole environment of the task; nothing is inherited but PATH, HOME, LANG and TMPDIR. */
  readonly env: Readonly<Record<string, string>>;
  /** Milliseconds after which a running task is ended as `failed`. */
  readonly timeout: number;
}

/** `lost`: the executor no longer knows it. The first terminal status wins and never changes. */
export type TaskStatus = "pending" | "running" | "succeeded" | "failed" | "stopped" | "lost";

export interface TaskResult {
  readonly id: string;
  readonly status: TaskStatus;
  readonly exitCode?: number;
  /** Why it failed, in words. */
  readonly reason?: string;
  /** Last 64 KiB of stdout and stderr, in order. */
  readonly log: string;
}

/** Where pipeline steps, retraining and backfills run. */
export interface Compute {
  start(spec: TaskSpec): Promise<void>;
  status(id: string): Promise<TaskResult>;
  /** Resolves at the first terminal status. */
  wait(id: string, signal?: AbortSignal): Promise<TaskResult>;
  stop(id: string): Promise<void>;
  close(): Promise<void>;
}
