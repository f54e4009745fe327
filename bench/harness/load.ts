import { fork } from "node:child_process";
import { join } from "node:path";

export interface Load {
  readonly url: string;
  readonly kind: "log-metric" | "log-batch" | "cycle";
  readonly experiment: string;
  readonly clients: number;
  readonly seconds: number;
  /** Tells loads of one run apart. */
  readonly offset: number;
}

export interface LoadReport {
  readonly seconds: number;
  /** Milliseconds of each call, in no order. */
  readonly times: readonly number[];
}

export interface Figures {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly calls: number;
}

let loads = 0;

/** Runs a load in processes of its own, so that it is not the generator that is measured. */
export async function runLoad(load: Omit<Load, "offset">, processes = 1): Promise<Figures> {
  const reports = await Promise.all(
    Array.from({ length: processes }, () =>
      runProcess({ ...load, clients: load.clients / processes, offset: loads++ }),
    ),
  );
  const seconds = Math.max(...reports.map((report) => report.seconds));
  return figuresOf(
    reports.flatMap((report) => report.times),
    seconds,
  );
}

function runProcess(load: Load): Promise<LoadReport> {
  const child = fork(join(import.meta.dirname, "load-worker.ts"), { execArgv: ["--import", "tsx"] });
  return new Promise((resolve, reject) => {
    child.once("message", resolve);
    child.once("exit", (code) => {
      if (code !== 0) reject(new RangeError(`a load process ended with ${code}`));
    });
    child.send(load);
  });
}

export function figuresOf(given: readonly number[], seconds: number): Figures {
  const times = [...given].sort((a, b) => a - b);
  const at = (share: number) => rounded(times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0);
  return { perSecond: rounded(times.length / seconds), p50: at(0.5), p99: at(0.99), calls: times.length };
}

/** Repeats a call one after the other, for so long and so often at most. */
export async function repeat(call: () => Promise<unknown>, most = 50, seconds = 10): Promise<Figures> {
  const times: number[] = [];
  const start = performance.now();
  while (times.length < most && (times.length === 0 || performance.now() - start < seconds * 1000)) {
    const before = performance.now();
    await call();
    times.push(performance.now() - before);
  }
  return figuresOf(times, (performance.now() - start) / 1000);
}

export function rounded(value: number): number {
  return value >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}
