import { getDeployment, getPrediction, listPredictions, recordOutcomes, updateDeployment } from "@paydown/api/serving";
import { afterEach, describe, expect, test } from "vitest";
import { baseErrors } from "#base/errors.js";
import { type InferAnswer, iterateRows, type RowChunk } from "../index.js";
import { identityModel, message, sigmoidModel } from "../testing/onnx-model.js";
import { column, openServingStage, type ServingStage } from "../testing/stage.js";

let stage: ServingStage;
afterEach(() => stage.close());

const project = "default";

function ask(values: readonly number[], more: object = {}) {
  return stage.serving.endpoint.infer(stage.ctx, {
    project,
    deployment: "delay",
    consumer: "ops-board",
    inputs: [
      column("a", values),
      column(
        "b",
        values.map(() => 0),
      ),
    ],
    ...more,
  });
}

function floatsOf(answer: InferAnswer): Float32Array {
  return answer.outputs[0]?.data as Float32Array;
}

/** The same model in other bytes: an unknown field at its end. */
function onnxWith(model: Uint8Array): Uint8Array {
  return Buffer.concat([model, message([[6, "second"]])]);
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

describe("an endpoint", () => {
  test("answers what the model computes and logs it before it answers", async () => {
    stage = await openServingStage();
    await stage.deploy("delay", sigmoidModel());
    const answer = await ask([0, 1, 2]);
    const values = floatsOf(answer);
    expect(values[1]).toBeCloseTo(sigmoid(0), 6);
    expect(values[3]).toBeCloseTo(sigmoid(1), 6);
    expect(values[5]).toBeCloseTo(sigmoid(2), 6);
    const seen = await stage.call(getPrediction, { project, requestId: answer.requestId, row: 1 });
    expect(seen).toMatchObject({ inputs: { a: 1, b: 0 }, version: 1, consumer: "ops-board", rows: 3 });
    expect(seen.score).toBeCloseTo(sigmoid(1), 6);
    expect(seen.outcome).toBeUndefined();
  });

  test("gives every one of many concurrent callers its own rows", async () => {
    stage = await openServingStage();
    await stage.deploy("delay", sigmoidModel());
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, i) => ask(Array.from({ length: 1 + (i % 3) }, (_, j) => i / 100 + j))),
    );
    answers.forEach((answer, i) => {
      const values = answer.outputs[0]?.data as Float32Array;
      expect(values.length).toBe(2 * (1 + (i % 3)));
      for (let j = 0; j <= i % 3; j++) expect(values[2 * j + 1]).toBeCloseTo(sigmoid(i / 100 + j), 5);
    });
    const page = await stage.call(getDeployment, { project, name: "delay" });
    expect(page.traffic).toMatchObject({ requests: 200, errors: 0 });
    expect(page.consumers[0]).toMatchObject({ requests: 200, state: "undeclared" });
    expect(new Set(answers.map((answer) => answer.requestId)).size).toBe(200);
  });

  test("fails only the request that the engine refuses, not those that shared its run", async () => {
    stage = await openServingStage();
    await stage.deploy("delay", sigmoidModel());
    // Shapes that fit the schema's ranks but not each other cannot be caught before the engine: [2,1] with [2,1] is fine.
    const good = ask([1]);
    const bad = ask([1, 2], { inputs: [column("a", [1, 2]), column("b", [1])] });
    await expect(bad).rejects.toMatchObject({ code: "SERVING_REQUEST_INVALID" });
    await expect(good).resolves.toMatchObject({ version: "1" });
  });

  test("serves the new version after a switch and still answers for the old one by number", async () => {
    stage = await openServingStage();
    await stage.deploy("delay", sigmoidModel(1));
    await ask([1]);
    const second = await stage.addVersion("delay", sigmoidModel(3));
    await stage.call(updateDeployment, { project, name: "delay", version: second, reason: "better on May" });
    const now = await ask([1]);
    const before = await ask([1], { version: "1" });
    expect(floatsOf(now)[1]).toBeCloseTo(sigmoid(3), 5);
    expect(floatsOf(before)[1]).toBeCloseTo(sigmoid(1), 5);
    expect([now.version, before.version]).toEqual(["2", "1"]);
    const page = await stage.call(getDeployment, { project, name: "delay" });
    expect(page.history.map((span) => [span.version, span.previous, span.reason])).toEqual([
      [2, 1, "better on May"],
      [1, undefined, ""],
    ]);
    await expect(ask([1], { version: "9" })).rejects.toMatchObject({
      code: "SERVING_VERSION_NOT_DEPLOYED",
      status: 404,
    });
    await expect(ask([1], { version: "x" })).rejects.toMatchObject({ status: 404 });
  });

  test("counts values outside the contract by consumer, and refuses them when it was told to", async () => {
    stage = await openServingStage();
    const contract = { columns: [{ column: "a", min: 0, max: 10 }] };
    await stage.deploy("delay", sigmoidModel(), { contract });
    await expect(ask([5, 11, -1])).resolves.toMatchObject({ violations: 2 });
    await stage.call(updateDeployment, { project, name: "delay", contract: { ...contract, onViolation: "reject" } });
    await expect(ask([11])).rejects.toMatchObject({ code: "SERVING_CONTRACT_VIOLATED", status: 422 });
    const page = await stage.call(getDeployment, { project, name: "delay" });
    expect(page.consumers[0]).toMatchObject({ requests: 2, errors: 1, violations: 3, rows: 3 });
  });

  test("lets a missing value through only where the contract allows it, and infinity nowhere", async () => {
    stage = await openServingStage();
    await stage.deploy("delay", sigmoidModel(), { contract: { columns: [{ column: "a", missing: true }] } });
    await expect(ask([Number.NaN])).resolves.toMatchObject({ violations: 0 });
    const b = { inputs: [column("a", [1]), column("b", [Number.NaN])] };
    await expect(ask([1], b)).rejects.toMatchObject({ code: "SERVING_REQUEST_INVALID" });
    await expect(ask([Number.POSITIVE_INFINITY])).rejects.toMatchObject({ code: "SERVING_REQUEST_INVALID" });
  });

  test("keeps the place of a replayed prediction in time, for those who may write only", async () => {
    stage = await openServingStage();
    await stage.deploy("delay", sigmoidModel());
    const eventTime = Date.UTC(2001, 4, 1, 8);
    await ask([1], { eventTime });
    const list = await stage.call(listPredictions, { project, name: "delay", from: eventTime, to: eventTime + 1 });
    expect(list.items).toMatchObject([{ eventTime, at: stage.clock.now() }]);
    const stranger = {
      ...stage.ctx,
      principal: { kind: "consumer" as const, name: "x", roles: { default: "viewer" as const } },
    };
    const asked = {
      project,
      deployment: "delay",
      consumer: "x",
      eventTime,
      inputs: [column("a", [1]), column("b", [1])],
    };
    await expect(stage.serving.endpoint.infer(stranger, asked)).rejects.toMatchObject({
      code: "SERVING_EVENT_TIME_REFUSED",
    });
  });

  test("refuses more requests at a time than its limit", async () => {
    stage = await openServingStage();
    await stage.deploy("delay", sigmoidModel(), { limits: { requestsInFlight: 2 } });
    await ask([1]);
    const results = await Promise.allSettled([ask([1]), ask([1]), ask([1])]);
    expect(results.map((one) => one.status).sort()).toEqual(["fulfilled", "fulfilled", "rejected"]);
    expect(results.find((one) => one.status === "rejected")).toMatchObject({ reason: { code: "SERVING_OVERLOADED" } });
  });

  test("keeps every data type through engine and log", async () => {
    stage = await openServingStage();
    const big = 9_007_199_254_740_993n;
    await stage.deploy(
      "types",
      identityModel([
        { name: "i", datatype: "INT64", shape: [-1] },
        { name: "s", datatype: "BYTES", shape: [-1] },
        { name: "t", datatype: "BOOL", shape: [-1] },
        { name: "d", datatype: "FP64", shape: [-1] },
      ]),
    );
    const answer = await stage.serving.endpoint.infer(stage.ctx, {
      project,
      deployment: "types",
      consumer: "c",
      inputs: [
        { name: "i", datatype: "INT64", shape: [2], data: BigInt64Array.of(big, -5n) },
        { name: "s", datatype: "BYTES", shape: [2], data: ["ü-☃", ""] },
        { name: "t", datatype: "BOOL", shape: [2], data: Uint8Array.of(1, 0) },
        { name: "d", datatype: "FP64", shape: [2], data: Float64Array.of(0.1, -2) },
      ],
    });
    expect(answer.outputs.find((one) => one.name === "out_i")?.data[0]).toBe(big);
    const row = await stage.call(getPrediction, { project, requestId: answer.requestId, row: 0 });
    expect(row.inputs).toEqual({ i: String(big), s: "ü-☃", t: true, d: 0.1 });
    expect(row.outputs).toEqual({ out_i: String(big), out_s: "ü-☃", out_t: true, out_d: 0.1 });
  });
});

