import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { countCrossings, type LayoutEdge, type LayoutNode, layoutGraph } from "./layout.js";

const node = (id: string): LayoutNode => ({ id, width: 120, height: 28 });

/** A seeded lineage-like graph: layers, each node fed by one or two of the layer before. */
function lineage(layers: number, wide: number): { nodes: LayoutNode[]; edges: LayoutEdge[] } {
  let seed = 42;
  const random = () => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed / 2147483648;
  };
  const nodes: LayoutNode[] = [];
  const edges: LayoutEdge[] = [];
  for (let layer = 0; layer < layers; layer += 1) {
    for (let at = 0; at < wide; at += 1) {
      nodes.push(node(`${layer}-${at}`));
      if (layer === 0) continue;
      edges.push({ from: `${layer - 1}-${Math.floor(random() * wide)}`, to: `${layer}-${at}` });
      if (random() < 0.3) edges.push({ from: `${layer - 1}-${Math.floor(random() * wide)}`, to: `${layer}-${at}` });
    }
  }
  return { nodes, edges };
}

const graph = fc.integer({ min: 1, max: 18 }).chain((size) =>
  fc.record({
    nodes: fc.constant(Array.from({ length: size }, (_, at) => node(`n${at}`))),
    edges: fc.array(
      fc
        .record({ from: fc.integer({ min: 0, max: size - 1 }), to: fc.integer({ min: 0, max: size - 1 }) })
        .map(({ from, to }) => ({ from: `n${from}`, to: `n${to}` })),
      { maxLength: 40 },
    ),
  }),
);

describe("the lineage drawing", () => {
  test("data flows from left to right", () => {
    const { nodes } = layoutGraph(
      [node("run"), node("source"), node("data")],
      [
        { from: "source", to: "data" },
        { from: "data", to: "run" },
      ],
    );
    const x = Object.fromEntries(nodes.map((one) => [one.id, one.x]));
    expect(x.source).toBeLessThan(x.data ?? 0);
    expect(x.data).toBeLessThan(x.run ?? 0);
  });

  test("no two nodes overlap, also with cycles and self-loops", () => {
    fc.assert(
      fc.property(graph, ({ nodes, edges }) => {
        const placed = layoutGraph(nodes, edges).nodes;
        expect(placed).toHaveLength(nodes.length);
        for (const [at, one] of placed.entries()) {
          expect(one.y).toBeGreaterThanOrEqual(-1e-6);
          for (const other of placed.slice(at + 1))
            if (one.layer === other.layer) expect(Math.abs(one.y - other.y)).toBeGreaterThanOrEqual(28);
        }
      }),
    );
  });

  test("the same graph is drawn the same way twice", () => {
    fc.assert(
      fc.property(graph, ({ nodes, edges }) => {
        expect(layoutGraph(nodes, edges)).toEqual(layoutGraph(nodes, edges));
      }),
    );
  });

  test("a source stands next to what it feeds", () => {
    const { nodes } = layoutGraph(["a", "b", "c", "late"].map(node), [
      { from: "a", to: "b" },
      { from: "b", to: "c" },
      { from: "late", to: "c" },
    ]);
    expect(nodes.find((one) => one.id === "late")?.layer).toBe(1);
  });

  test("sweeps take away most crossings of the input order", () => {
    const { nodes, edges } = lineage(7, 28);
    const drawn = layoutGraph(nodes, edges);
    const unsorted = { ...drawn, nodes: drawn.nodes.map((one) => ({ ...one, y: Number(one.id.split("-")[1]) })) };
    expect(countCrossings(drawn, edges)).toBeLessThan(countCrossings(unsorted, edges) * 0.5);
  });

  test("adding a neighbour keeps the order of the others", () => {
    const edges = ["a", "b", "c"].map((to) => ({ from: "hub", to }));
    const first = layoutGraph(["hub", "a", "b", "c"].map(node), edges);
    const before = new Map(first.nodes.map((one) => [one.id, one.y]));
    const second = layoutGraph(["hub", "c", "b", "a", "new"].map(node), [...edges, { from: "hub", to: "new" }], {
      before,
    });
    const order = second.nodes
      .filter((one) => one.layer === 1)
      .toSorted((a, b) => a.y - b.y)
      .map((one) => one.id);
    expect(order).toEqual(["a", "b", "c", "new"]);
  });

  test("5,000 nodes are placed in well under a second", () => {
    const { nodes, edges } = lineage(7, 714);
    const start = performance.now();
    layoutGraph(nodes, edges);
    expect(performance.now() - start).toBeLessThan(3000);
  });
});
