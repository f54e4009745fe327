import { evidenceTags } from "../model.js";
import { commitOf, seedName } from "./reproducibility.js";

export interface ComparedRun {
  readonly runId: string;
  readonly params: ReadonlyMap<string, string>;
  readonly tags: ReadonlyMap<string, string>;
  readonly inputs: readonly { name: string; digest: string; context: string | null }[];
  readonly metrics: ReadonlyMap<string, number>;
}

type Group = "code" | "data" | "environment" | "configuration" | "parameters" | "metrics";
type Cell = string | number | null;

export interface CompareRow {
  group: Group;
  name: string;
  values: Cell[];
  differs: boolean;
}

/** One row for everything any of the runs has, grouped; whether the runs differ in it. */
export function compareContents(runs: readonly ComparedRun[]): CompareRow[] {
  const rows: CompareRow[] = [];
  const row = (group: Group, name: string, cell: (run: ComparedRun) => Cell | undefined) => {
    const values = runs.map((run) => cell(run) ?? null);
    if (values.every((value) => value === null)) return;
    rows.push({ group, name, values, differs: new Set(values).size > 1 });
  };
  row("code", "commit", (run) => commitOf(run.tags)?.commit);
  row("code", "uncommitted changes", (run) => commitOf(run.tags)?.dirty);
  row("code", "entry point", (run) => run.tags.get("mlflow.source.name"));
  for (const name of namesOf(runs, (run) => run.inputs.map((input) => input.name))) {
    row("data", name, (run) => {
      const digests = run.inputs.filter((input) => input.name === name).map((input) => input.digest);
      return digests.length === 0 ? undefined : digests.sort().join(", ");
    });
  }
  row("environment", "environment", (run) => run.tags.get(evidenceTags.environment));
  row("configuration", "configuration", (run) => run.tags.get(evidenceTags.config));
  for (const name of namesOf(runs, (run) => run.params.keys())) row("parameters", name, (run) => run.params.get(name));
  for (const name of namesOf(runs, (run) => run.metrics.keys())) {
    row("metrics", name, (run) => {
      const value = run.metrics.get(name);
      return Number.isNaN(value) ? "NaN" : value;
    });
  }
  return rows;
}

function namesOf(runs: readonly ComparedRun[], names: (run: ComparedRun) => Iterable<string>): string[] {
  return [...new Set(runs.flatMap((run) => [...names(run)]))].sort();
}

export interface SeedGroup {
  runIds: string[];
  metrics: { name: string; values: number[]; mean?: number; low?: number; high?: number }[];
}

/** Runs equal in code, data and every parameter but the seed; a mean needs three of them. */
export function seedGroups(runs: readonly ComparedRun[]): SeedGroup[] {
  const groups = new Map<string, ComparedRun[]>();
  for (const run of runs) {
    const key = JSON.stringify([
      commitOf(run.tags)?.commit ?? null,
      run.inputs.map((input) => `${input.name}@${input.digest}`).sort(),
      [...run.params].filter(([name]) => !seedName.test(name)).sort(),
    ]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [run]);
    else group.push(run);
  }
  return [...groups.values()].filter((group) => group.length >= 2).map(summarise);
}

function summarise(group: readonly ComparedRun[]): SeedGroup {
  const metrics = namesOf(group, (run) => run.metrics.keys()).map((name) => {
    const values = group
      .map((run) => run.metrics.get(name))
      .filter((v) => v !== undefined && Number.isFinite(v)) as number[];
    return { name, values, ...meanOf(values) };
  });
  return { runIds: group.map((run) => run.runId), metrics };
}

/** Two-sided 95 % quantiles of Student's t up to thirty degrees of freedom. */
const t95 = [
  0, 12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12,
  2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/** Two-sided 95 % quantile of Student's t; beyond thirty degrees by the expansion around the normal's, right to five digits. */
export function tQuantile(df: number): number {
  const listed = t95[df];
  if (listed !== undefined) return listed;
  const z = 1.959963984540054;
  return z + (z ** 3 + z) / (4 * df) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * df ** 2);
}

/** Mean with its 95 % interval by Student's t; nothing for fewer than three values. */
function meanOf(values: readonly number[]): { mean?: number; low?: number; high?: number } {
  const n = values.length;
  if (n < 3) return {};
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  const half = tQuantile(n - 1) * Math.sqrt(variance / n);
  return { mean, low: mean - half, high: mean + half };
}
