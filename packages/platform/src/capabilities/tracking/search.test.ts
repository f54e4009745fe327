import * as api from "@paydown/api/tracking";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Comparison, Filter } from "#base/filter/filter.js";
import { printFilter } from "#base/testing/print-filter.js";
import { openStage, type Stage } from "#base/testing/stage.js";
import { createExperiment, createRun, deleteRun, logBatch, mlflowViews, tracking } from "./index.js";

/** A run as this test remembers it; searching it by plain loops is the reference for the compiled SQL. */
interface Remembered {
  readonly runId: string;
  readonly start: number;
  readonly metrics: Record<string, number>;
  readonly params: Record<string, string>;
  readonly tags: Record<string, string>;
}

let stage: Stage;
const project = "default";
const remembered: Remembered[] = [];
const words = ["a", "A", "ab", "a%b", "x_y", "[b]", "", "ü"];

beforeAll(async () => {
  stage = await openStage([tracking]);
  const experiments: number[] = [];
  for (const name of ["one", "two"]) experiments.push((await createExperiment(stage.ctx, { project, name })).id);
  const random = (n: number) => Number.parseInt(stage.base.ids.hex(4), 16) % n;
  for (let i = 0; i < 120; i++) {
    const start = 1000 + random(10);
    const run = await createRun(stage.ctx, { project, experimentId: experiments[i % 2] as number, startTime: start });
    const one: Remembered = { runId: run.run_id, start, metrics: {}, params: {}, tags: {} };
    for (const key of ["auc", "loss"]) {
      if (random(4) > 0) one.metrics[key] = random(12) === 0 ? Number.NaN : random(6) - 2;
    }
    for (const key of ["kind", "depth"]) if (random(4) > 0) one.params[key] = words[random(words.length)] as string;
    if (random(2) === 0) one.tags.team = words[random(words.length)] as string;
    await logBatch(stage.ctx, project, run.run_id, {
      metrics: Object.entries(one.metrics).map(([key, value]) => ({ key, value, step: 0, timestamp: 1 })),
      params: Object.entries(one.params).map(([key, value]) => ({ key, value })),
      tags: Object.entries(one.tags).map(([key, value]) => ({ key, value })),
    });
    if (i % 17 === 0) await deleteRun(stage.ctx, project, run.run_id);
    else remembered.push(one);
  }
});
afterAll(() => stage.close());

function likePattern(text: string, flags: string): RegExp {
  const body = text
    .replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
    .replaceAll("%", "[^]*")
    .replaceAll("_", "[^]");
  return new RegExp(`^${body}$`, `u${flags}`);
}

function matches(run: Remembered, filter: Filter): boolean {
  if (filter.kind === "and") return filter.parts.every((part) => matches(run, part));
  if (filter.kind === "or") return filter.parts.some((part) => matches(run, part));
  if (filter.kind === "not") return !matches(run, filter.part);
  return matchesOne(run, filter as Comparison);
}

function matchesOne(run: Remembered, one: Comparison): boolean {
  const { prefix, key } = one.of;
  const stored = prefix === "metrics" ? run.metrics[key] : prefix === "params" ? run.params[key] : run.tags[key];
  if (one.kind === "null") return (stored === undefined) !== one.negated;
  if (stored === undefined) return false;
  if (one.kind === "in") {
    return one.values.some((value) => value.kind === "text" && value.text === stored) !== one.negated;
  }
  if (typeof stored === "number") {
    const number = Number(one.value.kind === "number" ? one.value.spelling : Number.NaN);
    switch (one.with) {
      case "=":
        return stored === number;
      case "!=":
        return stored !== number;
      case "<":
        return stored < number;
      case "<=":
        return stored <= number;
      case ">":
        return stored > number;
      default:
        return stored >= number;
    }
  }
  const text = one.value.kind === "text" ? one.value.text : "";
  if (one.with === "=") return stored === text;
  if (one.with === "!=") return stored !== text;
  if (one.with === "LIKE") return likePattern(text, "").test(stored);
  return likePattern(text, "i").test(stored);
}

const text = fc.constantFrom(...words.filter((word) => word !== "ü"), "%", "a_", "A%", "%b%");
const of = (prefix: string, keys: string[]) =>
  fc.record({ prefix: fc.constant(prefix), key: fc.constantFrom(...keys, "none") });
