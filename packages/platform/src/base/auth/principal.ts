import type { Permission } from "@paydown/api/operation";
import type { Grants } from "./grants.js";

export type Role = "caller" | "viewer" | "editor" | "approver" | "admin";

/** Who asks. */
export interface Principal {
  /** `local` is whoever reaches a loopback server without accounts; `system` is the platform itself. */
  readonly kind: "local" | "user" | "token" | "consumer" | "system";
  /** Shown in records: user, token or consumer name. */
  readonly name: string;
  /** Role by project; `*` holds for every project. */
  readonly roles: Readonly<Record<string, Role>>;
  /** Identity of the token that was sent, where names are not unique. */
  readonly token?: string;
  /** Levels on single experiments and models; only users have them. */
  readonly grants?: Grants;
  /** Projects in which they may make experiments and models of their own without a role to write. */
  readonly founds?: readonly string[];
  /** Came in by the user's own password. */
  readonly byPassword?: true;
}

export const localPrincipal: Principal = { kind: "local", name: "local", roles: { "*": "admin" } };
export const systemPrincipal: Principal = { kind: "system", name: "paydown", roles: { "*": "admin" } };

const allows: Record<Role, readonly Permission[]> = {
  caller: ["call"],
  viewer: ["call", "read"],
  editor: ["call", "read", "write"],
  approver: ["call", "read", "write", "approve"],
  admin: ["call", "read", "write", "approve", "admin"],
};

/** Whether the principal's role allows this in the project. What they were granted on single things is asked in `grants.ts`. */
export function may(principal: Principal, permission: Permission, project: string): boolean {
  if (permission === "any") return true;
  return [principal.roles[project], principal.roles["*"]].some(
    (role) => role !== undefined && allows[role].includes(permission),
  );
}
