import type { LineageEdge, LineageNode } from "@paydown/api/lineage";
import { expect, test } from "vitest";
import { toDrawn } from "./graph-of.js";

const node = (kind: string, id: string): LineageNode => ({
  kind,
  id,
  name: id,
  firstSeen: 0,
  lastSeen: 0,
  door: "http",
  facts: {},
});
const edge = (from: LineageNode, to: LineageNode): LineageEdge => ({
  from,
  to,
  relation: "feeds",
  evidence: "observed",
  firstSeen: 0,
  lastSeen: 0,
  door: "http",
  count: 1,
});

const data = node("dataset-version", "raw@1");
const runs = Array.from({ length: 12 }, (_, at) => node("run", `r${at}`));
const graph = { nodes: [data, ...runs], edges: runs.map((run) => edge(data, run)), gaps: [] };

test("a fan-out over eight folds into one counted node", () => {
  const drawn = toDrawn(graph, "dataset-version:raw@1", new Set());
  expect(drawn.nodes.map((one) => one.name)).toEqual(["raw@1", "12 together"]);
  expect(drawn.edges).toHaveLength(1);
  expect(drawn.edges[0]?.count).toBe(12);
  expect([...drawn.folds.values()][0]).toHaveLength(12);
});

test("an opened fan-out is drawn whole", () => {
  const drawn = toDrawn(graph, "dataset-version:raw@1", new Set(["fold dataset-version:raw@1 down run"]));
  expect(drawn.nodes).toHaveLength(13);
});

test("what nobody has reported is drawn, hatched", () => {
  const drawn = toDrawn(
    { ...graph, gaps: [{ at: data, missing: "source", side: "upstream", remedy: "declare it" }] },
    "dataset-version:raw@1",
    new Set(),
  );
  const unknown = drawn.nodes.find((one) => one.unknown === true);
  expect(unknown?.kind).toBe("source");
  expect(drawn.edges.some((one) => one.from === unknown?.id && one.to === "dataset-version:raw@1")).toBe(true);
});
