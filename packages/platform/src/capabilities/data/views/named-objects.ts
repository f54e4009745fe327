import type { Reader } from "#base/db/db.js";
import { placeholders } from "#base/db/rows.js";

/** Which of these objects a dataset version of any project is made of, described or profiled by. */
export async function objectsNamedByData(r: Reader, hashes: readonly string[]): Promise<string[]> {
  if (hashes.length === 0) return [];
  const list = placeholders(hashes);
  const rows = await r.all<{ hash: string }>({
    sql: `select distinct hash from data_files where project in (select project from data_datasets) and hash in (${list.sql})
          union select manifest_hash from data_versions where manifest_hash in (${list.sql})
          union select profile_hash from data_versions where profile_hash in (${list.sql})`,
    parameters: [...list.parameters, ...list.parameters, ...list.parameters],
  });
  return rows.map((row) => row.hash);
}
