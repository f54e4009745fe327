import type { Input, Reply } from "@paydown/api/operation";
import type { Experiment, getExperiment as get, listExperiments as list } from "@paydown/api/tracking";
import { readable } from "#base/auth/grants.js";
import type { Ctx } from "#base/context.js";
import type { Reader } from "#base/db/db.js";
import { trackingErrors } from "../errors.js";
import { toOffset, toToken } from "../model/page-token.js";
import { toExperimentCondition } from "../search/experiments.js";
import { experimentCounts, experimentTags, findExperiment } from "../store/experiments.js";
import { countExperiments, searchExperiments } from "../store/search-experiments.js";
import type { ExperimentRow } from "../tables.js";

export async function viewExperiments(ctx: Ctx, input: Input<typeof list>): Promise<Reply<typeof list>> {
  const condition = toExperimentCondition(input.filter ?? "");
  const offset = toOffset(input.cursor);
  const limit = input.limit ?? 100;
  const search = {
    project: input.project,
    deleted: [input.lifecycle === "deleted" ? 1 : 0] as (0 | 1)[],
    condition,
    order: [],
  };
  const sees = await readable(ctx.principal, input.project, "experiment");
  return ctx.db.read(async (r) => {
    const seen =
      sees === "all"
        ? undefined
        : (await allRows((at) => searchExperiments(r, search, rowsAtOnce, at))).filter((row) => sees(String(row.id)));
    const rows = seen?.slice(offset, offset + limit + 1) ?? (await searchExperiments(r, search, limit + 1, offset));
    const items = await toExperiments(r, rows.slice(0, limit));
    return {
      items,
      total: seen?.length ?? (await countExperiments(r, search)),
      ...(rows.length > limit ? { cursor: toToken({ offset: offset + limit }) } : {}),
    };
  });
}

const rowsAtOnce = 1000;

/** Everything a search finds: what may be read is known only row by row. */
async function allRows<T>(fetch: (offset: number) => Promise<readonly T[]>): Promise<T[]> {
  const rows: T[] = [];
  for (;;) {
    const page = await fetch(rows.length);
    rows.push(...page);
    if (page.length < rowsAtOnce) return rows;
  }
}

export async function viewExperiment(ctx: Ctx, input: Input<typeof get>): Promise<Reply<typeof get>> {
  return ctx.db.read(async (r) => {
    const row = await findExperiment(r, input.project, Number(input.experimentId));
    if (row === undefined) throw trackingErrors.TRACKING_EXPERIMENT_NOT_FOUND({ experimentId: input.experimentId });
    return (await toExperiments(r, [row]))[0] as Experiment;
  });
}

async function toExperiments(r: Reader, rows: readonly ExperimentRow[]): Promise<Experiment[]> {
  const tags = await experimentTags(
    r,
    rows.map((row) => row.id),
  );
  const experiments: Experiment[] = [];
  for (const row of rows) {
    const { lastRunAt, ...counts } = await experimentCounts(r, row.id);
    experiments.push({
      experimentId: String(row.id),
      name: row.name,
      lifecycle: row.deleted === 1 ? "deleted" : "active",
      artifactLocation: row.artifact_location,
      createdAt: row.created_at,
      updatedAt: row.updated_at,
      tags: Object.fromEntries((tags.get(row.id) ?? []).map((tag) => [tag.key, tag.value])),
      ...counts,
      ...(lastRunAt === undefined ? {} : { lastRunAt }),
    });
  }
  return experiments;
}
