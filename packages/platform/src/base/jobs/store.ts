import type { Reader, Tx } from "../db/db.js";
import { queries } from "../db/queries.js";
import type { JobState, JobsTables } from "./tables.js";

const q = queries<JobsTables>();

export type JobRow = JobsTables["jobs"];

export async function insertJob(tx: Tx, row: JobRow): Promise<boolean> {
  const changed = await tx.run(
    q
      .insertInto("jobs")
      .values(row)
      .onConflict((c) => c.column("dedupe").doNothing()),
  );
  return changed > 0;
}

export function findJob(r: Reader, id: string): Promise<JobRow | undefined> {
  return r.get(q.selectFrom("jobs").selectAll().where("id", "=", id));
}

export function findByDedupe(r: Reader, dedupe: string): Promise<JobRow | undefined> {
  return r.get(q.selectFrom("jobs").selectAll().where("dedupe", "=", dedupe));
}

/** Ready to run: queued and due, or running with a lease that ran out. */
export function listDue(r: Reader, kinds: readonly string[], now: number, limit: number): Promise<JobRow[]> {
  return r.all(
    q
      .selectFrom("jobs")
      .selectAll()
      .where("kind", "in", [...kinds])
      .where((e) =>
        e.or([
          e.and([e("state", "=", "queued"), e("run_at", "<=", now)]),
          e.and([e("state", "=", "running"), e("lease_until", "<", now)]),
        ]),
      )
      .orderBy("run_at")
      .orderBy("id")
      .limit(limit),
  );
}

/** Takes the job unless somebody else did since it was listed; the state as it was seen is the guard. */
export async function claimJob(tx: Tx, seen: JobRow, by: string, until: number): Promise<boolean> {
  const changed = await tx.run(
    q
      .updateTable("jobs")
      .set({ state: "running", leased_by: by, lease_until: until, attempts: seen.attempts + 1 })
      .where("id", "=", seen.id)
      .where("state", "=", seen.state)
      .where("attempts", "=", seen.attempts),
  );
  return changed === 1;
}

export async function renewLease(tx: Tx, id: string, by: string, until: number): Promise<boolean> {
  const changed = await tx.run(
    q.updateTable("jobs").set({ lease_until: until }).where("id", "=", id).where("leased_by", "=", by),
  );
  return changed === 1;
}

export async function recordProgress(tx: Tx, id: string, share: number, doing: string): Promise<void> {
  await tx.run(q.updateTable("jobs").set({ share, doing }).where("id", "=", id));
}

export async function settleJob(
  tx: Tx,
  id: string,
  by: string,
  end: { state: JobState; result: string | null; problem: string | null; runAt: number; at: number | null },
): Promise<void> {
  await tx.run(
    q
      .updateTable("jobs")
      .set({
        state: end.state,
        result: end.result,
        problem: end.problem,
        run_at: end.runAt,
        finished_at: end.at,
        lease_until: null,
        leased_by: null,
        ...(end.state === "done" ? { share: 1 } : {}),
        // A finished job no longer holds its key: the same work may be asked for again.
        ...(end.at === null ? {} : { dedupe: null }),
      })
      .where("id", "=", id)
      .where("leased_by", "=", by),
  );
}

/** Lets every running job be taken at once. Only where this is the one server of the database and it has just started. */
export async function releaseLeases(tx: Tx): Promise<void> {
  await tx.run(q.updateTable("jobs").set({ lease_until: 0 }).where("state", "=", "running"));
}
