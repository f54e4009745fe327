import type { Reader, Tx } from "#base/db/db.js";
import { chunksOf, insertRows, placeholders } from "#base/db/rows.js";
import { isLater, type KeyValue, keyKinds, type MetricPoint, toStored } from "../model.js";
import type { RunRecord } from "../tables.js";
import { countKey, ensureKeys, findKeys, noteValue, uncountKey } from "./keys.js";

export function findRun(r: Reader, project: string, runId: string): Promise<RunRecord | undefined> {
  return r.get({ sql: "select * from runs where run_id = ? and project = ?", parameters: [runId, project] });
}

export async function findRuns(r: Reader, project: string, runIds: readonly string[]): Promise<RunRecord[]> {
  const runs: RunRecord[] = [];
  for (const chunk of chunksOf(runIds)) {
    const list = placeholders(chunk);
    runs.push(
      ...(await r.all<RunRecord>({
        sql: `select * from runs where project = ? and run_id in (${list.sql})`,
        parameters: [project, ...list.parameters],
      })),
    );
  }
  return runs;
}

export async function insertRun(tx: Tx, run: Omit<RunRecord, "id">): Promise<RunRecord> {
  const row = await tx.get<RunRecord>({
    sql: `insert into runs (run_id, project, experiment_id, name, user_name, status, start_time, end_time, deleted, artifact_uri)
          values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) returning *`,
    parameters: [
      run.run_id,
      run.project,
      run.experiment_id,
      run.name,
      run.user_name,
      run.status,
      run.start_time,
      run.end_time,
      run.deleted,
      run.artifact_uri,
    ],
  });
  return row as RunRecord;
}

export async function updateRun(
  tx: Tx,
  id: number,
  change: { name?: string | undefined; status?: string | undefined; end_time?: number | undefined },
): Promise<void> {
  await tx.run({
    sql: "update runs set name = coalesce(?, name), status = coalesce(?, status), end_time = coalesce(?, end_time) where id = ?",
    parameters: [change.name ?? null, change.status ?? null, change.end_time ?? null, id],
  });
}

/** Hides a run since an instant, or shows it; a run hidden before keeps its instant. */
export async function markRun(tx: Tx, id: number, deletedAt: number | undefined): Promise<void> {
  const deleted = deletedAt === undefined ? 0 : 1;
  await tx.run({
    sql: "update runs set deleted = ?, deleted_at = ? where id = ? and deleted <> ?",
    parameters: [deleted, deletedAt ?? null, id, deleted],
  });
}

/** Hides all runs of an experiment since an instant, or shows them. */
export async function markRunsOf(tx: Tx, experimentId: number, deletedAt: number | undefined): Promise<void> {
  const deleted = deletedAt === undefined ? 0 : 1;
  await tx.run({
    sql: "update runs set deleted = ?, deleted_at = ? where experiment_id = ? and deleted <> ?",
    parameters: [deleted, deletedAt ?? null, experimentId, deleted],
  });
}

type Latest = { key_id: number; value: number; step: number; timestamp: number };

/** Adds points to the history, dropping exact repeats, and moves the latest values on. */
export async function insertMetrics(tx: Tx, run: RunRecord, points: readonly MetricPoint[]): Promise<void> {
  if (points.length === 0) return;
  const names = [...new Set(points.map((point) => point.key))];
  const keys = await ensureKeys(tx, run.experiment_id, "metrics", names);
  const latest = new Map<number, Latest & { nan: number }>();
  const rows: unknown[][] = [];
  for (const point of points) {
    const key_id = keys.get(point.key) as number;
    const stored = { key_id, ...toStored(point.value), step: point.step, timestamp: point.timestamp };
    rows.push([run.id, key_id, stored.step, stored.timestamp, stored.value, stored.nan]);
    const before = latest.get(key_id);
    if (before === undefined || isLater(stored, before)) latest.set(key_id, stored);
  }
  const head = "insert into metric_points (run_id, key_id, step, timestamp, value, nan)";
  const tail = "on conflict (run_id, key_id, step, timestamp, value, nan) do nothing";
  for (const insert of insertRows(head, rows, tail)) await tx.run(insert);

  const known = await findLatest(tx, run.id, [...latest.keys()]);
  for (const one of latest.values()) {
    const before = known.get(one.key_id);
    if (before !== undefined && !isLater(one, before)) continue;
    const values = [one.value, one.nan, one.step, one.timestamp];
    if (before === undefined) {
      const inserted = await tx.run({
        sql: `insert into latest_metrics (run_id, key_id, value, nan, step, timestamp) values (?, ?, ?, ?, ?, ?)
              on conflict (run_id, key_id) do nothing`,
        parameters: [run.id, one.key_id, ...values],
      });
      if (inserted > 0) {
        await countKey(tx, one.key_id);
        continue;
      }
    }
    // Another writer may have come between: only a later point replaces what is there.
    await tx.run({
      sql: `update latest_metrics set value = ?, nan = ?, step = ?, timestamp = ?
            where run_id = ? and key_id = ? and (step, timestamp, value) < (?, ?, ?)`,
      parameters: [...values, run.id, one.key_id, one.step, one.timestamp, one.value],
    });
  }
}

async function findLatest(r: Reader, run: number, keyIds: readonly number[]): Promise<Map<number, Latest>> {
  const found = new Map<number, Latest>();
  for (const chunk of chunksOf(keyIds)) {
    const list = placeholders(chunk);
    const rows = await r.all<Latest>({
      sql: `select key_id, value, step, timestamp from latest_metrics where run_id = ? and key_id in (${list.sql})`,
      parameters: [run, ...list.parameters],
    });
    for (const row of rows) found.set(row.key_id, row);
  }
  return found;
}

