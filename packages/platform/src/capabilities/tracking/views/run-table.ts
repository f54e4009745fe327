import type { Input, Reply } from "@paydown/api/operation";
import type { Column, searchRuns as operation, RunRow, RunStatus } from "@paydown/api/tracking";
import { readable } from "#base/auth/grants.js";
import type { Ctx } from "#base/context.js";
import type { Reader } from "#base/db/db.js";
import { toIdentifier } from "#base/filter/parse.js";
import { nameClass } from "../model/column-rank.js";
import { toPlace, toToken } from "../model/page-token.js";
import { commitOf, errorOf } from "../model/reproducibility.js";
import { dirtyTags, errorTags, evidenceTags, fromStored, parentRunTag } from "../model.js";
import { entityOf, toCondition } from "../search/condition.js";
import { toOrder } from "../search/order.js";
import { seenExperiments } from "../store/experiments.js";
import { runInputs } from "../store/inputs.js";
import { latestMetrics, runParams, runTags } from "../store/runs.js";
import { countRuns, type RunSearch, searchRuns } from "../store/search-runs.js";
import type { RunRecord } from "../tables.js";
import { discoverColumns } from "./columns.js";

const defaultMetrics = 8;
const defaultParams = 8;

/** The run table: one page of runs with the columns asked for or worth showing. */
export async function viewRunTable(ctx: Ctx, input: Input<typeof operation>): Promise<Reply<typeof operation>> {
  const condition = toCondition(input.filter ?? "");
  const order = toOrder(input.order ?? []);
  const place = toPlace(input.cursor);
  const sees = await readable(ctx.principal, input.project, "experiment");
  return ctx.db.read(async (r) => {
    const search: RunSearch = {
      project: input.project,
      experimentIds: await seenExperiments(r, input.project, sees, input.experimentIds),
      deleted: [input.lifecycle === "deleted" ? 1 : 0],
      condition,
      order,
    };
    const discover = input.discover ?? true;
    const brief = input.fields === "info";
    const found =
      !brief && (discover || input.columns === undefined) ? await discoverColumns(r, search.experimentIds) : undefined;
    const shown = brief
      ? []
      : (input.columns ?? (found === undefined ? [] : defaultColumns(found.metrics, found.params)));
    const page = await searchRuns(r, search, input.limit ?? 100, place);
    const items = brief ? page.runs.map(toBareRow) : await toRows(r, page.runs, shown);
    return {
      items,
      ...(page.next === undefined ? {} : { cursor: toToken(page.next) }),
      ...(discover
        ? {
            total: await countRuns(r, search),
            running: await countRuns(r, search, "RUNNING"),
            ...(found === undefined ? {} : { columns: { shown, ...found } }),
          }
        : {}),
    };
  });
}

/**
 * The metrics that rank first and the parameters that vary; constant and rare ones stay folded, equal scores come last.
 * Families such as `importance.x` and machine metrics are shown only where there is no other metric.
 */
function defaultColumns(metrics: readonly Column[], params: readonly Column[]): string[] {
  const same = (column: Column) => Number(column.runs > 1 && column.min !== undefined && column.min === column.max);
  const varying = (columns: readonly Column[]) => columns.filter((column) => column.shape === "varying");
  const own = varying(metrics).filter((column) => nameClass(column.key) < 3);
  return [
    ...(own.length > 0 ? own : varying(metrics)).toSorted((a, b) => same(a) - same(b)).slice(0, defaultMetrics),
    ...varying(params).slice(0, defaultParams),
  ].map((column) => column.column);
}

const factTags = [evidenceTags.commit, "mlflow.git.commit", ...dirtyTags, ...errorTags, parentRunTag];

/** Rows of the table with the values of the columns shown. */
export async function toRows(r: Reader, runs: readonly RunRecord[], shown: readonly string[]): Promise<RunRow[]> {
  const ids = runs.map((run) => run.id);
  const wanted = { metrics: [] as string[], params: [] as string[], tags: [] as string[] };
  for (const column of shown) {
    const of = toIdentifier(column);
    const entity = entityOf(of);
    if (entity !== "attributes" && entity !== "datasets") wanted[entity].push(of.key);
  }
  const [metrics, params, tags, inputs] = await Promise.all([
    latestMetrics(r, ids, wanted.metrics),
    runParams(r, ids, wanted.params),
    runTags(r, ids, [...new Set([...factTags, ...wanted.tags])]),
    runInputs(r, ids, true),
  ]);
  const rows = new Map<number, RunRow & { facts: Map<string, string> }>(
    runs.map((run) => [run.id, { ...toBareRow(run), facts: new Map() }]),
  );
  for (const one of metrics) {
    const row = rows.get(one.run_id);
    if (row !== undefined) row.metrics[one.key] = fromStored(one.value, one.nan);
  }
  for (const one of params) {
    const row = rows.get(one.run_id);
    if (row !== undefined) row.params[one.key] = one.value;
  }
  for (const one of tags) rows.get(one.run_id)?.facts.set(one.key, one.value);
  for (const one of inputs) {
    const context = one.context === null ? {} : { context: one.context };
    rows.get(one.run_id)?.datasets.push({ name: one.name, digest: one.digest, ...context });
  }
  return [...rows.values()].map(({ facts, ...row }) => {
    for (const key of wanted.tags) {
      const value = facts.get(key);
      if (value !== undefined) row.tags[key] = value;
    }
    const code = commitOf(facts);
    const error = errorOf(facts);
    const parentRunId = facts.get(parentRunTag);
    return {
      ...row,
      ...(code === undefined ? {} : { code }),
      ...(error === undefined ? {} : { error: lastLine(error) }),
      ...(parentRunId === undefined ? {} : { parentRunId }),
    };
  });
}

function toBareRow(run: RunRecord): RunRow {
  return {
    runId: run.run_id,
    name: run.name,
    experimentId: String(run.experiment_id),
    status: run.status as RunStatus,
    lifecycle: run.deleted === 1 ? "deleted" : "active",
    user: run.user_name,
    startedAt: run.start_time,
    ...(run.end_time === null ? {} : { endedAt: run.end_time }),
    datasets: [],
    metrics: {},
    params: {},
    tags: {},
  };
}

/** A traceback says what happened on its last line. */
function lastLine(error: string): string {
  const lines = error.trim().split("\n");
  return (lines.at(-1) ?? "").slice(0, 500);
}
