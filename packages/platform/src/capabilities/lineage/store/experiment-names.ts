import type { Reader, Tx } from "#base/db/db.js";
import { chunksOf, placeholders } from "#base/db/rows.js";
import { type ExperimentNameRow, standing } from "../tables.js";

/** The name it had holds until now: the one known here, or, of an experiment nobody spoke of, the one it is said to have had. */
export async function renameExperiment(
  tx: Tx,
  project: string,
  renamed: { readonly experimentId: string; readonly before: string; readonly name: string },
  at: number,
): Promise<void> {
  // Of several names at one instant the first is kept: what was between them was never shown.
  const known = await tx.get<{ name: string }>({
    sql: "select name from lineage_experiment_names where project = ? and id = ? and until = ?",
    parameters: [project, renamed.experimentId, standing],
  });
  await tx.run({
    sql: `insert into lineage_experiment_names (project, id, until, name) values (?, ?, ?, ?)
          on conflict (project, id, until) do nothing`,
    parameters: [project, renamed.experimentId, at, known?.name ?? renamed.before],
  });
  await tx.run({
    sql: `insert into lineage_experiment_names (project, id, until, name) values (?, ?, ?, ?)
          on conflict (project, id, until) do update set name = excluded.name`,
    parameters: [project, renamed.experimentId, standing, renamed.name],
  });
}

/** Of an experiment that is gone no name is kept. */
export async function forgetExperiment(tx: Tx, project: string, id: string): Promise<void> {
  await tx.run({
    sql: "delete from lineage_experiment_names where project = ? and id = ?",
    parameters: [project, id],
  });
}

/** Names of experiments at an instant, by id; those nobody named are not in it. */
export async function experimentNames(
  r: Reader,
  project: string,
  ids: readonly string[],
  asOf: number,
): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  for (const some of chunksOf(ids)) {
    const list = placeholders(some);
    const rows = await r.all<Pick<ExperimentNameRow, "id" | "name">>({
      sql: `select id, name from lineage_experiment_names
            where project = ? and id in (${list.sql}) and until > ? order by until desc`,
      parameters: [project, ...list.parameters, asOf],
    });
    // The one that ended first after the instant held at it.
    for (const { id, name } of rows) names.set(id, name);
  }
  return names;
}
