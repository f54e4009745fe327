import type { Reader, Tx } from "#base/db/db.js";
import { queries } from "#base/db/queries.js";
import type { AccountsTables, GrantSetMemberRow, GrantSetRow } from "../tables.js";

const q = queries<AccountsTables>();

/** How a grant set is written as a holder. */
export function holderOf(set: number): string {
  return `#${set}`;
}

export function findGrantSet(r: Reader, id: number): Promise<GrantSetRow | undefined> {
  return r.get(q.selectFrom("accounts_grant_sets").selectAll().where("id", "=", id));
}

export function findGrantSetByName(r: Reader, project: string, name: string): Promise<GrantSetRow | undefined> {
  return r.get(q.selectFrom("accounts_grant_sets").selectAll().where("project", "=", project).where("name", "=", name));
}

export async function insertGrantSet(tx: Tx, row: Omit<GrantSetRow, "id">): Promise<GrantSetRow> {
  return (await tx.get(
    q
      .insertInto("accounts_grant_sets")
      .values(row as GrantSetRow)
      .returningAll(),
  )) as GrantSetRow;
}

export async function updateGrantSet(tx: Tx, id: number, change: Partial<Omit<GrantSetRow, "id">>): Promise<void> {
  await tx.run(q.updateTable("accounts_grant_sets").set(change).where("id", "=", id));
}

export async function deleteGrantSet(tx: Tx, id: number): Promise<void> {
  await tx.run(q.deleteFrom("accounts_grant_set_members").where("holder", "=", holderOf(id)));
  await tx.run(q.deleteFrom("accounts_grants").where("holder", "=", holderOf(id)));
  await tx.run(q.deleteFrom("accounts_grant_sets").where("id", "=", id));
}

/** Sets of these projects, or of all. */
export function listGrantSets(r: Reader, projects: readonly string[] | undefined): Promise<GrantSetRow[]> {
  let query = q.selectFrom("accounts_grant_sets").selectAll();
  if (projects !== undefined) query = query.where("project", "in", [...projects]);
  return r.all(query.orderBy("id"));
}

export function listSetsOf(r: Reader, user: string): Promise<GrantSetRow[]> {
  return r.all({
    sql: `select s.* from accounts_grant_sets s
          join accounts_grant_set_members m on m.holder = '#' || cast(s.id as text)
          where m.user_name = ? order by s.id`,
    parameters: [user],
  });
}

export function findSetMember(r: Reader, set: number, user: string): Promise<GrantSetMemberRow | undefined> {
  return r.get(
    q
      .selectFrom("accounts_grant_set_members")
      .selectAll()
      .where("user_name", "=", user)
      .where("holder", "=", holderOf(set)),
  );
}

export function listSetMembers(r: Reader, set: number): Promise<GrantSetMemberRow[]> {
  return r.all(
    q.selectFrom("accounts_grant_set_members").selectAll().where("holder", "=", holderOf(set)).orderBy("id"),
  );
}

export async function insertSetMember(tx: Tx, set: number, user: string): Promise<GrantSetMemberRow> {
  const row = { holder: holderOf(set), user_name: user } as GrantSetMemberRow;
  return (await tx.get(q.insertInto("accounts_grant_set_members").values(row).returningAll())) as GrantSetMemberRow;
}

export async function deleteSetMember(tx: Tx, id: number): Promise<void> {
  await tx.run(q.deleteFrom("accounts_grant_set_members").where("id", "=", id));
}

export async function deleteMembershipsOf(tx: Tx, user: string): Promise<void> {
  await tx.run(q.deleteFrom("accounts_grant_set_members").where("user_name", "=", user));
}
