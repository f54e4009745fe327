import type { Reader, Tx } from "#base/db/db.js";

export interface StoredFile {
  readonly folder: string;
  readonly name: string;
  readonly hash: string;
  readonly size: number;
}

/** Folder and name of a path without leading or trailing slash; the root folder is "". */
function splitPath(path: string): { folder: string; name: string } {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? { folder: "", name: path } : { folder: path.slice(0, slash), name: path.slice(slash + 1) };
}

export function findFile(r: Reader, project: string, path: string): Promise<StoredFile | undefined> {
  const { folder, name } = splitPath(path);
  return r.get({
    sql: "select folder, name, hash, size from artifact_files where project = ? and folder = ? and name = ?",
    parameters: [project, folder, name],
  });
}

/** Puts a file in its place, over an older one, and makes its folders. */
export async function upsertFile(
  tx: Tx,
  project: string,
  path: string,
  blob: { hash: string; size: number },
  now: number,
): Promise<void> {
  const { folder, name } = splitPath(path);
  await tx.run({
    sql: `insert into artifact_files (project, folder, name, hash, size, stored_at) values (?, ?, ?, ?, ?, ?)
          on conflict (project, folder, name) do update set hash = excluded.hash, size = excluded.size, stored_at = excluded.stored_at`,
    parameters: [project, folder, name, blob.hash, blob.size, now],
  });
  for (let at = folder; at !== ""; ) {
    const up = splitPath(at);
    const made = await tx.run({
      sql: `insert into artifact_folders (project, parent, name, path) values (?, ?, ?, ?)
            on conflict (project, parent, name) do nothing`,
      parameters: [project, up.folder, up.name, at],
    });
    if (made === 0) break;
    at = up.folder;
  }
}

export function filesIn(r: Reader, project: string, folder: string): Promise<StoredFile[]> {
  return r.all({
    sql: "select folder, name, hash, size from artifact_files where project = ? and folder = ? order by name",
    parameters: [project, folder],
  });
}

export async function foldersIn(r: Reader, project: string, folder: string): Promise<string[]> {
  const rows = await r.all<{ name: string }>({
    sql: "select name from artifact_folders where project = ? and parent = ? order by name",
    parameters: [project, folder],
  });
  return rows.map((row) => row.name);
}

const below = `with recursive below (path) as (
    select cast(? as text)
    union all
    select f.path from artifact_folders f join below b on f.parent = b.path where f.project = ?
  )`;

/** Every file below a folder, by path; with `most`, any so many of them. */
export function filesBelow(r: Reader, project: string, folder: string, most?: number): Promise<StoredFile[]> {
  return r.all({
    sql: `${below} select a.folder, a.name, a.hash, a.size from below b
          join artifact_files a on a.project = ? and a.folder = b.path
          ${most === undefined ? "order by a.folder, a.name" : "limit ?"}`,
    parameters: [folder, project, project, ...(most === undefined ? [] : [most])],
  });
}

export async function sizeBelow(r: Reader, project: string, folder: string): Promise<{ files: number; bytes: number }> {
  const row = await r.get<{ files: number; bytes: number | null }>({
    sql: `${below} select count(*) as files, sum(a.size) as bytes from below b
          join artifact_files a on a.project = ? and a.folder = b.path`,
    parameters: [folder, project, project],
  });
  return { files: Number(row?.files ?? 0), bytes: Number(row?.bytes ?? 0) };
}

/** Removes a file, or a folder with all below it, and answers what went; removing nothing is fine. */
export async function removeBelow(tx: Tx, project: string, path: string): Promise<StoredFile[]> {
  const { folder, name } = splitPath(path);
  const files = await filesBelow(tx, project, path);
  const own = await findFile(tx, project, path);
  const folders = await tx.all<{ path: string }>({
    sql: `${below} select path from below`,
    parameters: [path, project],
  });
  for (const at of new Set(files.map((file) => file.folder))) {
    await tx.run({ sql: "delete from artifact_files where project = ? and folder = ?", parameters: [project, at] });
  }
  for (const { path: at } of folders) {
    await tx.run({ sql: "delete from artifact_folders where project = ? and parent = ?", parameters: [project, at] });
  }
  await tx.run({
    sql: "delete from artifact_files where project = ? and folder = ? and name = ?",
    parameters: [project, folder, name],
  });
  await tx.run({
    sql: "delete from artifact_folders where project = ? and parent = ? and name = ?",
    parameters: [project, folder, name],
  });
  return own === undefined ? files : [...files, own];
}
