import type { Reader, Tx } from "#base/db/db.js";
import { chunksOf, insertRows, placeholders } from "#base/db/rows.js";
import { isLater, keyKinds, type MetricPoint, toStored } from "../model.js";
import type { RunRecord } from "../tables.js";
import { countKeys, ensureKeys, type KeyUse } from "./keys.js";
import { blockPoints, sealGrown } from "./metric-blocks.js";

/** Points of one run. */
export interface RunMetrics {
  readonly run: RunRecord;
  readonly points: readonly MetricPoint[];
}

interface Latest {
  readonly value: number;
  readonly nan: number;
  readonly step: number;
  readonly timestamp: number;
  /** Points that are rows of their own, not sealed into blocks yet. */
  readonly open: number;
}

/** What a call adds to one metric of one run: its latest point and how many there are. */
interface Added extends Latest {
  readonly run: number;
  readonly key: number;
}

/** What is known of some metrics of some runs: the integers of their names, and their latest points. */
export interface KnownSeries {
  readonly keys: Map<string, number>;
  readonly latest: ReadonlyMap<string, Latest>;
}

/**
 * Adds points to histories, dropping exact repeats, and moves the latest values on: a handful of statements for any list.
 * `known`: what `findSeries` said of these runs and names, where the caller has asked already.
 */
export async function insertMetrics(tx: Tx, list: readonly RunMetrics[], known?: KnownSeries): Promise<void> {
  const { keys, latest } =
    known ??
    (await findSeries(
      tx,
      list.map((one) => one.run.run_id),
      list.flatMap((one) => one.points.map((point) => point.key)),
    ));
  for (const [experiment, names] of namesOf(list)) {
    const missing = [...names].filter((name) => !keys.has(nameIn(experiment, name)));
    if (missing.length === 0) continue;
    for (const [name, id] of await ensureKeys(tx, experiment, "metrics", missing)) {
      keys.set(nameIn(experiment, name), id);
    }
  }

  const added = new Map<string, Added>();
  const rows: unknown[][] = [];
  for (const { run, points } of list) {
    for (const point of points) {
      const key = keys.get(nameIn(run.experiment_id, point.key)) as number;
      const stored = { ...toStored(point.value), step: point.step, timestamp: point.timestamp };
      rows.push([run.id, key, stored.step, stored.timestamp, stored.value, stored.nan]);
      const at = seriesOf(run.id, key);
      const before = added.get(at);
      const last = before === undefined || isLater(stored, before) ? stored : before;
      added.set(at, { ...last, run: run.id, key, open: (before?.open ?? 0) + 1 });
    }
  }
  const head = "insert into metric_points (run_id, key_id, step, timestamp, value, nan)";
  const tail = "on conflict (run_id, key_id, step, timestamp, value, nan) do nothing";
  const inserted = Promise.all(insertRows(head, rows, tail).map((insert) => tx.run(insert)));

  // Every writer takes the rows in one order, so that none waits for one that waits for it.
  const inOrder = [...added.values()].sort((a, b) => a.run - b.run || a.key - b.key);
  const [, uses] = await Promise.all([inserted, moveLatest(tx, inOrder, latest)]);
  const series = inOrder.map((one) => {
    const before = latest.get(seriesOf(one.run, one.key))?.open ?? 0;
    return { run: one.run, key: one.key, open: before + one.open, added: one.open };
  });
  for (const one of grownSeries(series, rows.length)) await sealGrown(tx, one.run, one.key, one.open);
  await countKeys(tx, uses);
}

const seriesOf = (run: number, key: number) => `${run} ${key}`;
const nameIn = (experiment: number, name: string) => `${experiment} ${name}`;

function namesOf(list: readonly RunMetrics[]): Map<number, Set<string>> {
  const names = new Map<number, Set<string>>();
  for (const { run, points } of list) {
    const own = names.get(run.experiment_id) ?? new Set();
    for (const point of points) own.add(point.key);
    names.set(run.experiment_id, own);
  }
  return names;
}

/**
 * Looks runs and names up in one go, by the ids that clients know runs by: whoever has yet to look at the runs themselves can do
 * so at the same time.
 */
