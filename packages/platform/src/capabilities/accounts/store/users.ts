import type { Reader, Tx } from "#base/db/db.js";
import { queries } from "#base/db/queries.js";
import type { AccountsTables, UserRow } from "../tables.js";

const q = queries<AccountsTables>();

/** On the way of every request with a password. */
export function findUser(r: Reader, name: string): Promise<UserRow | undefined> {
  return r.get({ sql: "select * from accounts_users where name = ?", parameters: [name] });
}

export function pageUsers(r: Reader, after: string | undefined, limit: number): Promise<UserRow[]> {
  let query = q.selectFrom("accounts_users").selectAll();
  if (after !== undefined) query = query.where("name", ">", after);
  return r.all(query.orderBy("name").limit(limit));
}

/** Undefined when the name is taken. */
export function insertUser(tx: Tx, row: Omit<UserRow, "id">): Promise<UserRow | undefined> {
  return tx.get(
    q
      .insertInto("accounts_users")
      .values(row as UserRow)
      .onConflict((c) => c.column("name").doNothing())
      .returningAll(),
  );
}

export async function updatePassword(tx: Tx, name: string, password: string, at: number): Promise<void> {
  await tx.run(q.updateTable("accounts_users").set({ password, changed_at: at }).where("name", "=", name));
}

export async function deleteUser(tx: Tx, name: string): Promise<void> {
  await tx.run(q.deleteFrom("accounts_users").where("name", "=", name));
}

/** Names of those who are admin of every project. */
export async function adminsAmong(r: Reader, names: readonly string[]): Promise<Set<string>> {
  if (names.length === 0) return new Set();
  const rows = await r.all(
    q
      .selectFrom("accounts_members")
      .select("name")
      .where("project", "=", "*")
      .where("role", "=", "admin")
      .where("name", "in", [...names]),
  );
  return new Set(rows.map((row) => row.name));
}

/** Whether anybody with a password is admin of every project. */
export function hasAdminUser(r: Reader): Promise<{ name: string } | undefined> {
  return r.get(
    q
      .selectFrom("accounts_members")
      .innerJoin("accounts_users", "accounts_users.name", "accounts_members.name")
      .select("accounts_users.name")
      .where("project", "=", "*")
      .where("role", "=", "admin")
      .limit(1),
  );
}

/** Projects a user is a member of. */
export function membershipsOf(r: Reader, name: string): Promise<{ project: string }[]> {
  return r.all(q.selectFrom("accounts_members").select("project").where("name", "=", name));
}

export async function deleteMemberships(tx: Tx, name: string): Promise<void> {
  await tx.run(q.deleteFrom("accounts_members").where("name", "=", name));
}

export function revokeTokensOf(tx: Tx, name: string, at: number): Promise<number> {
  return tx.run(
    q
      .updateTable("accounts_tokens")
      .set({ revoked_at: at })
      .where("acts_for", "=", name)
      .where("revoked_at", "is", null),
  );
}
