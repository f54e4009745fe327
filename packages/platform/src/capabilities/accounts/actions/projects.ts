import {
  type createProject,
  type grantRole,
  ProjectCreated,
  ProjectUpdated,
  RoleGranted,
  RoleWithdrawn,
  type updateProject,
  type withdrawRole,
} from "@paydown/api/accounts";
import type { Input, Reply } from "@paydown/api/operation";
import type { Ctx } from "#base/context.js";
import { errors } from "../errors.js";
import { deleteMember, findProject, insertProject, updateProject as update, upsertMember } from "../store/projects.js";
import type { ProjectRow } from "../tables.js";
import { toProject } from "../views/projects.js";

export async function create(ctx: Ctx, input: Input<typeof createProject>): Promise<Reply<typeof createProject>> {
  checkTimeZone(input.timeZone);
  const row = toRow(ctx, input);
  return ctx.db.write(async (tx) => {
    if (!(await insertProject(tx, row))) throw errors.ACCOUNTS_PROJECT_EXISTS({ project: input.name });
    await tx.emit(ProjectCreated, input.name, { name: input.name, title: row.title });
    return toProject(row, ctx.principal);
  });
}

/** Makes the project when there is none of that name: the configured one exists from the first start. */
export async function ensureProject(ctx: Ctx, name: string): Promise<void> {
  const row = toRow(ctx, { name });
  await ctx.db.write(async (tx) => {
    if (await insertProject(tx, row)) await tx.emit(ProjectCreated, name, { name, title: row.title });
  });
}

function toRow(ctx: Ctx, input: Omit<Input<typeof createProject>, "name"> & { name: string }): ProjectRow {
  return {
    name: input.name,
    title: input.title ?? input.name,
    team: input.team ?? null,
    time_zone: input.timeZone ?? "UTC",
    currency: input.currency ?? "EUR",
    hourly_rate: input.hourlyRate ?? null,
    weekly_hours: input.weeklyHours ?? null,
    created_at: ctx.clock.now(),
    created_by: ctx.principal.name,
  };
}

export async function change(ctx: Ctx, input: Input<typeof updateProject>): Promise<Reply<typeof updateProject>> {
  checkTimeZone(input.timeZone);
  const said: Partial<ProjectRow> = {
    ...(input.title === undefined ? {} : { title: input.title }),
    ...(input.team === undefined ? {} : { team: input.team }),
    ...(input.timeZone === undefined ? {} : { time_zone: input.timeZone }),
    ...(input.currency === undefined ? {} : { currency: input.currency }),
    ...(input.hourlyRate === undefined ? {} : { hourly_rate: input.hourlyRate }),
    ...(input.weeklyHours === undefined ? {} : { weekly_hours: input.weeklyHours }),
  };
  const { project, ...fields } = input;
  return ctx.db.write(async (tx) => {
    const before = await findProject(tx, project);
    if (before === undefined) throw errors.ACCOUNTS_PROJECT_NOT_FOUND({ project });
    if (Object.keys(said).length > 0) {
      await update(tx, project, said);
      await tx.emit(ProjectUpdated, project, { name: project, fields: Object.keys(fields) });
    }
    return toProject({ ...before, ...said }, ctx.principal);
  });
}

function checkTimeZone(timeZone: string | undefined): void {
  if (timeZone === undefined) return;
  try {
    new Intl.DateTimeFormat("en", { timeZone });
  } catch (cause) {
    throw errors.ACCOUNTS_TIME_ZONE_UNKNOWN({ timeZone }, { cause });
  }
}

export async function grant(ctx: Ctx, input: Input<typeof grantRole>): Promise<Reply<typeof grantRole>> {
  const { project, user, role } = input;
  return ctx.db.write(async (tx) => {
    const since = ctx.clock.now();
    await upsertMember(tx, { project, name: user, role, since, given_by: ctx.principal.name });
    await tx.emit(RoleGranted, project, { user, role });
    return { user, role, since, by: ctx.principal.name };
  });
}

export async function withdraw(ctx: Ctx, input: Input<typeof withdrawRole>): Promise<Reply<typeof withdrawRole>> {
  const { project, user } = input;
  return ctx.db.write(async (tx) => {
    const withdrawn = await deleteMember(tx, project, user);
    if (withdrawn) await tx.emit(RoleWithdrawn, project, { user });
    return { withdrawn };
  });
}