const texts = fc.oneof(of("params", ["kind", "depth"]), of("tags", ["team"]));
const value = text.map((one) => ({ kind: "text" as const, text: one }));
const leaf: fc.Arbitrary<Filter> = fc.oneof(
  fc.record({
    kind: fc.constant("compare" as const),
    of: of("metrics", ["auc", "loss"]),
    with: fc.constantFrom("=", "!=", "<", "<=", ">", ">="),
    value: fc.integer({ min: -3, max: 4 }).map((n) => ({ kind: "number" as const, spelling: String(n) })),
  }),
  fc.record({
    kind: fc.constant("compare" as const),
    of: texts,
    with: fc.constantFrom("=", "!=", "LIKE", "ILIKE"),
    value,
  }),
  fc.record({
    kind: fc.constant("in" as const),
    of: texts,
    negated: fc.boolean(),
    values: fc.array(value, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({ kind: fc.constant("null" as const), of: texts, negated: fc.boolean() }),
);
const filter: fc.Arbitrary<Filter> = fc.letrec<{ node: Filter }>((tie) => ({
  node: fc.oneof(
    { depthSize: "small" },
    leaf,
    fc.record({ kind: fc.constantFrom("and", "or"), parts: fc.array(tie("node"), { minLength: 2, maxLength: 3 }) }),
    fc.record({ kind: fc.constant("not" as const), part: tie("node") }),
  ),
})).node;

const orders = [
  [],
  ["metrics.auc DESC"],
  ["metrics.auc"],
  ["params.kind", "metrics.loss DESC"],
  ["tags.team DESC"],
  ["start_time"],
  ["metrics.none"],
];

function ranked(run: Remembered, order: string): { rank: number; value: number | string; descending: boolean } {
  const [name = "", direction] = order.split(" ");
  const descending = direction === "DESC";
  if (name === "start_time") return { rank: 0, value: run.start, descending };
  const [prefix, key = ""] = name.split(".");
  const stored = prefix === "metrics" ? run.metrics[key] : prefix === "params" ? run.params[key] : run.tags[key];
  if (stored === undefined) return { rank: 2, value: 0, descending };
  if (Number.isNaN(stored)) return { rank: 1, value: 0, descending };
  return { rank: 0, value: stored, descending };
}

function bytesBefore(a: number | string, b: number | string): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
}

function inOrder(order: readonly string[]): (a: Remembered, b: Remembered) => number {
  return (a, b) => {
    for (const one of order) {
      const [x, y] = [ranked(a, one), ranked(b, one)];
      if (x.rank !== y.rank) return x.rank - y.rank;
      const by = bytesBefore(x.value, y.value);
      if (by !== 0) return x.descending ? -by : by;
    }
    if (!order.includes("start_time") && a.start !== b.start) return b.start - a.start;
    return a.runId < b.runId ? -1 : 1;
  };
}

describe("searching runs", () => {
  test("finds what plain loops find, in the same order, page by page, with the exact total", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.option(filter),
        fc.constantFrom(...orders),
        fc.integer({ min: 1, max: 60 }),
        async (tree, order, limit) => {
          const asked = { project, order, limit, ...(tree === null ? {} : { filter: printFilter(tree) }) };
          const expected = remembered
            .filter((run) => tree === null || matches(run, tree))
            .sort(inOrder(order))
            .map((run) => run.runId);
          const seen: string[] = [];
          let cursor: string | undefined;
          do {
            const page = await stage.call(api.searchRuns, { ...asked, ...(cursor === undefined ? {} : { cursor }) });
            expect(page.total).toBe(expected.length);
            seen.push(...page.items.map((item) => item.runId));
            cursor = page.cursor;
          } while (cursor !== undefined);
          expect(seen).toEqual(expected);
        },
      ),
      { numRuns: 150 },
    );
  });

  test("a page goes on where it stopped, whichever way the runs are read", async () => {
    // Few matches are fetched by their condition's index, many by walking the order: the place must mean the same.
    const { experimentId } = (await stage.call(api.createExperiment, { project, name: "growing" })) as {
      experimentId: string;
    };
    const add = async (n: number) => {
      for (let i = 0; i < n; i++) {
        const run = await createRun(stage.ctx, { project, experimentId: Number(experimentId), startTime: 1 });
        await logBatch(stage.ctx, project, run.run_id, {
          metrics: i % 5 === 0 ? [] : [{ key: "m", value: i % 7, step: 0, timestamp: 1 }],
          params: [{ key: "p", value: "x" }],
          tags: [],
        });
      }
    };
    await add(40);
    const asked = {
      project,
      experimentIds: [experimentId],
      filter: "params.p = 'x'",
      order: ["metrics.m DESC"],
      discover: false,
    };
    const first = await stage.call(api.searchRuns, { ...asked, limit: 35 });
    const before = await stage.call(api.searchRuns, { ...asked, limit: 1000 });
    const walked = await stage.call(api.searchRuns, {
      ...asked,
      filter: "params.p LIKE 'x'",
      limit: 1000,
      cursor: first.cursor ?? "",
    });
    expect([...first.items, ...walked.items].map((item) => item.runId)).toEqual(before.items.map((item) => item.runId));
  });

  test("columns say which vary, which are constant and which are rare", async () => {
    const { experimentId } = (await stage.call(api.createExperiment, { project, name: "columns" })) as {
      experimentId: string;
    };
    for (let i = 0; i < 40; i++) {
      const run = await createRun(stage.ctx, { project, experimentId: Number(experimentId), startTime: i });
      await logBatch(stage.ctx, project, run.run_id, {
        metrics: [{ key: "auc", value: i / 40, step: 0, timestamp: 1 }],
        params: [
          { key: "lr", value: String(i % 3) },
          { key: "model", value: "xgb" },
          ...(i === 7 ? [{ key: "odd", value: "1" }] : []),
        ],
        tags: [],
      });
    }
    const { columns, items } = await stage.call(api.searchRuns, { project, experimentIds: [experimentId] });
    expect(columns?.shown).toEqual(["metrics.auc", "params.lr"]);
    expect(columns?.params.map((column) => [column.key, column.shape, column.value])).toEqual([
      ["lr", "varying", undefined],
      ["model", "constant", "xgb"],
      ["odd", "rare", "1"],
    ]);
    expect(columns?.metrics[0]).toMatchObject({ runs: 40, min: 0, max: 39 / 40 });
    expect(items[0]).toMatchObject({ metrics: { auc: 39 / 40 }, params: { lr: "0" } });
    const found = await stage.call(api.listColumns, { project, text: "OD" });
    expect(found.items.map((column) => column.column)).toEqual(["params.model", "params.odd"]);
  });

  test("runs are found across more experiments than a statement takes values", async () => {
    const ids: number[] = [];
    for (let i = 0; i < 100; i++) {
      const experiment = await createExperiment(stage.ctx, { project, name: `one of many ${i}`, tags: [] });
      const run = await createRun(stage.ctx, { project, experimentId: experiment.id, startTime: 1_000_000 + i });
      const metrics = [{ key: "score", value: (i * 37) % 100, step: 0, timestamp: 1 }];
      await logBatch(stage.ctx, project, run.run_id, { metrics, params: [{ key: "p", value: String(i) }], tags: [] });
      ids.push(experiment.id);
    }
    const ask = async (filter: string, order: string[]) => {
      const search = { experimentIds: ids, filter, order, view: "ACTIVE_ONLY" as const, limit: 40 };
      const first = await mlflowViews.findRunPage(stage.ctx, project, { ...search, token: undefined });
      const { token } = first;
      const rest =
        token === undefined ? [] : (await mlflowViews.findRunPage(stage.ctx, project, { ...search, token })).items;
      return [...first.items, ...rest].map(({ metrics }) => metrics[0]?.value);
    };
    const values = ids.map((_id, i) => (i * 37) % 100);
    expect(await ask("", [])).toEqual(values.toReversed().slice(0, 80));
    expect(await ask("metrics.score > 49", ["metrics.score ASC"])).toEqual(
      Array.from({ length: 50 }, (_, i) => 50 + i),
    );
    expect(await ask("params.p = '3'", ["params.p DESC", "metrics.score ASC"])).toEqual([11]);
  });
});
