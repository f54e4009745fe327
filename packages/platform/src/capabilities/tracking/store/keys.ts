import type { Reader, Tx } from "#base/db/db.js";
import { chunksOf, insertRows, placeholders } from "#base/db/rows.js";
import { type KeyKind, keyKinds } from "../model.js";
import type { RunKeyRow } from "../tables.js";

/** Integers of names that the experiment's runs already use. */
export async function findKeys(
  r: Reader,
  experimentId: number,
  kind: KeyKind,
  names: readonly string[],
): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const chunk of chunksOf(names)) {
    const list = placeholders(chunk);
    const rows = await r.all<{ id: number; name: string }>({
      sql: `select id, name from run_keys where experiment_id = ? and kind = ? and name in (${list.sql})`,
      parameters: [experimentId, keyKinds[kind], ...list.parameters],
    });
    for (const row of rows) found.set(row.name, row.id);
  }
  return found;
}

/** Integers of names, made where there is none yet. */
export async function ensureKeys(
  tx: Tx,
  experimentId: number,
  kind: KeyKind,
  names: readonly string[],
): Promise<Map<string, number>> {
  const found = await findKeys(tx, experimentId, kind, names);
  const missing = names.filter((name) => !found.has(name));
  if (missing.length === 0) return found;
  const rows = missing.map((name) => [experimentId, keyKinds[kind], name, 0, 0]);
  const head = "insert into run_keys (experiment_id, kind, name, runs, varies)";
  for (const insert of insertRows(head, rows, "on conflict (experiment_id, kind, name) do nothing")) {
    await tx.run(insert);
  }
  for (const [name, id] of await findKeys(tx, experimentId, kind, missing)) found.set(name, id);
  return found;
}

/** The same name has one integer in each experiment: all of those of the experiments searched, and how many runs have it. */
export async function findKeyUse(
  r: Reader,
  experimentIds: readonly number[],
  kind: KeyKind,
  name: string,
): Promise<{ ids: number[]; runs: number }> {
  const ids: number[] = [];
  let runs = 0;
  for (const chunk of chunksOf(experimentIds)) {
    const list = placeholders(chunk);
    const rows = await r.all<{ id: number; runs: number }>({
      sql: `select id, runs from run_keys where kind = ? and name = ? and experiment_id in (${list.sql})`,
      parameters: [keyKinds[kind], name, ...list.parameters],
    });
    for (const row of rows) {
      ids.push(row.id);
      runs += Number(row.runs);
    }
  }
  return { ids, runs };
}

/** Every key of the experiments, of one kind. */
export async function listKeys(r: Reader, experimentIds: readonly number[], kind: KeyKind): Promise<RunKeyRow[]> {
  const keys: RunKeyRow[] = [];
  for (const chunk of chunksOf(experimentIds)) {
    const list = placeholders(chunk);
    keys.push(
      ...(await r.all<RunKeyRow>({
        sql: `select * from run_keys where kind = ? and runs > 0 and experiment_id in (${list.sql})`,
        parameters: [keyKinds[kind], ...list.parameters],
      })),
    );
  }
  return keys;
}

/** What a write changes about a name: how many more runs have it, and for texts the value they have. */
export interface KeyUse {
  readonly key: number;
  readonly more: number;
  readonly value?: string;
}

/**
 * Counts runs that have the names, and notes whether values of a text vary. Every run of an experiment changes the same few
 * rows: they are changed one by one in the order of their integers, because an update of several locks them on PostgreSQL
 * in whatever order its plan reads them, and two writers then wait for each other.
 */
export async function countKeys(tx: Tx, uses: readonly KeyUse[]): Promise<void> {
  for (const { key, more, value } of [...uses].sort((a, b) => a.key - b.key)) {
    const head = value === undefined ? null : headOf(value);
    await tx.defer({
      sql: `update run_keys set runs = runs + ?,
              varies = case when varies = 1 or (first_value is not null and first_value <> cast(? as text)) then 1 else 0 end,
              first_value = coalesce(first_value, cast(? as text))
            where id = ?`,
      parameters: [more, head, head, key],
    });
  }
}

function headOf(value: string): string {
  return [...value.slice(0, 400)].slice(0, 200).join("");
}

/** One run fewer has the key. */
export async function uncountKey(tx: Tx, keyId: number): Promise<void> {
  await tx.run({ sql: "update run_keys set runs = runs - 1 where id = ?", parameters: [keyId] });
}

/** Least and greatest latest value of a metric; each a step down the index. */
export async function metricBounds(
  r: Reader,
  keyIds: readonly number[],
): Promise<{ min: number; max: number } | undefined> {
  let min: number | undefined;
  let max: number | undefined;
  for (const id of keyIds) {
    const low = await r.get<{ value: number }>({
      sql: "select value from latest_metrics where key_id = ? and nan = 0 order by value limit 1",
      parameters: [id],
    });
    if (low === undefined) continue;
    const high = await r.get<{ value: number }>({
      sql: "select value from latest_metrics where key_id = ? and nan = 0 order by value desc limit 1",
      parameters: [id],
    });
    min = Math.min(min ?? low.value, low.value);
    max = Math.max(max ?? low.value, high?.value ?? low.value);
  }
  return min === undefined || max === undefined ? undefined : { min, max };
}
