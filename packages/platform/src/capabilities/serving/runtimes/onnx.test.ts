import type { Worker } from "node:worker_threads";
import { afterEach, describe, expect, test } from "vitest";
import type { Tensor } from "../tensors/tensor.js";
import { endlessModel, identityModel, onnxModel, sigmoidModel } from "../testing/onnx-model.js";
import { column } from "../testing/stage.js";
import { openSession, type Session, type SessionOptions } from "./onnx.js";

let session: Session | undefined;
afterEach(() => session?.close());

function open(model: Uint8Array, options: Partial<SessionOptions> = {}): Session {
  session = openSession({ read: async () => model, batching: true, ...options });
  return session;
}

/** The next worker thread that is started. */
function nextWorker(): Promise<Worker> {
  return new Promise((resolve) => process.once("worker", (worker) => resolve(worker as Worker)));
}

function row(value: number): Tensor[] {
  return [column("a", [value]), column("b", [0])];
}

describe("a session", () => {
  test("says why the engine does not take a model", async () => {
    const model = onnxModel({
      inputs: [{ name: "x", datatype: "FP32", shape: [-1] }],
      outputs: [{ name: "y", datatype: "FP32", shape: [-1] }],
      nodes: [{ op: "NoSuchOperator", inputs: ["x"], outputs: ["y"] }],
    });
    await expect(open(model).load()).rejects.toMatchObject({ code: "SERVING_ENGINE_REFUSED", status: 422 });
    await expect(open(model).run([column("x", [1])], ["y"], 1000)).rejects.toMatchObject({
      code: "SERVING_ENGINE_REFUSED",
    });
  });

  test("gives up a run that hangs, and says so once too many hang", async () => {
    const hanging = open(endlessModel(), { stuckLimit: 2 });
    await hanging.load();
    for (let i = 0; i < 2; i++) {
      await expect(hanging.run([column("x", [1])], ["y"], 50)).rejects.toMatchObject({
        code: "SERVING_ENGINE_TIMEOUT",
        status: 504,
      });
    }
    await expect(hanging.run([column("x", [1])], ["y"], 50)).rejects.toMatchObject({ code: "SERVING_ENGINE_STUCK" });
  });

  test("answers again after its worker died in the middle of a run", async () => {
    const started = nextWorker();
    const one = open(sigmoidModel());
    await one.load();
    const dying = one.run(row(1), ["probabilities"], 5000);
    await (await started).terminate();
    const outcome = await dying.then(
      () => "answered",
      (error: { code: string }) => error.code,
    );
    expect(["answered", "SERVING_ENGINE_CRASHED"]).toContain(outcome);
    const outputs = await one.run(row(0), ["probabilities"], 5000);
    expect(outputs[0]?.data).toEqual(Float32Array.of(0.5, 0.5));
  });

  test("fails only the request at fault when several share a run", async () => {
    // Reshape to 2x2 fails for whoever does not bring 4 values; together 4 + 3 fail for both.
    const model = onnxModel({
      inputs: [{ name: "x", datatype: "FP32", shape: [-1] }],
      outputs: [{ name: "y", datatype: "FP32", shape: [2, 2] }],
      nodes: [{ op: "Reshape", inputs: ["x", "shape"], outputs: ["y"] }],
      constants: [
        [
          5,
          [
            [1, 2],
            [2, 7],
            [8, "shape"],
            [9, new Uint8Array(BigInt64Array.of(2n, 2n).buffer)],
          ],
        ],
      ],
    });
    const one = open(model);
    await one.load();
    const ask = (count: number) =>
      one.run([{ name: "x", datatype: "FP32", shape: [count], data: new Float32Array(count) }], ["y"], 5000);
    const results = await Promise.allSettled([ask(4), ask(4), ask(3), ask(4)]);
    expect(results.map((result) => result.status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
    expect(results[2]).toMatchObject({ reason: { code: "SERVING_ENGINE_FAILED" } });
  });

  test("stops joining requests of a model whose rows are not independent", async () => {
    const model = onnxModel({
      inputs: [{ name: "x", datatype: "FP32", shape: [-1] }],
      outputs: [{ name: "sum", datatype: "FP32", shape: [-1] }],
      nodes: [
        {
          op: "ReduceSum",
          inputs: ["x"],
          outputs: ["sum"],
          attributes: [
            [
              [1, "keepdims"],
              [3, 1],
              [20, 2],
            ],
          ],
        },
      ],
    });
    const one = open(model);
    await one.load();
    const ask = (values: number[]) =>
      one.run(
        [{ name: "x", datatype: "FP32", shape: [values.length], data: Float32Array.from(values) }],
        ["sum"],
        5000,
      );
    const sums = await Promise.all([ask([1, 2]), ask([3, 4]), ask([5, 6, 7]), ask([8])]);
    expect(sums.map((outputs) => outputs[0]?.data[0])).toEqual([3, 7, 18, 8]);
  });

  test("joins texts too, and answers callers with other outputs apart", async () => {
    const one = open(
      identityModel([
        { name: "s", datatype: "BYTES", shape: [-1, 1] },
        { name: "i", datatype: "INT64", shape: [-1] },
      ]),
    );
    await one.load();
    const ask = (text: string, fetches: string[]) =>
      one.run(
        [
          { name: "s", datatype: "BYTES", shape: [1, 1], data: [text] },
          { name: "i", datatype: "INT64", shape: [1], data: BigInt64Array.of(BigInt(text.length)) },
        ],
        fetches,
        5000,
      );
    const texts = Array.from({ length: 20 }, (_, i) => "ü".repeat(i));
    const answers = await Promise.all(texts.map((text, i) => ask(text, i % 2 === 0 ? ["out_s"] : ["out_i", "out_s"])));
    answers.forEach((outputs, i) => {
      expect(outputs.find((output) => output.name === "out_s")?.data).toEqual([texts[i]]);
      expect(outputs.length).toBe(i % 2 === 0 ? 1 : 2);
    });
  });
});