/** A parameter that was already logged with another value. */
export interface ChangedParam {
  readonly key: string;
  readonly old: string;
  readonly value: string;
}

/** Adds parameters; answers those that were logged before with another value, and then adds none. */
export async function insertParams(tx: Tx, run: RunRecord, params: readonly KeyValue[]): Promise<ChangedParam[]> {
  if (params.length === 0) return [];
  const keys = await ensureKeys(
    tx,
    run.experiment_id,
    "params",
    params.map((param) => param.key),
  );
  const list = placeholders([...keys.values()]);
  const rows = await tx.all<{ key_id: number; value: string }>({
    sql: `select key_id, value from params where run_id = ? and key_id in (${list.sql})`,
    parameters: [run.id, ...list.parameters],
  });
  const known = new Map(rows.map((row) => [row.key_id, row.value]));
  const changed: ChangedParam[] = [];
  for (const { key, value } of params) {
    const old = known.get(keys.get(key) as number);
    if (old !== undefined && old !== value) changed.push({ key, old, value });
  }
  if (changed.length > 0) return changed;
  for (const { key, value } of params) {
    const id = keys.get(key) as number;
    if (known.has(id)) continue;
    const inserted = await tx.run({
      sql: "insert into params (run_id, key_id, value) values (?, ?, ?) on conflict (run_id, key_id) do nothing",
      parameters: [run.id, id, value],
    });
    if (inserted > 0) await countKey(tx, id, value);
    else changed.push(...(await insertParams(tx, run, [{ key, value }])));
  }
  return changed;
}

/** Sets tags; the last value of a key wins. */
export async function upsertTags(tx: Tx, run: RunRecord, tags: readonly KeyValue[]): Promise<void> {
  const last = new Map(tags.map((tag) => [tag.key, tag.value]));
  if (last.size === 0) return;
  const keys = await ensureKeys(tx, run.experiment_id, "tags", [...last.keys()]);
  for (const [key, value] of last) {
    const id = keys.get(key) as number;
    const inserted = await tx.run({
      sql: "insert into run_tags (run_id, key_id, value) values (?, ?, ?) on conflict (run_id, key_id) do nothing",
      parameters: [run.id, id, value],
    });
    if (inserted > 0) {
      await countKey(tx, id, value);
      continue;
    }
    const changed = await tx.run({
      sql: "update run_tags set value = ? where run_id = ? and key_id = ? and value <> ?",
      parameters: [value, run.id, id, value],
    });
    if (changed > 0) await noteValue(tx, id, value, 0);
  }
}

/** Removes a tag; answers whether there was one. */
export async function removeTag(tx: Tx, run: RunRecord, key: string): Promise<boolean> {
  const id = (await findKeys(tx, run.experiment_id, "tags", [key])).get(key);
  if (id === undefined) return false;
  const removed = await tx.run({
    sql: "delete from run_tags where run_id = ? and key_id = ?",
    parameters: [run.id, id],
  });
  if (removed > 0) await uncountKey(tx, id);
  return removed > 0;
}

export interface LatestMetric {
  readonly run_id: number;
  readonly key: string;
  readonly value: number;
  readonly nan: number;
  readonly step: number;
  readonly timestamp: number;
}

export interface RunText {
  readonly run_id: number;
  readonly key: string;
  readonly value: string;
}

/** What to read of each run: everything, or only these keys. */
export type Wanted = readonly string[] | "all";

export async function latestMetrics(
  r: Reader,
  runs: readonly number[],
  wanted: Wanted = "all",
): Promise<LatestMetric[]> {
  return readByRun<LatestMetric>(
    r,
    "select t.run_id, k.name as key, t.value, t.nan, t.step, t.timestamp from latest_metrics t join run_keys k on k.id = t.key_id",
    runs,
    wanted,
  );
}

export function runParams(r: Reader, runs: readonly number[], wanted: Wanted = "all"): Promise<RunText[]> {
  return readByRun(
    r,
    "select t.run_id, k.name as key, t.value from params t join run_keys k on k.id = t.key_id",
    runs,
    wanted,
  );
}

export function runTags(r: Reader, runs: readonly number[], wanted: Wanted = "all"): Promise<RunText[]> {
  return readByRun(
    r,
    "select t.run_id, k.name as key, t.value from run_tags t join run_keys k on k.id = t.key_id",
    runs,
    wanted,
  );
}

async function readByRun<R>(r: Reader, select: string, runs: readonly number[], wanted: Wanted): Promise<R[]> {
  if (runs.length === 0 || (wanted !== "all" && wanted.length === 0)) return [];
  const names = wanted === "all" ? undefined : placeholders(wanted);
  const rows: R[] = [];
  for (const chunk of chunksOf(runs)) {
    const list = placeholders(chunk);
    rows.push(
      ...(await r.all<R>({
        sql: `${select} where t.run_id in (${list.sql})${names === undefined ? "" : ` and k.name in (${names.sql})`}`,
        parameters: [...list.parameters, ...(names?.parameters ?? [])],
      })),
    );
  }
  return rows;
}

/** How many runs name this run as their parent. */
export async function countChildren(r: Reader, run: RunRecord, parentTag: string): Promise<number> {
  const row = await r.get<{ n: number }>({
    sql: `select count(*) as n from run_tags t join run_keys k on k.id = t.key_id
          where k.experiment_id = ? and k.kind = ? and k.name = ? and substr(t.value, 1, 200) = ?`,
    parameters: [run.experiment_id, keyKinds.tags, parentTag, run.run_id],
  });
  return Number(row?.n ?? 0);
}
