import type { Reader, Statement, Tx } from "#base/db/db.js";
import { amongIntegers, chunksOf, insertRows, placeholders } from "#base/db/rows.js";
import { type KeyValue, keyKinds } from "../model.js";
import type { RunRecord } from "../tables.js";
import { countKeys, ensureKeys, findKeys, type KeyUse, uncountKey } from "./keys.js";

export function findRun(r: Reader, project: string, runId: string): Promise<RunRecord | undefined> {
  return r.get({ sql: "select * from runs where run_id = ? and project = ?", parameters: [runId, project] });
}

/** The run for who adds to what it holds already: others who do wait until the transaction is over. */
export function lockRun(tx: Tx, project: string, runId: string): Promise<RunRecord | undefined> {
  return tx.get({
    sql: "update runs set name = name where run_id = ? and project = ? returning *",
    parameters: [runId, project],
  });
}

export async function findRuns(r: Reader, project: string, runIds: readonly string[]): Promise<RunRecord[]> {
  const runs: RunRecord[] = [];
  for (const chunk of chunksOf(runIds)) {
    const list = placeholders(chunk);
    runs.push(
      ...(await r.all<RunRecord>({
        // The ids alone are looked up: of several, SQLite would sooner read all runs of the project.
        sql: `select * from runs where project || '' = ? and run_id in (${list.sql})`,
        parameters: [project, ...list.parameters],
      })),
    );
  }
  return runs;
}

export async function insertRun(tx: Tx, run: Omit<RunRecord, "id">): Promise<RunRecord> {
  return (await tx.get<RunRecord>(insertion(run, " returning *"))) as RunRecord;
}

function insertion(run: Omit<RunRecord, "id">, tail = ""): Statement<RunRecord> {
  return {
    sql: `insert into runs (run_id, project, experiment_id, name, user_name, status, start_time, end_time, deleted, artifact_uri)
          values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)${tail}`,
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
  };
}

/** A run as it is born, and its tags, of whose names these are the integers. Nobody waits for it before the commit. */
export async function bearRun(
  tx: Tx,
  run: Omit<RunRecord, "id">,
  tags: ReadonlyMap<string, string>,
  keys: ReadonlyMap<string, number>,
): Promise<void> {
  await tx.defer(insertion(run));
  const uses: KeyUse[] = [...tags].map(([key, value]) => ({ key: keys.get(key) as number, more: 1, value }));
  // Of a `values` list both databases call the columns so.
  for (const chunk of chunksOf(uses, 16)) {
    const list = chunk.map((_, i) => (i === 0 ? "(cast(? as bigint), cast(? as text))" : "(?, ?)"));
    await tx.defer({
      sql: `insert into run_tags (run_id, key_id, value)
            select r.id, t.column1, t.column2 from runs r cross join (values ${list.join(", ")}) t where r.run_id = ?`,
      parameters: [...chunk.flatMap((use) => [use.key, use.value]), run.run_id],
    });
  }
  await countKeys(tx, uses);
}

/** A run that is about to change, with what its end asks for. */
export interface ChangingRun extends RunRecord {
  /** The id clients know its experiment by, where that is not the number. */
  readonly outer_id: string | null;
  readonly error: string | null;
  /** Whether any of its series has so many points that are rows that they are worth sealing. */
  readonly has_open: number;
}

export function findChangingRun(
  r: Reader,
  project: string,
  runId: string,
  errorTags: readonly string[],
  leastOpen: number,
): Promise<ChangingRun | undefined> {
  const errors = errorTags.map(
    () => `(select t.value from run_tags t join run_keys k on k.id = t.key_id
            where t.run_id = r.id and k.experiment_id = r.experiment_id and k.kind = ${keyKinds.tags} and k.name = ?)`,
  );
  return r.get({
    sql: `select r.*, e.outer_id, coalesce(${errors.join(", ")}) as error,
            case when exists (select 1 from latest_metrics l where l.run_id = r.id and l.open >= ?) then 1 else 0 end as has_open
          from runs r join experiments e on e.id = r.experiment_id where r.run_id = ? and r.project = ?`,
    parameters: [...errorTags, leastOpen, runId, project],
  });
}

