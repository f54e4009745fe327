import type { Clock } from "../clock.js";
import type { Reader, Tx } from "../db/db.js";
import type { Ids } from "../ids.js";
import { findByDedupe, findJob, insertJob } from "./store.js";
import type { JobState } from "./tables.js";

export interface NewJob {
  readonly kind: string;
  readonly project: string;
  readonly payload: unknown;
  /** While a job with this key waits or runs, asking again answers that one. */
  readonly dedupe?: string;
  /** Not before this instant. */
  readonly runAt?: number;
}

/** Writes a job into the action's own transaction; a worker takes it after the commit. Answers its id. */
export async function enqueue(tx: Tx, base: { clock: Clock; ids: Ids }, job: NewJob): Promise<string> {
  const id = base.ids.ulid();
  const now = base.clock.now();
  const inserted = await insertJob(tx, {
    id,
    kind: job.kind,
    project: job.project,
    payload: JSON.stringify(job.payload),
    state: "queued",
    dedupe: job.dedupe ?? null,
    run_at: job.runAt ?? now,
    lease_until: null,
    leased_by: null,
    attempts: 0,
    share: 0,
    doing: "",
    result: null,
    problem: null,
    created_at: now,
    finished_at: null,
  });
  if (inserted || job.dedupe === undefined) return id;
  return (await findByDedupe(tx, job.dedupe))?.id ?? id;
}

export interface JobView {
  readonly id: string;
  readonly kind: string;
  readonly project: string;
  readonly state: JobState;
  readonly share: number;
  readonly doing: string;
  readonly attempts: number;
  readonly result: unknown;
  readonly problem: string | undefined;
}

/** A job as its owner's screens show it; undefined when it is unknown. */
export async function viewJob(r: Reader, id: string): Promise<JobView | undefined> {
  const row = await findJob(r, id);
  if (row === undefined) return undefined;
  return {
    id: row.id,
    kind: row.kind,
    project: row.project,
    state: row.state,
    share: row.share,
    doing: row.doing,
    attempts: row.attempts,
    result: row.result === null ? undefined : JSON.parse(row.result),
    problem: row.problem ?? undefined,
  };
}
