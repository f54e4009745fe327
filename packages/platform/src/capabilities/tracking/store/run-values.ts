import type { Reader } from "#base/db/db.js";
import { amongIntegers, chunksOf, placeholders } from "#base/db/rows.js";
import type { KeyKind } from "../model.js";
import type { MatchingSql } from "./search-runs.js";

/** Infinities are stored as the greatest double. */
const greatest = Number.MAX_VALUE;

export interface MetricSpread {
  readonly low: number | null;
  readonly high: number | null;
  readonly nan: number;
  readonly infinite: number;
}

interface Spread {
  readonly from: string;
  readonly where: string;
  readonly parameters: readonly unknown[];
}

/** Every run of the experiments: a metric's key belongs to one experiment, so that its own index is all that is read. */
export const everyRun: MatchingSql = { from: "", where: "1 = 1", fromParameters: [], whereParameters: [] };

/** Whether any run of the experiments is deleted; then a metric's index holds more than what is shown. */
export async function hasDeletedRuns(r: Reader, experimentIds: readonly number[]): Promise<boolean> {
  for (const chunk of chunksOf(experimentIds)) {
    const list = placeholders(chunk);
    const found = await r.get({
      sql: `select 1 as one from runs where experiment_id in (${list.sql}) and deleted = 1 limit 1`,
      parameters: list.parameters,
    });
    if (found !== undefined) return true;
  }
  return false;
}

function ofMetric(runs: MatchingSql, keyIds: readonly number[]): Spread {
  const list = placeholders(keyIds);
  if (runs === everyRun) {
    return {
      from: "latest_metrics w",
      where: `w.nan in (0, 1) and w.key_id in (${list.sql})`,
      parameters: list.parameters,
    };
  }
  return {
    // CROSS JOIN keeps SQLite's planner from walking the metric's index and looking for each of its runs among the matches.
    from: `${runs.from} cross join latest_metrics w`,
    where: `w.run_id = r.id and w.key_id in (${list.sql}) and ${runs.where}`,
    parameters: list.parameters,
  };
}

/** Bounds of the finite values of a metric over matching runs, and how many values are none. */
export async function metricSpread(r: Reader, runs: MatchingSql, keyIds: readonly number[]): Promise<MetricSpread> {
  const metric = ofMetric(runs, keyIds);
  const finite = "w.nan = 0 and w.value > ? and w.value < ?";
  const row = await r.get<MetricSpread>({
    sql: `select min(case when ${finite} then w.value end) as low, max(case when ${finite} then w.value end) as high,
            sum(w.nan) as nan, sum(case when w.nan = 0 and (w.value <= ? or w.value >= ?) then 1 else 0 end) as infinite
          from ${metric.from} where ${metric.where}`,
    parameters: bound(runs, metric, [-greatest, greatest, -greatest, greatest, -greatest, greatest]),
  });
  return {
    low: row?.low ?? null,
    high: row?.high ?? null,
    nan: Number(row?.nan ?? 0),
    infinite: Number(row?.infinite ?? 0),
  };
}

/** Matching runs in each stretch between neighbouring edges, the last one closed. */
export async function metricBins(
  r: Reader,
  runs: MatchingSql,
  keyIds: readonly number[],
  edges: readonly number[],
): Promise<number[]> {
  const metric = ofMetric(runs, keyIds);
  const bins = edges
    .slice(0, -1)
    .map((low, i) => ({ low, high: edges[i + 1] as number, last: i === edges.length - 2 }));
  const columns = bins.map(
    ({ last }, i) => `sum(case when w.value >= ? and w.value ${last ? "<=" : "<"} ? then 1 else 0 end) as b${i}`,
  );
  const row = await r.get<Record<string, number>>({
    sql: `select ${columns.join(", ")} from ${metric.from} where ${metric.where} and w.nan = 0`,
    parameters: bound(
      runs,
      metric,
      bins.flatMap(({ low, high }) => [low, high]),
    ),
  });
  return bins.map((_, i) => Number(row?.[`b${i}`] ?? 0));
}

/** Parameters in the order of the text: selected, then those of the runs' way in, of the metric, of the conditions. */
function bound(runs: MatchingSql, metric: Spread, selected: readonly unknown[]): unknown[] {
  return [...selected, ...runs.fromParameters, ...metric.parameters, ...runs.whereParameters];
}

export interface PlottedRun {
  readonly id: number;
  readonly run_id: string;
  readonly start_time: number;
}

/** Newest matching runs, at most `limit`. */
export function newestRuns(r: Reader, runs: MatchingSql, limit: number): Promise<PlottedRun[]> {
  return r.all({
    columns: ["id", "run_id", "start_time"],
    sql: `select r.id, r.run_id, r.start_time from ${runs.from} where ${runs.where} order by r.start_time desc, r.run_id limit ?`,
    parameters: [...runs.fromParameters, ...runs.whereParameters, limit],
  });
}

export interface RunValue {
  readonly run_id: number;
  readonly value: number | string;
  readonly nan: number;
}

/** Values of one column over matching runs; for many runs the column's whole index is read once instead of each run. */
export async function columnValues(
  r: Reader,
  runs: readonly PlottedRun[],
  kind: KeyKind,
  keyIds: readonly number[],
): Promise<RunValue[]> {
  if (keyIds.length === 0 || runs.length === 0) return [];
  const table = kind === "metrics" ? "latest_metrics" : kind === "params" ? "params" : "run_tags";
  const columns = ["run_id", "value", "nan"];
  const selected = kind === "metrics" ? "w.run_id, w.value, w.nan" : "w.run_id, w.value, 0 as nan";
  const keys = placeholders(keyIds);
  if (runs.length > 5000) {
    return r.all({
      columns,
      sql: `select ${selected} from ${table} w where w.key_id in (${keys.sql})`,
      parameters: keys.parameters,
    });
  }
  const found: RunValue[] = [];
  for (const chunk of chunksOf(runs.map((run) => run.id))) {
    const list = amongIntegers(r, chunk);
    found.push(
      ...(await r.all<RunValue>({
        columns,
        sql: `select ${selected} from ${table} w where w.run_id ${list.sql} and w.key_id in (${keys.sql})`,
        parameters: [...list.parameters, ...keys.parameters],
      })),
    );
  }
  return found;
}
