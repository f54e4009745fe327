import type { Input, Reply } from "@paydown/api/operation";
import type { Column, listColumns as operation } from "@paydown/api/tracking";
import { readable } from "#base/auth/grants.js";
import type { Ctx } from "#base/context.js";
import type { Reader } from "#base/db/db.js";
import { compareMetrics } from "../model/column-rank.js";
import type { KeyKind } from "../model.js";
import { seenExperiments } from "../store/experiments.js";
import { listKeys, metricBounds } from "../store/keys.js";

const shownPerKind = 50;
/** A column is rare below one run in twenty, once there are twenty. */
const rareShare = 0.05;
const rareFrom = 20;

interface Known extends Column {
  readonly keyIds: readonly number[];
}

type Counts = { varying: number; constant: number; rare: number };

export interface DiscoveredColumns {
  readonly metrics: Column[];
  readonly params: Column[];
  readonly tags: Column[];
  readonly counts: { metrics: Counts; params: Counts; tags: Counts };
}

/** What the runs of these experiments can be shown, filtered and sorted by. */
export async function discoverColumns(r: Reader, experiments: readonly number[]): Promise<DiscoveredColumns> {
  const [metrics, params, tags] = await Promise.all([
    knownColumns(r, experiments, "metrics"),
    knownColumns(r, experiments, "params"),
    knownColumns(r, experiments, "tags"),
  ]);
  const own = tags.filter((column) => !/^(mlflow|paydown)\./.test(column.key));
  return {
    metrics: await withBounds(r, metrics.slice(0, shownPerKind)),
    params: params.slice(0, shownPerKind).map(bare),
    tags: own.slice(0, shownPerKind).map(bare),
    counts: { metrics: countShapes(metrics), params: countShapes(params), tags: countShapes(own) },
  };
}

/** Finds columns by part of their name among thousands. */
export async function viewColumns(ctx: Ctx, input: Input<typeof operation>): Promise<Reply<typeof operation>> {
  const sees = await readable(ctx.principal, input.project, "experiment");
  return ctx.db.read(async (r) => {
    const experiments = await seenExperiments(r, input.project, sees, input.experimentIds);
    const kinds: KeyKind[] = input.kind === undefined ? ["metrics", "params", "tags"] : [input.kind];
    const text = (input.text ?? "").toLowerCase();
    const found: Known[] = [];
    for (const kind of kinds) {
      found.push(
        ...(await knownColumns(r, experiments, kind)).filter((column) => column.key.toLowerCase().includes(text)),
      );
    }
    const items = await withBounds(r, found.slice(0, input.limit ?? 100));
    return { items, total: found.length };
  });
}

const shapeOrder = { varying: 0, constant: 1, rare: 2 } as const;

/** The same name in several experiments is one column. */
async function knownColumns(r: Reader, experiments: readonly number[], kind: KeyKind): Promise<Known[]> {
  const merged = new Map<string, { runs: number; varies: boolean; value: string | null; keyIds: number[] }>();
  let most = 0;
  for (const key of await listKeys(r, experiments, kind)) {
    const known = merged.get(key.name);
    const runs = Number(key.runs);
    if (known === undefined) {
      merged.set(key.name, { runs, varies: key.varies === 1, value: key.first_value, keyIds: [key.id] });
    } else {
      known.runs += runs;
      known.varies ||= key.varies === 1 || key.first_value !== known.value;
      known.keyIds.push(key.id);
    }
    most = Math.max(most, merged.get(key.name)?.runs ?? 0);
  }
  const columns: Known[] = [...merged].map(([key, one]) => {
    const rare = most >= rareFrom && one.runs < most * rareShare;
    // Metrics are never folded as constant: two runs with equal scores are a result.
    const constant = kind !== "metrics" && !one.varies;
    return {
      column: `${kind}.${key}`,
      key,
      runs: one.runs,
      shape: rare ? "rare" : constant ? "constant" : "varying",
      ...(constant && one.value !== null ? { value: one.value } : {}),
      keyIds: one.keyIds,
    };
  });
  const byRank =
    kind === "metrics" ? compareMetrics(most) : (a: Known, b: Known) => b.runs - a.runs || (a.key < b.key ? -1 : 1);
  return columns.sort((a, b) => shapeOrder[a.shape] - shapeOrder[b.shape] || byRank(a, b));
}

async function withBounds(r: Reader, columns: readonly Known[]): Promise<Column[]> {
  const items: Column[] = [];
  for (const column of columns) {
    const bounds = column.column.startsWith("metrics.") ? await metricBounds(r, column.keyIds) : undefined;
    items.push({ ...bare(column), ...bounds });
  }
  return items;
}

function bare({ keyIds: _, ...column }: Known): Column {
  return column;
}

function countShapes(columns: readonly Column[]): Counts {
  const counts: Counts = { varying: 0, constant: 0, rare: 0 };
  for (const column of columns) counts[column.shape]++;
  return counts;
}
