import type { Reader, Tx } from "#base/db/db.js";
import { chunksOf, placeholders } from "#base/db/rows.js";
import { filesBelow } from "./artifacts.js";

export interface LooseObject {
  readonly hash: string;
  readonly project: string;
  readonly size: number;
  readonly loose_at: number;
}

/** How many artifact paths name each of these objects, in all projects. */
export async function countNames(r: Reader, hashes: readonly string[]): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const chunk of chunksOf(hashes, 500)) {
    const list = placeholders(chunk);
    const rows = await r.all<{ hash: string; n: number }>({
      sql: `select hash, count(*) as n from artifact_files where hash in (${list.sql}) group by hash`,
      parameters: list.parameters,
    });
    for (const row of rows) found.set(row.hash, Number(row.n));
  }
  return found;
}

/** Objects that lost a name and may have lost their last; looked at again before they go. */
export async function insertLoose(
  tx: Tx,
  project: string,
  objects: readonly { hash: string; size: number }[],
  now: number,
): Promise<void> {
  for (const { hash, size } of objects) {
    await tx.run({
      sql: `insert into loose_objects (hash, project, size, loose_at) values (?, ?, ?, ?)
            on conflict (hash) do update set loose_at = excluded.loose_at`,
      parameters: [hash, project, size, now],
    });
  }
}

/** Objects loose since an instant or earlier, after a hash. */
export function findLoose(r: Reader, before: number, limit: number): Promise<LooseObject[]> {
  return r.all({
    sql: "select * from loose_objects where loose_at <= ? order by loose_at, hash limit ?",
    parameters: [before, limit],
  });
}

export async function firstLoose(r: Reader): Promise<number | undefined> {
  const row = await r.get<{ at: number | null }>({
    sql: "select min(loose_at) as at from loose_objects",
    parameters: [],
  });
  return row?.at === null || row?.at === undefined ? undefined : Number(row.at);
}

export async function looseAmount(r: Reader, project: string): Promise<{ objects: number; bytes: number }> {
  const row = await r.get<{ n: number; bytes: number | null }>({
    sql: "select count(*) as n, sum(size) as bytes from loose_objects where project = ?",
    parameters: [project],
  });
  return { objects: Number(row?.n ?? 0), bytes: Number(row?.bytes ?? 0) };
}

/** Forgets a loose object, unless it lost another name since it was read. */
export async function removeLoose(tx: Tx, one: LooseObject): Promise<void> {
  await tx.run({
    sql: "delete from loose_objects where hash = ? and loose_at = ?",
    parameters: [one.hash, one.loose_at],
  });
}

/** Looks again later. */
export async function postponeLoose(tx: Tx, hash: string, at: number): Promise<void> {
  await tx.run({ sql: "update loose_objects set loose_at = ? where hash = ?", parameters: [at, hash] });
}

/** Removes at most so many files below a folder; once there is none left, the folders, and the owner's own above them. */
export async function removeSomeFiles(
  tx: Tx,
  project: string,
  folder: string,
  owner: string,
  most: number,
): Promise<{ files: { hash: string; size: number }[]; left: boolean }> {
  const files = await filesBelow(tx, project, folder, most);
  for (const file of files) {
    await tx.run({
      sql: "delete from artifact_files where project = ? and folder = ? and name = ?",
      parameters: [project, file.folder, file.name],
    });
  }
  if (files.length > 0) return { files, left: true };
  if (await removeSomeFolders(tx, project, folder, most)) return { files, left: true };
  // `<experiment>/<run>/artifacts`: the folder above is the run's as well. Others' folders are left, empty or not.
  const above = folder.slice(0, Math.max(0, folder.lastIndexOf("/")));
  if (above.slice(above.lastIndexOf("/") + 1) === owner && (await filesBelow(tx, project, above, 1)).length === 0) {
    await removeSomeFolders(tx, project, above, most);
  }
  return { files, left: false };
}

/** Removes empty folders, innermost first; answers whether one is left. */
async function removeSomeFolders(tx: Tx, project: string, folder: string, most: number): Promise<boolean> {
  const rows = await tx.all<{ parent: string; name: string }>({
    sql: `with recursive below (path) as (
            select cast(? as text)
            union all
            select f.path from artifact_folders f join below b on f.parent = b.path where f.project = ?
          )
          select f.parent, f.name from below b join artifact_folders f on f.project = ? and f.parent = b.path
          order by length(f.path) desc limit ?`,
    parameters: [folder, project, project, most],
  });
  for (const { parent, name } of rows) {
    await tx.run({
      sql: "delete from artifact_folders where project = ? and parent = ? and name = ?",
      parameters: [project, parent, name],
    });
  }
  if (rows.length === most) return true;
  const slash = folder.lastIndexOf("/");
  await tx.run({
    sql: "delete from artifact_folders where project = ? and parent = ? and name = ?",
    parameters: [project, slash < 0 ? "" : folder.slice(0, slash), folder.slice(slash + 1)],
  });
  return false;
}
