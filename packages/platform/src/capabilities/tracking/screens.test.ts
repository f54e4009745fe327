import * as api from "@paydown/api/tracking";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openStage, type Stage } from "#base/testing/stage.js";
import { createExperiment, createRun, deleteRun, logBatch, storeArtifact, tracking } from "./index.js";
import { nameClass } from "./model/column-rank.js";

const project = "default";
let stage: Stage;
let experimentId: string;
const ids: string[] = [];

beforeAll(async () => {
  stage = await openStage([tracking]);
  const experiment = await createExperiment(stage.ctx, { project, name: "screens" });
  experimentId = String(experiment.id);
  for (let i = 0; i < 40; i++) {
    const run = await createRun(stage.ctx, { project, experimentId: experiment.id, startTime: 1000 + i });
    ids.push(run.run_id);
    const auc = i === 0 ? Number.NaN : i === 1 ? Number.POSITIVE_INFINITY : i / 40;
    await logBatch(stage.ctx, project, run.run_id, {
      metrics: [
        ...["importance.age", "importance.sex", "steps", "val_auc", "loss"].map((key) => ({ key, value: auc })),
        { key: "val_same", value: 1 },
      ].map((one) => ({ ...one, step: 0, timestamp: 1 })),
      params: [{ key: "model", value: i % 2 === 0 ? "xgb" : "gbm" }],
      tags: [],
    });
  }
  await deleteRun(stage.ctx, project, ids[39] as string);
});
afterAll(() => stage.close());

describe("the columns a run table opens with", () => {
  test("held-out quality comes first, families such as importance.* stay folded, equal scores after those that differ", async () => {
    const { columns } = await stage.call(api.searchRuns, { project, experimentIds: [experimentId] });
    expect(columns?.shown).toEqual([
      "metrics.val_auc",
      "metrics.loss",
      "metrics.steps",
      "metrics.val_same",
      "params.model",
    ]);
  });

  test("names are judged by their words", () => {
    expect(["val/auc", "testLoss", "auc", "map.5", "epoch", "system/cpu", "val.auc"].map(nameClass)).toEqual([
      0, 2, 1, 1, 2, 4, 0,
    ]);
  });
});

describe("histograms of a metric", () => {
  test("count every matching run once: in a bin, as NaN or as infinite; deleted ones nowhere", async () => {
    const found = await stage.call(api.getRunHistogram, {
      project,
      experimentIds: [experimentId],
      key: "val_auc",
      bins: 4,
    });
    expect(found).toEqual({
      key: "val_auc",
      low: 2 / 40,
      high: 38 / 40,
      counts: [9, 9, 9, 10],
      nan: 1,
      infinite: 1,
    });
  });

  test("of an experiment without deleted runs are the same, read from the metric's index alone", async () => {
    const { id } = await createExperiment(stage.ctx, { project, name: "whole" });
    for (const value of [1, 2, 3, 4, Number.NaN]) {
      const run = await createRun(stage.ctx, { project, experimentId: id, startTime: 1 });
      const metrics = [{ key: "m", value, step: 0, timestamp: 1 }];
      await logBatch(stage.ctx, project, run.run_id, { metrics, params: [], tags: [] });
    }
    const asked = { project, experimentIds: [String(id)], key: "m", bins: 3 };
    const whole = await stage.call(api.getRunHistogram, asked);
    expect(whole).toEqual({ key: "m", low: 1, high: 4, counts: [1, 1, 2], nan: 1, infinite: 0 });
    expect(await stage.call(api.getRunHistogram, { ...asked, filter: "attributes.start_time > 0" })).toEqual(whole);
  });

  test("follow the filter; one value is one bin; an unknown metric has none", async () => {
    const asked = { project, experimentIds: [experimentId] };
    const even = await stage.call(api.getRunHistogram, { ...asked, key: "val_auc", filter: "params.model = 'xgb'" });
    expect(even.counts.reduce((sum, n) => sum + n, 0)).toBe(19);
    expect((await stage.call(api.getRunHistogram, { ...asked, key: "val_same" })).counts).toEqual([39]);
    expect((await stage.call(api.getRunHistogram, { ...asked, key: "nope" })).counts).toEqual([]);
  });
});

describe("values for plots", () => {
  test("stand in the order of the runs, NaN and missing apart, with the exact total", async () => {
    const found = await stage.call(api.plotRuns, {
      project,
      experimentIds: [experimentId],
      columns: ["metrics.val_auc", "params.model", "metrics.nope"],
      filter: "attributes.start_time < 1003",
    });
    expect(found.runIds).toEqual([ids[2], ids[1], ids[0]]);
    expect(found.startedAt).toEqual([1002, 1001, 1000]);
    expect(found.values).toEqual([
      [2 / 40, Number.MAX_VALUE, "NaN"],
      ["xgb", "gbm", "xgb"],
      [null, null, null],
    ]);
    expect(found.total).toBe(3);
  });

  test("a limit cuts the oldest and says how many there are; what is no column is refused", async () => {
    const cut = await stage.call(api.plotRuns, {
      project,
      experimentIds: [experimentId],
      columns: ["metrics.val_auc"],
      limit: 2,
    });
    expect([cut.runIds.length, cut.total]).toEqual([2, 39]);
    await expect(stage.call(api.plotRuns, { project, columns: ["auc"] })).rejects.toMatchObject({
      code: "TRACKING_COLUMN_INVALID",
    });
  });
});

