import {
  type changePassword,
  type changeUserAdmin,
  type createUser,
  type deleteUser,
  GrantGiven,
  type Level,
  PasswordChanged,
  type Role,
  RoleGranted,
  RoleWithdrawn,
  type User,
  UserCreated,
  UserDeleted,
} from "@paydown/api/accounts";
import type { Input, Reply } from "@paydown/api/operation";
import { may, type Principal } from "#base/auth/principal.js";
import type { Ctx } from "#base/context.js";
import type { Tx } from "#base/db/db.js";
import { baseErrors } from "#base/errors.js";
import { errors } from "../errors.js";
import { hashPassword, isPassword, passwordProblem } from "../model/password.js";
import { deleteMembershipsOf } from "../store/grant-sets.js";
import { deleteGrantsOf, standingOf, upsertGrant } from "../store/grants.js";
import { deleteMember, upsertMember } from "../store/projects.js";
import {
  adminsAmong,
  deleteMemberships,
  deleteUser as deleteRow,
  findUser,
  hasAdminUser,
  insertUser,
  membershipsOf,
  revokeTokensOf,
  updatePassword,
} from "../store/users.js";
import type { UserRow } from "../tables.js";
import { toUser } from "../views/users.js";

export interface NewUser {
  readonly user: string;
  readonly password: string;
  readonly admin?: boolean | undefined;
  /** Where they begin, and as what: a role, or a level on the project as MLflow's default permission gives it. */
  readonly joins?: { readonly project: string; readonly role?: Role | undefined; readonly level?: Level | undefined };
}

/** Makes a user; a password that was not given is made and shown once. */
export async function create(ctx: Ctx, input: Input<typeof createUser>): Promise<Reply<typeof createUser>> {
  const { user, project, role, admin } = input;
  const password = input.password ?? ctx.ids.hex(16);
  const made = await addUser(ctx, {
    user,
    password,
    admin,
    ...(role === undefined ? {} : { joins: { project, role } }),
  });
  return { user: toUser(made.row, made.admin), ...(input.password === undefined ? { password } : {}) };
}

export async function addUser(ctx: Ctx, input: NewUser): Promise<{ row: UserRow; admin: boolean }> {
  const { user, joins } = input;
  checkName(user);
  checkPassword(input.password);
  const admin = input.admin === true;
  if (admin && !may(ctx.principal, "admin", "*")) {
    throw errors.ACCOUNTS_ROLE_TOO_HIGH({ who: ctx.principal.name, role: "admin", project: "every project" });
  }
  const password = await hashPassword(input.password, ctx.ids.hex(16));
  return ctx.db.write(async (tx) => {
    await demandHarmless(tx, ctx.principal, user);
    const now = ctx.clock.now();
    const by = ctx.principal.name;
    const row = await insertUser(tx, { name: user, password, created_at: now, created_by: by, changed_at: now });
    if (row === undefined) throw errors.ACCOUNTS_USER_EXISTS({ user });
    await tx.emit(UserCreated, "*", { user, admin });
    if (admin) await join(tx, user, "*", "admin", now, by);
    if (joins?.role !== undefined) await join(tx, user, joins.project, joins.role, now, by);
    if (joins?.level !== undefined) {
      const { project, level } = joins;
      await upsertGrant(tx, {
        holder: user,
        type: "workspace",
        project,
        resource: "*",
        level,
        since: now,
        given_by: by,
      });
      await tx.emit(GrantGiven, project, { holder: user, kind: "project", resource: "*", level });
    }
    return { row, admin: admin || (await adminsAmong(tx, [user])).has(user) };
  });
}

/** A password for a name that has roles already is the key to them: only who could have given them may make it. */
async function demandHarmless(tx: Tx, principal: Principal, user: string): Promise<void> {
  for (const one of await standingOf(tx, user)) {
    if (may(principal, "admin", one.project)) continue;
    throw errors.ACCOUNTS_ROLE_TOO_HIGH({
      who: principal.name,
      role: "admin",
      project: one.project === "*" ? "every project" : one.project,
    });
  }
}

async function join(tx: Tx, user: string, project: string, role: Role, since: number, by: string): Promise<void> {
  await upsertMember(tx, { project, name: user, role, since, given_by: by });
  await tx.emit(RoleGranted, project, { user, role });
}

export interface PasswordChange extends Input<typeof changePassword> {
  /** The door has seen the password so far with this very request, as clients that cannot send `current` do. */
  readonly proven?: boolean;
}

