import type { Reader, Tx } from "#base/db/db.js";
import { placeholders } from "#base/db/rows.js";
import type { CorrectionRow, RunRecord } from "../tables.js";
import { countKey, ensureKeys, findKeys, noteValue, uncountKey } from "./keys.js";
import { rekeyPoints } from "./point-removal.js";

export async function insertCorrection(tx: Tx, row: CorrectionRow): Promise<void> {
  await tx.run({
    sql: `insert into run_corrections (id, project, run_id, what, key, before_value, after_value, points, caused_by, door,
            reason, at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    parameters: [
      row.id,
      row.project,
      row.run_id,
      row.what,
      row.key,
      row.before_value,
      row.after_value,
      row.points,
      row.caused_by,
      row.door,
      row.reason,
      row.at,
    ],
  });
}

/** Newest first, before an id. */
export function findCorrections(
  r: Reader,
  project: string,
  runId: string | undefined,
  before: string | undefined,
  limit: number,
): Promise<CorrectionRow[]> {
  const where = ["project = ?"];
  const parameters: unknown[] = [project];
  if (runId !== undefined) {
    where.push("run_id = ?");
    parameters.push(runId);
  }
  if (before !== undefined) {
    where.push("id < ?");
    parameters.push(before);
  }
  return r.all({
    sql: `select * from run_corrections where ${where.join(" and ")} order by id desc limit ?`,
    parameters: [...parameters, limit],
  });
}

/** What a parameter of a run is; with the integer of its name. */
export async function findText(
  r: Reader,
  run: RunRecord,
  kind: "params" | "tags",
  key: string,
): Promise<{ keyId: number; value: string } | undefined> {
  const keyId = (await findKeys(r, run.experiment_id, kind, [key])).get(key);
  if (keyId === undefined) return undefined;
  const row = await r.get<{ value: string }>({
    sql: `select value from ${tableOf(kind)} where run_id = ? and key_id = ?`,
    parameters: [run.id, keyId],
  });
  return row === undefined ? undefined : { keyId, value: row.value };
}

/** Gives a parameter another value, which nothing but a correction may. */
export async function replaceParam(tx: Tx, run: RunRecord, keyId: number, value: string): Promise<void> {
  await tx.run({
    sql: "update params set value = ? where run_id = ? and key_id = ?",
    parameters: [value, run.id, keyId],
  });
  await noteValue(tx, keyId, value, 0);
}

export async function removeText(tx: Tx, run: RunRecord, kind: "params" | "tags", keyId: number): Promise<void> {
  const gone = await tx.run({
    sql: `delete from ${tableOf(kind)} where run_id = ? and key_id = ?`,
    parameters: [run.id, keyId],
  });
  if (gone > 0) await uncountKey(tx, keyId);
}

function tableOf(kind: "params" | "tags"): string {
  return kind === "params" ? "params" : "run_tags";
}

/** Corrects what the run said of models it scored: points of a metric at a step, removed or given another value. */
export async function correctModelMetrics(
  tx: Tx,
  run: RunRecord,
  key: string,
  span: { step?: number | undefined; timestamp?: number | undefined },
  value: { value: number; nan: number } | undefined,
): Promise<void> {
  const where = ["run_id = ?", "key = ?"];
  const parameters: unknown[] = [run.run_id, key];
  if (span.step !== undefined) {
    where.push("step = ?");
    parameters.push(span.step);
  }
  if (span.timestamp !== undefined) {
    where.push("timestamp = ?");
    parameters.push(span.timestamp);
  }
  const of = where.join(" and ");
  if (value === undefined) await tx.run({ sql: `delete from logged_model_metrics where ${of}`, parameters });
  else {
    await tx.run({
      sql: `update logged_model_metrics set value = ?, nan = ? where ${of}`,
      parameters: [value.value, value.nan, ...parameters],
    });
  }
}

/**
 * Moves a run's rows to another experiment, whose names have integers of their own and whose datasets are rows of their own.
 * Artifacts stay where they are: the run keeps its root.
 */
export async function moveRun(tx: Tx, run: RunRecord, to: number): Promise<void> {
  for (const [kind, table] of [
    ["metrics", "latest_metrics"],
    ["params", "params"],
    ["tags", "run_tags"],
  ] as const) {
    const value = kind === "metrics" ? "null" : "t.value";
    const rows = await tx.all<{ id: number; name: string; value: string | null }>({
      sql: `select k.id, k.name, ${value} as value from ${table} t join run_keys k on k.id = t.key_id where t.run_id = ?`,
      parameters: [run.id],
    });
    const keys = await ensureKeys(
      tx,
      to,
      kind,
      rows.map((row) => row.name),
    );
    for (const row of rows) {
      const id = keys.get(row.name) as number;
      await tx.run({
        sql: `update ${table} set key_id = ? where run_id = ? and key_id = ?`,
        parameters: [id, run.id, row.id],
      });
      if (kind === "metrics") await rekeyPoints(tx, run.id, row.id, id);
      await uncountKey(tx, row.id);
      await countKey(tx, id, row.value ?? undefined);
    }
  }
  await moveInputs(tx, run, to);
  await tx.run({ sql: "update runs set experiment_id = ? where id = ?", parameters: [to, run.id] });
}

async function moveInputs(tx: Tx, run: RunRecord, to: number): Promise<void> {
  const inputs = await tx.all<{ dataset_id: number }>({
    sql: "select dataset_id from run_inputs where run_id = ?",
    parameters: [run.id],
  });
  for (const { dataset_id } of inputs) {
    await tx.run({
      sql: `insert into experiment_datasets (project, experiment_id, name, digest, source_type, source, schema, profile)
            select project, cast(? as bigint), name, digest, source_type, source, schema, profile from experiment_datasets where id = ?
            on conflict (experiment_id, name, digest) do nothing`,
      parameters: [to, dataset_id],
    });
    await tx.run({
      sql: `update run_inputs set dataset_id = (
              select n.id from experiment_datasets o join experiment_datasets n
                on n.name = o.name and n.digest = o.digest where o.id = ? and n.experiment_id = ?)
            where run_id = ? and dataset_id = ?`,
      parameters: [dataset_id, to, run.id, dataset_id],
    });
  }
  await removeUnreadDatasets(
    tx,
    inputs.map((one) => one.dataset_id),
  );
}

/** Datasets no run reads any more go. */
export async function removeUnreadDatasets(tx: Tx, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  const list = placeholders(ids);
  await tx.run({
    sql: `delete from experiment_datasets where id in (${list.sql})
          and not exists (select 1 from run_inputs i where i.dataset_id = experiment_datasets.id)`,
    parameters: list.parameters,
  });
}
