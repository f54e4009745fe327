import { AsyncLocalStorage } from "node:async_hooks";
import type { Ctx } from "#base/context.js";
import type { Db, Tx } from "#base/db/db.js";
import type { CodedError } from "#base/errors.js";
import { trackingErrors } from "../errors.js";
import { checkMetric, type MetricPoint } from "../model.js";
import { logAtOnce } from "../store/log-at-once.js";
import { findSeries, insertMetrics, type RunMetrics } from "../store/log-metrics.js";
import { sealGrown } from "../store/metric-blocks.js";
import { findRuns } from "../store/runs.js";
import { getActiveRun } from "./change-run.js";
import { putMetrics } from "./log-batch.js";

interface Waiting {
  readonly project: string;
  readonly runId: string;
  readonly metric: MetricPoint;
  readonly resolve: () => void;
  readonly reject: (problem: unknown) => void;
}

interface Queue {
  readonly waiting: Waiting[];
  /** Whether a transaction is being filled; on SQLite, one that is being made durable is not. */
  filling: boolean;
}

/** One queue a database: what arrives while a transaction is under way shares the next. */
const queues = new WeakMap<Db, Queue>();
/** The next transaction is opened from within the one before it, of which it is no part. */
const outside = AsyncLocalStorage.snapshot();
/** Most calls that share a transaction. */
const together = 128;

/**
 * Logs one point. It is the call training loops make most, one at a time from many clients, so that calls which arrive
 * together are written together: on PostgreSQL each statement is a round trip, and here they share all of them.
 */
export async function logMetric(ctx: Ctx, project: string, runId: string, metric: MetricPoint): Promise<void> {
  checkMetric(metric, "");
  if (metric.modelId !== undefined) {
    await ctx.db.write(async (tx) => putMetrics(tx, await getActiveRun(tx, project, runId), [metric]));
    return;
  }
  const queue = queues.get(ctx.db) ?? { waiting: [], filling: false };
  queues.set(ctx.db, queue);
  await new Promise<void>((resolve, reject) => {
    queue.waiting.push({ project, runId, metric, resolve, reject });
    writeNext(ctx.db, queue);
  });
}

function writeNext(db: Db, queue: Queue): void {
  if (queue.filling || queue.waiting.length === 0) return;
  queue.filling = true;
  const take = () => queue.waiting.splice(0, together);
  const filled = (): void =>
    outside(() => {
      queue.filling = false;
      writeNext(db, queue);
    });
  void (db.dialect === "postgres" ? writeAtOnce(db, take()).then(filled) : writeGroup(db, take, filled));
}

/** Writes a group by one statement; what that cannot write goes on as a group of its own. */
async function writeAtOnce(db: Db, group: readonly Waiting[]): Promise<void> {
  let rest = group;
  try {
    const { outcomes, grown } = await logAtOnce(db, group);
    if (grown.length > 0) {
      await db.write(async (tx) => {
        for (const one of grown) await sealGrown(tx, one.run, one.key, one.open);
      });
    }
    for (const [i, one] of group.entries()) {
      const { runId } = one;
      if (outcomes[i] === "logged") one.resolve();
      else if (outcomes[i] === "no run") one.reject(trackingErrors.TRACKING_RUN_NOT_FOUND({ runId }));
      else if (outcomes[i] === "deleted run") one.reject(trackingErrors.TRACKING_RUN_DELETED({ runId }));
    }
    rest = group.filter((_, i) => outcomes[i] === "new name");
  } catch {
    // The database refused something of one call, and says so to that one below.
  }
  if (rest.length > 0)
    await writeGroup(
      db,
      () => [...rest],
      () => {},
    );
}

/** Takes a group once its transaction is open, and answers each call for itself: a refused one does not touch the others. */
async function writeGroup(db: Db, take: () => Waiting[], filled: () => void): Promise<void> {
  let group: Waiting[] | undefined;
  let isFilled = false;
  const once = (): void => {
    if (!isFilled) filled();
    isFilled = true;
  };
  try {
    const refused = await db.write(async (tx) => {
      // A transaction that the database asked to try again has its group already.
      group ??= take();
      const refusals = await put(tx, group);
      once();
      return refusals;
    });
    for (const one of group ?? []) {
      const problem = refused.get(one);
      if (problem === undefined) one.resolve();
      else one.reject(problem);
    }
  } catch (problem) {
    const failed = group ?? take();
    const [only] = failed;
    if (failed.length === 1 && only !== undefined) only.reject(problem);
    // The database refused something of one call: alone, only that one fails.
    else
      for (const one of failed)
        await writeGroup(
          db,
          () => [one],
          () => {},
        );
  } finally {
    once();
  }
}

/** Writes the points of all runs that take any; answers which calls are refused and why. */
async function put(tx: Tx, group: readonly Waiting[]): Promise<Map<Waiting, CodedError>> {
  const refused = new Map<Waiting, CodedError>();
  const byProject = Map.groupBy(group, (one) => one.project);
  for (const [project, calls] of byProject) {
    const list = new Map<string, RunMetrics & { points: MetricPoint[] }>();
    const runIds = [...new Set(calls.map((one) => one.runId))];
    const names = calls.map((one) => one.metric.key);
    const [runs, series] = await Promise.all([findRuns(tx, project, runIds), findSeries(tx, runIds, names)]);
    const byId = new Map(runs.map((run) => [run.run_id, run]));
    for (const one of calls) {
      const { runId } = one;
      const run = byId.get(runId);
      if (run === undefined) refused.set(one, trackingErrors.TRACKING_RUN_NOT_FOUND({ runId }));
      else if (run.deleted === 1) refused.set(one, trackingErrors.TRACKING_RUN_DELETED({ runId }));
      else {
        const own = list.get(runId);
        if (own === undefined) list.set(runId, { run, points: [one.metric] });
        else own.points.push(one.metric);
      }
    }
    if (list.size > 0) await insertMetrics(tx, [...list.values()], series);
  }
  return refused;
}
