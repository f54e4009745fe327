import { type JobKind, job } from "#base/capability.js";
import type { Ctx } from "#base/context.js";
import type { Tx } from "#base/db/db.js";
import { enqueue } from "#base/jobs/queue.js";
import { windowLengths } from "./model.js";
import { deletePredictions, findDeployment } from "./store.js";

const kind = "serving.purge-predictions";
const batch = 500;

interface PurgePayload {
  readonly deployment: string;
}

/** Asks for the next purge of a deployment: once a day, whoever asks how often. */
export async function enqueuePurge(
  tx: Tx,
  ctx: Pick<Ctx, "clock" | "ids">,
  project: string,
  deployment: string,
): Promise<void> {
  const day = Math.floor(ctx.clock.now() / windowLengths.day) + 1;
  const payload: PurgePayload = { deployment };
  await enqueue(tx, ctx, {
    kind,
    project,
    payload,
    runAt: day * windowLengths.day,
    dedupe: `${kind}:${project}:${deployment}:${day}`,
  });
}

/** Deletes predictions older than the deployment keeps them, in small transactions, and asks for tomorrow's purge. */
export const purgePredictions: JobKind = job<PurgePayload>(kind, async (ctx, payload, handle) => {
  const row = await ctx.db.read((r) => findDeployment(r, handle.project, payload.deployment));
  if (row === undefined || row.retention_days === null) return { deleted: 0 };
  const before = ctx.clock.now() - row.retention_days * windowLengths.day;
  let deleted = 0;
  for (;;) {
    const gone = await ctx.db.write((tx) => deletePredictions(tx, row.id, before, batch));
    deleted += gone;
    if (gone < batch) break;
    await handle.progress(0, `${deleted} predictions deleted`);
  }
  await ctx.db.write((tx) => enqueuePurge(tx, ctx, handle.project, payload.deployment));
  return { deleted };
});
