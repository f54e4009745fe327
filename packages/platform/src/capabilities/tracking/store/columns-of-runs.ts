import type { Reader } from "#base/db/db.js";
import { amongIntegers, chunksOf } from "#base/db/rows.js";
import type { RunKeyRow } from "../tables.js";

/** Beyond so many times the runs asked for, a walk over all runs that have the name costs more than looking each up. */
const walkFactor = 8;

export interface TextOfRun {
  readonly run_id: number;
  readonly value: string;
}

export interface NumberOfRun {
  readonly run_id: number;
  readonly value: number;
  readonly nan: number;
}

/**
 * One name's values over many runs; may answer for other runs as well. `keys` are the name's integers, one an experiment.
 * Walks the index by value where most runs that have the name are asked for.
 */
export async function columnOfRuns<R extends TextOfRun | NumberOfRun>(
  r: Reader,
  table: "params" | "run_tags" | "latest_metrics",
  keys: readonly Pick<RunKeyRow, "id" | "runs">[],
  runs: readonly number[],
): Promise<R[]> {
  if (keys.length === 0 || runs.length === 0) return [];
  const columns = table === "latest_metrics" ? ["run_id", "value", "nan"] : ["run_id", "value"];
  const ids = amongIntegers(
    r,
    keys.map((key) => key.id),
  );
  if (keys.reduce((sum, key) => sum + Number(key.runs), 0) <= walkFactor * runs.length) {
    return r.all({
      columns,
      sql: `select ${columns.join(", ")} from ${table} where key_id ${ids.sql}`,
      parameters: ids.parameters,
    });
  }
  const found: R[] = [];
  for (const chunk of chunksOf(runs)) {
    const list = amongIntegers(r, chunk);
    found.push(
      ...(await r.all<R>({
        columns,
        sql: `select ${columns.join(", ")} from ${table} where run_id ${list.sql} and key_id ${ids.sql}`,
        parameters: [...list.parameters, ...ids.parameters],
      })),
    );
  }
  return found;
}
