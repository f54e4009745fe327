import type { Reader, Tx } from "#base/db/db.js";
import { chunksOf, placeholders } from "#base/db/rows.js";
import type { SeenVersion } from "../model/run-versions.js";
import type { RunRecord, RunVersionRow } from "../tables.js";

/** Notes what a run was made with; a run that is not there notes nothing. */
export async function insertVersions(
  tx: Tx,
  project: string,
  runId: string,
  seen: readonly SeenVersion[],
  now: number,
): Promise<void> {
  for (const one of seen) {
    await tx.run({
      sql: `insert into run_versions (run_id, source, what, version, at)
            select id, cast(? as text), cast(? as text), cast(? as text), cast(? as bigint) from runs where run_id = ? and project = ?
            on conflict (run_id, source, what, version) do nothing`,
      parameters: [one.source, one.what, one.version, now, runId, project],
    });
  }
}

export async function findVersions(r: Reader, runs: readonly number[]): Promise<RunVersionRow[]> {
  const found: RunVersionRow[] = [];
  for (const chunk of chunksOf(runs)) {
    const list = placeholders(chunk);
    found.push(
      ...(await r.all<RunVersionRow>({
        sql: `select * from run_versions where run_id in (${list.sql}) order by run_id, what, source, version`,
        parameters: list.parameters,
      })),
    );
  }
  return found;
}

/** Active runs of an experiment, newest first. */
export function newestRuns(r: Reader, experimentId: number, limit: number): Promise<RunRecord[]> {
  return r.all({
    sql: "select * from runs where experiment_id = ? and deleted = 0 order by start_time desc, run_id limit ?",
    parameters: [experimentId, limit],
  });
}
