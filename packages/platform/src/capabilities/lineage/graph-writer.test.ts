import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { onBothDatabases } from "#base/testing/databases.js";
import { openStage, type Stage } from "#base/testing/stage.js";
import { lineage } from "./index.js";
import { createGraphWriter, type GraphWriter } from "./store/graph-writer.js";

/** One thing that is seen: a node, or an edge between two. */
const sighting = fc.record({
  id: fc.constantFrom("a", "b", "Größe 🚀"),
  to: fc.option(fc.constantFrom("a", "b", "c"), { nil: undefined }),
  at: fc.integer({ min: 1, max: 6 }),
  name: fc.option(fc.constantFrom("first", "Second"), { nil: undefined }),
  team: fc.option(fc.constantFrom("data", "risk"), { nil: undefined }),
  facts: fc.dictionary(fc.constantFrom("rows", "verdict"), fc.constantFrom(1, "x", null), { noNullPrototype: true }),
  evidence: fc.constantFrom("observed" as const, "declared" as const, "static" as const),
});
type Sighting = typeof sighting extends fc.Arbitrary<infer S> ? S : never;

function note(writer: GraphWriter, project: string, { id, to, at, name, team, facts, evidence }: Sighting): void {
  const seen = { project, at, door: `door ${at}` };
  if (to === undefined) writer.node(seen, { kind: "run", id }, { name, team, facts });
  else writer.edge(seen, { from: { kind: "run", id }, to: { kind: "model", id: to }, relation: "made", evidence });
}

const everything = {
  nodes: `select kind, id, name, team, first_seen, last_seen, door, facts, search from lineage_nodes
          where project = ? order by kind, id`,
  states: `select n.kind, n.id, s.until, s.name, s.facts from lineage_node_states s join lineage_nodes n on n.key = s.node_key
           where n.project = ? order by n.kind, n.id, s.until`,
  edges: `select a.id as source, b.id as target, e.relation, e.evidence, e.first_seen, e.last_seen, e.ended, e.door, e.count
          from lineage_edges e join lineage_nodes a on a.key = e.from_key join lineage_nodes b on b.key = e.to_key
          where e.project = ? order by a.id, b.id`,
};

onBothDatabases("what is seen of the graph", (fresh) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage([lineage({ findPrediction: () => Promise.resolve(undefined) })], fresh());
  });
  afterAll(() => stage?.close());

  const graphOf = (project: string) =>
    stage.base.db.read((r) =>
      Promise.all(Object.values(everything).map((sql) => r.all({ sql, parameters: [project] }))),
    );

  test("is the same graph whether written one by one, all together, or in pieces", async () => {
    let n = 0;
    const given = fc.array(fc.array(sighting, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(given, async (pieces) => {
        const [one, some, all] = [`one ${n}`, `some ${n}`, `all ${n++}`];
        const { db } = stage.base;
        for (const each of pieces.flat()) {
          await db.write(async (tx) => {
            const writer = createGraphWriter(tx);
            note(writer, one, each);
            await writer.write();
          });
        }
        for (const piece of pieces) {
          await db.write(async (tx) => {
            const writer = createGraphWriter(tx);
            for (const each of piece) note(writer, some, each);
            await writer.write();
          });
        }
        await db.write(async (tx) => {
          const writer = createGraphWriter(tx);
          for (const each of pieces.flat()) note(writer, all, each);
          await writer.write();
        });
        const expected = await graphOf(one);
        expect(await graphOf(some)).toEqual(expected);
        expect(await graphOf(all)).toEqual(expected);
      }),
      { numRuns: 60, seed: 7 },
    );
  });

  test("by many at once loses no sighting, whoever makes a node first", async () => {
    const project = "at once";
    const ids = Array.from({ length: 9 }, (_, i) => `n${i}`);
    await Promise.all(
      Array.from({ length: 8 }, (_, door) =>
        stage.base.db.write(async (tx) => {
          const writer = createGraphWriter(tx);
          const seen = { project, at: 10 + door, door: `${door}` };
          for (const id of ids) writer.node(seen, { kind: "run", id }, { facts: { [`by${door}`]: true } });
          for (const id of ids) {
            writer.edge(seen, {
              from: { kind: "run", id },
              to: { kind: "run", id: "hub" },
              relation: "r",
              evidence: "observed",
            });
          }
          await writer.write();
        }),
      ),
    );
    const [nodes, , edges] = (await graphOf(project)) as [
      { id: string; facts: string }[],
      unknown,
      { count: number }[],
    ];
    expect(nodes).toHaveLength(10);
    for (const { id, facts } of nodes) if (id !== "hub") expect(Object.keys(JSON.parse(facts))).toHaveLength(8);
    expect(edges.map((edge) => edge.count)).toEqual(ids.map(() => 8));
  });
});
