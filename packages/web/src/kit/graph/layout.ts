/** Layered layout of a directed graph, left to right. Pure, seeded by its input alone, and stable: old positions start the sweeps. */

export interface LayoutNode {
  readonly id: string;
  /** Height in the drawing; the layer's width is that of its widest node. */
  readonly height: number;
  readonly width: number;
}

export interface LayoutEdge {
  readonly from: string;
  readonly to: string;
}

export interface Placed {
  readonly id: string;
  readonly x: number;
  readonly y: number;
  readonly layer: number;
}

export interface Layout {
  readonly nodes: readonly Placed[];
  readonly width: number;
  readonly height: number;
}

export interface LayoutOptions {
  readonly columnGap?: number;
  readonly rowGap?: number;
  /** Where nodes stood before, so that adding a hop moves little. */
  readonly before?: ReadonlyMap<string, number>;
}

const SWEEPS = 8;

export function layoutGraph(
  nodes: readonly LayoutNode[],
  edges: readonly LayoutEdge[],
  options: LayoutOptions = {},
): Layout {
  const { columnGap = 56, rowGap = 10, before } = options;
  const index = new Map(nodes.map((node, at) => [node.id, at]));
  const pairs = edges.flatMap((edge) => {
    const from = index.get(edge.from);
    const to = index.get(edge.to);
    return from === undefined || to === undefined || from === to ? [] : [[from, to] as const];
  });
  const layer = assignLayers(nodes.length, pairs);
  const up: number[][] = nodes.map(() => []);
  const down: number[][] = nodes.map(() => []);
  for (const [from, to] of pairs) {
    const [a, b] = (layer[from] ?? 0) <= (layer[to] ?? 0) ? [from, to] : [to, from];
    down[a]?.push(b);
    up[b]?.push(a);
  }
  const layers = orderLayers(nodes, layer, up, down, before);
  const y = placeRows(nodes, layers, up, down, rowGap);
  const out: Placed[] = [];
  let x = 0;
  for (const [at, members] of layers.entries()) {
    let widest = 0;
    for (const node of members) {
      widest = Math.max(widest, nodes[node]?.width ?? 0);
      out.push({ id: nodes[node]?.id ?? "", x, y: y[node] ?? 0, layer: at });
    }
    x += widest + columnGap;
  }
  const height = nodes.reduce((most, node, at) => Math.max(most, (y[at] ?? 0) + node.height), 0);
  return { nodes: out, width: Math.max(0, x - columnGap), height };
}

/** Longest path from a source; edges that close a cycle are taken as they come and do not count. */
function assignLayers(count: number, pairs: readonly (readonly [number, number])[]): number[] {
  const next: number[][] = Array.from({ length: count }, () => []);
  for (const [from, to] of pairs) next[from]?.push(to);
  const state = new Uint8Array(count);
  const order: number[] = [];
  const back = new Set<string>();
  for (let start = 0; start < count; start += 1) {
    if (state[start] !== 0) continue;
    const stack: [number, number][] = [[start, 0]];
    state[start] = 1;
    while (stack.length > 0) {
      const top = stack.at(-1);
      if (top === undefined) break;
      const [node, at] = top;
      const child = next[node]?.[at];
      if (child === undefined) {
        state[node] = 2;
        order.push(node);
        stack.pop();
        continue;
      }
      top[1] += 1;
      if (state[child] === 1) back.add(`${node} ${child}`);
      else if (state[child] === 0) {
        state[child] = 1;
        stack.push([child, 0]);
      }
    }
  }
  const layer = new Array<number>(count).fill(0);
  for (const node of order.toReversed()) {
    for (const child of next[node] ?? []) {
      if (!back.has(`${node} ${child}`)) layer[child] = Math.max(layer[child] ?? 0, (layer[node] ?? 0) + 1);
    }
  }
  pullSources(layer, next, back);
  return layer;
}

/** A node without inputs stands just before its nearest output, not in the first column far from it. */
function pullSources(layer: number[], next: readonly number[][], back: ReadonlySet<string>): void {
  const fed = new Set<number>();
  for (const [node, children] of next.entries())
    for (const child of children) if (!back.has(`${node} ${child}`)) fed.add(child);
  for (const [node, children] of next.entries()) {
    if (fed.has(node) || children.length === 0) continue;
    const nearest = Math.min(
      ...children.filter((child) => !back.has(`${node} ${child}`)).map((child) => layer[child] ?? 0),
    );
    if (Number.isFinite(nearest)) layer[node] = Math.max(0, nearest - 1);
  }
}

