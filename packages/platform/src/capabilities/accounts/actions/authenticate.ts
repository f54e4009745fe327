import { createHmac, randomBytes } from "node:crypto";
import type { Principal } from "#base/auth/principal.js";
import type { Base } from "#base/context.js";
import type { Reader } from "#base/db/db.js";
import { createTurns } from "#base/turns.js";
import { errors } from "../errors.js";
import { isPassword } from "../model/password.js";
import { createTries } from "../model/tries.js";
import { hashSecret } from "../model.js";
import { findTokenByHash, updateToken } from "../store/tokens.js";
import { findUser } from "../store/users.js";
import type { TokenRow } from "../tables.js";
import { viewUserPrincipal } from "../views/grants.js";

/** How stale the last use may be before it is written again. */
const useGrain = 60_000;
/** How long a checked password is remembered, and how many are. */
const rememberFor = 10 * 60_000;
const remembered = 10_000;
/** Passwords checked at once, each with 32 MiB and a core; and how many may wait for that. */
const checksAtOnce = 2;
const checksWaiting = 64;

/** What a request brings: a token alone, or a user's name with a password, which may also be a token. */
export interface Credentials {
  readonly secret: string;
  readonly user?: string | undefined;
  /** Where it comes from, for counting wrong passwords. */
  readonly address: string;
}

export type Authenticator = (credentials: Credentials) => Promise<Principal | undefined>;

/**
 * Turns credentials into who they belong to; undefined when they are unknown, wrong, expired or revoked.
 * Throws ACCOUNTS_TOO_MANY_TRIES and ACCOUNTS_BUSY, both with `details.retryAfter` in seconds.
 */
export function createAuthenticator(base: Pick<Base, "db" | "clock">): Authenticator {
  const tries = createTries();
  const enter = createTurns(checksAtOnce, checksWaiting, () =>
    errors.ACCOUNTS_BUSY({}, { details: { retryAfter: 1 } }),
  );
  // Lives and dies with this process, so that what is remembered is of no use outside.
  const key = randomBytes(32);
  const known = new Map<string, { stored: string; until: number }>();

  return async ({ secret, user, address }) => {
    if (isTokenText(secret)) return authenticate(base, secret);
    if (user === undefined || user === "") return undefined;
    const now = base.clock.now();
    // Before anything is compared, also with what is remembered: guessing must not go on while it has to wait.
    refuse(user, address, tries.wait(user, address, now));
    const found = await base.db.read(async (r) => {
      const row = await findUser(r, user);
      return row === undefined ? undefined : { row, principal: await viewUserPrincipal(base, r, user) };
    });
    const stored = found?.row.password;
    const mark = createHmac("sha256", key).update(`${user}\n${secret}`).digest("base64");
    if (!(stored !== undefined && isKnown(mark, stored, now)) && !(await check(user, secret, address, stored, mark))) {
      return undefined;
    }
    return found === undefined ? undefined : { ...found.principal, byPassword: true };
  };

  function isKnown(mark: string, stored: string, now: number): boolean {
    const before = known.get(mark);
    return before !== undefined && before.stored === stored && before.until > now;
  }

  async function check(
    user: string,
    secret: string,
    address: string,
    stored: string | undefined,
    mark: string,
  ): Promise<boolean> {
    refuse(user, address, tries.waitOf(address, base.clock.now()));
    const right = await enter(async () => {
      // Others may have failed while this one stood in line.
      refuse(user, address, tries.wait(user, address, base.clock.now()));
      return isPassword(secret, stored);
    });
    const now = base.clock.now();
    if (!right || stored === undefined) {
      tries.failed(user, address, now);
      return false;
    }
    tries.succeeded(user, address);
    known.delete(mark);
    known.set(mark, { stored, until: now + rememberFor });
    if (known.size > remembered) known.delete(known.keys().next().value as string);
    return true;
  }
}

function refuse(user: string, address: string, wait: number): void {
  if (wait === 0) return;
  const seconds = Math.ceil(wait / 1000);
  throw errors.ACCOUNTS_TOO_MANY_TRIES({ user, address, seconds }, { details: { retryAfter: seconds } });
}

function isTokenText(secret: string): boolean {
  return /^pd[tc]_[0-9a-f]{64}$/.test(secret);
}

/** Who the token belongs to; undefined when it is unknown, expired or revoked. */
export async function authenticate(base: Pick<Base, "db" | "clock">, secret: string): Promise<Principal | undefined> {
  if (!isTokenText(secret)) return undefined;
  const now = base.clock.now();
  const found = await base.db.read(async (r) => {
    const row = await findTokenByHash(r, hashSecret(secret));
    if (row === undefined || !isGood(row, now)) return undefined;
    return { row, principal: await principalOf(base, r, row) };
  });
  if (found === undefined) return undefined;
  const { row, principal } = found;
  if (row.last_used_at === null || now - row.last_used_at >= useGrain) {
    await base.db.write((tx) => updateToken(tx, row.id, { last_used_at: now }));
  }
  return principal;
}

export function isGood(row: Pick<TokenRow, "revoked_at" | "expires_at">, now: number): boolean {
  return row.revoked_at === null && (row.expires_at === null || row.expires_at > now);
}

/** What the token may do now: its own role, and for a user's token never more than that user's. */
export async function principalOf(base: Pick<Base, "db" | "clock">, r: Reader, row: TokenRow): Promise<Principal> {
  const { role, project, id: token } = row;
  if (row.kind === "consumer") {
    return { kind: "consumer", name: row.consumer ?? row.name, roles: { [project]: role }, token };
  }
  if (row.acts_for === null) return { kind: "token", name: row.name, roles: { [project]: role }, token };
  return { ...(await viewUserPrincipal(base, r, row.acts_for, { project, role })), token };
}