/** Oneself with the password so far, or an admin of every project. */
export async function setPassword(ctx: Ctx, input: PasswordChange): Promise<User> {
  const { user, password, current } = input;
  const { principal } = ctx;
  const self = principal.kind === "user" && principal.name === user;
  if (!self && !may(principal, "admin", "*")) {
    throw baseErrors.AUTH_FORBIDDEN({ principal: principal.name, permission: "admin", project: "(all projects)" });
  }
  const before = await ctx.db.read((r) => findUser(r, user));
  if (before === undefined) throw errors.ACCOUNTS_USER_NOT_FOUND({ user });
  if (self && input.proven !== true) await demandCurrent(before, current, password);
  checkPassword(password);
  const stored = await hashPassword(password, ctx.ids.hex(16));
  return ctx.db.write(async (tx) => {
    const row = await findUser(tx, user);
    if (row === undefined) throw errors.ACCOUNTS_USER_NOT_FOUND({ user });
    const now = ctx.clock.now();
    await updatePassword(tx, user, stored, now);
    await tx.emit(PasswordChanged, "*", { user });
    return toUser({ ...row, changed_at: now }, (await adminsAmong(tx, [user])).has(user));
  });
}

/** Texts are those of MLflow's server. */
async function demandCurrent(row: UserRow, current: string | undefined, password: string): Promise<void> {
  const wrong = (problem: string) => errors.ACCOUNTS_PASSWORD_CURRENT({ problem });
  if (!current) throw wrong("Current password is required when changing your own password.");
  if (!(await isPassword(current, row.password))) throw wrong("Current password does not match.");
  if (password === current) throw wrong("New password must differ from the current password.");
}

export async function setAdmin(ctx: Ctx, input: Input<typeof changeUserAdmin>): Promise<User> {
  const { user, admin } = input;
  return ctx.db.write(async (tx) => {
    const row = await findUser(tx, user);
    if (row === undefined) throw errors.ACCOUNTS_USER_NOT_FOUND({ user });
    if (admin) await join(tx, user, "*", "admin", ctx.clock.now(), ctx.principal.name);
    else if (await deleteMember(tx, "*", user)) await tx.emit(RoleWithdrawn, "*", { user });
    return toUser(row, admin);
  });
}

/** With everything that stood for them, so that the name can be given again without a past. */
export async function remove(ctx: Ctx, input: Input<typeof deleteUser>): Promise<Reply<typeof deleteUser>> {
  const { user } = input;
  if (ctx.principal.kind === "user" && ctx.principal.name === user) throw errors.ACCOUNTS_USER_SELF();
  return ctx.db.write(async (tx) => {
    if ((await findUser(tx, user)) === undefined) throw errors.ACCOUNTS_USER_NOT_FOUND({ user });
    for (const { project } of await membershipsOf(tx, user)) await tx.emit(RoleWithdrawn, project, { user });
    await deleteMemberships(tx, user);
    await deleteMembershipsOf(tx, user);
    await deleteGrantsOf(tx, user);
    const tokensRevoked = await revokeTokensOf(tx, user, ctx.clock.now());
    await deleteRow(tx, user);
    await tx.emit(UserDeleted, "*", { user, tokensRevoked });
    return { user, tokensRevoked };
  });
}

/**
 * The first admin with a password, when there is none yet; afterwards the configured password is not looked at again.
 * Throws ACCOUNTS_ADMIN_MISSING when there is none and no password to make one with. Answers whether one was made.
 */
export async function ensureFirstAdmin(ctx: Ctx, first: { user: string; password: string }): Promise<boolean> {
  if ((await ctx.db.read(hasAdminUser)) !== undefined) return false;
  if (first.password === "") throw errors.ACCOUNTS_ADMIN_MISSING();
  try {
    await addUser(ctx, { ...first, admin: true });
    return true;
  } catch (error) {
    // Another replica was first.
    if ((error as { code?: string }).code !== "ACCOUNTS_USER_EXISTS") throw error;
    if ((await ctx.db.read(hasAdminUser)) !== undefined) return false;
    throw error;
  }
}

function checkName(user: string): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9._@-]{0,127}$/.test(user)) throw errors.ACCOUNTS_USER_NAME_INVALID({ user });
}

function checkPassword(password: string): void {
  const problem = passwordProblem(password);
  if (problem !== undefined) throw errors.ACCOUNTS_PASSWORD_WEAK({ problem });
}
