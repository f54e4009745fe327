import { tmpdir } from "node:os";
import { join } from "node:path";
import { addVersion } from "@paydown/api/data";
import { getJob, replayVersions } from "@paydown/api/flows";
import * as registry from "@paydown/api/registry";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadConfig } from "#base/config/config.js";
import type { Perform } from "#base/perform.js";
import { openStage, type Stage } from "#base/testing/stage.js";
import { sigmoidModel } from "#capabilities/serving/testing/onnx-model.js";
import { storeArtifact } from "#capabilities/tracking/index.js";
import { furnish, type House } from "./capabilities.js";

const project = "default";
const model = "delay";

describe("replaying the same inputs across two versions", () => {
  let stage: Stage;
  let house: House;
  const perform: Perform = (_ctx, operation, input) => stage.call(operation, input);

  beforeEach(async () => {
    const config = loadConfig({ flags: { data: join(tmpdir(), "unused") }, environment: {}, cwd: tmpdir() });
    house = furnish(config, {
      perform: () => perform,
      tracking: async () => ({ url: "http://unused", token: undefined }),
      mlflowVersion: "3.4.0",
    });
    stage = await openStage(house.all);
  });
  afterEach(async () => {
    house.serving.endpoint.close();
    await stage.close();
  });

  /** A version whose `model.onnx` is this, with other files beside it. */
  async function register(onnx: Uint8Array, more: Readonly<Record<string, string>> = {}): Promise<number> {
    const path = `0/${stage.ctx.ids.hex(8)}/artifacts/model`;
    await storeArtifact(stage.ctx, project, `${path}/model.onnx`, onnx, {});
    for (const [name, text] of Object.entries(more)) {
      await storeArtifact(stage.ctx, project, `${path}/${name}`, Buffer.from(text), {});
    }
    return (await stage.call(registry.createVersion, { project, model, source: `mlflow-artifacts:/${path}` })).version;
  }
  const example = JSON.stringify({
    columns: ["a", "b"],
    data: [
      [1, -0.9],
      [0.1, 0.2],
      [3, 3],
    ],
  });
  const replays = async () => (await stage.call(registry.listReplays, { project, model })).items;

  test("stores what differs: shares, distances, flipped labels and the rows that differ most", async () => {
    const from = await register(sigmoidModel(1), { "input_example.json": example });
    const to = await register(sigmoidModel(-1));
    const job = await stage.call(replayVersions, { project, model, from, to });
    expect(job.state).toBe("queued");
    await stage.work();
    const [replay, ...others] = await replays();
    expect(others).toEqual([]);
    expect(replay).toMatchObject({ id: job.id, from, to, by: "local", rows: 3, leftOut: 0, changed: 1, flips: 3 });
    expect(replay?.inputs).toMatchObject({ kind: "example", name: `${model}/${from}` });
    const [output] = replay?.outputs ?? [];
    const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
    expect(output).toMatchObject({ output: "probabilities", values: 6, flips: 3 });
    expect(output?.maxDifference).toBeCloseTo(sigmoid(6) - sigmoid(-6), 5);
    expect(replay?.examples[0]).toMatchObject({ row: 2, inputs: { a: 3, b: 3 } });
    expect((await stage.call(registry.getVersion, { project, model, version: to })).replays).toHaveLength(1);
  });

  test("the same model answers the same, and a small change within the tolerance is none", async () => {
    const from = await register(sigmoidModel(1), { "input_example.json": example });
    const to = await register(sigmoidModel(1.0001));
    await stage.call(replayVersions, { project, model, from, to: from });
    await stage.call(replayVersions, { project, model, from, to, tolerance: 0.01 });
    await stage.work();
    for (const replay of await replays()) expect(replay).toMatchObject({ changed: 0, flips: 0, examples: [] });
  });

  test("takes rows of a dataset version, the same ones each time", async () => {
    const from = await register(sigmoidModel(1));
    const to = await register(sigmoidModel(2));
    const rows = Array.from({ length: 50 }, (_, i) => `${i / 10},${-i / 20},x`).join("\n");
    const { hash } = await stage.base.blobs.put(Buffer.from(`a,b,c\n${rows}\n`));
    await stage.call(addVersion, {
      project,
      dataset: "numbers",
      create: true,
      format: "csv",
      files: [{ path: "a.csv", hash }],
    });
    for (let i = 0; i < 2; i++)
      await stage.call(replayVersions, { project, model, from, to, dataset: "numbers", rows: 20 });
    await stage.work();
    const [first, second] = await replays();
    expect(first).toMatchObject({ rows: 20, leftOut: 30, inputs: { kind: "dataset" } });
    expect(first?.inputs.hash).toBe(second?.inputs.hash);
    expect(first?.changed).toBeGreaterThan(0.5);
  });

  test("says what is missing: an example, a column, or which inputs are meant", async () => {
    const from = await register(sigmoidModel(1), { "input_example.json": '{"columns":["a"],"data":[[1]]}' });
    const to = await register(sigmoidModel(2));
    const problem = async (asked: { from: number; to: number }) => {
      const { id } = await stage.call(replayVersions, { project, model, ...asked });
      await stage.work();
      return (await stage.call(getJob, { project, job: id })).problem;
    };
    expect(await problem({ from, to })).toContain("no column b");
    expect(await problem({ from: to, to: from })).toContain("no input_example.json");
    await expect(
      stage.call(replayVersions, { project, model, from, to, dataset: "x", deployment: "y" }),
    ).rejects.toMatchObject({ code: "FLOW_REPLAY_INPUTS" });
    await expect(stage.call(replayVersions, { project, model, from, to: 99 })).rejects.toMatchObject({
      code: "REGISTRY_VERSION_NOT_FOUND",
    });
  });
});
