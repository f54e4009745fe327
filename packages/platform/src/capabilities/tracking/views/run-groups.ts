import type { Input, Reply } from "@paydown/api/operation";
import type { countRuns as countOperation, groupRuns as operation } from "@paydown/api/tracking-insight";
import type { Ctx } from "#base/context.js";
import type { Reader } from "#base/db/db.js";
import { trackingErrors } from "../errors.js";
import { nameClass } from "../model/column-rank.js";
import { toPlace, toToken } from "../model/page-token.js";
import { seedName } from "../model/reproducibility.js";
import { type FoundGroup, groupsOf } from "../model/run-groups.js";
import { evidenceTags, type RunStatus, runStatuses } from "../model.js";
import { columnOfRuns, type NumberOfRun, type TextOfRun } from "../store/columns-of-runs.js";
import { countAllRuns } from "../store/experiments.js";
import { listKeys } from "../store/keys.js";
import { countRuns } from "../store/search-runs.js";
import type { RunKeyRow } from "../tables.js";
import { othersFirst, searchedRuns, toSearch } from "./searched-runs.js";

const defaultMetrics = 5;

/** How many runs match, in all and by state. */
export async function viewRunCount(
  ctx: Ctx,
  input: Input<typeof countOperation>,
): Promise<Reply<typeof countOperation>> {
  return ctx.db.read(async (r) => {
    const search = await toSearch(ctx, r, input);
    const byStatus: { status: RunStatus; runs: number }[] = [];
    for (const status of runStatuses) {
      const runs = await countRuns(r, search, status);
      if (runs > 0) byStatus.push({ status, runs });
    }
    byStatus.sort((a, b) => b.runs - a.runs);
    return { total: await countRuns(r, search), byStatus };
  });
}

/** Runs grouped by parameters, over every match. */
export async function viewRunGroups(ctx: Ctx, input: Input<typeof operation>): Promise<Reply<typeof operation>> {
  const order = toOrder(input.order ?? "runs DESC");
  const place = toPlace(input.cursor);
  const { by, ignored, shown, runs } = await ctx.db.read((r) => gather(ctx, r, input, order.metric));
  const sorted = groupsOf(runs)
    .map((group) => ({ group, at: placeOf(group, order) }))
    .sort((a, b) => comparePlaces(a.at, b.at, order.descending));
  const from = place === undefined ? 0 : sorted.findIndex(({ at }) => comparePlaces(at, place, order.descending) > 0);
  const page = from < 0 ? [] : sorted.slice(from, from + (input.limit ?? 100));
  const last = page.at(-1);
  return {
    items: page.map(({ group }) => group.show(shown)),
    ...(last !== undefined && last !== sorted.at(-1) ? { cursor: toToken(last.at) } : {}),
    total: sorted.length,
    runs: runs.runs.length,
    by,
    ignored,
  };
}

/** Reads what groups are made of, name by name: each is one walk over its index, whatever the number of runs. */
async function gather(ctx: Ctx, r: Reader, input: Input<typeof operation>, sortMetric: string | undefined) {
  const { experiments, runs } = await searchedRuns(ctx, r, input);
  const params = Map.groupBy(await listKeys(r, experiments, "params"), (key) => key.name);
  const names = [...params.keys()].sort();
  const seedNames = names.filter((name) => seedName.test(name));
  const by =
    input.by?.map((name) => name.replace(/^params?\./, "")) ??
    (await tellingNames(r, experiments, params)).filter((name) => !seedName.test(name)).sort();
  const measures = Map.groupBy(await listKeys(r, experiments, "metrics"), (key) => key.name);
  const shown = input.metrics?.map((name) => name.replace(/^metrics?\./, "")) ?? mostShared(measures);

  const ids = runs.map((run) => run.id);
  const at = new Map(ids.map((id, i) => [id, i]));
  const keys = runs.map(() => "");
  const telling: string[] = [];
  for (const name of by) {
    await othersFirst(ctx);
    const column: (string | undefined)[] = new Array(runs.length).fill(undefined);
    for (const row of await columnOfRuns<TextOfRun>(r, "params", params.get(name) ?? [], ids)) {
      const i = at.get(row.run_id);
      if (i !== undefined) column[i] = row.value;
    }
    // What is the same in all of these runs tells none of them apart, though it may others.
    if (input.by === undefined && column.every((value) => value === column[0])) continue;
    const n = telling.push(name) - 1;
    for (const [i, value] of column.entries()) if (value !== undefined) keys[i] += `${JSON.stringify([n, value])},`;
  }
  const seeds: (string | undefined)[] = runs.map(() => undefined);
  const noteSeeds = (rows: readonly TextOfRun[]) => {
    for (const row of rows) {
      const i = at.get(row.run_id);
      if (i !== undefined) seeds[i] ??= row.value;
    }
  };
  const tag = (await listKeys(r, experiments, "tags")).filter((key) => key.name === evidenceTags.seed);
  noteSeeds(await columnOfRuns<TextOfRun>(r, "run_tags", tag, ids));
  for (const name of seedNames) noteSeeds(await columnOfRuns<TextOfRun>(r, "params", params.get(name) ?? [], ids));
  const metrics = new Map<string, Float64Array>();
  for (const name of new Set([...shown, ...(sortMetric === undefined ? [] : [sortMetric])])) {
    await othersFirst(ctx);
    const column = new Float64Array(runs.length).fill(Number.NaN);
    for (const row of await columnOfRuns<NumberOfRun>(r, "latest_metrics", measures.get(name) ?? [], ids)) {
      const i = at.get(row.run_id);
      // Infinities are kept as the largest double: they have no mean.
      if (i !== undefined && row.nan === 0 && Math.abs(row.value) < Number.MAX_VALUE) column[i] = row.value;
    }
    metrics.set(name, column);
  }
  return {
    by: telling,
    ignored: input.by === undefined ? seedNames : [],
    shown,
    runs: { runs, by: telling, keys, seeds, metrics },
  };
}

/** Parameters that tell groups apart: not those with one value in every run there is. */
async function tellingNames(
  r: Reader,
  experiments: readonly number[],
  keys: ReadonlyMap<string, readonly RunKeyRow[]>,
): Promise<string[]> {
  const runs = await countAllRuns(r, experiments);
  return [...keys].flatMap(([name, rows]) => {
    const one = rows[0]?.first_value ?? undefined;
    // A value that was cut may go on in two ways.
    const same =
      one !== undefined && one.length < 200 && rows.every((row) => row.varies === 0 && row.first_value === one);
    return same && countOf(rows) === runs ? [] : [name];
  });
}

function mostShared(keys: ReadonlyMap<string, readonly RunKeyRow[]>): string[] {
  return [...keys]
    .sort(([a, n], [b, m]) => countOf(m) - countOf(n) || nameClass(a) - nameClass(b) || (a < b ? -1 : 1))
    .slice(0, defaultMetrics)
    .map(([name]) => name);
}

function countOf(rows: readonly RunKeyRow[]): number {
  return rows.reduce((sum, row) => sum + Number(row.runs), 0);
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
function placeOf(group: FoundGroup, order: GroupOrder): [number, number, string] {
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
