import { afterEach, beforeEach, expect, test } from "vitest";
import { openDoor, type TestDoor } from "./testing/open-door.js";

let door: TestDoor;
let run: string;
beforeEach(async () => {
  door = await openDoor();
  run = await door.startRun();
});
afterEach(() => door.close());

const dataset = { name: "iris", digest: "abc", source_type: "http", source: "{}" };

/** What a client sends again when it never saw the answer. */
test.each([
  ["/runs/log-metric", { key: "m", value: 1, timestamp: 1, step: 1 }],
  ["/runs/log-parameter", { key: "p", value: "1" }],
  ["/runs/set-tag", { key: "t", value: "1" }],
  [
    "/runs/log-batch",
    {
      metrics: [{ key: "m", value: 1, timestamp: 1, step: 1 }],
      params: [{ key: "p", value: "1" }],
      tags: [{ key: "t", value: "1" }],
    },
  ],
  ["/runs/log-inputs", { datasets: [{ dataset, tags: [{ key: "mlflow.data.context", value: "train" }] }] }],
  ["/runs/update", { status: "FINISHED", end_time: 5 }],
  ["/runs/delete", {}],
])("%s sent three times is like sent once", async (path, body) => {
  const seen: unknown[] = [];
  for (let i = 0; i < 3; i++) {
    expect((await door.post(path, { run_id: run, ...body })).status).toBe(200);
    const history = await door.get("/metrics/get-history", { run_id: run, metric_key: "m" });
    seen.push([(await door.get("/runs/get", { run_id: run })).json, history.json]);
  }
  expect(seen[1]).toEqual(seen[0]);
  expect(seen[2]).toEqual(seen[0]);
});

test("a file sent three times is one file", async () => {
  const address = `/api/2.0/mlflow-artifacts/artifacts/0/${run}/artifacts/a.txt`;
  for (let i = 0; i < 3; i++) expect((await door.put(address, "x")).status).toBe(200);
  expect((await door.get("/artifacts/list", { run_id: run })).json.files).toHaveLength(1);
});

test("parameters of a logged model are set once: again is fine, otherwise is refused", async () => {
  const { json } = await door.post("/logged-models", { experiment_id: "0", name: "m" });
  const id = json.model.info.model_id;
  const log = (value: string) =>
    door.post(`/logged-models/${id}/params`, { model_id: id, params: [{ key: "lr", value }] });
  expect(await log("0.1")).toEqual({ status: 200, json: {} });
  expect(await log("0.1")).toEqual({ status: 200, json: {} });
  expect(await log("0.2")).toMatchObject({
    status: 400,
    json: { message: expect.stringContaining("Changing param values is not allowed") },
  });
  expect((await door.get(`/logged-models/${id}`)).json.model.data.params).toEqual([{ key: "lr", value: "0.1" }]);
});

test("a version of a logged model that is not there does not come into being", async () => {
  await door.post("/registered-models/create", { name: "delay" });
  const body = { name: "delay", source: "s3://b/x", model_id: `m-${"0".repeat(32)}` };
  expect((await door.post("/model-versions/create", body)).status).toBe(404);
  expect((await door.get("/model-versions/search", { filter: "name = 'delay'" })).json).toEqual({});
});
