import type { Reader } from "#base/db/db.js";

/** A version that is not deleted, and what it came from. */
export interface VersionOrigin {
  readonly model: string;
  readonly version: number;
  readonly runId: string | undefined;
  readonly loggedModelId: string | undefined;
  readonly location: string;
  readonly source: string;
  readonly createdAt: number;
}

/** Every version of the project that is not deleted; for whoever is about to remove what versions stand on. */
export async function versionOrigins(r: Reader, project: string): Promise<VersionOrigin[]> {
  const rows = await r.all<{
    name: string;
    version: number;
    run_id: string | null;
    logged_model_id: string | null;
    location: string;
    source: string;
    created_at: number;
  }>({
    sql: `select m.name, v.version, v.run_id, v.logged_model_id, v.location, v.source, v.created_at
          from model_versions v join registered_models m on m.id = v.model_id
          where v.project = ? and v.deleted = 0 order by m.name, v.version`,
    parameters: [project],
  });
  return rows.map((row) => ({
    model: row.name,
    version: row.version,
    runId: row.run_id || undefined,
    loggedModelId: row.logged_model_id || undefined,
    location: row.location,
    source: row.source,
    createdAt: row.created_at,
  }));
}
