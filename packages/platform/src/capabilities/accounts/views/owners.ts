import type { listHandOvers, listOwners, listTeams, reportHandOvers } from "@paydown/api/accounts";
import type { Input, Reply } from "@paydown/api/operation";
import type { NodeRef } from "@paydown/api/values";
import type { Ctx } from "#base/context.js";
import { baseErrors } from "#base/errors.js";
import { parseAsset, reportPairs, toHandOver } from "../model.js";
import { allHandOvers, findOwner, pageHandOvers, pageOwners, listTeams as teams } from "../store/owners.js";

export async function viewTeams(ctx: Ctx, project: string): Promise<Reply<typeof listTeams>> {
  const rows = await ctx.db.read((r) => teams(r, project));
  return {
    items: rows.map(({ name, contact, assets }) => ({ name, ...(contact === null ? {} : { contact }), assets })),
  };
}

export async function viewOwners(ctx: Ctx, input: Input<typeof listOwners>): Promise<Reply<typeof listOwners>> {
  const limit = input.limit ?? 100;
  const after = input.cursor === undefined ? undefined : parseAsset(input.cursor);
  if (input.cursor !== undefined && after === undefined) {
    throw baseErrors.INPUT_INVALID({ field: "input.cursor", problem: "it is not a cursor of this list" });
  }
  const rows = await ctx.db.read((r) =>
    pageOwners(r, { project: input.project, team: input.team, after, limit: limit + 1 }),
  );
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map((row) => ({
      asset: { kind: row.kind, id: row.id },
      team: row.team,
      role: row.role,
      since: row.since,
      by: row.given_by,
    })),
    ...(rows.length > limit && last !== undefined ? { cursor: `${last.kind}:${last.id}` } : {}),
  };
}

/** The team that answers for an asset; undefined when nobody does. For doors and flows. */
export async function findOwnerTeam(ctx: Ctx, project: string, asset: NodeRef): Promise<string | undefined> {
  return (await ctx.db.read((r) => findOwner(r, project, asset)))?.team;
}

export async function viewHandOvers(
  ctx: Ctx,
  input: Input<typeof listHandOvers>,
): Promise<Reply<typeof listHandOvers>> {
  const limit = input.limit ?? 100;
  const rows = await ctx.db.read((r) => pageHandOvers(r, { ...input, limit: limit + 1 }));
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map((row) => toHandOver(row, ctx.clock.now())),
    ...(rows.length > limit && last !== undefined ? { cursor: last.id } : {}),
  };
}

export async function viewHandOverReport(ctx: Ctx, project: string): Promise<Reply<typeof reportHandOvers>> {
  return { pairs: reportPairs(await ctx.db.read((r) => allHandOvers(r, project))) };
}