describe("the prediction log", () => {
  test("gives monitoring its rows in order of event time with outcomes that arrived late", async () => {
    stage = await openServingStage();
    await stage.deploy("delay", sigmoidModel());
    const t = Date.UTC(2001, 0, 1);
    const later = await ask([3, 4], { eventTime: t + 1000 });
    const earlier = await ask([1], { eventTime: t });
    await ask([9], { eventTime: t + 86_400_000 });
    const recorded = await stage.call(recordOutcomes, {
      project,
      outcomes: [
        { requestId: later.requestId, row: 1, value: 1, at: t + 5000 },
        { requestId: later.requestId, row: 2, value: 1, at: t + 5000 },
        { requestId: "nobody", row: 0, value: 1, at: t },
      ],
    });
    expect(recorded).toEqual({
      recorded: 1,
      repeated: 0,
      unknown: [`${later.requestId}/2`, "nobody/0"],
      unknownCount: 2,
    });
    const chunks: RowChunk[] = [];
    const range = { project, deployment: "delay", from: t, to: t + 86_400_000, chunkRows: 2 };
    for await (const chunk of iterateRows(stage.ctx, range)) chunks.push(chunk);
    expect(chunks.map((chunk) => [...(chunk.inputs.a as Float64Array)])).toEqual([[1], [3, 4]]);
    expect(chunks.flatMap((chunk) => chunk.requestIds)).toEqual([earlier.requestId, later.requestId, later.requestId]);
    expect(chunks.flatMap((chunk) => [...chunk.outcomes])).toEqual([Number.NaN, Number.NaN, 1]);
    expect(chunks[1]?.scores[1]).toBeCloseTo(sigmoid(4), 5);
    expect([...(chunks[1]?.times ?? [])]).toEqual([t + 1000, t + 1000]);
  });

  test("takes an outcome once, and of two the later one", async () => {
    stage = await openServingStage();
    await stage.deploy("delay", sigmoidModel());
    const { requestId } = await ask([1]);
    const record = (value: number, at: number) =>
      stage.call(recordOutcomes, { project, outcomes: [{ requestId, row: 0, value, at }] });
    expect(await record(0, 1000)).toMatchObject({ recorded: 1, repeated: 0 });
    expect(await record(0, 1000)).toMatchObject({ recorded: 0, repeated: 1 });
    expect(await record(1, 2000)).toMatchObject({ recorded: 1 });
    expect(await record(0, 1500)).toMatchObject({ recorded: 0, repeated: 1 });
    const seen = await stage.call(getPrediction, { project, requestId, row: 0 });
    expect(seen.outcome).toMatchObject({ value: 1, at: 2000 });
  });

  test("scores the same rows under another version without logging them", async () => {
    stage = await openServingStage();
    await stage.deploy("delay", sigmoidModel(1));
    const version = await stage.addVersion("delay", sigmoidModel(2));
    const rows = 10_000;
    const a = Float64Array.from({ length: rows }, (_, i) => i / rows);
    const columns = { a, b: new Float64Array(rows) };
    const scores = await stage.serving.endpoint.scoreRows(stage.ctx, { project, model: "delay", version, columns });
    expect(scores.length).toBe(rows);
    expect(scores[9999]).toBeCloseTo(sigmoid(2 * (9999 / rows)), 5);
    expect((await stage.call(listPredictions, { project, name: "delay" })).items).toEqual([]);
  });

  test("gives text columns as texts, only the columns asked for, and one model version a chunk", async () => {
    stage = await openServingStage();
    const model = identityModel([
      { name: "origin", datatype: "BYTES", shape: [-1, 1] },
      { name: "hour", datatype: "FP32", shape: [-1, 1] },
      { name: "distance", datatype: "INT64", shape: [-1] },
    ]);
    await stage.deploy("flights", model);
    const send = (origins: string[], eventTime: number) =>
      stage.serving.endpoint.infer(stage.ctx, {
        project,
        deployment: "flights",
        consumer: "c",
        eventTime,
        inputs: [
          { name: "origin", datatype: "BYTES", shape: [origins.length, 1], data: origins },
          column(
            "hour",
            origins.map((_, i) => i + 0.5),
          ),
          { name: "distance", datatype: "INT64", shape: [origins.length], data: BigInt64Array.from(origins, () => 7n) },
        ],
      });
    await send(["LAS", "ATL"], 1000);
    const second = await stage.addVersion("flights", onnxWith(model));
    await stage.call(updateDeployment, { project, name: "flights", version: second });
    await send(["ÅRS"], 2000);
    const chunks: RowChunk[] = [];
    const range = { project, deployment: "flights", from: 0, to: 3000, columns: ["origin", "distance"] };
    for await (const chunk of iterateRows(stage.ctx, range)) chunks.push(chunk);
    expect(chunks.map((chunk) => [chunk.version, chunk.texts.origin, Object.keys(chunk.inputs)])).toEqual([
      [1, ["LAS", "ATL"], ["distance"]],
      [2, ["ÅRS"], ["distance"]],
    ]);
    expect([...(chunks[0]?.scores ?? [])]).toEqual([0.5, 1.5]);
    const scores = await stage.serving.endpoint.scoreRows(stage.ctx, {
      project,
      model: "flights",
      version: 1,
      columns: { origin: ["A", "B"], hour: [3, 4], distance: [1, 2] },
    });
    expect([...scores]).toEqual([3, 4]);
    const lacking = { project, model: "flights", version: 1, columns: { origin: ["A"], hour: [3] } };
    await expect(stage.serving.endpoint.scoreRows(stage.ctx, lacking)).rejects.toThrow("distance");
  });

  test("fails the request when it cannot be written, and answers the next one", async () => {
    stage = await openServingStage();
    await stage.deploy("delay", sigmoidModel());
    await ask([1]);
    const write = stage.ctx.db.write.bind(stage.ctx.db);
    stage.ctx.db.write = () => Promise.reject(baseErrors.DB_UNAVAILABLE({ problem: "disk full" }));
    await expect(ask([1])).rejects.toMatchObject({ code: "DB_UNAVAILABLE", status: 503 });
    stage.ctx.db.write = write;
    await expect(ask([1])).resolves.toMatchObject({ version: "1" });
    expect((await stage.call(listPredictions, { project, name: "delay" })).items.length).toBe(2);
  });
});
