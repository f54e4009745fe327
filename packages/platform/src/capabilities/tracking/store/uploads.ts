import type { Reader, Tx } from "#base/db/db.js";
import type { UploadRow } from "../tables.js";

export interface StoredPart {
  readonly part: number;
  readonly hash: string;
  readonly size: number;
}

export function insertUpload(tx: Tx, row: UploadRow): Promise<number> {
  return tx.run({
    sql: "insert into artifact_uploads (id, project, path, parts, begun_at, done) values (?, ?, ?, ?, ?, ?)",
    parameters: [row.id, row.project, row.path, row.parts, row.begun_at, row.done],
  });
}

export function findUpload(r: Reader, project: string, id: string): Promise<UploadRow | undefined> {
  return r.get({ sql: "select * from artifact_uploads where id = ? and project = ?", parameters: [id, project] });
}

export function upsertPart(tx: Tx, upload: string, part: StoredPart): Promise<number> {
  return tx.run({
    sql: `insert into artifact_upload_parts (upload_id, part, hash, size) values (?, ?, ?, ?)
          on conflict (upload_id, part) do update set hash = excluded.hash, size = excluded.size`,
    parameters: [upload, part.part, part.hash, part.size],
  });
}

export function partsOf(r: Reader, upload: string): Promise<StoredPart[]> {
  return r.all({
    sql: "select part, hash, size from artifact_upload_parts where upload_id = ? order by part",
    parameters: [upload],
  });
}

/** The parts have become a file; the upload is remembered, so that completing it again is fine. Answers its parts. */
export async function closeUpload(tx: Tx, upload: string): Promise<StoredPart[]> {
  const parts = await takeParts(tx, "upload_id = ?", [upload]);
  await tx.run({ sql: "update artifact_uploads set done = 1 where id = ?", parameters: [upload] });
  return parts;
}

function takeParts(tx: Tx, which: string, parameters: readonly unknown[]): Promise<StoredPart[]> {
  return tx.all({ sql: `delete from artifact_upload_parts where ${which} returning part, hash, size`, parameters });
}

/** Answers its parts, which nobody needs any more. */
export async function removeUpload(tx: Tx, project: string, upload: string): Promise<StoredPart[]> {
  const removed = await tx.run({
    sql: "delete from artifact_uploads where id = ? and project = ? and done = 0",
    parameters: [upload, project],
  });
  return removed > 0 ? takeParts(tx, "upload_id = ?", [upload]) : [];
}

/** Forgets what nobody came back to; answers its parts. */
export async function removeUploadsBefore(tx: Tx, project: string, instant: number): Promise<StoredPart[]> {
  const old = "select id from artifact_uploads where project = ? and begun_at < ?";
  const parts = await takeParts(tx, `upload_id in (${old})`, [project, instant]);
  await tx.run({
    sql: "delete from artifact_uploads where project = ? and begun_at < ?",
    parameters: [project, instant],
  });
  return parts;
}
