import type { Input, Reply } from "@paydown/api/operation";
import type { readTable as operation } from "@paydown/api/tracking";
import type { Ctx } from "#base/context.js";
import { createTurns } from "#base/turns.js";
import { trackingErrors } from "../errors.js";
import { viewArtifacts } from "./artifacts.js";

const [defaultRows, defaultColumns, longestCell, longestType] = [40, 50, 200, 200];
/** Larger files are not fetched for a look at their first rows. */
const mostBytes = 2 ** 30;
const mostMilliseconds = 15_000;
/** Files of strangers may be built to cost much: few are read at once, and not many wait. */
const enter = createTurns(2, 20, () => trackingErrors.TRACKING_TABLES_BUSY());

/** The first rows of a Parquet artifact, read by the engine within bounds of size, time, rows, columns and text. */
export async function viewTableHead(ctx: Ctx, input: Input<typeof operation>): Promise<Reply<typeof operation>> {
  const { project, runId, path } = input;
  const refuse = (problem: string) => trackingErrors.TRACKING_TABLE_UNREADABLE({ path, problem });
  const folder = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
  const listed = await viewArtifacts(ctx, { project, runId, path: folder });
  const file = listed.items.find((item) => item.path === path && !item.folder);
  if (file?.hash === undefined) throw trackingErrors.TRACKING_ARTIFACT_NOT_FOUND({ path });
  const { hash, size = 0 } = file;
  if (size > mostBytes) throw refuse(`it has ${size} bytes, and at most ${mostBytes} are read for this`);
  return enter(async () => {
    const late = AbortSignal.timeout(mostMilliseconds);
    const local = await ctx.blobs.localPath(hash);
    const files = { format: "parquet" as const, paths: [local], names: [path.slice(path.lastIndexOf("/") + 1)] };
    const wanted = { rows: input.rows ?? defaultRows, columns: input.columns ?? defaultColumns, text: longestCell };
    const head = await ctx.engine
      .readHead(files, wanted, AbortSignal.any([ctx.signal, late]))
      .catch((error: unknown) => {
        if (late.aborted && !ctx.signal.aborted)
          throw refuse(`reading it took longer than ${mostMilliseconds / 1000} s`);
        throw error;
      });
    return {
      columns: head.columns.map(({ name, type }) => ({ name, type: cut(type, longestType) })),
      width: head.width,
      total: head.total ?? head.rows.length,
      rows: head.rows.map((row) => row.map((cell) => (cell === null ? null : cut(cell, longestCell)))),
    };
  });
}

function cut(text: string, most: number): string {
  const letters = [...text.slice(0, 2 * most + 2)];
  return letters.length > most ? `${letters.slice(0, most).join("")}…` : text;
}
