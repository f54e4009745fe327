import {
  ConsumerDeclared,
  ConsumerSeen,
  createDeployment,
  DeploymentCreated,
  DeploymentRetired,
  declareConsumer,
  getDeployment,
  listConsumers,
  listDeployments,
  listPredictions,
  OutcomesRecorded,
  recordOutcomes,
  retireDeployment,
  updateDeployment,
  VersionSwitched,
} from "@paydown/api/serving";
import { afterEach, describe, expect, test } from "vitest";
import { defineCapability, on } from "#base/capability.js";
import { createDispatcher } from "#base/events/dispatcher.js";
import { sigmoidModel } from "../testing/onnx-model.js";
import { column, openServingStage, type ServingStage } from "../testing/stage.js";

const project = "default";
let stage: ServingStage;
afterEach(() => stage.close());

function call(consumer: string, deployment = "delay") {
  const inputs = [column("a", [1]), column("b", [0])];
  return stage.serving.endpoint.infer(stage.ctx, { project, deployment, consumer, inputs });
}

/** Everything serving has said so far. */
async function heard(): Promise<unknown[]> {
  const said: unknown[] = [];
  const kinds = [
    DeploymentCreated,
    VersionSwitched,
    DeploymentRetired,
    ConsumerSeen,
    ConsumerDeclared,
    OutcomesRecorded,
  ];
  const listener = defineCapability({
    name: "listener",
    listeners: kinds.map((kind) =>
      on(kind as typeof ConsumerSeen, async (_tx, event) => void said.push([kind.name, event.payload])),
    ),
  });
  const dispatcher = createDispatcher(stage.base, [listener]);
  await dispatcher.drain();
  await dispatcher.stop();
  return said;
}

describe("deploying", () => {
  test("resolves an alias once and keeps what it found", async () => {
    stage = await openServingStage();
    const version = await stage.addVersion("delay", sigmoidModel());
    await stage.addVersion("delay", sigmoidModel(2));
    stage.setAlias("delay", "champion", version);
    const made = await stage.call(createDeployment, { project, name: "delay", model: "delay", alias: "champion" });
    expect(made).toMatchObject({
      version: 1,
      alias: "champion",
      columns: ["a", "b"],
      score: { output: "probabilities", column: 1 },
    });
    stage.setAlias("delay", "champion", 2);
    expect((await call("x")).version).toBe("1");
    const moved = await stage.call(updateDeployment, { project, name: "delay", alias: "champion", reason: "promoted" });
    expect(moved).toMatchObject({ version: 2, alias: "champion" });
    expect((await call("x")).version).toBe("2");
  });

  test("refuses what is not ONNX, unknown versions, taken names, and a contract about columns the model lacks", async () => {
    stage = await openServingStage();
    const pickle = await stage.addVersion("old", Buffer.from("\x80\x04", "latin1"), { path: "model.pkl" });
    const disguised = await stage.addVersion("old", Buffer.from("\x80\x04", "latin1"));
    await stage.deploy("delay", sigmoidModel());
    const create = (more: object) =>
      stage.call(createDeployment, { project, name: "new", model: "delay", version: 1, ...more });
    await expect(create({ model: "old", version: pickle })).rejects.toMatchObject({ code: "SERVING_MODEL_NOT_ONNX" });
    await expect(create({ model: "old", version: disguised })).rejects.toThrow("pickle");
    await expect(create({ version: 7 })).rejects.toMatchObject({ code: "SERVING_VERSION_NOT_FOUND", status: 404 });
    await expect(create({ alias: "champion" })).rejects.toMatchObject({ code: "SERVING_VERSION_OR_ALIAS" });
    await expect(create({ name: "delay" })).rejects.toMatchObject({ code: "SERVING_DEPLOYMENT_EXISTS", status: 409 });
    await expect(create({ contract: { columns: [{ column: "zzz" }] } })).rejects.toThrow("zzz");
    await expect(create({ score: { output: "zzz", column: 0 } })).rejects.toThrow("zzz");
    expect((await stage.call(listDeployments, { project })).items.map((one) => one.name)).toEqual(["delay"]);
  });

  test("refuses a stored model file that is no longer what its hash says", async () => {
    stage = await openServingStage();
    const version = await stage.addVersion("delay", sigmoidModel());
    const read = stage.ctx.blobs.read.bind(stage.ctx.blobs);
    stage.ctx.blobs.read = async (hash) => {
      const bytes = Buffer.from(await read(hash));
      bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
      return bytes;
    };
    await expect(
      stage.call(createDeployment, { project, name: "delay", model: "delay", version }),
    ).rejects.toMatchObject({ code: "SERVING_MODEL_CORRUPT" });
  });

  test("keeps the old version when the new one cannot be served", async () => {
    stage = await openServingStage();
    await stage.deploy("delay", sigmoidModel());
    const broken = await stage.addVersion("delay", Buffer.from("PK\x03\x04"));
    await expect(stage.call(updateDeployment, { project, name: "delay", version: broken })).rejects.toMatchObject({
      code: "SERVING_MODEL_NOT_ONNX",
    });
    expect((await call("x")).version).toBe("1");
  });

  test("ends with retiring: calls get 404, the log stays", async () => {
    stage = await openServingStage();
    await stage.deploy("delay", sigmoidModel());
    await call("x");
    await stage.call(retireDeployment, { project, name: "delay" });
    await expect(call("x")).rejects.toMatchObject({ code: "SERVING_DEPLOYMENT_RETIRED", status: 404 });
    expect((await stage.call(listPredictions, { project, name: "delay" })).items.length).toBe(1);
    expect((await stage.call(getDeployment, { project, name: "delay" })).history[0]?.to).toBe(stage.clock.now());
    await expect(stage.call(updateDeployment, { project, name: "delay", owner: "x" })).rejects.toMatchObject({
      status: 404,
    });
    const back = await stage.call(updateDeployment, { project, name: "delay", version: 1, reason: "needed after all" });
    expect(back).toMatchObject({ state: "live", version: 1 });
    expect((await call("x")).version).toBe("1");
  });
});