export async function findSeries(r: Reader, runIds: readonly string[], names: readonly string[]): Promise<KnownSeries> {
  const keys = new Map<string, number>();
  const latest = new Map<string, Latest>();
  type Row = Latest & { run: number; experiment_id: number; key_id: number; name: string; is_new: number };
  for (const some of chunksOf([...new Set(runIds)])) {
    const runs = placeholders(some);
    for (const chunk of chunksOf([...new Set(names)])) {
      const list = placeholders(chunk);
      const rows = await r.all<Row>({
        sql: `select r.id as run, r.experiment_id, k.id as key_id, k.name, l.value, l.nan, l.step, l.timestamp, l.open,
                case when l.run_id is null then 1 else 0 end as is_new
              from runs r cross join run_keys k left join latest_metrics l on l.run_id = r.id and l.key_id = k.id
              where r.run_id in (${runs.sql}) and k.experiment_id = r.experiment_id and k.kind = ? and k.name in (${list.sql})`,
        parameters: [...runs.parameters, keyKinds.metrics, ...list.parameters],
      });
      for (const row of rows) {
        keys.set(nameIn(row.experiment_id, row.name), row.key_id);
        if (row.is_new === 0) latest.set(seriesOf(row.run, row.key_id), row);
      }
    }
  }
  return { keys, latest };
}

export const latestColumns = "run_id, key_id, value, nan, step, timestamp, open";
/** Another writer may have come between: only a later point replaces what is there. */
const later =
  "(excluded.step, excluded.timestamp, excluded.value) > (latest_metrics.step, latest_metrics.timestamp, latest_metrics.value)";
/** What a further point of a series changes of its row. */
export const latestMoves = [
  ...["value", "nan", "step", "timestamp"].map(
    (column) => `${column} = case when ${later} then excluded.${column} else latest_metrics.${column} end`,
  ),
  "open = latest_metrics.open + excluded.open",
].join(", ");

/** Answers which names further runs have now. */
async function moveLatest(tx: Tx, added: readonly Added[], latest: ReadonlyMap<string, Latest>): Promise<KeyUse[]> {
  const toRow = (one: Added) => [one.run, one.key, one.value, one.nan, one.step, one.timestamp, one.open];
  const known: unknown[][] = [];
  const fresh: Added[] = [];
  for (const one of added) {
    if (latest.has(seriesOf(one.run, one.key))) known.push(toRow(one));
    else fresh.push(one);
  }
  const inserted = new Set<string>();
  for (const insert of insertRows<{ run_id: number; key_id: number }>(
    `insert into latest_metrics (${latestColumns})`,
    fresh.map(toRow),
    "on conflict (run_id, key_id) do nothing returning run_id, key_id",
  )) {
    for (const row of await tx.all(insert)) {
      inserted.add(seriesOf(row.run_id, row.key_id));
    }
  }
  // Another writer was first with these.
  known.push(...fresh.filter((one) => !inserted.has(seriesOf(one.run, one.key))).map(toRow));
  const head = `insert into latest_metrics (${latestColumns})`;
  const tail = `on conflict (run_id, key_id) do update set ${latestMoves}`;
  for (const upsert of insertRows(head, known, tail)) await tx.run(upsert);
  const uses = new Map<number, number>();
  for (const one of fresh) {
    if (inserted.has(seriesOf(one.run, one.key))) uses.set(one.key, (uses.get(one.key) ?? 0) + 1);
  }
  return [...uses].map(([key, more]) => ({ key, more }));
}

/** A series is looked at again each time it has grown by this many points. */
const lookAgain = 256;

export interface Grown {
  readonly run: number;
  readonly key: number;
  readonly open: number;
}

/** Of series that have just grown, those worth sealing: as many as so many points pay for, so that no batch waits for all of them. */
export function grownSeries(series: readonly (Grown & { readonly added: number })[], points: number): Grown[] {
  return series
    .filter(({ open, added }) => {
      const before = open - added;
      return open >= blockPoints && Math.floor(open / lookAgain) !== Math.floor(before / lookAgain);
    })
    .sort((a, b) => b.open - a.open)
    .slice(0, Math.ceil(points / blockPoints));
}
