import { GrantGiven, GrantSetChanged, GrantWithdrawn, type Level } from "@paydown/api/accounts";
import { forbidden } from "#base/auth/grants.js";
import { may } from "#base/auth/principal.js";
import type { Ctx } from "#base/context.js";
import type { Reader } from "#base/db/db.js";
import { errors } from "../errors.js";
import {
  deleteGrantSet,
  deleteSetMember,
  findGrantSet,
  findGrantSetByName,
  findSetMember,
  holderOf,
  insertGrantSet,
  insertSetMember,
  listGrantSets,
  listSetMembers,
  listSetsOf,
  updateGrantSet,
} from "../store/grant-sets.js";
import { deleteGrant, findGrant, findGrantById, listGrantsOf, upsertGrant } from "../store/grants.js";
import { findUser } from "../store/users.js";
import type { GrantRow, GrantSetRow, GrantType } from "../tables.js";
import { checkResource } from "./grants.js";

/** A grant set with what it grants. Refusals speak MLflow's language, where it is a role: only its door makes them. */
export interface FullGrantSet {
  readonly row: GrantSetRow;
  readonly grants: readonly GrantRow[];
}

const most = { name: 250, description: 10_000 };
const existing = (what: string) => errors.ACCOUNTS_GRANT_EXISTS({ what });
const unknown = (what: string) => errors.ACCOUNTS_GRANT_NOT_FOUND({ what });

export async function createSet(
  ctx: Ctx,
  input: { project: string; name: string; description: string | undefined },
): Promise<FullGrantSet> {
  const { project, name, description } = input;
  demandAdmin(ctx, project);
  checkTexts(name, description);
  return ctx.db.write(async (tx) => {
    if ((await findGrantSetByName(tx, project, name)) !== undefined) {
      throw existing(`Role (name=${name}, workspace=${project})`);
    }
    const row = await insertGrantSet(tx, { project, name, description: description ?? null });
    await tx.emit(GrantSetChanged, project, { set: name, change: "created" });
    return { row, grants: [] };
  });
}

/** For members of the project. */
export async function getSet(ctx: Ctx, id: number): Promise<FullGrantSet> {
  return ctx.db.read(async (r) => {
    const row = await requireSet(ctx, r, id);
    if (!may(ctx.principal, "read", row.project)) throw forbidden(ctx.principal, "read", row.project);
    return withGrants(r, row);
  });
}

/** Of these projects; without any, of all, which is for admins of every project. */
export async function listSets(ctx: Ctx, projects: readonly string[]): Promise<FullGrantSet[]> {
  for (const project of projects) {
    if (!may(ctx.principal, "read", project)) throw forbidden(ctx.principal, "read", project);
  }
  if (projects.length === 0) demandAdmin(ctx, "*");
  return ctx.db.read(async (r) => {
    const sets: FullGrantSet[] = [];
    for (const row of await listGrantSets(r, projects.length === 0 ? undefined : projects)) {
      sets.push(await withGrants(r, row));
    }
    return sets;
  });
}

export async function changeSet(
  ctx: Ctx,
  id: number,
  change: { name: string | undefined; description: string | undefined },
): Promise<FullGrantSet> {
  checkTexts(change.name, change.description);
  return ctx.db.write(async (tx) => {
    const row = await requireSet(ctx, tx, id);
    demandAdmin(ctx, row.project);
    const { name = row.name, description = row.description } = change;
    const other = await findGrantSetByName(tx, row.project, name);
    if (other !== undefined && other.id !== id) {
      throw existing(`Role with name=${name} already exists in workspace=${row.project}; it`);
    }
    await updateGrantSet(tx, id, { name, description });
    await tx.emit(GrantSetChanged, row.project, { set: name, change: "renamed" });
    return withGrants(tx, { ...row, name, description });
  });
}

export async function deleteSet(ctx: Ctx, id: number): Promise<void> {
  await ctx.db.write(async (tx) => {
    const row = await requireSet(ctx, tx, id);
    demandAdmin(ctx, row.project);
    await deleteGrantSet(tx, id);
    await tx.emit(GrantSetChanged, row.project, { set: row.name, change: "deleted" });
  });
}

export async function addToSet(
  ctx: Ctx,
  id: number,
  grant: { type: GrantType; resource: string; level: Level },
): Promise<GrantRow> {
  const { type, level } = grant;
  const resource = checkResource(type, grant.resource, level);
  return ctx.db.write(async (tx) => {
    const { project } = await requireSet(ctx, tx, id);
    demandAdmin(ctx, project);
    const key = { holder: holderOf(id), type, project, resource };
    if ((await findGrant(tx, key)) !== undefined) {
      throw existing(`Role permission (role_id=${id}, resource_type=${type}, resource_pattern=${resource})`);
    }
    const row = await upsertGrant(tx, { ...key, level, since: ctx.clock.now(), given_by: ctx.principal.name });
    await tx.emit(GrantGiven, project, { holder: key.holder, kind: kindOf(type), resource, level });
    return row;
  });
}

export async function changeInSet(ctx: Ctx, grantId: number, level: Level): Promise<GrantRow> {
  return ctx.db.write(async (tx) => {
    const row = await requireSetGrant(ctx, tx, grantId);
    demandAdmin(ctx, row.project);
    checkResource(row.type, row.resource, level);
    const { id: _id, ...rest } = row;
    const { holder, project, resource } = row;
    await tx.emit(GrantGiven, project, { holder, kind: kindOf(row.type), resource, level });
    return upsertGrant(tx, { ...rest, level, since: ctx.clock.now(), given_by: ctx.principal.name });
  });
}