/** Barycentre sweeps, down and up in turn. Ties keep their order, so equal input gives equal output. */
function orderLayers(
  nodes: readonly LayoutNode[],
  layer: readonly number[],
  up: readonly number[][],
  down: readonly number[][],
  before: ReadonlyMap<string, number> | undefined,
): number[][] {
  const count = layer.reduce((most, at) => Math.max(most, at + 1), 0);
  const layers: number[][] = Array.from({ length: count }, () => []);
  for (const [node, at] of layer.entries()) layers[at]?.push(node);
  const position = new Float64Array(nodes.length);
  for (const members of layers) {
    members.sort(
      (a, b) =>
        (before?.get(nodes[a]?.id ?? "") ?? a * 1e-3 + 1e6) - (before?.get(nodes[b]?.id ?? "") ?? b * 1e-3 + 1e6),
    );
    for (const [at, node] of members.entries()) position[node] = at / Math.max(1, members.length - 1);
  }
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const downwards = sweep % 2 === 0;
    const sides = downwards ? up : down;
    for (const members of downwards ? layers : layers.toReversed()) {
      const centre = new Map(members.map((node) => [node, mean(sides[node] ?? [], position) ?? position[node] ?? 0]));
      members.sort(
        (a, b) => (centre.get(a) ?? 0) - (centre.get(b) ?? 0) || (position[a] ?? 0) - (position[b] ?? 0) || a - b,
      );
      for (const [at, node] of members.entries()) position[node] = at / Math.max(1, members.length - 1);
    }
  }
  return layers;
}

/** Greedy coordinates: each node near the middle of its neighbours, never over another; then all shifted to start at 0. */
function placeRows(
  nodes: readonly LayoutNode[],
  layers: readonly number[][],
  up: readonly number[][],
  down: readonly number[][],
  gap: number,
): number[] {
  const y = new Array<number>(nodes.length).fill(0);
  for (const members of layers) {
    let next = 0;
    for (const node of members) {
      y[node] = next;
      next += (nodes[node]?.height ?? 0) + gap;
    }
  }
  const centreOf = (node: number) => (y[node] ?? 0) + (nodes[node]?.height ?? 0) / 2;
  for (let pass = 0; pass < 6; pass += 1) {
    const sides = pass % 2 === 0 ? up : down;
    for (const members of pass % 2 === 0 ? layers : layers.toReversed()) {
      const wish = members.map((node) => {
        const near = sides[node] ?? [];
        if (near.length === 0) return y[node] ?? 0;
        return near.reduce((sum, one) => sum + centreOf(one), 0) / near.length - (nodes[node]?.height ?? 0) / 2;
      });
      settle(members, wish, nodes, y, gap);
    }
  }
  const least = y.reduce((low, value) => Math.min(low, value), Number.POSITIVE_INFINITY);
  return y.map((value) => value - least);
}

/** Nearest positions to the wishes that keep the order and the gaps: blocks that collide are merged at their mean. */
function settle(
  members: readonly number[],
  wish: readonly number[],
  nodes: readonly LayoutNode[],
  y: number[],
  gap: number,
): void {
  const blocks: { first: number; last: number; sum: number; at: number; length: number }[] = [];
  for (const [order, node] of members.entries()) {
    const height = (nodes[node]?.height ?? 0) + gap;
    blocks.push({ first: order, last: order, sum: wish[order] ?? 0, at: wish[order] ?? 0, length: height });
    for (
      let top = blocks.at(-1), below = blocks.at(-2);
      top !== undefined && below !== undefined && below.at + below.length > top.at;
      top = blocks.at(-1), below = blocks.at(-2)
    ) {
      const size = below.last - below.first + 1 + (top.last - top.first + 1);
      const sum = below.sum + top.sum - (top.last - top.first + 1) * below.length;
      blocks.splice(-2, 2, {
        first: below.first,
        last: top.last,
        sum,
        at: sum / size,
        length: below.length + top.length,
      });
    }
  }
  for (const block of blocks) {
    let at = block.at;
    for (let order = block.first; order <= block.last; order += 1) {
      const node = members[order] ?? 0;
      y[node] = at;
      at += (nodes[node]?.height ?? 0) + gap;
    }
  }
}

function mean(of: readonly number[], position: Float64Array): number | undefined {
  if (of.length === 0) return undefined;
  let sum = 0;
  for (const one of of) sum += position[one] ?? 0;
  return sum / of.length;
}

/** How many pairs of edges between neighbouring layers cross, for tests. */
export function countCrossings(layout: Layout, edges: readonly LayoutEdge[]): number {
  const place = new Map(layout.nodes.map((node) => [node.id, node]));
  const drawn = edges.flatMap((edge) => {
    const from = place.get(edge.from);
    const to = place.get(edge.to);
    return from === undefined || to === undefined || to.layer !== from.layer + 1
      ? []
      : [{ layer: from.layer, a: from.y, b: to.y }];
  });
  let crossings = 0;
  for (const [at, one] of drawn.entries()) {
    for (let next = at + 1; next < drawn.length; next += 1) {
      const other = drawn[next];
      if (other !== undefined && other.layer === one.layer && (one.a - other.a) * (one.b - other.b) < 0) crossings += 1;
    }
  }
  return crossings;
}
