import type { Ctx } from "#base/context.js";
import { trackingErrors } from "../errors.js";
import { fromToken, toOffset, toPlace, toToken } from "../model/page-token.js";
import { toCondition } from "../search/condition.js";
import { toExperimentCondition, toExperimentOrder } from "../search/experiments.js";
import { toModelCondition, toModelOrder } from "../search/logged-models.js";
import { toOrder } from "../search/order.js";
import { experimentTags, findExperiment, findExperimentByName } from "../store/experiments.js";
import { type DatasetSummary, datasetSummaries } from "../store/inputs.js";
import { findLoggedModel, type ModelContents, modelContents, searchLoggedModels } from "../store/logged-models.js";
import { findRun } from "../store/runs.js";
import { searchExperiments } from "../store/search-experiments.js";
import { searchRuns } from "../store/search-runs.js";
import type { ExperimentRow, LoggedModelRow } from "../tables.js";
import { type RunContents, runContents } from "./run-contents.js";

export { bulkHistory, metricHistory, sampledHistory } from "./recorded-points.js";

/** Reads in the shapes MLflow's door answers: whole records, its paging, its view types. */
export type ViewType = "ACTIVE_ONLY" | "DELETED_ONLY" | "ALL";

function deletedOf(view: ViewType): (0 | 1)[] {
  return view === "ACTIVE_ONLY" ? [0] : view === "DELETED_ONLY" ? [1] : [0, 1];
}

export interface TaggedExperiment {
  readonly row: ExperimentRow;
  readonly tags: readonly { key: string; value: string }[];
}

export async function getExperiment(ctx: Ctx, project: string, id: number): Promise<TaggedExperiment> {
  return ctx.db.read(async (r) => {
    const row = await findExperiment(r, project, id);
    if (row === undefined) throw trackingErrors.TRACKING_EXPERIMENT_NOT_FOUND({ experimentId: id });
    return { row, tags: (await experimentTags(r, [row.id])).get(row.id) ?? [] };
  });
}

export async function getExperimentByName(ctx: Ctx, project: string, name: string): Promise<TaggedExperiment> {
  return ctx.db.read(async (r) => {
    const row = await findExperimentByName(r, project, name);
    if (row === undefined) throw trackingErrors.TRACKING_EXPERIMENT_NAME_NOT_FOUND({ name });
    return { row, tags: (await experimentTags(r, [row.id])).get(row.id) ?? [] };
  });
}

export interface Page<T> {
  readonly items: T[];
  readonly token: string | undefined;
}

export async function findExperiments(
  ctx: Ctx,
  project: string,
  search: { filter: string; order: readonly string[]; view: ViewType; limit: number; token: string | undefined },
): Promise<Page<TaggedExperiment>> {
  const condition = toExperimentCondition(search.filter);
  const order = toExperimentOrder(search.order);
  const offset = toOffset(search.token);
  return ctx.db.read(async (r) => {
    const of = { project, deleted: deletedOf(search.view), condition, order };
    const rows = await searchExperiments(r, of, search.limit + 1, offset);
    const shown = rows.slice(0, search.limit);
    const tags = await experimentTags(
      r,
      shown.map((row) => row.id),
    );
    return {
      items: shown.map((row) => ({ row, tags: tags.get(row.id) ?? [] })),
      token: rows.length > search.limit ? toToken({ offset: offset + search.limit }) : undefined,
    };
  });
}

export async function getRun(ctx: Ctx, project: string, runId: string): Promise<RunContents> {
  return ctx.db.read(async (r) => {
    const run = await findRun(r, project, runId);
    if (run === undefined) throw trackingErrors.TRACKING_RUN_NOT_FOUND({ runId });
    return (await runContents(r, [run]))[0] as RunContents;
  });
}

export async function findRunPage(
  ctx: Ctx,
  project: string,
  search: {
    experimentIds: readonly number[];
    filter: string;
    order: readonly string[];
    view: ViewType;
    limit: number;
    token: string | undefined;
  },
): Promise<Page<RunContents>> {
  const of = {
    project,
    experimentIds: search.experimentIds,
    deleted: deletedOf(search.view),
    condition: toCondition(search.filter),
    order: toOrder(search.order),
  };
  const place = toPlace(search.token);
  return ctx.db.read(async (r) => {
    const page = await searchRuns(r, of, search.limit, place);
    return {
      items: await runContents(r, page.runs),
      token: page.next === undefined ? undefined : toToken(page.next),
    };
  });
}

