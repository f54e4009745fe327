import type { Permission } from "@paydown/api/operation";

export type Role = "caller" | "viewer" | "editor" | "approver" | "admin";

/** Who asks. */
export interface Principal {
  /** `local` is whoever reaches a loopback server without accounts; `system` is the platform itself. */
  readonly kind: "local" | "user" | "token" | "consumer" | "system";
  /** Shown in records: user, token or consumer name. */
  readonly name: string;
  /** Role by project; `*` holds for every project. */
  readonly roles: Readonly<Record<string, Role>>;
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

/** Whether the principal may do this in the project. */
export function may(principal: Principal, permission: Permission, project: string): boolean {
  if (permission === "any") return true;
  return [principal.roles[project], principal.roles["*"]].some(
    (role) => role !== undefined && allows[role].includes(permission),
  );
}
