import type { Ctx } from "#base/context.js";
import type { Tx } from "#base/db/db.js";
import { enqueue } from "#base/jobs/queue.js";
import type { TrackingNeeds } from "../needs.js";
import { countNames, findLoose, firstLoose, insertLoose, postponeLoose, removeLoose } from "../store/objects.js";

export const collectJob = "tracking.collect-objects";
/** An object stays so long after its last name went: an upload of the same content may not have written its record yet. */
const grace = 86_400_000;
const hour = 3_600_000;
const chunk = 100;

/** Notes objects that lost a name; those without any go after the grace. Answers the bytes that no artifact names now. */
export async function loosen(
  base: Pick<Ctx, "clock" | "ids">,
  tx: Tx,
  project: string,
  files: readonly { hash: string; size: number }[],
): Promise<{ hash: string; size: number }[]> {
  if (files.length === 0) return [];
  const byHash = new Map(files.map((file) => [file.hash, file.size]));
  const named = await countNames(tx, [...byHash.keys()]);
  const loose = [...byHash].filter(([hash]) => !named.has(hash)).map(([hash, size]) => ({ hash, size }));
  if (loose.length === 0) return [];
  const now = base.clock.now();
  await insertLoose(tx, project, loose, now);
  await planCollection(tx, base, project, now + grace);
  return loose;
}

/** One collection an hour is enough. */
async function planCollection(tx: Tx, base: Pick<Ctx, "clock" | "ids">, project: string, at: number): Promise<void> {
  const runAt = (Math.floor(at / hour) + 1) * hour;
  await enqueue(tx, base, { kind: collectJob, project, payload: {}, dedupe: `${collectJob}/${runAt}`, runAt });
}

/**
 * Removes objects that have been without a name for the grace. Each is looked for once more, in every capability, while
 * it is set aside; the object store itself leaves what was put or claimed within the grace.
 */
export async function collectObjects(
  ctx: Ctx,
  needs: TrackingNeeds,
  project: string,
  wait: number = grace,
): Promise<{ objects: number; bytes: number }> {
  const done = { objects: 0, bytes: 0 };
  const now = ctx.clock.now();
  for (;;) {
    ctx.signal.throwIfAborted();
    const loose = await ctx.db.read((r) => findLoose(r, now - wait, chunk));
    if (loose.length === 0) break;
    for (const one of loose) {
      if (await isNamed(ctx, needs, one.hash)) {
        await ctx.db.write((tx) => removeLoose(tx, one));
        continue;
      }
      const unused = async () => !(await isNamed(ctx, needs, one.hash));
      if (await ctx.blobs.collect(one.hash, { minAge: wait, unused })) {
        await ctx.db.write((tx) => removeLoose(tx, one));
        done.objects++;
        done.bytes += one.size;
      } else await ctx.db.write((tx) => postponeLoose(tx, one.hash, now + 1));
    }
  }
  const next = await ctx.db.read((r) => firstLoose(r));
  if (next !== undefined) await ctx.db.write((tx) => planCollection(tx, ctx, project, Math.max(next, now) + grace));
  return done;
}

async function isNamed(ctx: Ctx, needs: TrackingNeeds, hash: string): Promise<boolean> {
  return ctx.db.read(
    async (r) => (await countNames(r, [hash])).has(hash) || (await needs.namedObjects(r, [hash])).has(hash),
  );
}