/** Nobody waits for it before the commit. */
export async function updateRun(
  tx: Tx,
  id: number,
  change: { name?: string | undefined; status?: string | undefined; end_time?: number | undefined },
): Promise<void> {
  await tx.defer({
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
  const wanted = new Map<number, string>();
  for (const { key, value } of params) {
    const id = keys.get(key) as number;
    if (!known.has(id)) wanted.set(id, value);
  }
  const inserted = await insertTexts(tx, "params", run.id, wanted);
  // Another writer was first with the others: what it wrote decides.
  const late = params.filter(
    ({ key }) => wanted.has(keys.get(key) as number) && !inserted.has(keys.get(key) as number),
  );
  if (late.length > 0) changed.push(...(await insertParams(tx, run, late)));
  await countKeys(tx, usesOf(wanted, inserted));
  return changed;
}

/** Adds rows where there are none yet; answers the keys it did add. */
async function insertTexts(
  tx: Tx,
  table: "params" | "run_tags",
  run: number,
  values: ReadonlyMap<number, string>,
): Promise<Set<number>> {
  const inserted = new Set<number>();
  const rows = [...values].map(([key, value]) => [run, key, value]);
  const tail = "on conflict (run_id, key_id) do nothing returning key_id";
  for (const insert of insertRows<{ key_id: number }>(`insert into ${table} (run_id, key_id, value)`, rows, tail)) {
    for (const row of await tx.all(insert)) inserted.add(row.key_id);
  }
  return inserted;
}

function usesOf(values: ReadonlyMap<number, string>, inserted: ReadonlySet<number>): KeyUse[] {
  return [...values].filter(([key]) => inserted.has(key)).map(([key, value]) => ({ key, more: 1, value }));
}

/** Sets tags; the last value of a key wins. */
export async function upsertTags(tx: Tx, run: RunRecord, tags: readonly KeyValue[]): Promise<void> {
  const last = new Map(tags.map((tag) => [tag.key, tag.value]));
  if (last.size === 0) return;
  const keys = await ensureKeys(tx, run.experiment_id, "tags", [...last.keys()]);
  const values = new Map([...last].map(([key, value]) => [keys.get(key) as number, value]));
  const inserted = await insertTexts(tx, "run_tags", run.id, values);
  const uses = usesOf(values, inserted);
  for (const [key, value] of values) {
    if (inserted.has(key)) continue;
    const changed = await tx.run({
      sql: "update run_tags set value = ? where run_id = ? and key_id = ? and value <> ?",
      parameters: [value, run.id, key, value],
    });
    if (changed > 0) uses.push({ key, more: 0, value });
  }
  await countKeys(tx, uses);
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
    ["run_id", "key", "value", "nan", "step", "timestamp"],
    runs,
    wanted,
  );
}

export function runParams(r: Reader, runs: readonly number[], wanted: Wanted = "all"): Promise<RunText[]> {
  return readByRun(
    r,
    "select t.run_id, k.name as key, t.value from params t join run_keys k on k.id = t.key_id",
    ["run_id", "key", "value"],
    runs,
    wanted,
  );
}

export function runTags(r: Reader, runs: readonly number[], wanted: Wanted = "all"): Promise<RunText[]> {
  return readByRun(
    r,
    "select t.run_id, k.name as key, t.value from run_tags t join run_keys k on k.id = t.key_id",
    ["run_id", "key", "value"],
    runs,
    wanted,
  );
}

/** A run may have thousands of names, and a text 8,000 characters: more runs at once would be more than a message should hold. */
const runsAtOnce = 250;

async function readByRun<R>(
  r: Reader,
  select: string,
  columns: readonly string[],
  runs: readonly number[],
  wanted: Wanted,
): Promise<R[]> {
  if (runs.length === 0 || (wanted !== "all" && wanted.length === 0)) return [];
  const names = wanted === "all" ? undefined : placeholders(wanted);
  const rows: R[] = [];
  for (const chunk of chunksOf(runs, runsAtOnce)) {
    const list = amongIntegers(r, chunk);
    rows.push(
      ...(await r.all<R>({
        columns,
        sql: `${select} where t.run_id ${list.sql}${names === undefined ? "" : ` and k.name in (${names.sql})`}`,
        parameters: [...list.parameters, ...(names?.parameters ?? [])],
        keep: "always",
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
