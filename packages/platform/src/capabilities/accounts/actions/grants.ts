import {
  type Grant,
  GrantGiven,
  GrantWithdrawn,
  type giveGrant,
  type Level,
  type withdrawGrant,
} from "@paydown/api/accounts";
import type { Input, Reply } from "@paydown/api/operation";
import { forbidden } from "#base/auth/grants.js";
import type { Ctx } from "#base/context.js";
import type { Reader } from "#base/db/db.js";
import { errors } from "../errors.js";
import {
  deleteGrant,
  deleteGrantsOn,
  findGrant,
  type GrantKey,
  renameGrantsOn,
  standingOf,
  upsertGrant,
} from "../store/grants.js";
import { findUser } from "../store/users.js";
import type { GrantRow, GrantType } from "../tables.js";
import { mayManage, toGrant, typesOf } from "../views/grants.js";

const kindOf = (type: GrantType): Grant["kind"] =>
  type === "experiment" ? "experiment" : type === "workspace" ? "project" : "model";

export interface UserGrant {
  readonly project: string;
  readonly type: GrantType;
  readonly resource: string;
  readonly user: string;
}

export async function give(ctx: Ctx, input: Input<typeof giveGrant>): Promise<Reply<typeof giveGrant>> {
  const { project, kind, resource, user, level } = input;
  const row = await giveLevel(ctx, { project, type: typesOf[kind][0] as GrantType, resource, user }, level);
  return ctx.db.read((r) => toGrant(r, row));
}

/**
 * Gives a level to a user. `must` says what there has to be before: nothing ("new"), a grant ("there"), or either.
 * `what` names the grant in a refusal.
 */
export async function giveLevel(
  ctx: Ctx,
  grant: UserGrant,
  level: Level,
  must?: { readonly be: "new" | "there"; readonly what: string },
): Promise<GrantRow> {
  const resource = checkResource(grant.type, grant.resource, level);
  const { project, type, user } = grant;
  await demandManage(ctx, project, type, resource);
  const key: GrantKey = { holder: user, type, project, resource };
  return ctx.db.write(async (tx) => {
    await demandUser(tx, user);
    const before = await findGrant(tx, key);
    if (must?.be === "new" && before !== undefined) throw errors.ACCOUNTS_GRANT_EXISTS({ what: must.what });
    if (must?.be === "there" && before === undefined) throw errors.ACCOUNTS_GRANT_NOT_FOUND({ what: must.what });
    const row = await upsertGrant(tx, { ...key, level, since: ctx.clock.now(), given_by: ctx.principal.name });
    await tx.emit(GrantGiven, project, { holder: user, kind: kindOf(type), resource, level });
    return row;
  });
}

export async function withdraw(ctx: Ctx, input: Input<typeof withdrawGrant>): Promise<Reply<typeof withdrawGrant>> {
  const { project, kind, resource, user } = input;
  for (const type of typesOf[kind]) {
    if (await withdrawLevel(ctx, { project, type, resource, user })) return { withdrawn: true };
  }
  return { withdrawn: false };
}

/** Whether there was such a grant. */
export async function withdrawLevel(ctx: Ctx, grant: UserGrant): Promise<boolean> {
  const resource = canonical(grant.type, grant.resource);
  const { project, type, user } = grant;
  await demandManage(ctx, project, type, resource);
  return ctx.db.write(async (tx) => {
    const row = await findGrant(tx, { holder: user, type, project, resource });
    if (row === undefined) return false;
    await deleteGrant(tx, row.id);
    await tx.emit(GrantWithdrawn, project, { holder: user, kind: kindOf(type), resource });
    return true;
  });
}

/** A user's own grant, not folded with anything. */
export async function findLevel(ctx: Ctx, grant: UserGrant): Promise<Level | undefined> {
  const { project, type, user } = grant;
  const key = { holder: user, type, project, resource: canonical(type, grant.resource) };
  return (await ctx.db.read((r) => findGrant(r, key)))?.level;
}

/** A deleted model takes its grants with it: the next one of that name is somebody else's. */
export async function dropModelGrants(ctx: Ctx, project: string, model: string): Promise<void> {
  await ctx.db.write((tx) => deleteGrantsOn(tx, project, typesOf.model, model));
}

/** Grants follow a model to its new name. */
export async function moveModelGrants(ctx: Ctx, project: string, from: string, to: string): Promise<void> {
  if (from === to) return;
  await ctx.db.write(async (tx) => {
    await deleteGrantsOn(tx, project, typesOf.model, to);
    await renameGrantsOn(tx, project, typesOf.model, from, to);
  });
}

export async function demandManage(ctx: Ctx, project: string, type: GrantType, resource: string): Promise<void> {
  if (!(await mayManage(ctx, project, kindOf(type), resource))) throw forbidden(ctx.principal, "manage", project);
}

/** Whoever may come in by a password or has a role. */
async function demandUser(r: Reader, user: string): Promise<void> {
  if ((await findUser(r, user)) !== undefined || (await standingOf(r, user)).length > 0) return;
  throw errors.ACCOUNTS_USER_NOT_FOUND({ user });
}

/** The resource in one spelling; throws when it, or the level on it, makes no sense. */
export function checkResource(type: GrantType, text: string, level: Level): string {
  const resource = canonical(type, text);
  const problem = problemOf(type, resource, level);
  if (problem !== undefined) throw errors.ACCOUNTS_GRANT_RESOURCE({ resource, problem });
  return resource;
}

function problemOf(type: GrantType, resource: string, level: Level): string | undefined {
  if (type === "experiment" && resource !== "*" && !/^\d{1,15}$/.test(resource)) return "an experiment id is a number";
  if (type !== "workspace") return resource === "" ? "it has no name" : undefined;
  if (resource !== "*") return "the project itself is written `*`";
  return level === "USE" || level === "MANAGE" ? undefined : `a project is granted with USE or MANAGE, not ${level}`;
}

function canonical(type: GrantType, resource: string): string {
  return type === "experiment" && /^\d{1,15}$/.test(resource) ? String(Number(resource)) : resource;
}
