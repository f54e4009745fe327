import type { Reader, Tx } from "#base/db/db.js";
import { queries } from "#base/db/queries.js";
import type { InspectionRow, RegistryTables, ReplayRow } from "../tables.js";

const q = queries<RegistryTables>();

export function findInspection(r: Reader, model: number, version: number): Promise<InspectionRow | undefined> {
  return r.get(
    q.selectFrom("model_inspections").selectAll().where("model_id", "=", model).where("version", "=", version),
  );
}

export function inspectionsOf(r: Reader, model: number): Promise<InspectionRow[]> {
  return r.all(q.selectFrom("model_inspections").selectAll().where("model_id", "=", model));
}

/** A reading is on its way; what an earlier one said stays until it is done. */
export async function awaitInspection(
  tx: Tx,
  row: Pick<InspectionRow, "model_id" | "version" | "project" | "job">,
): Promise<void> {
  await tx.run(
    q
      .insertInto("model_inspections")
      .values({ ...row, state: "waiting", at: null, verdict: "unknown", problem: null, report: null })
      .onConflict((c) => c.columns(["model_id", "version"]).doUpdateSet({ state: "waiting", job: row.job })),
  );
}

export async function finishInspection(tx: Tx, row: InspectionRow): Promise<void> {
  const { model_id: model, version, project: _project, ...said } = row;
  await tx.run(
    q.updateTable("model_inspections").set(said).where("model_id", "=", model).where("version", "=", version),
  );
}

/** Answers whether it was written: a job that runs again writes nothing. */
export async function insertReplay(tx: Tx, row: ReplayRow): Promise<boolean> {
  const changed = await tx.run(
    q
      .insertInto("model_replays")
      .values(row)
      .onConflict((c) => c.column("id").doNothing()),
  );
  return changed > 0;
}

/** Newest first; of one version, the replays it took part in on either side. */
export function replaysOf(
  r: Reader,
  asked: { model: number; version?: number | undefined; before?: string | undefined },
  limit: number,
): Promise<ReplayRow[]> {
  let query = q.selectFrom("model_replays").selectAll().where("model_id", "=", asked.model);
  const { version, before } = asked;
  if (version !== undefined) {
    query = query.where((e) => e.or([e("from_version", "=", version), e("to_version", "=", version)]));
  }
  if (before !== undefined) query = query.where("id", "<", before);
  return r.all(query.orderBy("id", "desc").limit(limit));
}
