import type { coverage, LineageGap, listLoops } from "@paydown/api/lineage";
import type { Input, Reply } from "@paydown/api/operation";
import type { Ctx } from "#base/context.js";
import type { Reader } from "#base/db/db.js";
import { expectations, findLoops, type LoopEdge, toNode } from "../model.js";
import { allEdges, edgesAt, nodesByKey, nodesOfKinds } from "../store/graph.js";
import type { EdgeRow, NodeRow } from "../tables.js";
import { walk } from "./walk.js";

const mostEdges = 500_000;
const mostLoops = 200;

/** Ways on which a model's output comes back as input. */
export async function viewLoops(ctx: Ctx, input: Input<typeof listLoops>): Promise<Reply<typeof listLoops>> {
  return ctx.db.read(async (r) => {
    const asOf = input.asOf ?? ctx.clock.now();
    const edges = await allEdges(r, input.project, asOf, mostEdges);
    const keys = new Set(edges.flatMap((edge) => [edge.from_key, edge.to_key]));
    const nodes = new Map((await nodesByKey(r, [...keys], asOf)).map((row) => [row.key, row]));
    const { loops, truncated } = findLoops(nodes, edges.map(toLoopEdge), mostLoops);
    return {
      items: loops.map((loop) => ({
        kind: loop.kind,
        nodes: loop.way.map((key) => toNode(nodes.get(key) as NodeRow)),
        evidence: loop.evidence,
      })),
      truncated: truncated || edges.length === mostEdges,
    };
  });
}

function toLoopEdge(edge: EdgeRow): LoopEdge {
  return {
    from: edge.from_key,
    to: edge.to_key,
    relation: edge.relation,
    evidence: edge.evidence,
    firstSeen: edge.first_seen,
    lastSeen: edge.last_seen,
  };
}

/** Kinds that the way of a live model must lead through, with what makes a missing one known. */
const required = [
  { kind: "run", remedy: expectations["model-version"]?.remedy ?? "" },
  { kind: "dataset-version", remedy: expectations.run?.remedy ?? "" },
  { kind: "source", remedy: expectations.dataset?.remedy ?? "" },
] as const;

/** For every model version that a deployment serves: is the way from source to endpoint known. */
export async function viewCoverage(ctx: Ctx, input: Input<typeof coverage>): Promise<Reply<typeof coverage>> {
  const asOf = input.asOf ?? ctx.clock.now();
  return ctx.db.read(async (r) => {
    const live = await liveModels(r, input.project, asOf);
    const items = [];
    for (const { model, deployments } of live) items.push(await wayOf(r, model, deployments, asOf));
    items.sort((a, b) => b.gaps.length - a.gaps.length || (a.model.id < b.model.id ? -1 : 1));
    return { live: items.length, complete: items.filter((one) => one.gaps.length === 0).length, items };
  });
}

async function liveModels(
  r: Reader,
  project: string,
  asOf: number,
): Promise<{ model: NodeRow; deployments: string[] }[]> {
  const deployments = await nodesOfKinds(r, project, ["deployment"], asOf);
  const names = new Map(deployments.map((row) => [row.key, row.id]));
  const edges = await edgesAt(r, [...names.keys()], "up", asOf);
  const serving = Map.groupBy(
    edges.filter((edge) => edge.relation === "serves"),
    (edge) => edge.from_key,
  );
  const models = await nodesByKey(r, [...serving.keys()], asOf);
  return models.map((model) => ({
    model,
    deployments: (serving.get(model.key) ?? []).map((edge) => names.get(edge.to_key) ?? "").sort(),
  }));
}

async function wayOf(r: Reader, model: NodeRow, deployments: readonly string[], asOf: number) {
  const up = await walk(r, [model], "up", { depth: 25, limit: 2000, asOf });
  const known = new Set([...up.nodes.values()].filter((row) => !isWeak(row)).map((row) => row.kind));
  const gaps = required
    .filter(({ kind }) => !known.has(kind))
    .map(
      ({ kind, remedy }): LineageGap => ({
        at: { kind: model.kind, id: model.id },
        missing: kind,
        side: "upstream",
        remedy,
      }),
    );
  return { model: toNode(model), deployments: [...deployments], known: [...known].sort(), gaps };
}

/** A dataset named without its content: nobody can say which rows it had. */
function isWeak(row: NodeRow): boolean {
  return row.kind === "dataset-version" && (JSON.parse(row.facts) as { strength?: unknown }).strength === "none";
}
