import * as api from "@paydown/api/lineage";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openStage, type Stage } from "#base/testing/stage.js";
import { lineage } from "./index.js";
import { arrivalTimes, nodeName, parseNode, type Step, shortestWays, wayTo } from "./model.js";

/** Any directed graph over a few nodes, cycles and self-loops included. */
const graph = fc.integer({ min: 1, max: 9 }).chain((size) =>
  fc.record({
    size: fc.constant(size),
    edges: fc.uniqueArray(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), {
      maxLength: 24,
      selector: ([from, to]) => `${from} ${to}`,
    }),
  }),
);

/** Fewest hops from `start` by trying every way, level by level over sets. */
function bruteHops(size: number, edges: readonly (readonly [number, number])[], start: number): Map<number, number> {
  const hops = new Map([[start, 0]]);
  for (let round = 0; round < size; round++) {
    for (const [from, to] of edges) {
      const through = (hops.get(from) ?? Number.POSITIVE_INFINITY) + 1;
      if (through < (hops.get(to) ?? Number.POSITIVE_INFINITY)) hops.set(to, through);
    }
  }
  return hops;
}

describe("a walk over any graph", () => {
  let stage: Stage;
  let n = 0;
  beforeAll(async () => {
    stage = await openStage([lineage({ findPrediction: async () => undefined })]);
  });
  afterAll(() => stage.close());

  test("reaches exactly what can be reached, by the fewest hops, and ends in spite of cycles", async () => {
    await fc.assert(
      fc.asyncProperty(graph, fc.integer({ min: 1, max: 10 }), async ({ size, edges }, depth) => {
        const project = `p${n++}`;
        const links = [...edges, [0, size] as const].map(([from, to]) => ({ from: `n:${from}`, to: `n:${to}` }));
        await stage.call(api.recordLinks, { project, links });
        const all = [...edges, [0, size] as [number, number]];
        const down = bruteHops(size + 1, all, 0);
        const reply = await stage.call(api.downstream, { project, node: "n:0", depth });
        const expected = [...down].filter(([, hops]) => hops <= depth);
        expect(new Map(reply.nodes.map((node) => [Number(node.id), node.hops]))).toEqual(new Map(expected));
        expect(reply.truncated).toBe(expected.length < down.size);
        const shown = new Set(reply.nodes.map((node) => Number(node.id)));
        const inside = all
          .filter(([from, to]) => shown.has(from) && shown.has(to))
          .map(([from, to]) => `${from} ${to}`);
        expect(new Set(reply.edges.map((edge) => `${edge.from.id} ${edge.to.id}`))).toEqual(new Set(inside));

        const turned = all.map(([from, to]) => [to, from] as const);
        const up = await stage.call(api.upstream, { project, node: `n:${size}`, depth: 100 });
        expect(new Map(up.nodes.map((node) => [Number(node.id), node.hops]))).toEqual(
          bruteHops(size + 1, turned, size),
        );
      }),
      { seed: 7, numRuns: 60 },
    );
  });

  test("impact of any node is what its downstream holds, each with a way that exists", async () => {
    await fc.assert(
      fc.asyncProperty(graph, async ({ size, edges }) => {
        const project = `p${n++}`;
        const all: (readonly [number, number])[] = [...edges, [0, size]];
        await stage.call(api.recordLinks, {
          project,
          links: all.map(([from, to]) => ({ from: `n:${from}`, to: `n:${to}` })),
        });
        const reply = await stage.call(api.impact, { project, node: "n:0" });
        const hops = bruteHops(size + 1, all, 0);
        hops.delete(0);
        expect(new Map(reply.reached.map((one) => [Number(one.node.id), one.hops]))).toEqual(hops);
        const exists = new Set(all.map(([from, to]) => `n:${from} n:${to}`));
        for (const { path, hops: far } of reply.reached) {
          expect(path).toHaveLength(far + 1);
          for (let i = 1; i < path.length; i++) expect(exists.has(`${path[i - 1]} ${path[i]}`)).toBe(true);
        }
      }),
      { seed: 11, numRuns: 40 },
    );
  });
});

describe("ways", () => {
  const steps = fc.array(
    fc.record({
      from: fc.nat(6),
      to: fc.nat(6),
      evidence: fc.constantFrom("observed", "declared", "static"),
      firstSeen: fc.nat(50),
      lastSeen: fc.integer({ min: 50, max: 100 }),
    }),
    { maxLength: 20 },
  ) as fc.Arbitrary<Step[]>;

  test("a shortest way is as long as its hops and begins at an origin", () => {
    fc.assert(
      fc.property(steps, (some) => {
        const ways = shortestWays([0], some);
        for (const [key, { hops }] of ways) {
          const way = wayTo(key, ways);
          expect(way).toHaveLength(hops + 1);
          expect(way[0]).toBe(0);
        }
      }),
      { seed: 3 },
    );
  });

  test("a later fault never arrives earlier, and never where an earlier one could not", () => {
    fc.assert(
      fc.property(steps, fc.nat(100), fc.nat(20), (some, since, more) => {
        const early = arrivalTimes([0], some, since);
        const late = arrivalTimes([0], some, since + more);
        for (const [key, { at }] of late) {
          expect(early.has(key)).toBe(true);
          expect(at).toBeGreaterThanOrEqual(early.get(key)?.at ?? Number.POSITIVE_INFINITY);
        }
      }),
      { seed: 5 },
    );
  });

  test("a node reads back as it was written, whatever its id holds", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z][a-z-]{0,20}$/), fc.string({ minLength: 1 }), (kind, id) => {
        expect(parseNode(nodeName({ kind, id }))).toEqual({ kind, id });
      }),
      { seed: 2 },
    );
  });
});
