import type { Level } from "@paydown/api/accounts";
import type { Reader, Tx } from "#base/db/db.js";
import { queries } from "#base/db/queries.js";
import { chunksOf, placeholders } from "#base/db/rows.js";
import type { AccountsTables, GrantRow, GrantType } from "../tables.js";

const q = queries<AccountsTables>();

/** One thing that stands for a user: a role in a project, a level on a project, or that there are other grants at all. */
export interface Standing {
  readonly project: string;
  readonly word: string;
  readonly what: "role" | "workspace" | "grants";
}

const holders = "select cast(? as text) union all select holder from accounts_grant_set_members where user_name = ?";

/** Roles and grants of a user in one statement, since it is on the way of every request. */
export function standingOf(r: Reader, user: string): Promise<Standing[]> {
  return r.all({
    sql: `select project, role as word, 'role' as what from accounts_members where name = ?
          union all
          select project, level, 'workspace' from accounts_grants where type = 'workspace' and holder in (${holders})
          union all
          select '*', '', 'grants' from (
            select 1 as one from accounts_grants where type <> 'workspace' and holder in (${holders}) limit 1
          ) found`,
    parameters: [user, user, user, user, user],
  });
}

export interface LevelRow {
  readonly resource: string;
  readonly level: Level;
}

/** Levels of a user on these resources and on `*`, unfolded. */
export async function levelsOf(
  r: Reader,
  user: string,
  project: string,
  types: readonly GrantType[],
  resources: readonly string[],
): Promise<LevelRow[]> {
  const found: LevelRow[] = [];
  const kinds = placeholders(types);
  for (const chunk of chunksOf(["*", ...resources])) {
    const list = placeholders(chunk);
    found.push(
      ...(await r.all<LevelRow>({
        sql: `select resource, level from accounts_grants
              where holder in (${holders}) and type in (${kinds.sql}) and project = ? and resource in (${list.sql})`,
        parameters: [user, user, ...kinds.parameters, project, ...list.parameters],
      })),
    );
  }
  return found;
}

/** Every level of a user on things of these types, unfolded. */
export function allLevelsOf(
  r: Reader,
  user: string,
  project: string,
  types: readonly GrantType[],
): Promise<LevelRow[]> {
  const kinds = placeholders(types);
  return r.all({
    sql: `select resource, level from accounts_grants
          where holder in (${holders}) and type in (${kinds.sql}) and project = ?`,
    parameters: [user, user, ...kinds.parameters, project],
  });
}

export interface GrantKey {
  readonly holder: string;
  readonly type: GrantType;
  readonly project: string;
  readonly resource: string;
}

export function findGrant(r: Reader, key: GrantKey): Promise<GrantRow | undefined> {
  return r.get(
    q
      .selectFrom("accounts_grants")
      .selectAll()
      .where("holder", "=", key.holder)
      .where("type", "=", key.type)
      .where("project", "=", key.project)
      .where("resource", "=", key.resource),
  );
}

export function findGrantById(r: Reader, id: number): Promise<GrantRow | undefined> {
  return r.get(q.selectFrom("accounts_grants").selectAll().where("id", "=", id));
}

export async function upsertGrant(tx: Tx, row: Omit<GrantRow, "id">): Promise<GrantRow> {
  const { level, since, given_by } = row;
  return (await tx.get(
    q
      .insertInto("accounts_grants")
      .values(row as GrantRow)
      .onConflict((c) => c.columns(["holder", "type", "project", "resource"]).doUpdateSet({ level, since, given_by }))
      .returningAll(),
  )) as GrantRow;
}

export async function deleteGrant(tx: Tx, id: number): Promise<void> {
  await tx.run(q.deleteFrom("accounts_grants").where("id", "=", id));
}

export async function deleteGrantsOf(tx: Tx, holder: string): Promise<void> {
  await tx.run(q.deleteFrom("accounts_grants").where("holder", "=", holder));
}

/** Grants of some holders, by id; a user's own and those of their sets. */
export function listGrantsOf(r: Reader, holder: string): Promise<GrantRow[]> {
  return r.all(q.selectFrom("accounts_grants").selectAll().where("holder", "=", holder).orderBy("id"));
}

export async function deleteGrantsOn(
  tx: Tx,
  project: string,
  types: readonly GrantType[],
  resource: string,
): Promise<void> {
  await tx.run(
    q
      .deleteFrom("accounts_grants")
      .where("project", "=", project)
      .where("type", "in", [...types])
      .where("resource", "=", resource),
  );
}

export async function renameGrantsOn(
  tx: Tx,
  project: string,
  types: readonly GrantType[],
  from: string,
  to: string,
): Promise<void> {
  await tx.run(
    q
      .updateTable("accounts_grants")
      .set({ resource: to })
      .where("project", "=", project)
      .where("type", "in", [...types])
      .where("resource", "=", from),
  );
}

export function pageGrants(
  r: Reader,
  project: string,
  only: { holder?: string | undefined; types?: readonly GrantType[] | undefined; resource?: string | undefined },
  after: number,
  limit: number,
): Promise<GrantRow[]> {
  let query = q.selectFrom("accounts_grants").selectAll().where("project", "=", project).where("id", ">", after);
  if (only.holder !== undefined) query = query.where("holder", "=", only.holder);
  if (only.types !== undefined) query = query.where("type", "in", [...only.types]);
  if (only.resource !== undefined) query = query.where("resource", "=", only.resource);
  return r.all(query.orderBy("id").limit(limit));
}
