import { type Replay, VersionsReplayed } from "@paydown/api/registry";
import type { Ctx } from "#base/context.js";
import { insertReplay } from "../store/inspections.js";
import type { ReplayReport } from "../views/replays.js";
import { getVersionRow } from "./change-version.js";

/** Keeps what two versions answered to the same inputs; both must exist. The same id again changes nothing. */
export async function recordReplay(
  ctx: Ctx,
  input: { id: string; project: string; model: string; from: number; to: number; by: string; report: ReplayReport },
): Promise<Replay> {
  const { id, project, model: name, from, to, by, report } = input;
  const at = ctx.clock.now();
  await ctx.db.write(async (tx) => {
    const { model } = await getVersionRow(tx, project, name, from);
    await getVersionRow(tx, project, name, to);
    const isNew = await insertReplay(tx, {
      id,
      project,
      model_id: model.id,
      from_version: from,
      to_version: to,
      at,
      caused_by: by,
      report: JSON.stringify(report),
    });
    if (isNew) await tx.emit(VersionsReplayed, project, { id, model: name, from, to, changed: report.changed });
  });
  return { id, model: name, from, to, at, by, ...report };
}