export async function removeFromSet(ctx: Ctx, grantId: number): Promise<void> {
  await ctx.db.write(async (tx) => {
    const { id, holder, type, project, resource } = await requireSetGrant(ctx, tx, grantId);
    demandAdmin(ctx, project);
    await deleteGrant(tx, id);
    await tx.emit(GrantWithdrawn, project, { holder, kind: kindOf(type), resource });
  });
}

export interface Assignment {
  readonly id: number;
  readonly userId: number;
  readonly set: number;
}

export async function assign(ctx: Ctx, set: number, user: string): Promise<Assignment> {
  return ctx.db.write(async (tx) => {
    const row = await requireSet(ctx, tx, set);
    demandAdmin(ctx, row.project);
    const person = await findUser(tx, user);
    if (person === undefined) throw errors.ACCOUNTS_USER_NOT_FOUND({ user });
    if ((await findSetMember(tx, set, user)) !== undefined) {
      throw existing(`User role assignment (user_id=${person.id}, role_id=${set})`);
    }
    const { id } = await insertSetMember(tx, set, user);
    await tx.emit(GrantSetChanged, row.project, { set: row.name, change: "assigned", user });
    return { id, userId: person.id, set };
  });
}

export async function unassign(ctx: Ctx, set: number, user: string): Promise<void> {
  await ctx.db.write(async (tx) => {
    const row = await requireSet(ctx, tx, set);
    demandAdmin(ctx, row.project);
    const person = await findUser(tx, user);
    if (person === undefined) throw errors.ACCOUNTS_USER_NOT_FOUND({ user });
    const member = await findSetMember(tx, set, user);
    if (member === undefined) throw unknown(`User role assignment (user_id=${person.id}, role_id=${set})`);
    await deleteSetMember(tx, member.id);
    await tx.emit(GrantSetChanged, row.project, { set: row.name, change: "unassigned", user });
  });
}

export async function listMembers(ctx: Ctx, set: number): Promise<Assignment[]> {
  return ctx.db.read(async (r) => {
    const row = await requireSet(ctx, r, set);
    if (!may(ctx.principal, "read", row.project)) throw forbidden(ctx.principal, "read", row.project);
    const assignments: Assignment[] = [];
    for (const member of await listSetMembers(r, set)) {
      const person = await findUser(r, member.user_name);
      if (person !== undefined) assignments.push({ id: member.id, userId: person.id, set });
    }
    return assignments;
  });
}

/** All of a user's for themselves and admins of every project; for others those of the projects they are admin of. */
export async function listSetsOfUser(ctx: Ctx, user: string): Promise<FullGrantSet[]> {
  return ctx.db.read(async (r) => {
    if ((await findUser(r, user)) === undefined) throw errors.ACCOUNTS_USER_NOT_FOUND({ user });
    const self = ctx.principal.kind === "user" && ctx.principal.name === user;
    const sets: FullGrantSet[] = [];
    for (const row of await listSetsOf(r, user)) {
      if (self || may(ctx.principal, "admin", row.project)) sets.push(await withGrants(r, row));
    }
    return sets;
  });
}

/** A user's own grants, by the same rule. */
export async function listOwnGrants(ctx: Ctx, user: string): Promise<GrantRow[]> {
  const self = ctx.principal.kind === "user" && ctx.principal.name === user;
  const rows = await ctx.db.read((r) => listGrantsOf(r, user));
  return rows.filter((row) => self || may(ctx.principal, "admin", row.project));
}

async function withGrants(r: Reader, row: GrantSetRow): Promise<FullGrantSet> {
  return { row, grants: await listGrantsOf(r, holderOf(row.id)) };
}

async function requireSet(ctx: Ctx, r: Reader, id: number): Promise<GrantSetRow> {
  const row = await findGrantSet(r, id);
  if (row === undefined) throw absent(ctx, `Role with id=${id}`);
  return row;
}

async function requireSetGrant(ctx: Ctx, r: Reader, id: number): Promise<GrantRow> {
  const row = await findGrantById(r, id);
  if (row === undefined || !row.holder.startsWith("#")) throw absent(ctx, `Role permission with id=${id}`);
  return row;
}

/** Which numbers there are is nobody's business but the admins'. */
function absent(ctx: Ctx, what: string): Error {
  return may(ctx.principal, "admin", "*") ? unknown(what) : forbidden(ctx.principal, "admin", "*");
}

function demandAdmin(ctx: Ctx, project: string): void {
  if (!may(ctx.principal, "admin", project)) throw forbidden(ctx.principal, "admin", project);
}

function checkTexts(name: string | undefined, description: string | undefined): void {
  const long = (text: string | undefined, limit: number) => text !== undefined && text.length > limit;
  if (!long(name, most.name) && !long(description, most.description)) return;
  const problem = `a role's name has at most ${most.name} characters, its description ${most.description}`;
  throw errors.ACCOUNTS_GRANT_RESOURCE({ resource: name, problem });
}

const kindOf = (type: GrantType): "experiment" | "model" | "project" =>
  type === "experiment" ? "experiment" : type === "workspace" ? "project" : "model";
