import { createHash } from "node:crypto";
import type { HandOver, Role, Token } from "@paydown/api/accounts";
import type { NodeRef, Range } from "@paydown/api/values";
import type { HandOverRow, TokenRow } from "./tables.js";

/** Roles, least first; each may do what the ones before it may. */
export const roles: readonly {
  readonly role: Role;
  readonly permissions: readonly ("call" | "read" | "write" | "approve" | "admin")[];
  readonly doc: string;
}[] = [
  { role: "caller", permissions: ["call"], doc: "Asks deployments for predictions; sees nothing." },
  { role: "viewer", permissions: ["call", "read"], doc: "Also sees everything of the project." },
  {
    role: "editor",
    permissions: ["call", "read", "write"],
    doc: "Also writes records: runs, versions, data, answers.",
  },
  {
    role: "approver",
    permissions: ["call", "read", "write", "approve"],
    doc: "Also decides for others: promotion, write-off, waiver, override.",
  },
  {
    role: "admin",
    permissions: ["call", "read", "write", "approve", "admin"],
    doc: "Also manages people, tokens and the project itself.",
  },
];

const ranks: Record<Role, number> = { caller: 0, viewer: 1, editor: 2, approver: 3, admin: 4 };

/** Whether `role` allows at least what `least` does. */
export function isAtLeast(role: Role | undefined, least: Role): boolean {
  return role !== undefined && ranks[role] >= ranks[least];
}

/** The weaker of two roles. */
export function lesser(a: Role, b: Role): Role {
  return ranks[a] <= ranks[b] ? a : b;
}

/** What is stored of a secret. */
export function hashSecret(secret: string): string {
  return createHash("sha256").update(secret, "utf8").digest("hex");
}

/** What a token may do, in words. */
function scopeOf(row: Pick<TokenRow, "kind" | "consumer" | "project" | "role" | "acts_for">): string {
  const where = row.project === "*" ? "every project" : `project ${row.project}`;
  if (row.kind === "consumer") return `Calls deployments of ${where} as consumer ${row.consumer}; nothing else.`;
  const words = roles.find((one) => one.role === row.role)?.permissions.join(", ") ?? "nothing";
  const whose = row.acts_for === null ? "" : ` in the name of ${row.acts_for}, never more than that user may`;
  return `May ${words} in ${where}${whose}.`;
}

export function toToken(row: TokenRow): Token {
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    ...(row.acts_for === null ? {} : { user: row.acts_for }),
    ...(row.consumer === null ? {} : { consumer: row.consumer }),
    project: row.project,
    role: row.role,
    scope: scopeOf(row),
    prefix: row.prefix,
    createdAt: row.created_at,
    createdBy: row.created_by,
    ...(row.last_used_at === null ? {} : { lastUsedAt: row.last_used_at }),
    ...(row.expires_at === null ? {} : { expiresAt: row.expires_at }),
    ...(row.revoked_at === null ? {} : { revokedAt: row.revoked_at }),
  };
}

/** `kind:id`; undefined when the text is none. */
export function parseAsset(text: string): NodeRef | undefined {
  const at = text.indexOf(":");
  return at > 0 && at < text.length - 1 ? { kind: text.slice(0, at), id: text.slice(at + 1) } : undefined;
}

export function toHandOver(row: HandOverRow, now: number): HandOver {
  return {
    id: row.id,
    asset: { kind: row.kind, id: row.asset },
    from: row.from_team,
    ...(row.to_team === null ? {} : { to: row.to_team }),
    note: row.note,
    state: row.state,
    offeredAt: row.offered_at,
    ...(row.settled_at === null ? {} : { settledAt: row.settled_at }),
    waitMs: (row.settled_at ?? now) - row.offered_at,
    ...(row.reason === null ? {} : { reason: row.reason }),
  };
}

export interface PairReport {
  readonly from: string;
  readonly to?: string;
  readonly waiting: number;
  readonly accepted: number;
  readonly returned: number;
  readonly waitHours?: Range;
  readonly reworkHours?: Range;
}

/**
 * Hand-overs by pair of teams. Waiting is from offer to answer; rework is from a return to the next offer of the same
 * asset by the same team. Spreads are over what is settled; what still waits is counted, not guessed.
 */
export function reportPairs(rows: readonly HandOverRow[]): PairReport[] {
  const ordered = [...rows].sort((a, b) => a.offered_at - b.offered_at || (a.id < b.id ? -1 : 1));
  const pairs = Map.groupBy(ordered, (row) => `${row.from_team}\n${row.to_team ?? ""}`);
  const reports = [...pairs.values()].map((some): PairReport => {
    const first = some[0] as HandOverRow;
    const waits = some
      .filter((row) => row.settled_at !== null)
      .map((row) => (row.settled_at as number) - row.offered_at);
    const reworks = some
      .filter((row) => row.state === "returned")
      .map((row) => reworkOf(row, ordered))
      .filter((ms) => ms !== undefined);
    return {
      from: first.from_team,
      ...(first.to_team === null ? {} : { to: first.to_team }),
      waiting: some.filter((row) => row.state === "waiting").length,
      accepted: some.filter((row) => row.state === "accepted").length,
      returned: some.filter((row) => row.state === "returned").length,
      ...spread("waitHours", waits),
      ...spread("reworkHours", reworks),
    };
  });
  return reports.sort((a, b) => (b.waitHours?.p50 ?? -1) - (a.waitHours?.p50 ?? -1) || (a.from < b.from ? -1 : 1));
}

function reworkOf(returned: HandOverRow, ordered: readonly HandOverRow[]): number | undefined {
  const settled = returned.settled_at ?? 0;
  const again = ordered.find(
    (row) =>
      row.id !== returned.id &&
      row.kind === returned.kind &&
      row.asset === returned.asset &&
      row.from_team === returned.from_team &&
      row.offered_at >= settled,
  );
  return again === undefined ? undefined : again.offered_at - settled;
}

const hour = 3_600_000;

function spread<K extends string>(name: K, ms: readonly number[]): { [P in K]?: Range } {
  if (ms.length === 0) return {};
  const sorted = ms.map((one) => one / hour).sort((a, b) => a - b);
  const range = {
    p10: quantile(sorted, 0.1),
    p50: quantile(sorted, 0.5),
    p90: quantile(sorted, 0.9),
    n: sorted.length,
  };
  return { [name]: range } as { [P in K]: Range };
}

/** Linear between the two nearest values. */
function quantile(sorted: readonly number[], share: number): number {
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)] as number;
  const high = sorted[Math.ceil(at)] as number;
  return low + (high - low) * (at - Math.floor(at));
}
