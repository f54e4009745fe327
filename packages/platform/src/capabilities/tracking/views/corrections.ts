import type { Input, Reply } from "@paydown/api/operation";
import type { Correction } from "@paydown/api/tracking";
import type { listCorrections as operation } from "@paydown/api/tracking-upkeep";
import type { Ctx } from "#base/context.js";
import type { Reader } from "#base/db/db.js";
import { toCorrection } from "../actions/correct-run.js";
import { toPlace, toToken } from "../model/page-token.js";
import { findCorrections } from "../store/corrections.js";

/** Corrections of the project or of one run, newest first. */
export async function viewCorrections(ctx: Ctx, input: Input<typeof operation>): Promise<Reply<typeof operation>> {
  const limit = input.limit ?? 100;
  const [before] = toPlace(input.cursor) ?? [];
  const rows = await ctx.db.read((r) =>
    findCorrections(r, input.project, input.runId, before === undefined ? undefined : String(before), limit + 1),
  );
  const items = rows.slice(0, limit).map(toCorrection);
  const last = items.at(-1);
  return { items, ...(rows.length > limit && last !== undefined ? { cursor: toToken([last.id]) } : {}) };
}

/** What the run page shows: the newest hundred. */
export async function correctionsOf(r: Reader, project: string, runId: string): Promise<Correction[]> {
  return (await findCorrections(r, project, runId, undefined, 100)).map(toCorrection);
}
