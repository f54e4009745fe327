import type { Input, Reply } from "@paydown/api/operation";
import type * as api from "@paydown/api/registry";
import type { Ctx } from "#base/context.js";
import { registryErrors } from "../errors.js";
import { replaysOf } from "../store/inspections.js";
import { findModel } from "../store.js";
import type { ReplayRow } from "../tables.js";

/** The part of a replay that is kept as JSON. */
export type ReplayReport = Omit<api.Replay, "id" | "model" | "from" | "to" | "at" | "by">;

export async function viewReplays(
  ctx: Ctx,
  input: Input<typeof api.listReplays>,
): Promise<Reply<typeof api.listReplays>> {
  const limit = input.limit ?? 100;
  const rows = await ctx.db.read(async (r) => {
    const model = await findModel(r, input.project, input.model);
    if (model === undefined) throw registryErrors.REGISTRY_MODEL_NOT_FOUND({ name: input.model });
    return replaysOf(r, { model: model.id, version: input.version, before: input.cursor }, limit + 1);
  });
  const items = rows.slice(0, limit).map((row) => toReplay(row, input.model));
  const last = items.at(-1);
  return { items, ...(rows.length > limit && last !== undefined ? { cursor: last.id } : {}) };
}

export function toReplay(row: ReplayRow, model: string): api.Replay {
  return {
    id: row.id,
    model,
    from: row.from_version,
    to: row.to_version,
    at: row.at,
    by: row.caused_by,
    ...(JSON.parse(row.report) as ReplayReport),
  };
}
