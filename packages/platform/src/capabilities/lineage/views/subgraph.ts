import type { Subgraph } from "@paydown/api/lineage";
import type { NodeRef } from "@paydown/api/values";
import type { Ctx } from "#base/context.js";
import type { Reader } from "#base/db/db.js";
import { shortestWays, toNode } from "../model.js";
import type { LineageNeeds } from "../needs.js";
import { findNode } from "../store/graph.js";
import type { EdgeRow, NodeRow } from "../tables.js";
import { type Focus, findPrediction, getFocus, toRef } from "./focus.js";
import { gapsAt, toEdges, toSteps, type Walk, type WalkBounds, walk } from "./walk.js";

export interface WalkInput {
  readonly project: string;
  readonly node: string;
  readonly depth?: number | undefined;
  readonly limit?: number | undefined;
  readonly asOf?: number | undefined;
  readonly only?: string | undefined;
}

export function toBounds(ctx: Ctx, input: Pick<WalkInput, "depth" | "limit" | "asOf">): WalkBounds {
  return { depth: input.depth ?? 25, limit: input.limit ?? 500, asOf: input.asOf ?? ctx.clock.now() };
}

/** Everything above or below a node, nearest first. */
export async function viewSubgraph(
  ctx: Ctx,
  needs: LineageNeeds,
  input: WalkInput,
  direction: "up" | "down",
): Promise<Subgraph> {
  const bounds = toBounds(ctx, input);
  const ref = toRef(input.node);
  const only = input.only === undefined ? undefined : toRef(input.only);
  const prediction = await findPrediction(ctx, needs, input.project, ref);
  return ctx.db.read(async (r) => {
    const focus = await getFocus(r, input.project, ref, bounds.asOf, prediction);
    const whole = await walkFrom(r, focus, direction, bounds);
    const found = only === undefined ? whole : await restrict(r, input.project, whole, focus.row, only, direction);
    const rows = [...found.hops.keys()].map((key) => found.nodes.get(key)).filter((row) => row !== undefined);
    return {
      focus: toNode(focus.row),
      asOf: bounds.asOf,
      nodes: rows.map((row) => ({ ...toNode(row), hops: found.hops.get(row.key) ?? 0 })),
      edges: toEdges(found.edges, found.nodes),
      gaps: await gapsAt(
        r,
        rows.filter((row) => row.key >= 0),
        bounds.asOf,
      ),
      truncated: found.cut !== undefined,
      ...(found.cut === undefined ? {} : { hidden: hiddenBy(found.cut, bounds) }),
    };
  });
}

/** A walk that begins at the focus, at what it contains, and at what is in front of the graph. */
export async function walkFrom(r: Reader, focus: Focus, direction: "up" | "down", bounds: WalkBounds): Promise<Walk> {
  const inside = focus.row.key >= 0;
  const beside = focus.beside.filter(({ edge }) =>
    direction === "down" ? edge.from_key === focus.row.key : edge.to_key === focus.row.key,
  );
  if (beside.length === 0 && inside) return walk(r, [focus.row], direction, bounds);
  const start = beside.map((one) => one.row);
  const below =
    start.length === 0
      ? { hops: new Map<number, number>(), nodes: new Map<number, NodeRow>(), edges: [], cut: undefined }
      : await walk(r, start, direction, { ...bounds, depth: Math.max(1, bounds.depth - 1), limit: bounds.limit - 1 });
  const own = inside ? await walk(r, [focus.row], direction, bounds) : undefined;
  const hops = new Map<number, number>([[focus.row.key, 0]]);
  for (const [key, level] of own?.hops ?? []) hops.set(key, level);
  for (const [key, level] of below.hops) hops.set(key, Math.min(level + 1, hops.get(key) ?? Number.POSITIVE_INFINITY));
  const edges = new Map<string, EdgeRow>();
  for (const edge of [...beside.map((one) => one.edge), ...below.edges, ...(own?.edges ?? [])]) {
    edges.set(`${edge.from_key} ${edge.to_key} ${edge.relation}`, edge);
  }
  return {
    hops: new Map([...hops].sort((a, b) => a[1] - b[1])),
    nodes: new Map([...below.nodes, ...(own?.nodes ?? []), [focus.row.key, focus.row]]),
    edges: [...edges.values()],
    cut: below.cut ?? own?.cut,
  };
}

/** Keeps what lies on a way between the focus and the named node, which must be among what was reached. */
async function restrict(
  r: Reader,
  project: string,
  whole: Walk,
  focus: NodeRow,
  only: NodeRef,
  direction: "up" | "down",
): Promise<Walk> {
  const target = await findNode(r, project, only);
  const steps = toSteps(whole.edges, direction);
  const back = steps.map((step) => ({ ...step, from: step.to, to: step.from }));
  const reachesTarget = target === undefined ? new Map() : shortestWays([target.key], back);
  const hops = new Map([...whole.hops].filter(([key]) => key === focus.key || reachesTarget.has(key)));
  return { ...whole, hops, edges: whole.edges.filter((edge) => hops.has(edge.from_key) && hops.has(edge.to_key)) };
}

function hiddenBy(cut: "depth" | "limit", bounds: WalkBounds): string {
  return cut === "depth"
    ? `There is more beyond ${bounds.depth} hops; ask for a greater depth.`
    : `There is more than ${bounds.limit} nodes; ask for a greater limit or a smaller depth.`;
}
