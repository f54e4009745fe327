import type { Reader, Tx } from "#base/db/db.js";
import { queries } from "#base/db/queries.js";
import type { AccountsTables, TokenRow } from "../tables.js";

const q = queries<AccountsTables>();

export async function insertToken(tx: Tx, row: TokenRow): Promise<void> {
  await tx.run(q.insertInto("accounts_tokens").values(row));
}

/** On the way of every request. */
export function findTokenByHash(r: Reader, hash: string): Promise<TokenRow | undefined> {
  return r.get({ sql: "select * from accounts_tokens where hash = ?", parameters: [hash] });
}

/** A token good for the project: its own, or one for all. */
export function findToken(r: Reader, project: string, id: string): Promise<TokenRow | undefined> {
  return r.get(q.selectFrom("accounts_tokens").selectAll().where("id", "=", id).where("project", "in", [project, "*"]));
}

/** Tokens good for the project, newest first. */
export function pageTokens(r: Reader, project: string, cursor: string | undefined, limit: number): Promise<TokenRow[]> {
  let query = q.selectFrom("accounts_tokens").selectAll().where("project", "in", [project, "*"]);
  if (cursor !== undefined) query = query.where("id", "<", cursor);
  return r.all(query.orderBy("id", "desc").limit(limit));
}

export function hasTokens(r: Reader): Promise<{ id: string } | undefined> {
  return r.get(q.selectFrom("accounts_tokens").select("id").where("kind", "=", "token").limit(1));
}

export async function updateToken(
  tx: Tx,
  id: string,
  change: Partial<Pick<TokenRow, "last_used_at" | "revoked_at">>,
): Promise<void> {
  await tx.run(q.updateTable("accounts_tokens").set(change).where("id", "=", id));
}
