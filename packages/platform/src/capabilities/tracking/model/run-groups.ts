import { createHash } from "node:crypto";
import type { GroupMetric, RunGroup } from "@paydown/api/tracking-insight";
import { tQuantile } from "./comparison.js";

/** A run as far as grouping looks at it. Metrics that are no finite number are left out. */
export interface GroupedRun {
  readonly runId: string;
  readonly experimentId: string;
  readonly params: ReadonlyMap<string, string>;
  readonly seed: string | undefined;
  readonly metrics: ReadonlyMap<string, number>;
}

const mostRunIds = 1000;
const mostSeeds = 100;

/** Gathers runs by the values of some parameters; every run is in exactly one group. */
export class RunGroups {
  readonly #groups = new Map<
    string,
    {
      key: (string | null)[];
      runs: number;
      runIds: string[];
      experiments: Set<string>;
      seeds: Set<string>;
      values: number[][];
    }
  >();
  readonly #by: readonly string[];
  readonly #metrics: readonly string[];

  constructor(by: readonly string[], metrics: readonly string[]) {
    this.#by = by;
    this.#metrics = metrics;
  }

  add(run: GroupedRun): void {
    const key = this.#by.map((name) => run.params.get(name) ?? null);
    const id = JSON.stringify(key);
    let group = this.#groups.get(id);
    if (group === undefined) {
      group = {
        key,
        runs: 0,
        runIds: [],
        experiments: new Set(),
        seeds: new Set(),
        values: this.#metrics.map(() => []),
      };
      this.#groups.set(id, group);
    }
    group.runs++;
    if (group.runIds.length < mostRunIds) group.runIds.push(run.runId);
    group.experiments.add(run.experimentId);
    if (run.seed !== undefined) group.seeds.add(run.seed);
    for (const [i, name] of this.#metrics.entries()) {
      const value = run.metrics.get(name);
      if (value !== undefined) (group.values[i] as number[]).push(value);
    }
  }

  all(): RunGroup[] {
    return [...this.#groups].map(([id, group]) => ({
      id: createHash("sha256")
        .update(JSON.stringify([this.#by, id]))
        .digest("hex")
        .slice(0, 16),
      key: Object.fromEntries(this.#by.map((name, i) => [name, group.key[i] ?? null])),
      runs: group.runs,
      runIds: group.runIds,
      experimentIds: [...group.experiments].sort((a, b) => Number(a) - Number(b)),
      seeds: [...group.seeds].sort().slice(0, mostSeeds),
      metrics: this.#metrics.map((key, i) => summarise(key, group.values[i] as number[], group.runs)),
    }));
  }
}

/** Mean, sample deviation and 95 % interval of the mean, of finite values. */
export function summarise(key: string, values: readonly number[], runs: number): GroupMetric {
  const n = values.length;
  const base = { key, n, missing: runs - n };
  if (n === 0) return base;
  // Values near the largest double would overflow their sum: they are added as shares.
  const mean = values.reduce((sum, value) => sum + value / n, 0);
  let min = values[0] as number;
  let max = min;
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  if (n === 1) return { ...base, mean, min, max };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2 / (n - 1), 0);
  if (!Number.isFinite(variance)) return { ...base, mean, min, max };
  const sd = Math.sqrt(variance);
  const half = tQuantile(n - 1) * (sd / Math.sqrt(n));
  return { ...base, mean, sd, low: mean - half, high: mean + half, min, max };
}
