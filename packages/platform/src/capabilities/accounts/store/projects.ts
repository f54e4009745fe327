import type { Reader, Tx } from "#base/db/db.js";
import { queries } from "#base/db/queries.js";
import type { AccountsTables, MemberRow, ProjectRow } from "../tables.js";

const q = queries<AccountsTables>();

export function findProject(r: Reader, name: string): Promise<ProjectRow | undefined> {
  return r.get(q.selectFrom("accounts_projects").selectAll().where("name", "=", name));
}

export function listProjects(r: Reader): Promise<ProjectRow[]> {
  return r.all(q.selectFrom("accounts_projects").selectAll().orderBy("name"));
}

/** Whether it was new. */
export async function insertProject(tx: Tx, row: ProjectRow): Promise<boolean> {
  const insert = q
    .insertInto("accounts_projects")
    .values(row)
    .onConflict((c) => c.column("name").doNothing());
  return (await tx.run(insert)) > 0;
}

export async function updateProject(tx: Tx, name: string, change: Partial<ProjectRow>): Promise<void> {
  await tx.run(q.updateTable("accounts_projects").set(change).where("name", "=", name));
}

export function listMembers(r: Reader, project: string): Promise<MemberRow[]> {
  return r.all(q.selectFrom("accounts_members").selectAll().where("project", "=", project).orderBy("name"));
}

export function findMember(r: Reader, project: string, name: string): Promise<MemberRow | undefined> {
  return r.get(q.selectFrom("accounts_members").selectAll().where("project", "=", project).where("name", "=", name));
}

export async function upsertMember(tx: Tx, row: MemberRow): Promise<void> {
  await tx.run(
    q
      .insertInto("accounts_members")
      .values(row)
      .onConflict((c) =>
        c.columns(["project", "name"]).doUpdateSet({ role: row.role, since: row.since, given_by: row.given_by }),
      ),
  );
}

/** Whether there was a role to take away. */
export async function deleteMember(tx: Tx, project: string, name: string): Promise<boolean> {
  return (await tx.run(q.deleteFrom("accounts_members").where("project", "=", project).where("name", "=", name))) > 0;
}
