import type { Input, Reply } from "@paydown/api/operation";
import type { countRuns as countOperation, groupRuns as operation, RunGroup } from "@paydown/api/tracking-insight";
import type { Ctx } from "#base/context.js";
import type { Db, Reader } from "#base/db/db.js";
import { trackingErrors } from "../errors.js";
import { toPlace, toToken } from "../model/page-token.js";
import { seedName } from "../model/reproducibility.js";
import { RunGroups } from "../model/run-groups.js";
import { evidenceTags, type RunStatus, runStatuses } from "../model.js";
import { toCondition } from "../search/condition.js";
import { countAllRuns, experimentIds } from "../store/experiments.js";
import { listKeys } from "../store/keys.js";
import { latestMetrics, runParams, runTags } from "../store/runs.js";
import { countRuns, type Place, type RunSearch, searchRuns } from "../store/search-runs.js";
import type { RunKeyRow } from "../tables.js";

const defaultMetrics = 5;
const chunk = 1000;
/** More names than this are not asked for one by one. */
const mostNames = 500;

type Searched = Pick<Input<typeof operation>, "project" | "experimentIds" | "filter" | "lifecycle">;

async function toSearch(r: Reader, input: Searched): Promise<RunSearch> {
  return {
    project: input.project,
    experimentIds: input.experimentIds?.map(Number) ?? (await experimentIds(r, input.project)),
    deleted: [input.lifecycle === "deleted" ? 1 : 0],
    condition: toCondition(input.filter ?? ""),
    order: [],
  };
}

/** How many runs match, in all and by state. */
export async function viewRunCount(
  ctx: Ctx,
  input: Input<typeof countOperation>,
): Promise<Reply<typeof countOperation>> {
  const { dialect } = ctx.db;
  return ctx.db.read(async (r) => {
    const search = await toSearch(r, input);
    const byStatus: { status: RunStatus; runs: number }[] = [];
    for (const status of runStatuses) {
      const runs = await countRuns(r, dialect, search, status);
      if (runs > 0) byStatus.push({ status, runs });
    }
    byStatus.sort((a, b) => b.runs - a.runs);
    return { total: await countRuns(r, dialect, search), byStatus };
  });
}

/** Runs grouped by parameters, over every match. */
export async function viewRunGroups(ctx: Ctx, input: Input<typeof operation>): Promise<Reply<typeof operation>> {
  const order = toOrder(input.order ?? "runs DESC");
  const place = toPlace(input.cursor);
  const { by, ignored, runs, groups } = await ctx.db.read((r) => gather(ctx, r, input, order.metric));
  const sorted = groups
    .map((group) => ({ group, at: placeOf(group, order) }))
    .sort((a, b) => comparePlaces(a.at, b.at, order.descending));
  const from = place === undefined ? 0 : sorted.findIndex(({ at }) => comparePlaces(at, place, order.descending) > 0);
  const page = from < 0 ? [] : sorted.slice(from, from + (input.limit ?? 100));
  const last = page.at(-1);
  const more = last !== undefined && last !== sorted.at(-1);
  return {
    items: page.map(({ group }) => withoutExtra(group, input.metrics, order.metric)),
    ...(more ? { cursor: toToken(last.at) } : {}),
    total: sorted.length,
    runs,
    by,
    ignored,
  };
}

async function gather(ctx: Ctx, r: Reader, input: Input<typeof operation>, sortMetric: string | undefined) {
  const search = await toSearch(r, input);
  const keys = await listKeys(r, search.experimentIds, "params");
  const names = [...new Set(keys.map((key) => key.name))].sort();
  const seeds = names.filter((name) => seedName.test(name));
  const constant = await constantNames(r, search.experimentIds, keys);
  const by =
    input.by === undefined
      ? names.filter((name) => !seedName.test(name) && !constant.has(name))
      : input.by.map((name) => name.replace(/^params?\./, ""));
  const shown =
    input.metrics?.map((name) => name.replace(/^metrics?\./, "")) ?? (await sharedMetrics(r, search.experimentIds));
  const metrics = [...new Set([...shown, ...(sortMetric === undefined ? [] : [sortMetric])])];
  const wanted = [...new Set([...by, ...seeds])];
  const groups = new RunGroups(by, metrics);
  let runs = 0;
  for await (const some of allRuns(r, ctx.db.dialect, search)) {
    ctx.signal.throwIfAborted();
    const ids = some.map((run) => run.id);
    const params = Map.groupBy(
      await runParams(r, ids, wanted.length > mostNames ? "all" : wanted),
      (row) => row.run_id,
    );
    const values = Map.groupBy(await latestMetrics(r, ids, metrics), (row) => row.run_id);
    const tags = new Map((await runTags(r, ids, [evidenceTags.seed])).map((row) => [row.run_id, row.value]));
    for (const run of some) {
      const texts = new Map(params.get(run.id)?.map((row) => [row.key, row.value]));
      const numbers = values
        .get(run.id)
        ?.filter((row) => row.nan === 0 && Math.abs(row.value) < Number.MAX_VALUE)
        .map((row) => [row.key, row.value] as const);
      groups.add({
        runId: run.run_id,
        experimentId: String(run.experiment_id),
        params: texts,
        seed: tags.get(run.id) ?? seeds.map((name) => texts.get(name)).find((value) => value !== undefined),
        metrics: new Map(numbers),
      });
      runs++;
    }
  }
  return { by, ignored: input.by === undefined ? seeds : [], runs, groups: groups.all() };
}

