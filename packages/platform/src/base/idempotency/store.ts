import type { Reader, Tx } from "../db/db.js";
import { queries } from "../db/queries.js";
import type { IdempotencyTables } from "./tables.js";

const q = queries<IdempotencyTables>();

export type KeyRow = IdempotencyTables["idempotency_keys"];

export function findKey(r: Reader, id: string): Promise<KeyRow | undefined> {
  return r.get(q.selectFrom("idempotency_keys").selectAll().where("id", "=", id));
}

/** Takes the key unless another attempt has it; one attempt may take it in several transactions. */
export async function takeKey(tx: Tx, row: KeyRow, expired: number): Promise<boolean> {
  await tx.run(q.deleteFrom("idempotency_keys").where("id", "=", row.id).where("at", "<=", expired));
  const insert = q
    .insertInto("idempotency_keys")
    .values(row)
    .onConflict((c) => c.column("id").doNothing());
  if ((await tx.run(insert)) > 0) return true;
  return (await findKey(tx, row.id))?.attempt === row.attempt;
}

/** Keeps the answer; the key is taken now if the operation changed nothing and so never took it. */
export async function keepAnswer(tx: Tx, row: KeyRow): Promise<void> {
  const { state, status, body, problem } = row;
  const insert = q
    .insertInto("idempotency_keys")
    .values(row)
    .onConflict((c) =>
      c.column("id").doUpdateSet({ state, status, body, problem }).where("idempotency_keys.attempt", "=", row.attempt),
    );
  await tx.run(insert);
}

export async function dropKeys(tx: Tx, until: number): Promise<void> {
  await tx.run(q.deleteFrom("idempotency_keys").where("at", "<=", until));
}
