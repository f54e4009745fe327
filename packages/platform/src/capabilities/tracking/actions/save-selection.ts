import { createHash } from "node:crypto";
import type { Input, Reply } from "@paydown/api/operation";
import type * as api from "@paydown/api/tracking";
import type { Ctx } from "#base/context.js";
import { insertSelection } from "../store/run-views.js";

/** Names the runs by what they are: the same selection has the same id, whoever saves it and however often. */
export function saveSelection(
  ctx: Ctx,
  { project, runIds }: Input<typeof api.saveSelection>,
): Promise<Reply<typeof api.saveSelection>> {
  const sorted = [...new Set(runIds)].sort();
  const text = JSON.stringify(sorted);
  const selectionId = createHash("sha256").update(text).digest("hex").slice(0, 12);
  const at = ctx.clock.now();
  return ctx.db.write(async (tx) => {
    await insertSelection(tx, project, selectionId, text, at);
    return { selectionId, runs: sorted.length };
  });
}