/** Every match, newest first, in chunks. */
async function* allRuns(r: Reader, dialect: Db["dialect"], search: RunSearch) {
  for (let place: Place | undefined; ; ) {
    const page = await searchRuns(r, dialect, search, chunk, place);
    yield page.runs;
    if (page.next === undefined) return;
    place = page.next;
  }
}

/** Parameters with one value in every run there is: they tell no groups apart. */
async function constantNames(
  r: Reader,
  experiments: readonly number[],
  keys: readonly RunKeyRow[],
): Promise<Set<string>> {
  const runs = await countAllRuns(r, experiments);
  const constant = new Set<string>();
  for (const [name, rows] of Map.groupBy(keys, (key) => key.name)) {
    const [first] = rows;
    const one = first?.first_value ?? undefined;
    // A value that was cut may go on in two ways.
    if (one === undefined || one.length >= 200) continue;
    const same = rows.every((row) => row.varies === 0 && row.first_value === one);
    if (same && rows.reduce((sum, row) => sum + Number(row.runs), 0) === runs) constant.add(name);
  }
  return constant;
}

async function sharedMetrics(r: Reader, experiments: readonly number[]): Promise<string[]> {
  const runs = new Map<string, number>();
  for (const key of await listKeys(r, experiments, "metrics"))
    runs.set(key.name, (runs.get(key.name) ?? 0) + Number(key.runs));
  return [...runs]
    .sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    .slice(0, defaultMetrics)
    .map(([name]) => name);
}

interface GroupOrder {
  readonly metric: string | undefined;
  readonly descending: boolean;
}

function toOrder(text: string): GroupOrder {
  const match = /^\s*(.+?)(?:\s+(asc|desc))?\s*$/i.exec(text);
  const by = match?.[1] ?? "";
  const descending = (match?.[2] ?? "asc").toLowerCase() === "desc";
  if (by === "runs") return { metric: undefined, descending };
  const metric = /^metrics?\.(.+)$/.exec(by)?.[1]?.replace(/^(["`])(.*)\1$/, "$2");
  if (metric !== undefined) return { metric, descending };
  throw trackingErrors.TRACKING_FILTER_INVALID({
    problem: `Invalid order '${text}' of groups: use \`runs\` or \`metrics.<name>\`, with ASC or DESC.`,
  });
}

/** Groups without a value come last whichever the direction; the id settles ties. */
function placeOf(group: RunGroup, order: GroupOrder): [number, number, string] {
  if (order.metric === undefined) return [0, group.runs, group.id];
  const mean = group.metrics.find((one) => one.key === order.metric)?.mean;
  return mean === undefined ? [1, 0, group.id] : [0, mean, group.id];
}

function comparePlaces(a: readonly (string | number)[], b: readonly (string | number)[], descending: boolean): number {
  const rank = Number(a[0]) - Number(b[0]);
  if (rank !== 0) return rank;
  const value = Number(a[1]) - Number(b[1]);
  if (value !== 0) return descending ? -value : value;
  return String(a[2]) < String(b[2]) ? -1 : String(a[2]) > String(b[2]) ? 1 : 0;
}

/** A metric that was only sorted by is not answered when others were asked for. */
function withoutExtra(group: RunGroup, asked: readonly string[] | undefined, sortMetric: string | undefined): RunGroup {
  if (asked === undefined || sortMetric === undefined) return group;
  const wanted = asked.map((name) => name.replace(/^metrics?\./, ""));
  if (wanted.includes(sortMetric)) return group;
  return { ...group, metrics: group.metrics.filter((one) => one.key !== sortMetric) };
}
