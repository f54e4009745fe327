import type { Input, Reply } from "@paydown/api/operation";
import type { finishImport as finish, Import, startImport as start } from "@paydown/api/tracking-import";
import type { Ctx } from "#base/context.js";
import type { Reader, Tx } from "#base/db/db.js";
import { trackingErrors } from "../errors.js";
import { countDoneRuns, endImport, findImport, findUnfinished, insertImport } from "../store/imports.js";
import type { ImportRow } from "../tables.js";
import { toImport } from "../views/imports.js";

/** Begins an import; goes on with the unfinished one of the same source when asked to, and else refuses. */
export async function startImport(ctx: Ctx, input: Input<typeof start>): Promise<Import> {
  const { project, source, kind } = input;
  return ctx.db.write(async (tx) => {
    const before = await findUnfinished(tx, project, source);
    if (before !== undefined) {
      const runs = await doneRuns(tx, before.id);
      if (input.resume) return toImport(before, runs);
      const at = new Date(before.started_at).toISOString();
      throw trackingErrors.TRACKING_IMPORT_UNFINISHED({ source, at, runs });
    }
    const row: ImportRow = {
      id: ctx.ids.ulid(),
      project,
      source,
      kind,
      state: "running",
      started_at: ctx.clock.now(),
      finished_at: null,
      caused_by: ctx.principal.name,
      report: null,
    };
    await insertImport(tx, row);
    return toImport(row, 0);
  });
}

/** Ends an import with what the comparison of the counts said. */
export async function finishImport(ctx: Ctx, input: Input<typeof finish>): Promise<Reply<typeof finish>> {
  return ctx.db.write(async (tx) => {
    const row = await getRunningImport(tx, input.project, input.importId);
    const state = input.verified ? "verified" : "different";
    const now = ctx.clock.now();
    await endImport(tx, row.id, state, input.report ?? null, now);
    return toImport({ ...row, state, finished_at: now }, await doneRuns(tx, row.id));
  });
}

async function doneRuns(tx: Tx, id: string): Promise<number> {
  return (await countDoneRuns(tx, [id])).get(id) ?? 0;
}

export async function getRunningImport(r: Reader, project: string, importId: string): Promise<ImportRow> {
  const row = await findImport(r, project, importId);
  if (row?.state !== "running") throw trackingErrors.TRACKING_IMPORT_NOT_FOUND({ importId });
  return row;
}
