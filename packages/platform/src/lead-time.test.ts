import { tmpdir } from "node:os";
import { join } from "node:path";
import { viewLeadTime } from "@paydown/api/flows";
import { createModel, createVersion } from "@paydown/api/registry";
import { createDeployment } from "@paydown/api/serving";
import { purgeRuns } from "@paydown/api/tracking-upkeep";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadConfig } from "#base/config/config.js";
import type { Perform } from "#base/perform.js";
import { openStage, type Stage } from "#base/testing/stage.js";
import { sigmoidModel } from "#capabilities/serving/testing/onnx-model.js";
import { column } from "#capabilities/serving/testing/stage.js";
import { createExperiment, createRun, deleteRun, storeArtifact } from "#capabilities/tracking/index.js";
import { furnish, type House } from "./capabilities.js";

const project = "default";
const hour = 3_600_000;
let stage: Stage;
let house: House;
let experimentId: number;
const perform: Perform = (_ctx, operation, input) => stage.call(operation, input);

beforeEach(async () => {
  const config = loadConfig({ flags: { data: join(tmpdir(), "unused") }, environment: {}, cwd: tmpdir() });
  house = furnish(config, {
    mlflowVersion: "3.3.2",
    perform: () => perform,
    tracking: async () => ({ url: "http://unused", token: undefined }),
  });
  stage = await openStage(house.all);
  experimentId = (await createExperiment(stage.ctx, { project, name: "delay" })).id;
});
afterEach(async () => {
  house.serving.endpoint.close();
  await stage.close();
});

/** A run with a model file, registered as a version; with `named` the version names its run. */
async function release(model: string, named: boolean): Promise<string> {
  const run = await createRun(stage.ctx, { project, experimentId });
  const root = `${experimentId}/${run.run_id}/artifacts/model`;
  await storeArtifact(stage.ctx, project, `${root}/model.onnx`, sigmoidModel(), {});
  stage.clock.advance(hour);
  await stage.call(createVersion, {
    project,
    model,
    source: `mlflow-artifacts:/${root}`,
    ...(named ? { runId: run.run_id } : {}),
  });
  return run.run_id;
}

async function answer(deployment: string): Promise<string> {
  const inputs = [column("a", [1]), column("b", [0])];
  const eventTime = stage.clock.now();
  return (await house.serving.endpoint.infer(stage.ctx, { project, deployment, consumer: "web", eventTime, inputs }))
    .requestId;
}

test("lead time runs from the first run of the experiment to the first prediction, with its chain of evidence", async () => {
  const first = await createRun(stage.ctx, { project, experimentId });
  stage.clock.advance(5 * hour);
  const run = await release("delay", true);
  stage.clock.advance(2 * hour);
  await stage.call(createDeployment, { project, name: "delay-eu", model: "delay", version: 1 });
  stage.clock.advance(hour);
  const requestId = await answer("delay-eu");
  stage.clock.advance(hour);
  await answer("delay-eu");
  const reply = await stage.call(viewLeadTime, { project });
  expect(reply).toMatchObject({ known: 1, unknown: 0, waiting: [], hours: { p10: 9, p50: 9, p90: 9, n: 1 } });
  expect(reply.items[0]).toMatchObject({
    model: "delay",
    version: 1,
    deployment: "delay-eu",
    state: "known",
    hours: 9,
    missing: [],
  });
  expect(reply.items[0]?.chain.map((step) => [step.what, step.node.id])).toEqual([
    ["first-run", first.run_id],
    ["run", run],
    ["version", "delay/1"],
    ["deployment", "delay-eu"],
    ["prediction", `${requestId}/0`],
  ]);
});

test("a link that no record gives makes it unknown, and models still waiting are named", async () => {
  await release("delay", false);
  await stage.call(createDeployment, { project, name: "delay-eu", model: "delay", version: 1 });
  await stage.call(createModel, { project, model: "idle" });
  expect(await stage.call(viewLeadTime, { project })).toMatchObject({
    items: [],
    known: 0,
    waiting: ["delay", "idle"],
  });
  await answer("delay-eu");
  const reply = await stage.call(viewLeadTime, { project });
  expect(reply).toMatchObject({ known: 0, unknown: 1, waiting: ["idle"] });
  expect(reply.hours).toBeUndefined();
  expect(reply.items[0]).toMatchObject({ state: "unknown", missing: [expect.stringContaining("names no run")] });
});

test("what a version, a deployment or a dataset needs is not purged", async () => {
  const [needed, free] = [await release("delay", true), (await createRun(stage.ctx, { project, experimentId })).run_id];
  await stage.call(createDeployment, { project, name: "delay-eu", model: "delay", version: 1 });
  for (const run of [needed, free]) await deleteRun(stage.ctx, project, run);
  await stage.call(purgeRuns, { project, confirm: true, reason: "cleaning up" });
  await stage.work();
  const preview = await stage.call(purgeRuns, { project });
  expect(preview).toMatchObject({
    counts: { runs: 0 },
    refusedTotal: 1,
    refused: [{ id: needed, why: "Version 1 of model delay names it as its origin." }],
  });
  await answer("delay-eu");
});
