import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openDoor, type TestDoor } from "./testing/open-door.js";

let door: TestDoor;
beforeEach(async () => {
  door = await openDoor();
});
afterEach(() => door.close());

const inWorkspace = async (name: string, url: string) => {
  const response = await door.server.inject({ url: `/api/2.0/mlflow${url}`, headers: { "x-mlflow-workspace": name } });
  return { status: response.statusCode, json: response.json() };
};

describe("a workspace is a project", () => {
  test("what one logs the other does not see", async () => {
    await door.post("/experiments/create", { name: "mine" });
    expect((await inWorkspace("other", "/experiments/get-by-name?experiment_name=mine")).status).toBe(404);
    expect((await inWorkspace("default", "/experiments/get-by-name?experiment_name=mine")).json).toMatchObject({
      experiment: { workspace: "default" },
    });
  });

  test("one that nobody made is refused, and not made by the way", async () => {
    expect(await inWorkspace("nobody", "/experiments/get?experiment_id=0")).toEqual({
      status: 404,
      json: { error_code: "RESOURCE_DOES_NOT_EXIST", message: "Workspace 'nobody' not found" },
    });
    expect((await inWorkspace("No Such", "/experiments/get?experiment_id=0")).status).toBe(400);
  });

  test("they are listed, made and named through MLflow's own API, as the server says it can", async () => {
    const root = "/api/3.0/mlflow";
    expect((await door.get(`${root}/server-info`)).json).toMatchObject({ workspaces_enabled: true });
    expect((await door.get(`${root}/workspaces`)).json).toEqual({
      workspaces: [{ name: "default" }, { name: "other", description: "The other one" }],
    });
    expect(await door.post(`${root}/workspaces`, { name: "team-a", description: "Team A" })).toEqual({
      status: 201,
      json: { workspace: { name: "team-a", description: "Team A" } },
    });
    expect((await inWorkspace("team-a", "/experiments/search?max_results=5")).json).toMatchObject({
      experiments: [{ name: "Default", workspace: "team-a" }],
    });
    expect((await door.post(`${root}/workspaces/team-a`, { description: "A" }, "PATCH")).json).toEqual({
      workspace: { name: "team-a", description: "A" },
    });
    expect((await door.get(`${root}/workspaces/none`)).status).toBe(404);
  });
});

test("new experiments keep their artifacts where the server was told to, and only those that name no place", async () => {
  await door.close();
  door = await openDoor({ artifactRoot: "file:///srv/shared/" });
  const { json } = await door.post("/experiments/create", { name: "a" });
  expect((await door.get("/experiments/get", json)).json.experiment.artifact_location).toBe(
    `file:///srv/shared/${json.experiment_id}`,
  );
  expect((await door.get("/experiments/get", { experiment_id: "0" })).json.experiment.artifact_location).toBe(
    "file:///srv/shared/0",
  );
  const named = await door.post("/experiments/create", { name: "b", artifact_location: "s3://bucket/b" });
  expect((await door.get("/experiments/get", named.json)).json.experiment.artifact_location).toBe("s3://bucket/b");
  const run = await door.startRun();
  // The client writes there by itself; the server opens no file that a client names.
  expect((await door.get("/artifacts/list", { run_id: run })).json).toEqual({
    root_uri: `file:///srv/shared/0/${run}/artifacts`,
  });
});
