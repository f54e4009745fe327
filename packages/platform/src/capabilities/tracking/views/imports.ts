import type { Input, Reply } from "@paydown/api/operation";
import type { Import, listImports as list } from "@paydown/api/tracking-import";
import type { Ctx } from "#base/context.js";
import { trackingErrors } from "../errors.js";
import { fromToken, toToken } from "../model/page-token.js";
import { countDoneRuns, listImports } from "../store/imports.js";
import type { ImportRow } from "../tables.js";

export async function viewImports(ctx: Ctx, input: Input<typeof list>): Promise<Reply<typeof list>> {
  const limit = input.limit ?? 100;
  const before = toBefore(input.cursor);
  return ctx.db.read(async (r) => {
    const rows = await listImports(r, input.project, before, limit + 1);
    const shown = rows.slice(0, limit);
    const runs = await countDoneRuns(
      r,
      shown.map((row) => row.id),
    );
    const last = shown.at(-1);
    return {
      items: shown.map((row) => toImport(row, runs.get(row.id) ?? 0)),
      ...(rows.length > limit && last !== undefined ? { cursor: toToken([last.started_at, last.id]) } : {}),
    };
  });
}

function toBefore(cursor: string | undefined): { at: number; id: string } | undefined {
  if (cursor === undefined || cursor === "") return undefined;
  const place = fromToken(cursor);
  if (!Array.isArray(place) || !Number.isSafeInteger(place[0]) || typeof place[1] !== "string") {
    throw trackingErrors.TRACKING_PAGE_TOKEN_INVALID();
  }
  return { at: place[0] as number, id: place[1] };
}

export function toImport(row: ImportRow, runs: number): Import {
  return {
    importId: row.id,
    source: row.source,
    kind: row.kind,
    state: row.state,
    startedAt: row.started_at,
    ...(row.finished_at === null ? {} : { finishedAt: row.finished_at }),
    by: row.caused_by,
    runs,
  };
}
