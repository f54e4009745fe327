import type { Input, Reply } from "@paydown/api/operation";
import type * as api from "@paydown/api/tracking";
import type { Ctx } from "#base/context.js";
import { trackingErrors } from "../errors.js";
import { toRunView } from "../model/run-view.js";
import { findSelection, listRunViews } from "../store/run-views.js";

export async function viewRunViews(
  ctx: Ctx,
  { project }: Input<typeof api.listViews>,
): Promise<Reply<typeof api.listViews>> {
  return { items: (await ctx.db.read((r) => listRunViews(r, project))).map(toRunView) };
}

export async function viewSelection(
  ctx: Ctx,
  { project, selectionId }: Input<typeof api.getSelection>,
): Promise<Reply<typeof api.getSelection>> {
  const row = await ctx.db.read((r) => findSelection(r, project, selectionId));
  if (row === undefined) throw trackingErrors.TRACKING_SELECTION_NOT_FOUND({ selectionId });
  return { selectionId, runIds: JSON.parse(row.run_ids) as string[] };
}
