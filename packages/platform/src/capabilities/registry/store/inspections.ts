import type { Reader, Tx } from "#base/db/db.js";
import { queries } from "#base/db/queries.js";
import { chunksOf } from "#base/db/rows.js";
import type { InspectionRow, LoggedModelInspectionRow, RegistryTables, ReplayRow } from "../tables.js";

const q = queries<RegistryTables>();

export function findInspection(r: Reader, model: number, version: number): Promise<InspectionRow | undefined> {
  return r.get(
    q.selectFrom("model_inspections").selectAll().where("model_id", "=", model).where("version", "=", version),
  );
}

export function inspectionsOf(r: Reader, model: number): Promise<InspectionRow[]> {
  return r.all(q.selectFrom("model_inspections").selectAll().where("model_id", "=", model));
}

const unread = {
  state: "waiting",
  at: null,
  verdict: "unknown",
  problem: null,
  report: null,
  artifact_hash: null,
} as const;

/** A reading is on its way; what an earlier one said stays until it is done. */
export async function awaitInspection(
  tx: Tx,
  row: Pick<InspectionRow, "model_id" | "version" | "project" | "job">,
): Promise<void> {
  await tx.run(
    q
      .insertInto("model_inspections")
      .values({ ...row, ...unread })
      .onConflict((c) => c.columns(["model_id", "version"]).doUpdateSet({ state: "waiting", job: row.job })),
  );
}

/** What a job found; not written, and false, when another was asked for since, which will say it. */
export async function finishInspection(tx: Tx, row: InspectionRow, job: string): Promise<boolean> {
  const { model_id: model, version, project: _project, ...said } = row;
  const changed = await tx.run(
    q
      .updateTable("model_inspections")
      .set(said)
      .where("model_id", "=", model)
      .where("version", "=", version)
      .where((e) => e.or([e("job", "is", null), e("job", "=", job)])),
  );
  return changed > 0;
}

export function findLoggedModelInspection(
  r: Reader,
  project: string,
  id: string,
): Promise<LoggedModelInspectionRow | undefined> {
  return r.get(
    q
      .selectFrom("logged_model_inspections")
      .selectAll()
      .where("logged_model_id", "=", id)
      .where("project", "=", project),
  );
}

/** Verdicts and files of some logged models, without what was read. */
export async function loggedModelVerdicts(
  r: Reader,
  project: string,
  ids: readonly string[],
): Promise<Pick<LoggedModelInspectionRow, "logged_model_id" | "state" | "verdict" | "problem" | "artifact_hash">[]> {
  const found = [];
  for (const chunk of chunksOf(ids)) {
    found.push(
      ...(await r.all(
        q
          .selectFrom("logged_model_inspections")
          .select(["logged_model_id", "state", "verdict", "problem", "artifact_hash"])
          .where("project", "=", project)
          .where("logged_model_id", "in", chunk),
      )),
    );
  }
  return found;
}

/** As `awaitInspection`. */
export async function awaitLoggedModelInspection(
  tx: Tx,
  row: Pick<LoggedModelInspectionRow, "logged_model_id" | "project" | "job">,
): Promise<void> {
  await tx.run(
    q
      .insertInto("logged_model_inspections")
      .values({ ...row, ...unread })
      .onConflict((c) => c.column("logged_model_id").doUpdateSet({ state: "waiting", job: row.job })),
  );
}

/** As `finishInspection`. */
export async function finishLoggedModelInspection(
  tx: Tx,
  row: LoggedModelInspectionRow,
  job: string,
): Promise<boolean> {
  const { logged_model_id: id, project, ...said } = row;
  const changed = await tx.run(
    q
      .updateTable("logged_model_inspections")
      .set(said)
      .where("logged_model_id", "=", id)
      .where("project", "=", project)
      .where((e) => e.or([e("job", "is", null), e("job", "=", job)])),
  );
  return changed > 0;
}

export async function removeLoggedModelInspection(tx: Tx, project: string, id: string): Promise<void> {
  await tx.run(
    q.deleteFrom("logged_model_inspections").where("logged_model_id", "=", id).where("project", "=", project),
  );
}

/** The newest reading of exactly these files that came to an end, whoever had them read. */
export async function findReading(
  r: Reader,
  project: string,
  artifactHash: string,
): Promise<Pick<InspectionRow, "at" | "verdict" | "report"> | undefined> {
  const of = (table: "model_inspections" | "logged_model_inspections") =>
    r.get(
      q
        .selectFrom(table)
        .select(["at", "verdict", "report"])
        .where("artifact_hash", "=", artifactHash)
        .where("project", "=", project)
        .where("state", "=", "done")
        .where("verdict", "<>", "unknown")
        .orderBy("at", "desc")
        .limit(1),
    );
  const found = [await of("logged_model_inspections"), await of("model_inspections")];
  return found.filter((one) => one !== undefined).sort((a, b) => (b.at ?? 0) - (a.at ?? 0))[0];
}

/** Versions that were registered from a logged model and are not deleted, newest first. */
export function versionsFrom(
  r: Reader,
  project: string,
  id: string,
  limit: number,
): Promise<{ name: string; version: number }[]> {
  return r.all({
    sql: `select m.name, v.version from model_versions v join registered_models m on m.id = v.model_id
          where v.logged_model_id = ? and v.project = ? and v.deleted = 0
          order by v.created_at desc, m.name, v.version desc limit ?`,
    parameters: [id, project, limit],
  });
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
