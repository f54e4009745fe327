import type { listRoles, listTokens, testPermission, whoAmI } from "@paydown/api/accounts";
import type { Input, Reply } from "@paydown/api/operation";
import { may, type Principal } from "#base/auth/principal.js";
import type { Ctx } from "#base/context.js";
import { isGood, principalOf } from "../actions/authenticate.js";
import { errors } from "../errors.js";
import { roles, toToken } from "../model.js";
import { findToken, pageTokens } from "../store/tokens.js";
import { viewUserPrincipal } from "./grants.js";

export async function viewTokens(ctx: Ctx, input: Input<typeof listTokens>): Promise<Reply<typeof listTokens>> {
  const limit = input.limit ?? 100;
  const rows = await ctx.db.read((r) => pageTokens(r, input.project, input.cursor, limit + 1));
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items: items.map(toToken), ...(rows.length > limit && last !== undefined ? { cursor: last.id } : {}) };
}

export async function viewRoles(): Promise<Reply<typeof listRoles>> {
  return { items: roles.map((one) => ({ ...one, permissions: [...one.permissions] })) };
}

export async function viewSelf(ctx: Ctx): Promise<Reply<typeof whoAmI>> {
  const { kind, name } = ctx.principal;
  const own = Object.entries(ctx.principal.roles).map(([project, role]) => ({ project, role }));
  return { kind, name, roles: own.sort((a, b) => (a.project < b.project ? -1 : 1)) };
}

/** "May this token promote?" for the caller, a user or a token. */
export async function viewPermission(
  ctx: Ctx,
  input: Input<typeof testPermission>,
): Promise<Reply<typeof testPermission>> {
  const { project, permission, token, user } = input;
  if (token !== undefined) return testToken(ctx, project, permission, token);
  if (user === undefined) return explain(ctx.principal, permission, project);
  return explain(await ctx.db.read((r) => viewUserPrincipal(ctx, r, user)), permission, project);
}

async function testToken(
  ctx: Ctx,
  project: string,
  permission: Input<typeof testPermission>["permission"],
  token: string,
): Promise<Reply<typeof testPermission>> {
  return ctx.db.read(async (r) => {
    const row = await findToken(r, project, token);
    if (row === undefined) throw errors.ACCOUNTS_TOKEN_NOT_FOUND({ project, token });
    if (!isGood(row, ctx.clock.now())) {
      const why = row.revoked_at === null ? "expired" : "was revoked";
      return { allowed: false, because: `Token ${row.name} ${why}.` };
    }
    return explain(await principalOf(ctx, r, row), permission, project);
  });
}

function explain(
  principal: Principal,
  permission: Input<typeof testPermission>["permission"],
  project: string,
): Reply<typeof testPermission> {
  const allowed = may(principal, permission, project);
  const role = principal.roles[project] ?? principal.roles["*"];
  if (role === undefined) return { allowed, because: `${principal.name} has no role in ${project}.` };
  const where = principal.roles[project] === undefined ? "every project" : project;
  return {
    allowed,
    because: `${principal.name} is ${role} of ${where}; ${role} ${allowed ? "includes" : "does not include"} ${permission}.`,
  };
}
