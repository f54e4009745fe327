import type { NodeRef } from "@paydown/api/values";
import type { Reader, Tx } from "#base/db/db.js";
import { queries } from "#base/db/queries.js";
import type { AccountsTables, HandOverRow, OwnerRow, TeamRow } from "../tables.js";

const q = queries<AccountsTables>();

export async function upsertTeam(tx: Tx, row: TeamRow): Promise<void> {
  await tx.run(
    q
      .insertInto("accounts_teams")
      .values(row)
      .onConflict((c) => c.columns(["project", "name"]).doUpdateSet({ contact: row.contact })),
  );
}

/** Teams that were named or own something, with how many assets each owns. */
export function listTeams(
  r: Reader,
  project: string,
): Promise<{ name: string; contact: string | null; assets: number }[]> {
  return r.all({
    sql: `select names.name as name, t.contact as contact, count(o.id) as assets
          from (
            select name from accounts_teams where project = ?
            union
            select team from accounts_owners where project = ?
          ) names
          left join accounts_teams t on t.project = ? and t.name = names.name
          left join accounts_owners o on o.project = ? and o.team = names.name
          group by names.name, t.contact order by names.name`,
    parameters: [project, project, project, project],
  });
}

export async function upsertOwner(tx: Tx, row: OwnerRow): Promise<void> {
  const { team, role, since, given_by } = row;
  await tx.run(
    q
      .insertInto("accounts_owners")
      .values(row)
      .onConflict((c) => c.columns(["project", "kind", "id"]).doUpdateSet({ team, role, since, given_by })),
  );
}

export function findOwner(r: Reader, project: string, asset: NodeRef): Promise<OwnerRow | undefined> {
  return r.get(
    q
      .selectFrom("accounts_owners")
      .selectAll()
      .where("project", "=", project)
      .where("kind", "=", asset.kind)
      .where("id", "=", asset.id),
  );
}

/** Owners by asset. */
export function pageOwners(
  r: Reader,
  filter: {
    readonly project: string;
    readonly team?: string | undefined;
    readonly after?: NodeRef | undefined;
    readonly limit: number;
  },
): Promise<OwnerRow[]> {
  let query = q.selectFrom("accounts_owners").selectAll().where("project", "=", filter.project);
  if (filter.team !== undefined) query = query.where("team", "=", filter.team);
  if (filter.after !== undefined) {
    const { kind, id } = filter.after;
    query = query.where((e) => e.or([e("kind", ">", kind), e.and([e("kind", "=", kind), e("id", ">", id)])]));
  }
  return r.all(query.orderBy("kind").orderBy("id").limit(filter.limit));
}

export async function insertHandOver(tx: Tx, row: HandOverRow): Promise<void> {
  await tx.run(q.insertInto("accounts_hand_overs").values(row));
}

export function findHandOver(r: Reader, project: string, id: string): Promise<HandOverRow | undefined> {
  return r.get(q.selectFrom("accounts_hand_overs").selectAll().where("project", "=", project).where("id", "=", id));
}

export async function settleHandOver(
  tx: Tx,
  id: string,
  change: Pick<HandOverRow, "state" | "settled_at" | "to_team" | "reason">,
): Promise<void> {
  await tx.run(q.updateTable("accounts_hand_overs").set(change).where("id", "=", id));
}

/** Hand-overs, newest first. */
export function pageHandOvers(
  r: Reader,
  filter: {
    readonly project: string;
    readonly state?: string | undefined;
    readonly cursor?: string | undefined;
    readonly limit: number;
  },
): Promise<HandOverRow[]> {
  let query = q.selectFrom("accounts_hand_overs").selectAll().where("project", "=", filter.project);
  if (filter.state !== undefined) query = query.where("state", "=", filter.state as HandOverRow["state"]);
  if (filter.cursor !== undefined) query = query.where("id", "<", filter.cursor);
  return r.all(query.orderBy("id", "desc").limit(filter.limit));
}

export function allHandOvers(r: Reader, project: string): Promise<HandOverRow[]> {
  return r.all(q.selectFrom("accounts_hand_overs").selectAll().where("project", "=", project));
}
