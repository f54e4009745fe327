import { type ChildProcess, spawn } from "node:child_process";
import { baseErrors } from "../errors.js";
import type { Compute, TaskResult, TaskSpec, TaskStatus } from "./compute.js";

const logLimit = 64 * 1024;
const killAfter = 5000;
const inherited = ["PATH", "HOME", "LANG", "TMPDIR"];

interface Task {
  process: ChildProcess | undefined;
  status: TaskStatus;
  exitCode: number | undefined;
  reason: string | undefined;
  log: string;
  readonly ended: Promise<void>;
}

export interface LocalOptions {
  /** The environment that PATH, HOME, LANG and TMPDIR are taken from. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * Tasks as processes of this machine, each in its own process group so that a stop reaches what it started. A task does
 * not outlive the server: after a restart it is `lost`, and its job starts it again.
 */
export function openLocal(options: LocalOptions): Compute {
  const tasks = new Map<string, Task>();

  function start(spec: TaskSpec): void {
    const [command, ...args] = spec.argv;
    if (command === undefined) throw baseErrors.INPUT_INVALID({ field: "argv", problem: "it is empty" });
    const env: Record<string, string> = { ...spec.env };
    for (const key of inherited) {
      const value = options.environment[key];
      if (value !== undefined && env[key] === undefined) env[key] = value;
    }
    let settle = (): void => undefined;
    const ended = new Promise<void>((resolve) => {
      settle = resolve;
    });
    const child = spawn(command, args, { cwd: spec.cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    const task: Task = { process: child, status: "running", exitCode: undefined, reason: undefined, log: "", ended };
    tasks.set(spec.id, task);
    const take = (chunk: Buffer): void => {
      task.log = (task.log + chunk.toString("utf8")).slice(-logLimit);
    };
    child.stdout?.on("data", take);
    child.stderr?.on("data", take);
    const overdue = setTimeout(() => {
      task.reason = `it ran longer than ${spec.timeout} ms`;
      end(task);
    }, spec.timeout);
    // The first terminal status wins.
    const finish = (status: TaskStatus, exitCode: number | undefined, reason: string | undefined): void => {
      if (task.process === undefined) return;
      clearTimeout(overdue);
      task.process = undefined;
      task.status = task.status === "stopped" ? "stopped" : status;
      task.exitCode = exitCode;
      task.reason ??= reason;
      settle();
    };
    child.on("error", (error) => finish("failed", undefined, error.message));
    child.on("close", (code, signal) => {
      if (code === 0 && task.reason === undefined) finish("succeeded", 0, undefined);
      else
        finish(
          "failed",
          code ?? undefined,
          signal === null ? `it ended with exit code ${code}` : `it was ended by ${signal}`,
        );
    });
  }

  function end(task: Task): void {
    const child = task.process;
    if (child?.pid === undefined) return;
    signal(child.pid, "SIGTERM");
    setTimeout(() => {
      if (task.process !== undefined && child.pid !== undefined) signal(child.pid, "SIGKILL");
    }, killAfter).unref();
  }

  function result(id: string): TaskResult {
    const task = tasks.get(id);
    if (task === undefined) return { id, status: "lost", log: "", reason: "this server does not know the task" };
    return {
      id,
      status: task.status,
      log: task.log,
      ...(task.exitCode === undefined ? {} : { exitCode: task.exitCode }),
      ...(task.reason === undefined ? {} : { reason: task.reason }),
    };
  }

  return {
    async start(spec) {
      if (!tasks.has(spec.id)) start(spec);
    },
    status: async (id) => result(id),
    async wait(id, signal) {
      const task = tasks.get(id);
      if (task === undefined) return result(id);
      const stop = (): void => {
        task.status = "stopped";
        end(task);
      };
      signal?.addEventListener("abort", stop, { once: true });
      if (signal?.aborted === true) stop();
      await task.ended;
      signal?.removeEventListener("abort", stop);
      return result(id);
    },
    async stop(id) {
      const task = tasks.get(id);
      if (task?.process === undefined) return;
      task.status = "stopped";
      end(task);
      await task.ended;
    },
    async close() {
      const alive = [...tasks.values()].filter((task) => task.process !== undefined);
      for (const task of alive) {
        task.status = "stopped";
        end(task);
      }
      await Promise.all(alive.map((task) => task.ended));
    },
  };
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(-pid, name);
  } catch (error) {
    // Already gone: that is what was wanted.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
