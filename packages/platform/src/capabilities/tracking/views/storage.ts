import type { Input, Reply } from "@paydown/api/operation";
import type { viewStorage as operation, PurgeCounts } from "@paydown/api/tracking-upkeep";
import { readable } from "#base/auth/grants.js";
import type { Ctx } from "#base/context.js";
import type { Reader } from "#base/db/db.js";
import { addCounts, toStorePathSafely } from "../model/purge.js";
import type { TrackingNeeds } from "../needs.js";
import { sizeBelow } from "../store/artifacts.js";
import { looseAmount } from "../store/objects.js";
import { pointsBetween } from "../store/point-removal.js";
import {
  artifactAmounts,
  type ExperimentAmount,
  experimentAmounts,
  modelRoots,
  runRoots,
  textsBetween,
} from "../store/storage.js";
import { spanAmounts, tracesByStart } from "../store/trace-removal.js";
import { previewPurge, retentionOf } from "./purges.js";

const chunk = 500;
const day = 86_400_000;

/** Where the bytes are. Everything is counted, nothing estimated; in chunks, so that nobody waits for it. */
export async function viewStorage(
  ctx: Ctx,
  needs: TrackingNeeds,
  input: Input<typeof operation>,
): Promise<Reply<typeof operation>> {
  const { project } = input;
  const sees = await readable(ctx.principal, project, "experiment");
  const amounts = await ctx.db.read((r) => experimentAmounts(r, project));
  const points = { rows: 0, bytes: 0 };
  const params = { rows: 0, bytes: 0 };
  const tags = { rows: 0, bytes: 0 };
  const experiments = [];
  const traceDays = needs.traceDays();
  const keptSince = traceDays === undefined ? Number.NEGATIVE_INFINITY : ctx.clock.now() - traceDays * day;
  const traces = { all: noTraces(), due: noTraces() };
  for (const amount of amounts) {
    await addTraces(ctx, amount.id, keptSince, traces);
    const one = await experimentStorage(ctx, project, amount);
    points.rows += one.points.rows;
    points.bytes += one.points.bytes;
    params.rows += one.params.rows;
    params.bytes += one.params.bytes;
    tags.rows += one.tags.rows;
    tags.bytes += one.tags.bytes;
    experiments.push({
      experimentId: String(amount.id),
      name: amount.name,
      deleted: amount.deleted === 1,
      runs: Number(amount.runs),
      points: one.points.rows,
      files: one.files,
      bytes: one.bytes,
    });
  }
  const retention = await ctx.db.read((r) => retentionOf(r, needs, project));
  const now = ctx.clock.now();
  // What is left out is not counted either, so that nobody learns how much it is.
  const seen = experiments.filter((one) => sees === "all" || sees(one.experimentId));
  return {
    points,
    params,
    tags,
    artifacts: await ctx.db.read((r) => artifactAmounts(r, project)),
    experiments: seen
      .sort((a, b) => b.bytes - a.bytes || b.points - a.points || Number(a.experimentId) - Number(b.experimentId))
      .slice(0, input.top ?? 10),
    experimentsTotal: seen.length,
    deleted: {
      now: await purgeable(ctx, needs, project, now),
      ...(retention.deletedDays === null
        ? {}
        : { byRetention: await purgeable(ctx, needs, project, now - retention.deletedDays * day) }),
    },
    traces: { ...traces.all, keptDays: traceDays ?? null, ...(traceDays === undefined ? {} : { due: traces.due }) },
    waiting: await ctx.db.read((r) => looseAmount(r, project)),
    retention,
  };
}

/** Experiments with what is in them, then runs and models deleted on their own. */
async function purgeable(ctx: Ctx, needs: TrackingNeeds, project: string, deletedBefore: number): Promise<PurgeCounts> {
  const scope = { outside: true };
  const runs = await previewPurge(ctx, needs, { project, kind: "runs", scope, deletedBefore });
  const models = await previewPurge(ctx, needs, { project, kind: "models", scope, deletedBefore });
  const whole = await previewPurge(ctx, needs, { project, kind: "experiments", scope: {}, deletedBefore });
  return addCounts(addCounts(whole.counts, runs.counts), models.counts);
}

interface TraceAmount {
  traces: number;
  spans: number;
  bytes: number;
}
const noTraces = (): TraceAmount => ({ traces: 0, spans: 0, bytes: 0 });

/** Adds the traces of an experiment, and apart those that began before an instant. */
async function addTraces(
  ctx: Ctx,
  experimentId: number,
  keptSince: number,
  sum: { readonly all: TraceAmount; readonly due: TraceAmount },
): Promise<void> {
  let after: { startedAt: number; id: number } | undefined;
  do {
    ctx.signal.throwIfAborted();
    after = await ctx.db.read(async (r) => {
      const rows = await tracesByStart(r, experimentId, after, chunk);
      const last = rows.at(-1);
      if (last === undefined) return undefined;
      const amounts = await spanAmounts(
        r,
        rows.map((row) => row.id),
      );
      for (const row of rows) {
        const { spans, bytes } = amounts.get(row.id) ?? noTraces();
        for (const part of row.started_at < keptSince ? [sum.all, sum.due] : [sum.all]) {
          part.traces += 1;
          part.spans += spans;
          part.bytes += bytes;
        }
      }
      return rows.length < chunk ? undefined : { startedAt: last.started_at, id: last.id };
    });
  } while (after !== undefined);
}

interface Amount {
  points: { rows: number; bytes: number };
  files: number;
  bytes: number;
  params: { rows: number; bytes: number };
  tags: { rows: number; bytes: number };
}

async function experimentStorage(ctx: Ctx, project: string, amount: ExperimentAmount): Promise<Amount> {
  const sum: Amount = {
    points: { rows: 0, bytes: 0 },
    params: { rows: 0, bytes: 0 },
    tags: { rows: 0, bytes: 0 },
    files: 0,
    bytes: 0,
  };
  const root = toStorePathSafely(amount.artifact_location) || undefined;
  async function addFiles(r: Reader, uri: string): Promise<void> {
    const folder = toStorePathSafely(uri);
    if (folder === undefined || folder === "") return;
    const size = await sizeBelow(r, project, folder);
    sum.files += size.files;
    sum.bytes += size.bytes;
  }
  for (let after = -1; ; ) {
    ctx.signal.throwIfAborted();
    const last: number | undefined = await ctx.db.read(async (r) => {
      const runs = await runRoots(r, amount.id, after, chunk);
      const [first, end] = [runs[0]?.id, runs.at(-1)?.id];
      if (first === undefined || end === undefined) return undefined;
      const points = await pointsBetween(r, amount.id, first, end);
      sum.points.rows += points.rows;
      sum.points.bytes += points.bytes;
      for (const [kind, table] of [
        ["params", "params"],
        ["tags", "run_tags"],
      ] as const) {
        const texts = await textsBetween(r, table, amount.id, first, end);
        sum[kind].rows += texts.rows;
        sum[kind].bytes += texts.bytes;
      }
      if (root === undefined) for (const run of runs) await addFiles(r, run.artifact_uri);
      return runs.length < chunk ? undefined : end;
    });
    if (last === undefined) break;
    after = last;
  }
  await ctx.db.read(async (r) => {
    if (root !== undefined) return addFiles(r, amount.artifact_location);
    for (const { artifact_location } of await modelRoots(r, amount.id)) await addFiles(r, artifact_location);
  });
  return sum;
}
