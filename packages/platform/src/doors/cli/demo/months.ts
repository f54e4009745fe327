import { join } from "node:path";
import { openBlobs } from "#base/blobs/open.js";
import { systemClock } from "#base/clock.js";
import { openEngine } from "#base/engine/open.js";
import { createIds } from "#base/ids.js";
import type { Progress } from "./progress.js";

export interface Month {
  /** `2001-01`. */
  readonly name: string;
  /** Parquet file with the month's flights. */
  readonly file: string;
  readonly hash: string;
  readonly rows: number;
  readonly from: number;
  readonly to: number;
}

/** The last week of the flights as a delivery that has lost its `destination` column. */
export async function cutBrokenDelivery(flights: string, folder: string): Promise<{ file: string; hash: string }> {
  const blobs = await openBlobs({ url: `file:${join(folder, "months")}`, ids: createIds(systemClock) });
  const engine = await openEngine({ url: "duckdb:", folder: join(folder, "engine"), readable: [join(flights, "..")] });
  try {
    const window = { column: "date", from: Date.UTC(2001, 5, 24), to: Date.UTC(2001, 6, 1) };
    const rows = { files: { format: "parquet" as const, paths: [flights] }, window };
    const { hash } = await engine.writeParquet(rows, { columns: ["date", "delay", "distance", "origin"] }, blobs);
    return { hash, file: await blobs.localPath(hash) };
  } finally {
    await engine.close();
  }
}

/** Cuts the flights into a Parquet file a month, as a team would receive them; `leftOut` rows lie outside January to June. */
export async function cutMonths(
  flights: string,
  folder: string,
  progress: Progress,
): Promise<{ readonly months: Month[]; readonly leftOut: number }> {
  const blobs = await openBlobs({ url: `file:${join(folder, "months")}`, ids: createIds(systemClock) });
  const engine = await openEngine({ url: "duckdb:", folder: join(folder, "engine"), readable: [join(flights, "..")] });
  try {
    const months: Month[] = [];
    for (let month = 0; month < 6; month++) {
      const from = Date.UTC(2001, month, 1);
      const to = Date.UTC(2001, month + 1, 1);
      const name = new Date(from).toISOString().slice(0, 7);
      progress.update(month / 6, name);
      const rows = { files: { format: "parquet" as const, paths: [flights] }, window: { column: "date", from, to } };
      const written = await engine.writeParquet(rows, {}, blobs);
      months.push({
        name,
        file: await blobs.localPath(written.hash),
        hash: written.hash,
        rows: written.rows,
        from,
        to,
      });
    }
    const { rows: all } = await engine.describe({ format: "parquet", paths: [flights] });
    return { months, leftOut: all - months.reduce((sum, month) => sum + month.rows, 0) };
  } finally {
    await engine.close();
  }
}
