import type { ColumnChange, diffVersions as DiffVersions } from "@paydown/api/data";
import type { Input, Reply } from "@paydown/api/operation";
import type { Ctx } from "#base/context.js";
import { changeOf, schemaChanges } from "../model.change.js";
import type { ColumnProfile } from "../model.js";
import type { DataNeeds } from "../needs.js";
import * as store from "../store.js";
import type { FileRow, VersionRow } from "../tables.js";
import { requireVersion, schemaOf, toVersion } from "./catalogue.js";
import { toColumn } from "./profile.js";
import { loadProfile } from "./stored-profile.js";

type Diff = Reply<typeof DiffVersions>;

export async function viewDiff(
  ctx: Ctx,
  needs: DataNeeds,
  { project, dataset, from, to, limit = 100 }: Input<typeof DiffVersions>,
): Promise<Diff> {
  const { older, newer, olderFiles, newerFiles } = await ctx.db.read(async (r) => {
    const [a, b] = [await requireVersion(r, project, dataset, from), await requireVersion(r, project, dataset, to)];
    const filesOf = (row: VersionRow) =>
      store.listFiles(r, project, dataset, row.version, { after: "", limit: row.files });
    return { older: a, newer: b, olderFiles: await filesOf(a), newerFiles: await filesOf(b) };
  });
  const columns = await columnChanges(ctx, older, newer);
  const readers = await needs.readersOf?.(ctx, project, dataset);
  return {
    dataset,
    from: toVersion(older),
    to: toVersion(newer),
    schema: schemaChanges(schemaOf(older), schemaOf(newer)),
    ...rowsBetween(older, newer, olderFiles, newerFiles),
    columns: columns.slice(0, limit),
    columnsTotal: columns.length,
    ...(readers === undefined ? {} : { affected: [...readers.declared, ...readers.undeclared] }),
  };
}

/** Files are matched by content; of the same content as often as both have it. */
function rowsBetween(
  older: VersionRow,
  newer: VersionRow,
  olderFiles: readonly FileRow[],
  newerFiles: readonly FileRow[],
): Pick<Diff, "rows" | "files"> {
  const left = new Map<string, number>();
  for (const file of olderFiles) left.set(file.hash, (left.get(file.hash) ?? 0) + 1);
  let shared = 0;
  let sharedRows = 0;
  for (const file of newerFiles) {
    const open = left.get(file.hash) ?? 0;
    if (open === 0) continue;
    left.set(file.hash, open - 1);
    shared++;
    sharedRows += file.rows ?? 0;
  }
  const files = { shared, onlyFrom: olderFiles.length - shared, onlyTo: newerFiles.length - shared };
  if (older.rows === null || newer.rows === null) return { files, rows: { method: "by-file" } };
  return {
    files,
    rows: {
      from: older.rows,
      to: newer.rows,
      shared: sharedRows,
      onlyFrom: older.rows - sharedRows,
      onlyTo: newer.rows - sharedRows,
      method: "by-file",
    },
  };
}

async function columnChanges(ctx: Ctx, older: VersionRow, newer: VersionRow): Promise<ColumnChange[]> {
  const after = new Map(schemaOf(newer).map((column) => [column.name, column]));
  const [a, b] = [await profileOf(ctx, older), await profileOf(ctx, newer)];
  const changes = schemaOf(older).flatMap((column): ColumnChange[] => {
    const kind = after.get(column.name)?.kind;
    if (kind === undefined) return [];
    return [{ column: column.name, kind, ...compared(older, newer, a?.get(column.name), b?.get(column.name)) }];
  });
  return changes.sort(
    (x, y) => (y.change?.jsDistance ?? -1) - (x.change?.jsDistance ?? -1) || (x.column < y.column ? -1 : 1),
  );
}

async function profileOf(ctx: Ctx, row: VersionRow): Promise<Map<string, ColumnProfile> | undefined> {
  if (row.profile_hash === null) return undefined;
  const profile = await loadProfile(ctx, row.profile_hash);
  return new Map(profile.columns.map((column) => [column.name, column]));
}

function compared(
  older: VersionRow,
  newer: VersionRow,
  a: ColumnProfile | undefined,
  b: ColumnProfile | undefined,
): Omit<ColumnChange, "column" | "kind"> {
  const sides = {
    ...(a === undefined ? {} : { from: toColumn(a) }),
    ...(b === undefined ? {} : { to: toColumn(b, { like: a }) }),
  };
  if (a === undefined || b === undefined) {
    const missing = a === undefined ? older.version : newer.version;
    return { incomparable: `version ${missing} has no profile`, ...sides };
  }
  return { ...changeOf(a, b), ...sides };
}
