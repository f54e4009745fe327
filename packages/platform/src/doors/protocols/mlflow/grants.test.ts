import { createToken, giveGrant, grantRole } from "@paydown/api/accounts";
import type { Operation } from "@paydown/api/operation";
import { listTraces } from "@paydown/api/tracking";
import { listDatasetUses } from "@paydown/api/tracking-insight";
import { correctRun, listCorrections, viewStorage } from "@paydown/api/tracking-upkeep";
import Fastify, { type FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Level } from "#base/auth/grants.js";
import type { Principal, Role } from "#base/auth/principal.js";
import { systemPrincipal } from "#base/auth/principal.js";
import { openStage, type Stage } from "#base/testing/stage.js";
import { accounts, createAuthenticator, ensureProject } from "#capabilities/accounts/index.js";
import { registry } from "#capabilities/registry/index.js";
import { modelSources, tracking } from "#capabilities/tracking/index.js";
import { mlflowDoor } from "./index.js";
import { noOtherProjects } from "./testing/open-door.js";

const project = "default";
const root = "/api/2.0/mlflow";

describe("grants at MLflow's door", () => {
  let stage: Stage;
  let server: FastifyInstance;
  let who: Principal;
  beforeEach(async () => {
    stage = await openStage([accounts, tracking, registry(modelSources)]);
    await ensureProject(stage.ctx, project);
    // Grants are for who is known.
    await stage.call(grantRole, { project, user: "ada", role: "caller" });
    who = systemPrincipal;
    server = Fastify({ routerOptions: { ignoreDuplicateSlashes: true } });
    await server.register(
      mlflowDoor({
        ctxFor: (_request, _reply, door) => ({ ...stage.ctx, principal: who, door }),
        project,
        projects: noOtherProjects,
        artifactRoot: "",
        uploadLimit: 1e6,
      }),
    );
  });
  afterEach(async () => {
    await server.close();
    await stage.close();
  });

  async function ask(method: "GET" | "POST" | "PUT" | "DELETE", url: string, body?: unknown) {
    const reply = await server.inject({
      method,
      url: url.startsWith("/api") ? url : root + url,
      ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, payload: JSON.stringify(body) }),
    });
    return { status: reply.statusCode, headers: reply.headers, json: reply.json() as object };
  }
  const create = async (name: string, more: object = {}): Promise<string> =>
    ((await ask("POST", "/experiments/create", { name, ...more })).json as { experiment_id: string }).experiment_id;
  const run = async (experiment_id: string): Promise<string> =>
    ((await ask("POST", "/runs/create", { experiment_id })).json as { run: { info: { run_id: string } } }).run.info
      .run_id;
  const give = (resource: string, level: Level, kind: "experiment" | "model" = "experiment") =>
    stage.call(giveGrant, { project, kind, resource, user: "ada", level });
  /** Goes on as Ada, by a token of hers that is worth all she may, in this role. */
  async function asAda(role: Role): Promise<void> {
    await stage.call(grantRole, { project, user: "ada", role: "admin" });
    const { secret } = await stage.call(createToken, { project, name: "hers", role: "admin", user: "ada" });
    await stage.call(grantRole, { project, user: "ada", role });
    who = (await createAuthenticator(stage.base)({ secret, address: "test" })) as Principal;
  }

  test("a page is filled up with what may be read, and the token goes on where it ended", async () => {
    const ids: string[] = [];
    for (let i = 0; i < 20; i++) ids.push(await create(`e${String(i).padStart(2, "0")}`));
    for (const id of ids.filter((_, i) => i % 3 !== 0)) await give(id, "NO_PERMISSIONS");
    await asAda("viewer");
    const names: string[] = [];
    let token: string | undefined;
    do {
      const page = (
        await ask("POST", "/experiments/search", {
          max_results: 3,
          order_by: ["name ASC"],
          ...(token === undefined ? {} : { page_token: token }),
        })
      ).json as { experiments?: { name: string }[]; next_page_token?: string };
      names.push(...(page.experiments ?? []).map((one) => one.name));
      if (page.next_page_token !== undefined) expect(page.experiments).toHaveLength(3);
      token = page.next_page_token;
    } while (token !== undefined);
    expect(names).toEqual(["Default", "e00", "e03", "e06", "e09", "e12", "e15", "e18"]);
  });

  test("runs of what may not be read are passed over in a search and refused by name", async () => {
    const [open, closed] = [await create("open"), await create("closed")];
    const [mine, theirs] = [await run(open), await run(closed)];
    await give(closed, "NO_PERMISSIONS");
    await asAda("editor");
    const found = (await ask("POST", "/runs/search", { experiment_ids: [open, closed] })).json as {
      runs: { info: { run_id: string } }[];
    };
    expect(found.runs.map((one) => one.info.run_id)).toEqual([mine]);
    const refused = await ask("GET", `/runs/get?run_id=${theirs}`);
    expect(refused).toMatchObject({
      status: 403,
      json: {
        error_code: "PERMISSION_DENIED",
        message: expect.stringMatching(/^Permission denied\. ada may not read/),
      },
    });
    // Whether there is such a run is not told by the way it is refused; what is nobody's is not found.
    expect((await ask("GET", "/runs/get?run_id=absent")).status).toBe(404);
  });

  test("lists of the whole project leave out traces, corrections, data and sizes of what may not be read", async () => {
    const experiments = [await create("open"), await create("closed")];
    for (const [i, experiment] of experiments.entries()) {
      const runId = await run(experiment);
      await ask("POST", "/runs/log-parameter", { run_id: runId, key: "lr", value: "1" });
      const correction = { project, runId, what: "param", key: "lr", value: "2", reason: "typed wrongly" } as const;
      await stage.call(correctRun, correction);
      await ask("POST", "/runs/log-inputs", {
        run_id: runId,
        datasets: [{ dataset: { name: `rows ${i}`, digest: `d${i}`, source_type: "local", source: "{}" }, tags: [] }],
      });
      await ask("POST", "/traces", { experiment_id: experiment, timestamp_ms: 1 });
    }
    await give(experiments[1] as string, "NO_PERMISSIONS");
    await asAda("viewer");
    const seen = async (operation: Operation): Promise<unknown[]> => {
      const found = tracking.operations.find((one) => one.operation === operation);
      const reply = await found?.perform({ ...stage.ctx, principal: who }, { project } as never);
      const { items, experiments: sizes } = reply as { items?: unknown[]; experiments?: unknown[] };
      return items ?? sizes ?? [];
    };
    expect(await seen(listCorrections)).toHaveLength(1);
    expect(await seen(listTraces)).toHaveLength(1);
    expect(await seen(listDatasetUses)).toEqual([expect.objectContaining({ name: "rows 0" })]);
    expect(JSON.stringify(await seen(viewStorage))).not.toContain("closed");
  });

  test("a metric may not be written to a logged model of another experiment by way of one's own run", async () => {
    const [mine, theirs] = [await create("mine"), await create("theirs")];
    const run_id = await run(mine);
    const { model } = (await ask("POST", "/logged-models", { experiment_id: theirs, name: "m" })).json as {
      model: { info: { model_id: string } };
    };
    const { model_id } = model.info;
    await give(mine, "EDIT");
    await asAda("viewer");
    const metric = { key: "loss", value: 1, timestamp: 1 };
    expect((await ask("POST", "/runs/log-metric", { run_id, ...metric })).status).toBe(200);
    expect((await ask("POST", "/runs/log-metric", { run_id, ...metric, model_id })).status).toBe(403);
    expect((await ask("POST", "/runs/log-batch", { run_id, metrics: [{ ...metric, model_id }] })).status).toBe(403);
    expect((await ask("POST", "/runs/outputs", { run_id, models: [{ model_id }] })).status).toBe(403);
  });

  test("artifacts are their experiment's, wherever its root lies and however the path is written", async () => {
    const own = await create("rooted", { artifact_location: "mlflow-artifacts:/shared/taxi" });
    const plain = await create("plain");
    const proxy = "/api/2.0/mlflow-artifacts/artifacts";
    for (const path of ["shared/taxi/a.txt", `${plain}/b.txt`]) await ask("PUT", `${proxy}/${path}`, {});
    await give(own, "NO_PERMISSIONS");
    await give(plain, "READ");
    await asAda("editor");
    for (const path of ["shared/taxi/a.txt", "shared//taxi/./a.txt", "shared/%74axi/a.txt", "shared%2Ftaxi/a.txt"]) {
      expect((await server.inject(`${proxy}/${path}`)).statusCode, path).toBe(403);
    }
    expect((await server.inject(`${proxy}?path=shared/taxi`)).statusCode).toBe(403);
    expect((await server.inject(`${proxy}/${plain}/b.txt`)).statusCode).toBe(200);
    expect((await ask("PUT", `${proxy}/${plain}/c.txt`, {})).status).toBe(403);
    // A folder above takes the experiment's files with it.
    expect((await ask("DELETE", `${proxy}/shared`)).status).toBe(403);
    expect((await ask("PUT", `${proxy}/elsewhere/d.txt`, {})).status).toBe(200);
  });

  test("levels on a model: edit changes, manage deletes", async () => {
    await ask("POST", "/registered-models/create", { name: "delay" });
    await give("delay", "EDIT", "model");
    await asAda("viewer");
    expect((await ask("POST", "/registered-models/set-tag", { name: "delay", key: "a", value: "b" })).status).toBe(200);
    expect((await ask("DELETE", "/registered-models/delete", { name: "delay" })).status).toBe(403);
    await give("delay", "MANAGE", "model");
    expect((await ask("DELETE", "/registered-models/delete", { name: "delay" })).status).toBe(200);
  });

  test("a request that names two runs is judged by both", async () => {
    const [mine, theirs] = [await create("mine"), await create("theirs")];
    const [run_id, run_uuid] = [await run(mine), await run(theirs)];
    await give(theirs, "NO_PERMISSIONS");
    await asAda("editor");
    expect((await ask("GET", `/runs/get?run_id=&run_uuid=${run_uuid}`)).status).toBe(403);
    expect((await ask("GET", `/runs/get?run_id=${run_id}&run_uuid=${run_uuid}`)).status).toBe(403);
    expect((await ask("POST", "/runs/set-tag", { runId: "", runUuid: run_uuid, key: "a", value: "b" })).status).toBe(
      403,
    );
    const upload = `/upload-artifact?run_id=${run_id}&run_uuid=${run_uuid}&path=a.txt`;
    expect((await ask("POST", upload, { a: 1 })).status).toBe(403);
    expect((await server.inject(`/get-artifact?run_uuid=${run_uuid}&path=a.txt`)).statusCode).toBe(403);
  });

  test("a version is no way around to files one may not read", async () => {
    const closed = await create("closed");
    const theirs = await run(closed);
    const proxy = "/api/2.0/mlflow-artifacts/artifacts";
    await ask("PUT", `${proxy}/${closed}/${theirs}/artifacts/model/secret.txt`, {});
    await ask("POST", "/registered-models/create", { name: "hidden" });
    const location = `mlflow-artifacts:/${closed}/${theirs}/artifacts/model`;
    await ask("POST", "/model-versions/create", { name: "hidden", source: location, run_id: theirs });
    await give(closed, "NO_PERMISSIONS");
    await give("hidden", "NO_PERMISSIONS", "model");
    await asAda("editor");
    await ask("POST", "/registered-models/create", { name: "mine" });
    const prompt = [{ key: "mlflow.prompt.is_prompt", value: "true" }];
    for (const body of [
      { source: location },
      { source: location, tags: prompt },
      { source: `http://host${proxy}/${closed}/${theirs}/artifacts/model` },
      { source: `runs:/${theirs}/model` },
      { source: location, run_id: theirs },
      { source: "models:/hidden/1" },
    ]) {
      const refused = await ask("POST", "/model-versions/create", { name: "mine", ...body });
      // A source outside the run it is said to be of is refused before anybody looks at grants.
      expect([400, 403], JSON.stringify([body, refused.json])).toContain(refused.status);
    }
  });
});