describe("saved views", () => {
  test("a view of the same name is replaced, one is the default, and none after it was taken back", async () => {
    const first = await stage.call(api.saveView, { project, name: "Best", state: { sort: "-metrics.val_auc" } });
    const again = await stage.call(api.saveView, { project, name: " Best ", state: { q: "metrics.val_auc > 0.5" } });
    expect(again).toMatchObject({ viewId: first.viewId, state: { q: "metrics.val_auc > 0.5" } });
    const other = await stage.call(api.saveView, { project, name: "Other", state: {} });
    await stage.call(api.setDefaultView, { project, viewId: first.viewId });
    await stage.call(api.setDefaultView, { project, viewId: other.viewId });
    const { items } = await stage.call(api.listViews, { project });
    expect(items.map((view) => [view.name, view.isDefault])).toEqual([
      ["Best", false],
      ["Other", true],
    ]);
    await stage.call(api.setDefaultView, { project, viewId: first.viewId, on: false });
    expect((await stage.call(api.listViews, { project })).items[1]?.isDefault).toBe(true);
    await stage.call(api.setDefaultView, { project, viewId: other.viewId, on: false });
    expect((await stage.call(api.listViews, { project })).items.some((view) => view.isDefault)).toBe(false);
    expect(await stage.call(api.deleteView, { project, viewId: first.viewId })).toEqual({
      viewId: first.viewId,
      name: "Best",
    });
    await expect(stage.call(api.deleteView, { project, viewId: first.viewId })).rejects.toMatchObject({
      code: "TRACKING_VIEW_NOT_FOUND",
    });
  });

  test("the same runs get the same short id, in any order", async () => {
    const a = await stage.call(api.saveSelection, { project, runIds: ids.slice(0, 30) });
    const b = await stage.call(api.saveSelection, { project, runIds: ids.slice(0, 30).toReversed() });
    expect(b).toEqual(a);
    const found = await stage.call(api.getSelection, { project, selectionId: a.selectionId });
    expect(found.runIds).toEqual(ids.slice(0, 30).toSorted());
    await expect(stage.call(api.getSelection, { project, selectionId: "0".repeat(12) })).rejects.toMatchObject({
      code: "TRACKING_SELECTION_NOT_FOUND",
    });
  });
});

/** Protobuf by hand: field number, then text, bytes or a number. */
function field(number: number, value: number | string | Uint8Array): Uint8Array {
  if (typeof value === "number") return Uint8Array.from([...varint(number * 8), ...varint(value)]);
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
  return Uint8Array.from([...varint(number * 8 + 2), ...varint(bytes.length), ...bytes]);
}
function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(Math.floor(value / 128))];
}
const join = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));
const end = (name: string, type: number, ...shape: (number | string)[]) => {
  const dims = shape.map((one) => field(1, typeof one === "number" ? field(1, one) : field(2, one)));
  return join(field(1, name), field(2, field(1, join(field(1, type), field(2, join(...dims))))));
};

describe("an ONNX artifact", () => {
  const weights = join(field(1, 300), field(1, 200), field(2, 1), field(8, "w"), field(9, new Uint8Array(240_000)));
  const node = (operator: string, domain?: string) =>
    field(1, join(field(4, operator), ...(domain === undefined ? [] : [field(7, domain)])));
  const graph = join(
    node("MatMul"),
    node("Relu"),
    node("Relu"),
    node("Odd", "my.domain"),
    field(5, weights),
    field(11, end("x", 1, "batch", 300)),
    field(11, end("w", 1, 300, 200)),
    field(12, end("y", 1, "batch", 200)),
  );
  const model = join(field(1, 9), field(2, "pytorch"), field(3, "2.4"), field(7, graph), field(8, field(2, 17)));

  async function store(path: string, content: Uint8Array) {
    const run = await stage.call(api.getRun, { project, runId: ids[5] as string });
    await storeArtifact(stage.ctx, project, `${run.artifactUri.replace("mlflow-artifacts:/", "")}/${path}`, content, {
      limit: 1e7,
    });
  }

  test("tells inputs, outputs, operators, operator sets and parameters without its constants being read", async () => {
    await store("m/model.onnx", model);
    const found = await stage.call(api.describeOnnx, { project, runId: ids[5] as string, path: "m/model.onnx" });
    expect(found).toEqual({
      irVersion: 9,
      producer: "pytorch 2.4",
      opsets: { "ai.onnx": 17 },
      inputs: [{ name: "x", type: "float32", shape: ["batch", "300"] }],
      outputs: [{ name: "y", type: "float32", shape: ["batch", "200"] }],
      nodes: 4,
      operators: [
        { name: "Relu", count: 2 },
        { name: "MatMul", count: 1 },
        { name: "my.domain.Odd", count: 1 },
      ],
      parameters: 60_000,
      constants: 1,
      external: 0,
      metadata: {},
    });
  });

  test("that is cut, or something else, is refused with what is wrong", async () => {
    await store("m/cut.onnx", model.subarray(0, 1000));
    await store("m/text.onnx", new TextEncoder().encode("not a model at all"));
    for (const path of ["m/cut.onnx", "m/text.onnx"]) {
      await expect(stage.call(api.describeOnnx, { project, runId: ids[5] as string, path })).rejects.toMatchObject({
        code: "TRACKING_ONNX_UNREADABLE",
      });
    }
  });
});