/** Datasets of the project's experiments among these; one that is not there has none. */
export function findDatasetSummaries(
  ctx: Ctx,
  project: string,
  experimentIds: readonly number[],
): Promise<DatasetSummary[]> {
  return ctx.db.read(async (r) => {
    const found = await Promise.all(experimentIds.map((id) => findExperiment(r, project, id)));
    return datasetSummaries(
      r,
      found.flatMap((row) => row?.id ?? []),
    );
  });
}

export interface FullLoggedModel {
  readonly row: LoggedModelRow;
  readonly tags: ModelContents["tags"];
  readonly params: ModelContents["params"];
  readonly metrics: ModelContents["metrics"];
}

export async function getLoggedModel(
  ctx: Ctx,
  project: string,
  modelId: string,
  allowDeleted = false,
): Promise<FullLoggedModel> {
  return ctx.db.read(async (r) => {
    const row = await findLoggedModel(r, project, modelId);
    if (row === undefined || (row.deleted === 1 && !allowDeleted)) {
      throw trackingErrors.TRACKING_MODEL_NOT_FOUND({ modelId });
    }
    return { row, ...(await modelContents(r, [modelId])) };
  });
}

/** Says in MLflow's words which part of a search changed since its token was made. */
function checkBinding(found: unknown, expected: readonly [unknown, unknown, unknown]): void {
  const parts = Array.isArray(found) ? found : [];
  const differs = (i: 0 | 1 | 2) => JSON.stringify(parts[i]) !== JSON.stringify(expected[i]);
  const say = (what: string, i: 0 | 1 | 2): Error =>
    trackingErrors.TRACKING_INVALID({
      problem: `${what}. Expected: ${toPython(expected[i])}. Found: ${toPython(parts[i])}`,
    });
  if (differs(0)) throw say("Experiment IDs in the page token do not match the requested experiment IDs", 0);
  if (differs(1)) throw say("Filter string in the page token does not match the requested filter string", 1);
  if (differs(2)) throw say("Order by in the page token does not match the requested order by", 2);
}

function toPython(value: unknown): string {
  if (value === undefined) return "None";
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.every((one) => typeof one === "number")) {
    return `[${value.map((one) => `'${one}'`).join(", ")}]`;
  }
  return JSON.stringify(value);
}

export interface LoggedModelSearch {
  readonly experimentIds: readonly number[];
  readonly filter: string;
  readonly datasets: readonly { name: string; digest: string | undefined }[];
  readonly order: readonly {
    name: string;
    ascending: boolean;
    datasetName: string | undefined;
    datasetDigest: string | undefined;
  }[];
  readonly limit: number;
  readonly token: string | undefined;
}

/** A token is bound to its search: with other experiments, filter or order it is refused. */
export async function findLoggedModelPage(
  ctx: Ctx,
  project: string,
  search: LoggedModelSearch,
): Promise<Page<FullLoggedModel>> {
  const condition = toModelCondition(search.filter);
  const order = search.order.map(toModelOrder);
  const binding = [search.experimentIds, search.filter, search.order];
  let offset = 0;
  if (search.token) {
    const place = fromToken(search.token) as { offset?: unknown; of?: unknown };
    checkBinding(place.of, [search.experimentIds, search.filter, search.order]);
    offset = toOffset(search.token);
  }
  return ctx.db.read(async (r) => {
    const of = { project, experimentIds: search.experimentIds, condition, datasets: search.datasets, order };
    const rows = await searchLoggedModels(r, of, search.limit + 1, offset);
    const shown = rows.slice(0, search.limit);
    const contents = await modelContents(
      r,
      shown.map((row) => row.model_id),
    );
    const own = <T extends { model_id: string }>(items: readonly T[], row: LoggedModelRow) =>
      items.filter((item) => item.model_id === row.model_id);
    return {
      items: shown.map((row) => ({
        row,
        tags: own(contents.tags, row),
        params: own(contents.params, row),
        metrics: own(contents.metrics, row),
      })),
      token: rows.length > search.limit ? toToken({ offset: offset + search.limit, of: binding }) : undefined,
    };
  });
}
