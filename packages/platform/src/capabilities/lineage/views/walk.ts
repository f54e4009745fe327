import type { LineageEdge, LineageGap } from "@paydown/api/lineage";
import type { Reader } from "#base/db/db.js";
import { gapsOf, type Step, toEdge } from "../model.js";
import { edgesAt, nodesByKey } from "../store/graph.js";
import type { EdgeRow, NodeRow } from "../tables.js";

export interface WalkBounds {
  /** Most hops from the origins. */
  readonly depth: number;
  /** Most nodes, origins included. */
  readonly limit: number;
  readonly asOf: number;
}

export interface Walk {
  /** Fewest hops to each node reached, nearest first; origins have 0. */
  readonly hops: ReadonlyMap<number, number>;
  readonly nodes: ReadonlyMap<number, NodeRow>;
  /** Edges between the nodes reached. */
  readonly edges: readonly EdgeRow[];
  /** Why something reachable is missing; undefined when nothing is. */
  readonly cut: "depth" | "limit" | undefined;
}

/**
 * Breadth first along the edges, level by level: each node and edge is read once, whatever cycles there are. One level
 * more than asked for is looked at, to know whether something was cut off and to get the edges inside the last level.
 */
export async function walk(
  r: Reader,
  origins: readonly NodeRow[],
  direction: "up" | "down",
  bounds: WalkBounds,
): Promise<Walk> {
  const hops = new Map<number, number>(origins.map((row) => [row.key, 0]));
  const seen: EdgeRow[] = [];
  let cut: Walk["cut"];
  let frontier = [...hops.keys()];
  for (let level = 1; frontier.length > 0; level++) {
    const edges = await edgesAt(r, frontier, direction, bounds.asOf);
    seen.push(...edges);
    const next: number[] = [];
    for (const edge of edges) {
      const key = direction === "down" ? edge.to_key : edge.from_key;
      if (hops.has(key)) continue;
      if (level > bounds.depth || hops.size >= bounds.limit) {
        cut ??= level > bounds.depth ? "depth" : "limit";
        continue;
      }
      hops.set(key, level);
      next.push(key);
    }
    frontier = next;
  }
  const rows = await nodesByKey(r, [...hops.keys()], bounds.asOf);
  const nodes = new Map(rows.map((row) => [row.key, row]));
  return { hops, nodes, edges: seen.filter((edge) => hops.has(edge.from_key) && hops.has(edge.to_key)), cut };
}

/** The walk's edges in the direction it went. */
export function toSteps(edges: readonly EdgeRow[], direction: "up" | "down"): Step[] {
  return edges.map((edge) => ({
    from: direction === "down" ? edge.from_key : edge.to_key,
    to: direction === "down" ? edge.to_key : edge.from_key,
    evidence: edge.evidence,
    firstSeen: edge.first_seen,
    lastSeen: edge.last_seen,
  }));
}

export function toEdges(edges: readonly EdgeRow[], nodes: ReadonlyMap<number, NodeRow>): LineageEdge[] {
  return edges.map((edge) => toEdge(edge, nodes)).filter((edge) => edge !== undefined);
}

/** What is unknown about these nodes: a neighbour of theirs that must exist and was never reported. */
export async function gapsAt(r: Reader, nodes: readonly NodeRow[], asOf: number): Promise<LineageGap[]> {
  const edges = await edgesAt(
    r,
    nodes.map((row) => row.key),
    "up",
    asOf,
  );
  const feeders = new Map(nodes.map((row) => [row.key, row.kind]));
  const unknown = [...new Set(edges.map((edge) => edge.from_key))].filter((key) => !feeders.has(key));
  for (const row of await nodesByKey(r, unknown, asOf)) feeders.set(row.key, row.kind);
  const feeding = Map.groupBy(edges, (edge) => edge.to_key);
  return nodes.flatMap((row) =>
    gapsOf(row, new Set((feeding.get(row.key) ?? []).map((edge) => feeders.get(edge.from_key) ?? ""))),
  );
}
