import type { Role } from "@paydown/api/accounts";
import type { Principal } from "#base/auth/principal.js";
import type { Base } from "#base/context.js";
import type { Reader } from "#base/db/db.js";
import { hashSecret, lesser } from "../model.js";
import { rolesOf } from "../store/projects.js";
import { findTokenByHash, updateToken } from "../store/tokens.js";
import type { TokenRow } from "../tables.js";

/** How stale the last use may be before it is written again. */
const useGrain = 60_000;

/** Who the secret belongs to; undefined when it is unknown, expired or revoked. */
export async function authenticate(base: Pick<Base, "db" | "clock">, secret: string): Promise<Principal | undefined> {
  if (!/^pd[tc]_[0-9a-f]{64}$/.test(secret)) return undefined;
  const now = base.clock.now();
  const found = await base.db.read(async (r) => {
    const row = await findTokenByHash(r, hashSecret(secret));
    if (row === undefined || !isGood(row, now)) return undefined;
    return { row, principal: await principalOf(r, row) };
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
export async function principalOf(r: Reader, row: TokenRow): Promise<Principal> {
  if (row.kind === "consumer")
    return { kind: "consumer", name: row.consumer ?? row.name, roles: { [row.project]: row.role } };
  const { role } = row;
  if (row.acts_for === null) return { kind: "token", name: row.name, roles: { [row.project]: role } };
  const roles: Record<string, Role> = {};
  for (const member of await rolesOf(r, row.acts_for)) {
    if (row.project === "*" || row.project === member.project) roles[member.project] = lesser(role, member.role);
  }
  return { kind: "user", name: row.acts_for, roles };
}
