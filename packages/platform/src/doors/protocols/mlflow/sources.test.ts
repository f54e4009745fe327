import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openDoor, type TestDoor } from "./testing/open-door.js";

let door: TestDoor;
let run: string;
let model: string;
beforeEach(async () => {
  door = await openDoor();
  run = await door.startRun();
  await door.post("/registered-models/create", { name: "delay" });
  const { json } = await door.post("/logged-models", { experiment_id: "0", name: "m", source_run_id: run });
  model = json.model.info.model_id;
});
afterEach(() => door.close());

const create = (body: object) => door.post("/model-versions/create", { name: "delay", ...body });

describe("a version's source", () => {
  test("in this server's store lies within the run or logged model that is named with it", async () => {
    const root = `mlflow-artifacts:/0/${run}/artifacts`;
    expect((await create({ source: `${root}/model`, run_id: run })).status).toBe(200);
    expect((await create({ source: `mlflow-artifacts:/0/models/${model}/artifacts`, model_id: model })).status).toBe(
      200,
    );
    const other = await door.startRun();
    for (const body of [
      { source: `${root}/model` },
      { source: `${root}/model`, run_id: other },
      { source: `${root}x/model`, run_id: run },
      { source: "mlflow-artifacts:/0", run_id: run },
      { source: `mlflow-artifacts://elsewhere/0/${run}/artifacts`, run_id: run },
      { source: `http://elsewhere/api/2.0/mlflow-artifacts/artifacts/0/${run}`, run_id: run },
      { source: `mlflow-artifacts:/0/models/${model}/artifacts`, run_id: run },
    ]) {
      expect(await create(body)).toMatchObject({
        status: 400,
        json: { message: expect.stringContaining("must identify the resource that contains the source") },
      });
    }
  });

  test("on a disk lies within the run's own folder, however it is spelled", async () => {
    const { json } = await door.post("/experiments/create", { name: "local", artifact_location: "file:///srv/runs" });
    const local = await door.startRun(json);
    const root = `/srv/runs/${local}/artifacts`;
    for (const source of [`file://${root}`, `${root}/model`, `${root}/model/..`, `${root}/.`]) {
      expect((await create({ source, run_id: local })).status).toBe(200);
    }
    for (const source of [
      "/etc/passwd",
      `${root}/../../x`,
      `${root}/%2e%2e/%2e%2e/x`,
      `file://host${root}`,
      `${root}x`,
      `//${root}`,
      "model",
    ]) {
      expect(await create({ source, run_id: local })).toMatchObject({
        status: 400,
        json: { message: expect.stringContaining("To use a local path as a model version source") },
      });
    }
  });

  test("of a run that is not here is kept as it was given", async () => {
    expect((await create({ source: "runs:/elsewhere/model", run_id: "elsewhere" })).json.model_version).toMatchObject({
      source: "runs:/elsewhere/model",
      run_id: "elsewhere",
    });
  });

  test("of a prompt is a placeholder, and no model is made of one", async () => {
    const tags = [{ key: "mlflow.prompt.is_prompt", value: "true" }];
    await door.post("/registered-models/create", { name: "greeting", tags });
    const prompt = (source: string) => door.post("/model-versions/create", { name: "greeting", source, tags });
    expect((await prompt("prompt-template")).status).toBe(200);
    expect((await prompt("s3://bucket/x")).status).toBe(400);
    expect(await create({ source: "models:/greeting/1" })).toMatchObject({ status: 400 });
  });

  test("of another version fits the run that is named with it", async () => {
    await create({ source: "s3://bucket/x", run_id: run });
    expect((await create({ source: "models:/delay/1" })).json.model_version.run_id).toBe(run);
    expect(await create({ source: "models:/delay/1", run_id: await door.startRun() })).toMatchObject({ status: 400 });
    expect(await create({ source: "models:/delay@none" })).toMatchObject({
      json: { message: "Registered model alias none not found." },
    });
  });
});

test("a logged model lists the versions made of it, each once, in Python's JSON", async () => {
  await create({ source: `models:/${model}`, model_id: model });
  const { json } = await door.get(`/logged-models/${model}`);
  expect(json.model.info.tags).toEqual([{ key: "mlflow.modelVersions", value: '[{"name": "delay", "version": 1}]' }]);
});

test("a description that is not sent again is taken away", async () => {
  await create({ source: "s3://b/x", description: "first" });
  const update = async (body: object) =>
    (await door.post("/model-versions/update", { name: "delay", version: "1", ...body }, "PATCH")).json.model_version;
  expect((await update({ description: "second" })).description).toBe("second");
  expect(await update({})).not.toHaveProperty("description");
});
