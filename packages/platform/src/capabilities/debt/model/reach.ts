import type { Reach } from "@paydown/api/debt";
import type { NodeRef } from "@paydown/api/values";
import { nodeName } from "./fingerprint.js";

/** A downstream part of the lineage graph. */
export interface Downstream {
  readonly nodes: readonly {
    readonly node: NodeRef;
    /** What reaching it weighs; 1 when nobody said. */
    readonly weight: number;
    readonly team?: string | undefined;
  }[];
  readonly edges: readonly {
    readonly from: NodeRef;
    readonly to: NodeRef;
    /** How much of a fault the edge stops: 0.9 with contract, test and canary, 0.5 with contract or schema, 0 otherwise. */
    readonly containment: number;
  }[];
}

/**
 * Blast radius: every downstream node counts its weight times the product of (1 - containment) along its likeliest
 * path. Parallel paths are not summed, so adding a path or an edge never lowers it and never counts a node twice.
 */
export function reachOf(origin: NodeRef, downstream: Downstream): Reach {
  const next = new Map<string, { to: string; pass: number }[]>();
  for (const edge of downstream.edges) {
    const pass = 1 - Math.min(1, Math.max(0, edge.containment));
    const from = nodeName(edge.from);
    const edges = next.get(from);
    if (edges === undefined) next.set(from, [{ to: nodeName(edge.to), pass }]);
    else edges.push({ to: nodeName(edge.to), pass });
  }
  const likeliest = likeliestPaths(nodeName(origin), next);
  const known = new Map(downstream.nodes.map((one) => [nodeName(one.node), one]));
  const models = new Set<string>();
  const teams = new Set<string>();
  let score = 0;
  let nodes = 0;
  let endpoints = 0;
  let consumers = 0;
  for (const [name, pass] of likeliest) {
    const one = known.get(name);
    if (one === undefined || name === nodeName(origin) || pass === 0) continue;
    nodes++;
    score += one.weight * pass;
    if (one.team !== undefined) teams.add(one.team);
    if (one.node.kind === "model-version") models.add(one.node.id.replace(/\/[^/]*$/, ""));
    if (one.node.kind === "deployment") endpoints++;
    if (one.node.kind === "consumer") consumers++;
  }
  return { score: Number(score.toPrecision(4)), nodes, models: models.size, endpoints, consumers, teams: teams.size };
}

/** Dijkstra on the logarithm of the product, by a binary heap. */
function likeliestPaths(
  origin: string,
  next: ReadonlyMap<string, readonly { to: string; pass: number }[]>,
): Map<string, number> {
  const best = new Map<string, number>([[origin, 1]]);
  const done = new Set<string>();
  const heap: { name: string; pass: number }[] = [{ name: origin, pass: 1 }];
  while (heap.length > 0) {
    const { name, pass } = pop(heap);
    if (done.has(name)) continue;
    done.add(name);
    for (const edge of next.get(name) ?? []) {
      const through = pass * edge.pass;
      if (through <= (best.get(edge.to) ?? 0)) continue;
      best.set(edge.to, through);
      push(heap, { name: edge.to, pass: through });
    }
  }
  return best;
}

interface Entry {
  name: string;
  pass: number;
}

function push(heap: Entry[], entry: Entry): void {
  heap.push(entry);
  let at = heap.length - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if ((heap[parent] as Entry).pass >= (heap[at] as Entry).pass) break;
    [heap[parent], heap[at]] = [heap[at] as Entry, heap[parent] as Entry];
    at = parent;
  }
}

function pop(heap: Entry[]): Entry {
  const top = heap[0] as Entry;
  const last = heap.pop() as Entry;
  if (heap.length > 0) {
    heap[0] = last;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const right = left + 1;
      let largest = at;
      if (left < heap.length && (heap[left] as Entry).pass > (heap[largest] as Entry).pass) largest = left;
      if (right < heap.length && (heap[right] as Entry).pass > (heap[largest] as Entry).pass) largest = right;
      if (largest === at) break;
      [heap[at], heap[largest]] = [heap[largest] as Entry, heap[at] as Entry];
      at = largest;
    }
  }
  return top;
}
