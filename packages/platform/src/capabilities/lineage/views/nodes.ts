import type { getNode, listNodes, neighbours, overview, searchNodes } from "@paydown/api/lineage";
import type { Input, Reply } from "@paydown/api/operation";
import type { Ctx } from "#base/context.js";
import { baseErrors } from "#base/errors.js";
import { parseNode, toNode } from "../model.js";
import type { LineageNeeds } from "../needs.js";
import {
  asThen,
  countGraph,
  edgesAt,
  findNode,
  nodesByKey,
  nodesWithId,
  pageNodes,
  searchNodes as search,
} from "../store/graph.js";
import type { EdgeRow, NodeRow } from "../tables.js";
import { findPrediction, getFocus, toRef } from "./focus.js";
import { gapsAt, toEdges } from "./walk.js";

export async function viewNode(
  ctx: Ctx,
  needs: LineageNeeds,
  input: Input<typeof getNode>,
): Promise<Reply<typeof getNode>> {
  const { focus, gaps, up, down } = await around(ctx, needs, input);
  return {
    node: toNode(focus),
    upstream: new Set(up.map(({ row }) => row.key)).size,
    downstream: new Set(down.map(({ row }) => row.key)).size,
    gaps,
  };
}

export async function viewNeighbours(
  ctx: Ctx,
  needs: LineageNeeds,
  input: Input<typeof neighbours>,
): Promise<Reply<typeof neighbours>> {
  const { focus, gaps, up, down } = await around(ctx, needs, input);
  const each = input.each ?? 8;
  const shown = new Map<number, NodeRow>([[focus.key, focus]]);
  const fans = (side: readonly { row: NodeRow }[]) => {
    const distinct = new Map(side.map(({ row }) => [row.key, row]));
    return [...Map.groupBy(distinct.values(), (row) => row.kind)]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([kind, rows]) => {
        const some = rows.sort((a, b) => b.last_seen - a.last_seen || b.key - a.key).slice(0, each);
        for (const row of some) shown.set(row.key, row);
        return { kind, count: rows.length, nodes: some.map(toNode) };
      });
  };
  const upstream = fans(up);
  const downstream = fans(down);
  const edges = [...up, ...down].map(({ edge }) => edge);
  return { focus: toNode(focus), upstream, downstream, edges: toEdges(edges, shown), gaps };
}

interface Side {
  readonly row: NodeRow;
  readonly edge: EdgeRow;
}

/** A node with everything one hop from it. */
async function around(
  ctx: Ctx,
  needs: LineageNeeds,
  input: { readonly project: string; readonly node: string; readonly asOf?: number },
) {
  const asOf = input.asOf ?? ctx.clock.now();
  const ref = toRef(input.node);
  const prediction = await findPrediction(ctx, needs, input.project, ref);
  return ctx.db.read(async (r) => {
    const focus = await getFocus(r, input.project, ref, asOf, prediction);
    const key = focus.row.key;
    const edges = key < 0 ? [] : [...(await edgesAt(r, [key], "up", asOf)), ...(await edgesAt(r, [key], "down", asOf))];
    const ends = new Set(edges.flatMap((edge) => [edge.from_key, edge.to_key]));
    const rows = new Map((await nodesByKey(r, [...ends], asOf)).map((row) => [row.key, row]));
    for (const { row, edge } of focus.beside) {
      rows.set(row.key, row);
      // What a dataset or model contains is mostly linked by events already.
      if (!edges.some((one) => one.from_key === edge.from_key && one.to_key === edge.to_key)) edges.push(edge);
    }
    const side = (other: "from_key" | "to_key", own: "from_key" | "to_key"): Side[] =>
      edges
        .filter((edge) => edge[own] === key && edge[other] !== key)
        .map((edge) => ({ row: rows.get(edge[other]) as NodeRow, edge }));
    return {
      focus: focus.row,
      gaps: key < 0 ? [] : await gapsAt(r, [focus.row], asOf),
      up: side("from_key", "to_key"),
      down: side("to_key", "from_key"),
    };
  });
}

const counted = 1000;

/** Finds nodes for the palette: whole ids first, then names and ids that begin with the text, then any that hold it. */
export async function searchGraph(ctx: Ctx, input: Input<typeof searchNodes>): Promise<Reply<typeof searchNodes>> {
  const text = input.q.trim();
  const each = input.each ?? 5;
  return ctx.db.read(async (r) => {
    const ref = parseNode(text);
    const whole = ref === undefined ? undefined : await findNode(r, input.project, ref);
    const same = await nodesWithId(r, input.project, text);
    const found = new Map<number, NodeRow>();
    for (const row of whole === undefined ? same : [whole, ...same]) found.set(row.key, row);
    const needle = ref !== undefined && whole === undefined && same.length === 0 ? ref.id : text;
    for (const row of await search(r, input.project, needle, counted)) found.set(row.key, row);
    const exact = whole ?? (same.length === 1 ? same[0] : undefined);
    const lower = text.toLowerCase();
    const shown = await asThen(r, [...found.values()], ctx.clock.now());
    const groups = [...Map.groupBy(shown, (row) => row.kind)].map(([kind, rows]) => {
      const ranked = rows
        .map((row) => ({ row, rank: rankOf(row, lower) }))
        .sort((a, b) => a.rank - b.rank || b.row.last_seen - a.row.last_seen);
      return {
        kind,
        best: ranked[0]?.rank ?? 3,
        total: rows.length,
        nodes: ranked.slice(0, each).map((one) => toNode(one.row)),
      };
    });
    groups.sort((a, b) => a.best - b.best || (a.kind < b.kind ? -1 : 1));
    return {
      ...(exact === undefined ? {} : { exact: { kind: exact.kind, id: exact.id } }),
      groups: groups.map(({ kind, total, nodes }) => ({ kind, total, nodes })),
    };
  });
}

/** 0 whole, 1 prefix, 2 inside. */
function rankOf(row: NodeRow, lower: string): number {
  const texts = [row.id.toLowerCase(), row.name.toLowerCase(), `${row.kind}:${row.id}`.toLowerCase()];
  if (texts.includes(lower)) return 0;
  return texts.some((text) => text.startsWith(lower)) ? 1 : 2;
}

export async function viewNodes(ctx: Ctx, input: Input<typeof listNodes>): Promise<Reply<typeof listNodes>> {
  const limit = input.limit ?? 100;
  const rows = await ctx.db.read((r) =>
    pageNodes(r, {
      project: input.project,
      kind: input.kind,
      team: input.team,
      asOf: input.asOf ?? ctx.clock.now(),
      after: input.cursor === undefined ? undefined : fromCursor(input.cursor),
      limit: limit + 1,
    }),
  );
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return {
    items: items.map(toNode),
    ...(rows.length > limit && last !== undefined ? { cursor: `${last.last_seen}.${last.key}` } : {}),
  };
}

function fromCursor(cursor: string): { lastSeen: number; key: number } {
  const match = /^(\d{1,16})\.(\d{1,16})$/.exec(cursor);
  if (match === null)
    throw baseErrors.INPUT_INVALID({ field: "input.cursor", problem: "it is not a cursor of this list" });
  return { lastSeen: Number(match[1]), key: Number(match[2]) };
}

export async function viewOverview(ctx: Ctx, input: Input<typeof overview>): Promise<Reply<typeof overview>> {
  const counts = await ctx.db.read((r) => countGraph(r, input.project, input.asOf ?? ctx.clock.now()));
  return {
    nodes: counts.kinds.reduce((sum, one) => sum + one.count, 0),
    edges: counts.flows.reduce((sum, one) => sum + one.count, 0),
    ...counts,
  };
}
