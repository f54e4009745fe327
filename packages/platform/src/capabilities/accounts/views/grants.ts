import type { Grant, Level, listGrants, Role } from "@paydown/api/accounts";
import type { Input, Reply } from "@paydown/api/operation";
import { foldLevels, type Grants, isLevelAtLeast, mayByRole, mayWith, type ResourceKind } from "#base/auth/grants.js";
import type { Principal } from "#base/auth/principal.js";
import type { Base, Ctx } from "#base/context.js";
import type { Reader, Tx } from "#base/db/db.js";
import { isAtLeast, lesser } from "../model.js";
import { findGrantSet } from "../store/grant-sets.js";
import {
  allLevelsOf,
  type LevelRow,
  levelsOf,
  pageGrants,
  type Standing,
  standingOf,
  upsertGrant,
} from "../store/grants.js";
import type { GrantRow, GrantType } from "../tables.js";

/** Prompts are registered models to MLflow and to us; clients of 3.x grant them by a word of their own. */
export const typesOf: Readonly<Record<ResourceKind | "project", readonly GrantType[]>> = {
  experiment: ["experiment"],
  model: ["registered_model", "prompt"],
  project: ["workspace"],
};

const kindOf: Readonly<Record<GrantType, Grant["kind"]>> = {
  experiment: "experiment",
  registered_model: "model",
  prompt: "model",
  workspace: "project",
};

/** What a token that acts for a user leaves of the user's standing. */
export interface Within {
  readonly project: string;
  readonly role: Role;
}

/** A user as principal: roles and grants as they are now. */
export async function viewUserPrincipal(
  base: Pick<Base, "db" | "clock">,
  r: Reader,
  user: string,
  within: Within = { project: "*", role: "admin" },
): Promise<Principal> {
  const standing = (await standingOf(r, user)).filter((one) => isWithin(one, within));
  const roles: Record<string, Role> = {};
  const give = (project: string, role: Role): void => {
    const weaker = lesser(role, within.role);
    if (!isAtLeast(roles[project], weaker)) roles[project] = weaker;
  };
  for (const one of standing) {
    if (one.what === "role") give(one.project, one.word as Role);
    if (one.what === "workspace") give(one.project, one.word === "MANAGE" ? "admin" : "viewer");
  }
  const founds = standing.filter((one) => one.what === "workspace").map((one) => one.project);
  const any = standing.some((one) => one.what === "grants");
  return {
    kind: "user",
    name: user,
    roles,
    grants: grantsOf(base, user, any, within),
    ...(founds.length > 0 && isAtLeast(within.role, "editor") ? { founds } : {}),
  };
}

function isWithin(one: Standing, within: Within): boolean {
  return within.project === "*" || one.project === within.project || one.what === "grants";
}

function grantsOf(base: Pick<Base, "db" | "clock">, user: string, any: boolean, within: Within): Grants {
  const covers = (project: string) => within.project === "*" || within.project === project;
  const fold = (rows: readonly LevelRow[]): Level | undefined => {
    const level = foldLevels(rows.map((row) => row.level));
    return level === undefined ? undefined : weaken(level, within.role);
  };
  return {
    any,
    async levels(project, kind, ids) {
      if (!any || !covers(project)) return new Map();
      const rows = await base.db.read((r) => levelsOf(r, user, project, typesOf[kind], ids));
      const found = new Map<string, Level>();
      for (const id of ids) {
        const level = fold(rows.filter((row) => row.resource === id || row.resource === "*"));
        if (level !== undefined) found.set(id, level);
      }
      return found;
    },
    async all(project, kind) {
      if (!any || !covers(project)) return { every: undefined, by: new Map() };
      const rows = Map.groupBy(
        await base.db.read((r) => allLevelsOf(r, user, project, typesOf[kind])),
        (row) => row.resource,
      );
      const every = rows.get("*") ?? [];
      const by = new Map<string, Level>();
      for (const [id, some] of rows) {
        const level = fold([...some, ...every]);
        if (level !== undefined) by.set(id, level);
      }
      return { every: fold(every), by };
    },
    async own(tx: Tx, project, { kind, id }) {
      await upsertGrant(tx, {
        holder: user,
        type: kind === "model" ? "registered_model" : "experiment",
        project,
        resource: id,
        level: "MANAGE",
        since: base.clock.now(),
        given_by: user,
      });
    },
  };
}

/** A token's role caps what the user's grants allow: a viewer's token reads. */
function weaken(level: Level, role: Role): Level {
  const most: Level = role === "caller" ? "NO_PERMISSIONS" : role === "viewer" ? "READ" : "MANAGE";
  return isLevelAtLeast(level, most) ? most : level;
}

/** What a user may do with one thing, as the level that says the same: grants and role together. */
export async function viewEffectiveLevel(
  base: Pick<Base, "db" | "clock">,
  user: string,
  project: string,
  kind: ResourceKind,
  id: string,
): Promise<Level> {
  const principal = await base.db.read((r) => viewUserPrincipal(base, r, user));
  const level = (await principal.grants?.levels(project, kind, [id]))?.get(id);
  const may = (need: "read" | "call" | "write" | "manage") => mayWith(principal, need, project, level);
  if (may("manage")) return "MANAGE";
  if (may("write")) return "EDIT";
  // A viewer's role allows calls to deployments; on a thing itself that is reading.
  if (level !== undefined && may("call")) return "USE";
  return may("read") ? "READ" : "NO_PERMISSIONS";
}

export async function viewGrants(ctx: Ctx, input: Input<typeof listGrants>): Promise<Reply<typeof listGrants>> {
  const limit = input.limit ?? 100;
  const only = {
    holder: input.user,
    types: input.kind === undefined ? undefined : typesOf[input.kind],
    resource: input.resource,
  };
  return ctx.db.read(async (r) => {
    const rows = await pageGrants(r, input.project, only, Number(input.cursor ?? 0), limit + 1);
    const shown = rows.slice(0, limit);
    const items: Grant[] = [];
    for (const row of shown) items.push(await toGrant(r, row));
    const last = shown.at(-1);
    return { items, ...(rows.length > limit && last !== undefined ? { cursor: String(last.id) } : {}) };
  });
}

export async function toGrant(r: Reader, row: GrantRow): Promise<Grant> {
  const set = row.holder.startsWith("#") ? await findGrantSet(r, Number(row.holder.slice(1))) : undefined;
  return {
    kind: kindOf[row.type],
    resource: row.resource,
    ...(set === undefined ? { user: row.holder } : { set: set.name }),
    level: row.level,
    since: row.since,
    by: row.given_by,
  };
}

/** Whether the caller may give and withdraw grants on it. */
export async function mayManage(ctx: Ctx, project: string, kind: Grant["kind"], resource: string): Promise<boolean> {
  if (mayByRole(ctx.principal, "manage", project)) return true;
  if (kind === "project" || resource === "*") return false;
  const known = await ctx.principal.grants?.levels(project, kind, [resource]);
  return mayWith(ctx.principal, "manage", project, known?.get(resource));
}
