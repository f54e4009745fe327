import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Downstream, reachOf } from "./reach.js";

const node = (i: number) => ({
  kind: i % 3 === 0 ? "model-version" : i % 3 === 1 ? "deployment" : "consumer",
  id: `n${i}/1`,
});
const anyEdge = fc.record({
  from: fc.integer({ min: 0, max: 9 }),
  to: fc.integer({ min: 0, max: 9 }),
  containment: fc.constantFrom(0, 0.5, 0.9, 1),
});

function graph(edges: readonly { from: number; to: number; containment: number }[]): Downstream {
  return {
    nodes: Array.from({ length: 10 }, (_, i) => ({ node: node(i), weight: 1 + (i % 4), team: `team ${i % 2}` })),
    edges: edges.map((edge) => ({ ...edge, from: node(edge.from), to: node(edge.to) })),
  };
}

describe("blast radius", () => {
  test("adding an edge, and with it a path, never lowers it", () => {
    fc.assert(
      fc.property(fc.array(anyEdge, { maxLength: 30 }), anyEdge, (edges, more) => {
        const before = reachOf(node(0), graph(edges));
        const after = reachOf(node(0), graph([...edges, more]));
        expect(after.score).toBeGreaterThanOrEqual(before.score);
        expect(after.nodes).toBeGreaterThanOrEqual(before.nodes);
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  test("a node counts once however many paths lead to it, and by the likeliest of them", () => {
    const two = [
      { from: 0, to: 1, containment: 0.9 },
      { from: 0, to: 2, containment: 0.5 },
      { from: 2, to: 1, containment: 0 },
    ];
    // Node 2 weighs 3 and is reached at 0.5; node 1 weighs 2 and is reached at 0.5 by way of node 2, not at 0.1.
    expect(reachOf(node(0), graph(two))).toMatchObject({ score: 2.5, nodes: 2, endpoints: 1, consumers: 1, teams: 2 });
  });

  test("more containment never raises it, and a cycle ends", () => {
    const open = reachOf(
      node(0),
      graph([
        { from: 0, to: 1, containment: 0 },
        { from: 1, to: 0, containment: 0 },
      ]),
    );
    const contained = reachOf(node(0), graph([{ from: 0, to: 1, containment: 0.9 }]));
    expect(open.score).toBe(2);
    expect(contained.score).toBeCloseTo(0.2, 9);
    expect(reachOf(node(0), graph([{ from: 0, to: 1, containment: 1 }])).nodes).toBe(0);
  });
});
