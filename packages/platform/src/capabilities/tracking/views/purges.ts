import type { Input, Reply } from "@paydown/api/operation";
import type * as api from "@paydown/api/tracking-upkeep";
import type { Ctx } from "#base/context.js";
import type { Reader } from "#base/db/db.js";
import { type PurgeRequest, whyExperimentStays } from "../actions/purge.js";
import { trackingErrors } from "../errors.js";
import { toPlace, toToken } from "../model/page-token.js";
import { keeperOf, noCounts, toStorePathSafely } from "../model/purge.js";
import type { TrackingNeeds } from "../needs.js";
import { filesBelow } from "../store/artifacts.js";
import { countNames } from "../store/objects.js";
import { countPoints } from "../store/point-removal.js";
import {
  deletedExperiments,
  deletedModels,
  deletedRuns,
  findPurge,
  findPurges,
  findRetention,
  modelsInside,
  runsInside,
} from "../store/purges.js";
import { countTexts } from "../store/storage.js";
import type { LoggedModelRow, PurgeRow, RunRecord } from "../tables.js";

const chunk = 200;
const shownRefusals = 100;

export function toPurge(row: PurgeRow): api.Purge {
  return {
    id: row.id,
    kind: row.kind,
    state: row.state,
    deletedBefore: row.deleted_before,
    by: row.caused_by,
    door: row.door,
    reason: row.reason,
    at: row.at,
    ...(row.finished_at === null ? {} : { finishedAt: row.finished_at }),
    counts: JSON.parse(row.counts) as api.PurgeCounts,
    refused: JSON.parse(row.refused) as api.PurgeRefusal[],
    refusedTotal: row.refused_total,
  };
}

export async function viewPurges(ctx: Ctx, input: Input<typeof api.listPurges>): Promise<Reply<typeof api.listPurges>> {
  const limit = input.limit ?? 100;
  const [before] = toPlace(input.cursor) ?? [];
  const rows = await ctx.db.read((r) =>
    findPurges(r, input.project, before === undefined ? undefined : String(before), limit + 1),
  );
  const items = rows.slice(0, limit).map(toPurge);
  const last = rows[limit - 1];
  return { items, ...(rows.length > limit && last !== undefined ? { cursor: toToken([last.id]) } : {}) };
}

export async function viewPurge(ctx: Ctx, input: Input<typeof api.getPurge>): Promise<api.Purge> {
  const row = await ctx.db.read((r) => findPurge(r, input.project, input.purge));
  if (row === undefined) throw trackingErrors.TRACKING_PURGE_NOT_FOUND({ project: input.project, purge: input.purge });
  return toPurge(row);
}

/** The project's own word, else the server's configuration, else for ever. */
export async function retentionOf(r: Reader, needs: TrackingNeeds, project: string): Promise<api.Retention> {
  const row = await findRetention(r, project);
  if (row !== undefined) {
    return { deletedDays: row.deleted_days, from: "project", by: row.caused_by, at: row.at, reason: row.reason };
  }
  const days = needs.retentionDays();
  return days === undefined ? { deletedDays: null, from: "default" } : { deletedDays: days, from: "config" };
}

export interface Preview {
  readonly counts: api.PurgeCounts;
  readonly refused: api.PurgeRefusal[];
  readonly refusedTotal: number;
}

/** What a purge would take and what would stay. Exact; reads in chunks, so that it holds nobody up. */
export async function previewPurge(
  ctx: Ctx,
  needs: TrackingNeeds,
  request: Omit<PurgeRequest, "reason">,
): Promise<Preview> {
  const { project, kind } = request;
  const counts = { ...noCounts };
  const refused: api.PurgeRefusal[] = [];
  const names = new Map<string, { size: number; names: number }>();
  const keeper = keeperOf(await ctx.db.read((r) => needs.versions(r, project)));
  const asked = {
    project,
    scope: request.scope,
    before: request.deletedBefore,
    now: ctx.clock.now(),
    after: -1,
    limit: chunk,
  };

  async function addFiles(r: Reader, uri: string): Promise<void> {
    const folder = toStorePathSafely(uri);
    if (folder === undefined || folder === "") return;
    for (const file of await filesBelow(r, project, folder)) {
      counts.files++;
      counts.bytes += file.size;
      const known = names.get(file.hash);
      names.set(file.hash, { size: file.size, names: (known?.names ?? 0) + 1 });
    }
  }
  async function addRun(r: Reader, run: RunRecord): Promise<void> {
    counts.runs++;
    counts.points += await countPoints(r, run.id);
    counts.texts += await countTexts(r, run.id);
    await addFiles(r, run.artifact_uri);
  }
  async function addModel(r: Reader, model: LoggedModelRow): Promise<void> {
    counts.models++;
    await addFiles(r, model.artifact_location);
  }

  for (let more = true; more; ) {
    ctx.signal.throwIfAborted();
    more = await ctx.db.read(async (r) => {
      if (kind === "runs") {
        const runs = await deletedRuns(r, asked);
        for (const run of runs) {
          asked.after = run.id;
          const why = keeper({ kind: "run", id: run.run_id, root: run.artifact_uri });
          if (why === undefined) await addRun(r, run);
          else refused.push({ kind: "run", id: run.run_id, name: run.name, why });
        }
        return runs.length === chunk;
      }
      if (kind === "models") {
        const models = await deletedModels(r, asked);
        for (const model of models) {
          asked.after = model.id;
          const why = keeper({ kind: "model", id: model.model_id, root: model.artifact_location });
          if (why === undefined) await addModel(r, model);
          else refused.push({ kind: "model", id: model.model_id, name: model.name, why });
        }
        return models.length === chunk;
      }
      const [experiment] = await deletedExperiments(r, { ...asked, limit: 1 });
      if (experiment === undefined) return false;
      asked.after = experiment.id;
      const why = await whyExperimentStays(r, experiment, keeper);
      if (why !== undefined) {
        refused.push({ kind: "experiment", id: String(experiment.id), name: experiment.name, why });
        return true;
      }
      counts.experiments++;
      const all = Number.MAX_SAFE_INTEGER;
      for (const run of await runsInside(r, experiment.id, all)) await addRun(r, run);
      for (const model of await modelsInside(r, experiment.id, all)) await addModel(r, model);
      return true;
    });
  }
  counts.freed = await freedBy(ctx, needs, names);
  return { counts, refused: refused.slice(0, shownRefusals), refusedTotal: refused.length };
}

/** Bytes of objects all of whose names are among these, and that no other capability names. */
async function freedBy(
  ctx: Ctx,
  needs: TrackingNeeds,
  names: ReadonlyMap<string, { size: number; names: number }>,
): Promise<number> {
  const hashes = [...names.keys()];
  let freed = 0;
  for (let at = 0; at < hashes.length; at += 500) {
    const some = hashes.slice(at, at + 500);
    await ctx.db.read(async (r) => {
      const all = await countNames(r, some);
      const elsewhere = await needs.namedObjects(r, some);
      for (const hash of some) {
        const own = names.get(hash) as { size: number; names: number };
        if (all.get(hash) === own.names && !elsewhere.has(hash)) freed += own.size;
      }
    });
  }
  return freed;
}
