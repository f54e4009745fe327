import {
  type createConsumerKey,
  type createToken,
  type Role,
  type revokeToken,
  TokenCreated,
  TokenRevoked,
} from "@paydown/api/accounts";
import type { Input, Reply } from "@paydown/api/operation";
import { may, type Principal } from "#base/auth/principal.js";
import type { Ctx } from "#base/context.js";
import type { Tx } from "#base/db/db.js";
import { errors } from "../errors.js";
import { hashSecret, isAtLeast, toToken } from "../model.js";
import { findMember } from "../store/projects.js";
import { findToken, hasTokens, insertToken, updateToken } from "../store/tokens.js";
import type { TokenRow } from "../tables.js";

/** Makes a token. Its role is at most its maker's, and at most the user's it acts for. */
export async function issueToken(ctx: Ctx, input: Input<typeof createToken>): Promise<Reply<typeof createToken>> {
  const project = input.allProjects === true ? "*" : input.project;
  demandRole(ctx.principal, input.role, project);
  return ctx.db.write(async (tx) => {
    const { user } = input;
    if (user !== undefined) {
      const member = await findMember(tx, input.project, user);
      if (!isAtLeast(member?.role, input.role)) {
        throw errors.ACCOUNTS_ROLE_TOO_HIGH({ who: user, role: input.role, project: input.project });
      }
    }
    return issue(ctx, tx, {
      name: input.name,
      kind: "token",
      acts_for: user ?? null,
      consumer: null,
      project,
      role: input.role,
      expires_at: input.expiresAt ?? null,
    });
  });
}

export async function issueConsumerKey(
  ctx: Ctx,
  input: Input<typeof createConsumerKey>,
): Promise<Reply<typeof createConsumerKey>> {
  return ctx.db.write((tx) =>
    issue(ctx, tx, {
      name: `key of ${input.consumer}`,
      kind: "consumer",
      acts_for: null,
      consumer: input.consumer,
      project: input.project,
      role: "caller",
      expires_at: input.expiresAt ?? null,
    }),
  );
}

/**
 * The secret of the first admin token on a database that has no token yet; undefined on every later start. Whoever
 * starts the server prints it once.
 */
export async function makeFirstAdminToken(ctx: Ctx): Promise<string | undefined> {
  return ctx.db.write(async (tx) => {
    if ((await hasTokens(tx)) !== undefined) return undefined;
    const { secret } = await issue(ctx, tx, {
      name: "first admin",
      kind: "token",
      acts_for: null,
      consumer: null,
      project: "*",
      role: "admin",
      expires_at: null,
    });
    return secret;
  });
}

type NewToken = Pick<TokenRow, "name" | "kind" | "acts_for" | "consumer" | "project" | "role" | "expires_at">;

async function issue(ctx: Ctx, tx: Tx, token: NewToken): Promise<Reply<typeof createToken>> {
  const now = ctx.clock.now();
  if (token.expires_at !== null && token.expires_at <= now) {
    throw errors.ACCOUNTS_EXPIRY_PAST({ expiresAt: token.expires_at });
  }
  const secret = `${token.kind === "consumer" ? "pdc" : "pdt"}_${ctx.ids.hex(32)}`;
  const row: TokenRow = {
    ...token,
    id: ctx.ids.ulid(),
    hash: hashSecret(secret),
    prefix: secret.slice(0, 8),
    created_at: now,
    created_by: ctx.principal.name,
    last_used_at: null,
    revoked_at: null,
  };
  await insertToken(tx, row);
  await tx.emit(TokenCreated, row.project, {
    token: row.id,
    name: row.name,
    role: row.role,
    project: row.project,
    ...(row.consumer === null ? {} : { consumer: row.consumer }),
  });
  return { token: toToken(row), secret };
}

export async function revoke(ctx: Ctx, input: Input<typeof revokeToken>): Promise<Reply<typeof revokeToken>> {
  return ctx.db.write(async (tx) => {
    const row = await findToken(tx, input.project, input.token);
    if (row === undefined) throw errors.ACCOUNTS_TOKEN_NOT_FOUND({ project: input.project, token: input.token });
    demandRole(ctx.principal, "admin", row.project);
    if (row.revoked_at !== null) return toToken(row);
    const revoked = { ...row, revoked_at: ctx.clock.now() };
    await updateToken(tx, row.id, { revoked_at: revoked.revoked_at });
    await tx.emit(TokenRevoked, row.project, { token: row.id });
    return toToken(revoked);
  });
}

/** Nobody gives more than they have. */
function demandRole(principal: Principal, role: Role, project: string): void {
  const permission = (
    { caller: "call", viewer: "read", editor: "write", approver: "approve", admin: "admin" } as const
  )[role];
  if (may(principal, permission, project)) return;
  throw errors.ACCOUNTS_ROLE_TOO_HIGH({
    who: principal.name,
    role,
    project: project === "*" ? "every project" : project,
  });
}
