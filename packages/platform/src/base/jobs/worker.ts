import { systemPrincipal } from "../auth/principal.js";
import { inNameOf } from "../caller.js";
import type { Capability, JobKind } from "../capability.js";
import type { Base, Ctx } from "../context.js";
import { CodedError } from "../errors.js";
import { claimJob, type JobRow, listDue, recordProgress, releaseLeases, renewLease, settleJob } from "./store.js";

export interface Worker {
  /** Runs due jobs until none is left, one after the other. */
  drain(): Promise<void>;
  start(): void;
  /** Lets running jobs know they should end, and waits for them; what they had not finished is taken up again later. */
  stop(): Promise<void>;
}

const defaultLease = 60_000;
const defaultAttempts = 5;
const pollEvery = 500;
/** What nobody waits for takes at most a quarter of a worker's time: those who do something now share the machine with it. */
const restAfter = 3;
const longestRest = 5000;

/**
 * Runs jobs. A job is claimed with a lease that is renewed while it runs; after a crash the lease runs out and any
 * worker takes the job again, so handlers are idempotent. Failures are tried again later, doubling the wait.
 */
export function createWorker(base: Base, capabilities: readonly Capability[], concurrency = 2): Worker {
  const kinds = new Map<string, JobKind>(capabilities.flatMap((c) => c.jobs.map((job) => [job.kind, job] as const)));
  const me = base.ids.ulid();
  const ending = new AbortController();
  const running = new Set<Promise<void>>();
  const [behind, ahead] = [true, false].map((is) =>
    [...kinds.values()].filter((kind) => (kind.behind ?? false) === is).map(({ kind }) => kind),
  ) as [string[], string[]];
  let runningBehind = 0;
  let restUntil = 0;
  let timer: NodeJS.Timeout | undefined;
  let looking = false;

  async function claimNext(): Promise<{ row: JobRow; kind: JobKind } | undefined> {
    // One worker is always left to the jobs somebody waits for, where there are several.
    const mayBehind = runningBehind < Math.max(1, concurrency - 1) && restUntil <= base.clock.now();
    return (await claimOf(ahead)) ?? (mayBehind ? await claimOf(behind) : undefined);
  }

  async function claimOf(some: readonly string[]): Promise<{ row: JobRow; kind: JobKind } | undefined> {
    if (some.length === 0) return undefined;
    const now = base.clock.now();
    const due = await base.db.read((r) => listDue(r, some, now, 8));
    for (const row of due) {
      const kind = kinds.get(row.kind);
      if (kind === undefined) continue;
      const until = now + (kind.lease ?? defaultLease);
      if (await base.db.write((tx) => claimJob(tx, row, me, until))) {
        return { row: { ...row, attempts: row.attempts + 1 }, kind };
      }
    }
    return undefined;
  }

  async function run(row: JobRow, kind: JobKind): Promise<void> {
    const lease = kind.lease ?? defaultLease;
    const lost = new AbortController();
    const renewal = setInterval(() => {
      base.db
        .write((tx) => renewLease(tx, row.id, me, base.clock.now() + lease))
        .then((held) => {
          if (!held) lost.abort();
        })
        .catch((error: unknown) =>
          base.log.warn({ job: row.id, problem: String(error) }, "a job lease was not renewed"),
        );
    }, lease / 3);
    renewal.unref();
    const ctx: Ctx = {
      ...base,
      log: base.log.child({ job: row.id, kind: row.kind }),
      principal: systemPrincipal,
      door: "job",
      signal: AbortSignal.any([ending.signal, lost.signal]),
    };
    const handle = {
      id: row.id,
      project: row.project,
      progress: (share: number, doing: string) => base.db.write((tx) => recordProgress(tx, row.id, share, doing)),
    };
    try {
      const result = await inNameOf({ by: "paydown", door: "job" }, () =>
        kind.handle(ctx, JSON.parse(row.payload) as never, handle),
      );
      await base.db.write((tx) =>
        settleJob(tx, row.id, me, {
          state: "done",
          result: JSON.stringify(result ?? null),
          problem: null,
          runAt: row.run_at,
          at: base.clock.now(),
        }),
      );
    } catch (error) {
      await fail(row, kind, error);
    } finally {
      clearInterval(renewal);
    }
  }

  async function fail(row: JobRow, kind: JobKind, error: unknown): Promise<void> {
    const problem = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    // A refusal will be the same next time; everything else may pass.
    const final =
      row.attempts >= (kind.attempts ?? defaultAttempts) || (error instanceof CodedError && error.status < 500);
    if (ending.signal.aborted && !final) return;
    base.log.error({ job: row.id, kind: row.kind, attempts: row.attempts, final, problem }, "a job failed");
    const now = base.clock.now();
    await base.db.write((tx) =>
      settleJob(tx, row.id, me, {
        state: final ? "failed" : "queued",
        result: null,
        problem: problem.slice(0, 4000),
        runAt: final ? row.run_at : now + 1000 * 2 ** row.attempts,
        at: final ? now : null,
      }),
    );
  }

  async function look(): Promise<void> {
    if (looking) return;
    looking = true;
    try {
      while (running.size < concurrency && !ending.signal.aborted) {
        const next = await claimNext();
        if (next === undefined) break;
        const isBehind = next.kind.behind === true;
        const began = base.clock.now();
        if (isBehind) runningBehind++;
        const task: Promise<void> = run(next.row, next.kind)
          .catch((error: unknown) =>
            base.log.error({ job: next.row.id, problem: String(error) }, "a job was not settled"),
          )
          .finally(() => {
            running.delete(task);
            if (isBehind) {
              runningBehind--;
              rest(base.clock.now() - began);
            }
            void look();
          });
        running.add(task);
      }
    } catch (error) {
      if (!ending.signal.aborted) base.log.error({ problem: String(error) }, "jobs could not be read");
    } finally {
      looking = false;
    }
  }

  function rest(worked: number): void {
    const ms = Math.min(restAfter * worked, longestRest);
    restUntil = base.clock.now() + ms;
    setTimeout(() => void look(), ms).unref();
  }

  return {
    async drain() {
      for (;;) {
        const next = await claimNext();
        if (next === undefined) return;
        await run(next.row, next.kind);
      }
    },
    start() {
      timer = setInterval(() => void look(), pollEvery);
      timer.unref();
      // A SQLite file has one server: whoever held a lease before this start is gone.
      const released = base.db.dialect === "sqlite" ? base.db.write((tx) => releaseLeases(tx)) : Promise.resolve();
      released
        .catch((error: unknown) => base.log.error({ problem: String(error) }, "job leases were not released"))
        .finally(() => void look());
    },
    async stop() {
      clearInterval(timer);
      ending.abort();
      await Promise.all(running);
    },
  };
}
