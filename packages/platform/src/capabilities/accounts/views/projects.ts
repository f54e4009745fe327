import type { listMembers, listProjects, Project } from "@paydown/api/accounts";
import type { Reply } from "@paydown/api/operation";
import { may, type Principal } from "#base/auth/principal.js";
import type { Ctx } from "#base/context.js";
import { errors } from "../errors.js";
import { findProject, listMembers as members, listProjects as projects } from "../store/projects.js";
import type { ProjectRow } from "../tables.js";

export function toProject(row: ProjectRow, principal: Principal): Project {
  const role = principal.roles[row.name] ?? principal.roles["*"];
  return {
    name: row.name,
    title: row.title,
    ...(row.team === null ? {} : { team: row.team }),
    timeZone: row.time_zone,
    currency: row.currency,
    ...(row.hourly_rate === null ? {} : { hourlyRate: row.hourly_rate }),
    ...(row.weekly_hours === null ? {} : { weeklyHours: row.weekly_hours }),
    createdAt: row.created_at,
    createdBy: row.created_by,
    ...(role === undefined ? {} : { role }),
  };
}

/** Only projects the caller may see. */
export async function viewProjects(ctx: Ctx): Promise<Reply<typeof listProjects>> {
  const rows = await ctx.db.read(projects);
  const seen = rows.filter((row) => may(ctx.principal, "read", row.name));
  return { items: seen.map((row) => toProject(row, ctx.principal)) };
}

export async function viewProject(ctx: Ctx, project: string): Promise<Project> {
  const row = await ctx.db.read((r) => findProject(r, project));
  if (row === undefined) throw errors.ACCOUNTS_PROJECT_NOT_FOUND({ project });
  return toProject(row, ctx.principal);
}

export async function viewMembers(ctx: Ctx, project: string): Promise<Reply<typeof listMembers>> {
  const rows = await ctx.db.read((r) => members(r, project));
  return { items: rows.map((row) => ({ user: row.name, role: row.role, since: row.since, by: row.given_by })) };
}
