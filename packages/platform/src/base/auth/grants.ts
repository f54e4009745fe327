import type { Permission } from "@paydown/api/operation";
import type { Tx } from "../db/db.js";
import { baseErrors } from "../errors.js";
import { may, type Principal } from "./principal.js";

/** What a grant allows on one experiment or model; each includes the ones before it. */
export const levels = ["NO_PERMISSIONS", "READ", "USE", "EDIT", "MANAGE"] as const;
export type Level = (typeof levels)[number];

/** What somebody wants to do with an experiment or model: permissions, and two that only grants tell apart. */
export type Need = Exclude<Permission, "any"> | "delete" | "manage";

export type ResourceKind = "experiment" | "model";

export interface Resource {
  readonly kind: ResourceKind;
  /** Experiment id in decimal, or name of a registered model. */
  readonly id: string;
}

/** A user's levels on experiments and models; already folded over their own grants and those of their sets. */
export interface Grants {
  /** Whether there is any in any project; known without asking. */
  readonly any: boolean;
  /** Level of each resource that a grant matches; the others are absent. */
  levels(project: string, kind: ResourceKind, ids: readonly string[]): Promise<ReadonlyMap<string, Level>>;
  /** Every grant of the project and kind: by resource, with what `*` grants already folded in, and that of `*` itself. */
  all(
    project: string,
    kind: ResourceKind,
  ): Promise<{ readonly every: Level | undefined; readonly by: ReadonlyMap<string, Level> }>;
  /** Gives MANAGE on something that this user makes in this transaction. */
  own(tx: Tx, project: string, resource: Resource): Promise<void>;
}

/** Of several levels one that takes all away decides, else the strongest; undefined for none. */
export function foldLevels(some: readonly Level[]): Level | undefined {
  if (some.includes("NO_PERMISSIONS")) return "NO_PERMISSIONS";
  return levels.findLast((level) => some.includes(level));
}

export function isLevelAtLeast(level: Level, least: Level): boolean {
  return levels.indexOf(level) >= levels.indexOf(least);
}

/** Whether the role alone allows it. */
export function mayByRole(principal: Principal, need: Need, project: string): boolean {
  return may(principal, need === "delete" ? "write" : need === "manage" ? "admin" : need, project);
}

const leastFor = { read: "READ", call: "USE", write: "EDIT", delete: "MANAGE", manage: "MANAGE" } as const;

/** Whether the principal may do this with a resource on which they have this level, or none. The table is in accounts/README.md. */
export function mayWith(principal: Principal, need: Need, project: string, level: Level | undefined): boolean {
  if (level === undefined || may(principal, "admin", project)) return mayByRole(principal, need, project);
  if (need === "approve") return isLevelAtLeast(level, "EDIT") && may(principal, "approve", project);
  if (need === "admin") return false;
  return isLevelAtLeast(level, leastFor[need]);
}

/** Whether grants can change what the role says, so that resources are worth looking up. */
export function hasGrants(principal: Principal, project: string): boolean {
  return principal.grants?.any === true && !may(principal, "admin", project);
}

/** Whether the principal may do this with every one of the resources; of none, whether the role allows it. */
export async function mayOn(
  principal: Principal,
  need: Need,
  project: string,
  resources: readonly Resource[],
): Promise<boolean> {
  const { grants } = principal;
  if (grants === undefined || resources.length === 0 || !hasGrants(principal, project)) {
    return mayByRole(principal, need, project);
  }
  for (const kind of ["experiment", "model"] as const) {
    const ids = [...new Set(resources.filter((one) => one.kind === kind).map((one) => one.id))];
    if (ids.length === 0) continue;
    const known = await grants.levels(project, kind, ids);
    if (!ids.every((id) => mayWith(principal, need, project, known.get(id)))) return false;
  }
  return true;
}

/** Which experiments or models of a project may be read; for lists, which leave out the others. */
export async function readable(
  principal: Principal,
  project: string,
  kind: ResourceKind,
): Promise<((id: string) => boolean) | "all"> {
  if (!hasGrants(principal, project)) return may(principal, "read", project) ? "all" : () => false;
  const { every, by } = (await principal.grants?.all(project, kind)) ?? { every: undefined, by: new Map() };
  return (id) => mayWith(principal, "read", project, by.get(id) ?? every);
}

/** Records that the principal made this; who has no grants of their own (tokens, the local admin) gets none. */
export async function ownNew(tx: Tx, principal: Principal, project: string, resource: Resource): Promise<void> {
  await principal.grants?.own(tx, project, resource);
}

/** The refusal, naming what was refused. */
export function forbidden(principal: Principal, need: Permission | Need, project: string): Error {
  return baseErrors.AUTH_FORBIDDEN({
    principal: principal.name,
    permission: need,
    project: project === "*" ? "(all projects)" : project,
  });
}