describe("consumers", () => {
  test("appear with their first request, declared or not, and are announced once", async () => {
    stage = await openServingStage();
    await stage.deploy("delay", sigmoidModel());
    await stage.call(declareConsumer, {
      project,
      name: "delay",
      consumer: "ops-board",
      team: "ops",
      purpose: "wall board",
    });
    await call("ops-board");
    await call("10.1.4.7");
    await call("10.1.4.7");
    const { items } = await stage.call(listConsumers, { project });
    expect(items).toMatchObject([
      { consumer: "10.1.4.7", state: "undeclared", requests: 2 },
      { consumer: "ops-board", state: "declared", team: "ops", requests: 1, rows: 1 },
    ]);
    const undeclared = await stage.call(listConsumers, { project, deployment: "delay", state: "undeclared" });
    expect(undeclared.items.map((one) => one.consumer)).toEqual(["10.1.4.7"]);
    const seen = (await heard()).filter((one) => (one as string[])[0] === "serving.consumer-seen");
    expect(seen).toMatchObject([
      [expect.anything(), { consumer: "ops-board", declared: true }],
      [expect.anything(), { consumer: "10.1.4.7", declared: false, requestId: expect.any(String) }],
    ]);
  });

  test("are paged by name", async () => {
    stage = await openServingStage();
    await stage.deploy("delay", sigmoidModel());
    for (const name of ["c", "a", "e", "b", "d"]) await call(name);
    const names: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await stage.call(listConsumers, { project, limit: 2, ...(cursor === undefined ? {} : { cursor }) });
      names.push(...page.items.map((one) => one.consumer));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(names).toEqual(["a", "b", "c", "d", "e"]);
  });
});

describe("what serving tells the others", () => {
  test("is every change, in order, with what they need to draw it", async () => {
    stage = await openServingStage();
    await stage.deploy("delay", sigmoidModel(), { owner: "team-ops" });
    const second = await stage.addVersion("delay", sigmoidModel(2));
    await stage.call(updateDeployment, { project, name: "delay", version: second, reason: "better" });
    await stage.call(updateDeployment, { project, name: "delay", version: second, reason: "again" });
    const { requestId } = await call("ops-board");
    await stage.call(recordOutcomes, { project, outcomes: [{ requestId, row: 0, value: 1, at: 1000 }] });
    await stage.call(retireDeployment, { project, name: "delay" });
    const at = stage.clock.now();
    expect(await heard()).toMatchObject([
      ["serving.deployment-created", { deployment: "delay", model: "delay", version: 1, owner: "team-ops" }],
      ["serving.version-switched", { previous: 1, version: 2, reason: "better" }],
      ["serving.consumer-seen", { consumer: "ops-board", version: 2, requestId }],
      ["serving.outcomes-recorded", { deployment: "delay", recorded: 1, from: at, to: at }],
      ["serving.deployment-retired", { version: 2 }],
    ]);
  });
});

describe("retention", () => {
  test("deletes predictions that were logged too long ago, day after day", async () => {
    stage = await openServingStage();
    await stage.deploy("delay", sigmoidModel(), { retentionDays: 2 });
    const first = await call("x");
    await stage.call(recordOutcomes, { project, outcomes: [{ requestId: first.requestId, row: 0, value: 1, at: 1 }] });
    stage.clock.advance(86_400_000);
    await call("x");
    await stage.work();
    expect((await stage.call(listPredictions, { project, name: "delay" })).items.length).toBe(2);
    for (let day = 0; day < 2; day++) {
      stage.clock.advance(86_400_000);
      await stage.work();
    }
    expect((await stage.call(listPredictions, { project, name: "delay" })).items.length).toBe(1);
  });
});
