import type { Ctx } from "#base/context.js";
import type { UnseenEvidence } from "#base/rule.js";
import * as store from "../store.js";
import type { DatasetRow, SourceRow, VersionRow } from "../tables.js";

const step = 1000;

export interface SweptDataset {
  readonly row: DatasetRow;
  readonly latest: VersionRow | undefined;
  readonly versions: number;
}

/** Every dataset of a project with its latest version. */
export async function sweepDatasets(ctx: Ctx, project: string): Promise<SweptDataset[]> {
  const all: SweptDataset[] = [];
  for (let after = "", last = step; last === step; ) {
    const { rows, latest } = await ctx.db.read(async (r) => {
      const found = await store.listDatasets(r, project, { after, limit: step });
      return {
        rows: found,
        latest: await store.latestVersions(
          r,
          project,
          found.map((row) => row.name),
        ),
      };
    });
    for (const row of rows) {
      const known = latest.get(row.name);
      all.push({ row, latest: known?.latest, versions: known?.versions ?? 0 });
    }
    last = rows.length;
    after = rows.at(-1)?.name ?? "";
  }
  return all;
}

/** Every source of a project. */
export async function sweepSources(ctx: Ctx, project: string): Promise<SourceRow[]> {
  const all: SourceRow[] = [];
  for (let after = "", last = step; last === step; ) {
    const rows = await ctx.db.read((r) => store.listSources(r, project, after, step));
    all.push(...rows);
    last = rows.length;
    after = rows.at(-1)?.name ?? "";
  }
  return all;
}

/** A project without records is not a project without debt. */
export function nothingKnown(noun: "dataset" | "source", count: number): UnseenEvidence[] {
  if (count > 0) return [];
  const remedy =
    noun === "dataset"
      ? "Add one with `paydown datasets add <name> --path <folder> --create`."
      : "Register one with `paydown sources register <name> --location <where>`.";
  return [{ what: `No ${noun} is registered in this project`, remedy }];
}

/** Datasets whose latest versions hold the same files. */
export function sweepCopies(ctx: Ctx, project: string): ReturnType<typeof store.listCopies> {
  return ctx.db.read((r) => store.listCopies(r, project));
}
