import type { Problems } from "./problems.js";
import type { SourcePoints } from "./source.js";

/** Points collected by run and metric until they are many, then given on as pieces. */
export class PointBuffer {
  private readonly pieces = new Map<string, SourcePoints>();
  private held = 0;
  private readonly most: number;

  constructor(most: number) {
    this.most = most;
  }

  get full(): boolean {
    return this.held >= this.most;
  }

  add(runId: string, key: string, step: number, timestamp: number, value: number): void {
    const name = `${runId}/${key}`;
    let piece = this.pieces.get(name);
    if (piece === undefined) {
      piece = { runId, key, steps: [], timestamps: [], values: [] };
      this.pieces.set(name, piece);
    }
    piece.steps.push(step);
    piece.timestamps.push(timestamp);
    piece.values.push(value);
    this.held++;
  }

  *take(): Generator<SourcePoints> {
    yield* this.pieces.values();
    this.pieces.clear();
    this.held = 0;
  }
}

/** Tells exact repeats within one series, as this server will: same step, time and value. */
export class Repeats {
  private readonly seen = new Set<string>();
  repeated = 0;

  isNew(step: number, timestamp: number, value: number): boolean {
    // -0 and 0 are one value, as is whatever is beyond the greatest number.
    const stored = value === 0 ? 0 : Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));
    const name = `${step} ${timestamp} ${stored}`;
    const before = this.seen.size;
    this.seen.add(name);
    if (this.seen.size > before) return true;
    this.repeated++;
    return false;
  }
}

/** Whether a point can be kept exactly; says so when it cannot. */
export function isExact(problems: Problems, runId: string, key: string, step: unknown, timestamp: unknown): boolean {
  if (Number.isSafeInteger(step) && Number.isSafeInteger(timestamp)) return true;
  problems.loss(
    `run ${runId}`,
    `A point of metric ${key} has step ${String(step)} and time ${String(timestamp)}; beyond ±2^53 they cannot be kept exactly.`,
  );
  return false;
}
