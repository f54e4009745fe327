import type { Reader, Tx } from "#base/db/db.js";
import type { ConfigSchemaRow } from "../tables.js";

export function findConfigSchema(r: Reader, experimentId: number): Promise<ConfigSchemaRow | undefined> {
  return r.get({ sql: "select * from config_schemas where experiment_id = ?", parameters: [experimentId] });
}

export function findConfigSchemas(r: Reader, project: string): Promise<ConfigSchemaRow[]> {
  return r.all({ sql: "select * from config_schemas where project = ? order by experiment_id", parameters: [project] });
}

export async function upsertConfigSchema(tx: Tx, row: ConfigSchemaRow): Promise<void> {
  await tx.run({
    sql: `insert into config_schemas (experiment_id, project, schema, hash, caused_by, reason, at) values (?, ?, ?, ?, ?, ?, ?)
          on conflict (experiment_id) do update set schema = excluded.schema, hash = excluded.hash,
            caused_by = excluded.caused_by, reason = excluded.reason, at = excluded.at`,
    parameters: [row.experiment_id, row.project, row.schema, row.hash, row.caused_by, row.reason, row.at],
  });
}

export async function removeConfigSchema(tx: Tx, experimentId: number): Promise<void> {
  await tx.run({ sql: "delete from config_schemas where experiment_id = ?", parameters: [experimentId] });
}
