import { createHash } from "node:crypto";
import type { GroupMetric, RunGroup } from "@paydown/api/tracking-insight";
import { tQuantile } from "./comparison.js";

/** Runs as columns: position i of each belongs to run i. */
export interface GroupedRuns {
  readonly runs: readonly { readonly run_id: string; readonly experiment_id: number }[];
  /** Names that make the groups. */
  readonly by: readonly string[];
  /** The values of these names that run i has, as JSON pairs of a name's place and its value, in the order of `by`. */
  readonly keys: readonly string[];
  readonly seeds: readonly (string | undefined)[];
  /** By metric: a finite number a run, NaN where it has none. */
  readonly metrics: ReadonlyMap<string, Float64Array>;
}

const mostRunIds = 1000;
const mostSeeds = 100;

/** A group whose parameters are spelled out only when it is shown. */
export interface FoundGroup {
  readonly id: string;
  readonly runs: number;
  readonly metrics: readonly GroupMetric[];
  show(metrics: readonly string[]): RunGroup;
}

/** Gathers runs by the values of some parameters; every run is in exactly one group. */
export function groupsOf(all: GroupedRuns): FoundGroup[] {
  const members = new Map<string, number[]>();
  for (const [i, key] of all.keys.entries()) {
    const group = members.get(key);
    if (group === undefined) members.set(key, [i]);
    else group.push(i);
  }
  return [...members].map(([key, runs]) => {
    const metrics = [...all.metrics].map(([name, column]) => {
      const values = runs.map((i) => column[i] as number).filter((value) => !Number.isNaN(value));
      return summarise(name, values, runs.length);
    });
    const id = createHash("sha256")
      .update(JSON.stringify([all.by, key]))
      .digest("hex")
      .slice(0, 16);
    return {
      id,
      runs: runs.length,
      metrics,
      show: (shown) => ({
        id,
        key: toRecord(all.by, key),
        runs: runs.length,
        runIds: runs.slice(0, mostRunIds).map((i) => all.runs[i]?.run_id as string),
        experimentIds: distinct(runs.map((i) => all.runs[i]?.experiment_id as number))
          .sort((a, b) => a - b)
          .map(String),
        seeds: distinct(runs.flatMap((i) => all.seeds[i] ?? []))
          .sort()
          .slice(0, mostSeeds),
        metrics: shown.flatMap((name) => metrics.find((one) => one.key === name) ?? []),
      }),
    };
  });
}

function toRecord(by: readonly string[], key: string): Record<string, string | null> {
  const pairs = JSON.parse(`[${key.slice(0, -1)}]`) as [number, string][];
  const values = new Map(pairs);
  return Object.fromEntries(by.map((name, i) => [name, values.get(i) ?? null]));
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}

/** Mean, sample deviation and 95 % interval of the mean, of finite values. */
function summarise(key: string, values: readonly number[], runs: number): GroupMetric {
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
