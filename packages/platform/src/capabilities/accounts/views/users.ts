import type { listUsers, User } from "@paydown/api/accounts";
import type { Input, Reply } from "@paydown/api/operation";
import type { Ctx } from "#base/context.js";
import { errors } from "../errors.js";
import { adminsAmong, findUser, pageUsers } from "../store/users.js";
import type { UserRow } from "../tables.js";

/** A user with the number MLflow's clients know them by. */
export interface NumberedUser {
  readonly id: number;
  readonly user: string;
  readonly admin: boolean;
}

export async function viewUsers(ctx: Ctx, input: Input<typeof listUsers>): Promise<Reply<typeof listUsers>> {
  const limit = input.limit ?? 100;
  return ctx.db.read(async (r) => {
    const rows = await pageUsers(r, input.cursor, limit + 1);
    const shown = rows.slice(0, limit);
    const admins = await adminsAmong(
      r,
      shown.map((row) => row.name),
    );
    const last = shown.at(-1);
    return {
      items: shown.map((row) => toUser(row, admins.has(row.name))),
      ...(rows.length > limit && last !== undefined ? { cursor: last.name } : {}),
    };
  });
}

export function toUser(row: UserRow, admin: boolean): User {
  return {
    user: row.name,
    admin,
    createdAt: row.created_at,
    createdBy: row.created_by,
    passwordChangedAt: row.changed_at,
  };
}

export async function viewNumberedUser(ctx: Ctx, user: string): Promise<NumberedUser> {
  return ctx.db.read(async (r) => {
    const row = await findUser(r, user);
    if (row === undefined) throw errors.ACCOUNTS_USER_NOT_FOUND({ user });
    return { id: row.id, user: row.name, admin: (await adminsAmong(r, [user])).has(user) };
  });
}

/** All of them by name; the roster of an installation is people. */
export async function viewRoster(ctx: Ctx): Promise<NumberedUser[]> {
  return ctx.db.read(async (r) => {
    const roster: NumberedUser[] = [];
    for (let after: string | undefined; ; after = roster.at(-1)?.user) {
      const rows = await pageUsers(r, after, 500);
      const admins = await adminsAmong(
        r,
        rows.map((row) => row.name),
      );
      roster.push(...rows.map((row) => ({ id: row.id, user: row.name, admin: admins.has(row.name) })));
      if (rows.length < 500) return roster;
    }
  });
}
