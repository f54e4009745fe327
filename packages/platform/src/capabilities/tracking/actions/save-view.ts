import type { Input, Reply } from "@paydown/api/operation";
import type * as api from "@paydown/api/tracking";
import type { Ctx } from "#base/context.js";
import { trackingErrors } from "../errors.js";
import { toRunView } from "../model/run-view.js";
import { findRunView, listRunViews, markDefaultRunView, removeRunView, upsertRunView } from "../store/run-views.js";

/** Views are chosen from a menu: more than this is no menu any more. */
const mostViews = 200;

/** Saves a view under its name; everybody in the project sees it. */
export function saveView(ctx: Ctx, input: Input<typeof api.saveView>): Promise<Reply<typeof api.saveView>> {
  const { project, state } = input;
  const name = input.name.trim();
  if (name === "") throw trackingErrors.TRACKING_INVALID({ problem: "The name of a view must not be blank" });
  const row = {
    view_id: ctx.ids.ulid(),
    project,
    name,
    state: JSON.stringify(state),
    is_default: 0,
    saved_at: ctx.clock.now(),
    saved_by: ctx.principal.name,
  };
  return ctx.db.write(async (tx) => {
    const known = await listRunViews(tx, project);
    if (known.length >= mostViews && !known.some((view) => view.name === name)) {
      throw trackingErrors.TRACKING_VIEWS_FULL({ most: mostViews, name });
    }
    return toRunView(await upsertRunView(tx, row));
  });
}

export function deleteView(ctx: Ctx, input: Input<typeof api.deleteView>): Promise<Reply<typeof api.deleteView>> {
  const { project, viewId } = input;
  return ctx.db.write(async (tx) => {
    const view = await findRunView(tx, project, viewId);
    if (view === undefined) throw trackingErrors.TRACKING_VIEW_NOT_FOUND({ viewId });
    await removeRunView(tx, project, viewId);
    return { viewId, name: view.name };
  });
}

export function setDefaultView(
  ctx: Ctx,
  input: Input<typeof api.setDefaultView>,
): Promise<Reply<typeof api.setDefaultView>> {
  const { project, viewId, on = true } = input;
  return ctx.db.write(async (tx) => {
    const view = await findRunView(tx, project, viewId);
    if (view === undefined) throw trackingErrors.TRACKING_VIEW_NOT_FOUND({ viewId });
    if (on || view.is_default === 1) await markDefaultRunView(tx, project, on ? viewId : undefined);
    return toRunView({ ...view, is_default: on ? 1 : 0 });
  });
}
