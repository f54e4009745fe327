import type { Reader, Tx } from "#base/db/db.js";
import type { RunViewRow } from "../tables.js";

export function listRunViews(r: Reader, project: string): Promise<RunViewRow[]> {
  return r.all({ sql: "select * from run_views where project = ? order by name", parameters: [project] });
}

export function findRunView(r: Reader, project: string, viewId: string): Promise<RunViewRow | undefined> {
  return r.get({ sql: "select * from run_views where project = ? and view_id = ?", parameters: [project, viewId] });
}

/** Writes a view; one of the same name takes its content and keeps its id. */
export async function upsertRunView(tx: Tx, row: RunViewRow): Promise<RunViewRow> {
  const saved = await tx.get<RunViewRow>({
    sql: `insert into run_views (view_id, project, name, state, is_default, saved_at, saved_by) values (?, ?, ?, ?, ?, ?, ?)
          on conflict (project, name) do update set state = excluded.state, saved_at = excluded.saved_at,
            saved_by = excluded.saved_by returning *`,
    parameters: [row.view_id, row.project, row.name, row.state, row.is_default, row.saved_at, row.saved_by],
  });
  return saved as RunViewRow;
}

export async function removeRunView(tx: Tx, project: string, viewId: string): Promise<void> {
  await tx.run({ sql: "delete from run_views where project = ? and view_id = ?", parameters: [project, viewId] });
}

/** Marks one view as the default and no other; undefined marks none. */
export async function markDefaultRunView(tx: Tx, project: string, viewId: string | undefined): Promise<void> {
  await tx.run({
    sql: "update run_views set is_default = case when view_id = ? then 1 else 0 end where project = ?",
    parameters: [viewId ?? "", project],
  });
}

export async function insertSelection(tx: Tx, project: string, id: string, runIds: string, at: number): Promise<void> {
  await tx.run({
    sql: `insert into run_selections (project, selection_id, run_ids, saved_at) values (?, ?, ?, ?)
          on conflict (project, selection_id) do nothing`,
    parameters: [project, id, runIds, at],
  });
}

export function findSelection(r: Reader, project: string, id: string): Promise<{ run_ids: string } | undefined> {
  return r.get({
    sql: "select run_ids from run_selections where project = ? and selection_id = ?",
    parameters: [project, id],
  });
}
