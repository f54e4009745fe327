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
export interface KeyUsed {
  readonly ids: readonly number[];
  readonly runs: number;
}

/** Who uses the names, by `kind.name`. */
export async function findKeyUses(
  r: Reader,
  experimentIds: readonly number[],
  wanted: readonly (readonly [KeyKind, string])[],
): Promise<Map<string, KeyUsed>> {
  const found = new Map<string, { ids: number[]; runs: number }>();
  if (wanted.length === 0) return found;
  const kinds = new Map<number, KeyKind>(wanted.map(([kind]) => [keyKinds[kind], kind]));
  const [kindList, names] = [placeholders([...kinds.keys()]), placeholders(wanted.map(([, name]) => name))];
  const asked = new Set(wanted.map(([kind, name]) => `${kind}.${name}`));
  for (const chunk of chunksOf(experimentIds)) {
    const list = placeholders(chunk);
    const rows = await r.all<{ id: number; kind: number; name: string; runs: number }>({
      sql: `select k.id, k.kind, k.name,
              cast(k.runs + coalesce((select sum(u.more) from run_key_uses u where u.key_id = k.id), 0) as bigint) as runs
            from run_keys k
            where k.experiment_id in (${list.sql}) and k.kind in (${kindList.sql}) and k.name in (${names.sql})`,
      parameters: [...list.parameters, ...kindList.parameters, ...names.parameters],
      keep: "always",
    });
    for (const row of rows) {
      const key = `${kinds.get(row.kind)}.${row.name}`;
      if (!asked.has(key)) continue;
      const use = found.get(key) ?? { ids: [], runs: 0 };
      use.ids.push(row.id);
      use.runs += Number(row.runs);
      found.set(key, use);
    }
  }
  return found;
}

export async function findKeyUse(
  r: Reader,
  experimentIds: readonly number[],
  kind: KeyKind,
  name: string,
): Promise<KeyUsed> {
  return (await findKeyUses(r, experimentIds, [[kind, name]])).get(`${kind}.${name}`) ?? { ids: [], runs: 0 };
}

/** Every key of the experiments, of one kind, with what is not folded in yet. */
export async function listKeys(r: Reader, experimentIds: readonly number[], kind: KeyKind): Promise<RunKeyRow[]> {
  const keys: RunKeyRow[] = [];
  for (const chunk of chunksOf(experimentIds)) {
    const list = placeholders(chunk);
    keys.push(
      ...(await r.all<RunKeyRow>({
        sql: `select * from (
                select k.id, k.experiment_id, k.kind, k.name, cast(k.runs + coalesce(u.more, 0) as bigint) as runs,
                  coalesce(k.first_value, u.low) as first_value,
                  case when k.varies = 1 or u.low <> u.high or u.low <> k.first_value then 1 else 0 end as varies
                from run_keys k left join (
                  select key_id, sum(more) as more, min(value) as low, max(value) as high from run_key_uses group by key_id
                ) u on u.key_id = k.id
                where k.kind = ? and k.experiment_id in (${list.sql})
              ) named where runs > 0`,
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
 * Counts runs that have the names, and notes whether values of a text vary. Every run of an experiment would change the same
 * few rows, and writers on PostgreSQL wait for each other's commits there: each adds rows of its own, which are folded in later.
 */
export async function countKeys(tx: Tx, uses: readonly KeyUse[]): Promise<void> {
  const rows = uses.map(({ key, more, value }) => [key, more, value === undefined ? null : headOf(value)]);
  for (const insert of insertRows("insert into run_key_uses (key_id, more, value)", rows)) await tx.defer(insert);
}

/** Most rows folded in at once: a few milliseconds. */
const foldedAtOnce = 5000;

/**
 * Moves what was counted into the names themselves, and answers how many rows that were. Who deletes a row counts it: of two
 * that fold, one gets it.
 */
export async function foldKeyUses(tx: Tx): Promise<number> {
  const rows = await tx.all<{ key_id: number; more: number; value: string | null }>({
    sql: `delete from run_key_uses where id in (select id from run_key_uses order by id limit ?)
          returning key_id, more, value`,
    parameters: [foldedAtOnce],
  });
  const byKey = [...Map.groupBy(rows, (row) => row.key_id)].sort(([a], [b]) => a - b);
  for (const [key, uses] of byKey) {
    const values = new Set(uses.flatMap((use) => use.value ?? []));
    const [first = null] = values;
    await tx.run({
      sql: `update run_keys set runs = runs + ?,
              varies = case when varies = 1 or ? = 1 or first_value <> cast(? as text) then 1 else 0 end,
              first_value = coalesce(first_value, cast(? as text))
            where id = ?`,
      parameters: [uses.reduce((sum, use) => sum + Number(use.more), 0), values.size > 1 ? 1 : 0, first, first, key],
    });
  }
  return rows.length;
}

const folding = new WeakSet<Tx>();

/** Folds, but not again for each of the events that one transaction delivers. */
export async function foldOnce(tx: Tx): Promise<void> {
  if (folding.has(tx)) return;
  folding.add(tx);
  await foldKeyUses(tx);
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
