import {
  createVersion,
  getLoggedModelInspection,
  getVersion,
  inspectLoggedModel,
  inspectVersion,
} from "@paydown/api/registry";
import { purgeLoggedModels } from "@paydown/api/tracking-upkeep";
import Fastify, { type FastifyInstance } from "fastify";
import { afterEach, beforeEach, expect, test } from "vitest";
import { onBothDatabases } from "#base/testing/databases.js";
import { openStage, type Stage } from "#base/testing/stage.js";
import { accounts } from "#capabilities/accounts/index.js";
import { registry } from "#capabilities/registry/index.js";
import { modelSources, tracking } from "#capabilities/tracking/index.js";
import { mlflowDoor } from "./index.js";
import { noOtherProjects } from "./testing/open-door.js";

const project = "default";
const hostile = "cos\nsystem\n(S'true'\ntR.";
const harmless = "\x80\x04}.";
const mlmodel = `
flavors:
  sklearn: {serialization_format: cloudpickle}
  python_function: {python_version: 3.11.7}
mlflow_version: 3.17.2
signature: {inputs: '[{"type": "double", "name": "x", "required": true}]', outputs: null}
`;

onBothDatabases("a logged model", (fresh) => {
  let stage: Stage;
  let server: FastifyInstance;
  beforeEach(async () => {
    stage = await openStage([accounts, tracking, registry(modelSources)], fresh());
    server = Fastify({ routerOptions: { ignoreDuplicateSlashes: true } });
    await server.register(
      mlflowDoor({
        ctxFor: (_request, _reply, door) => ({ ...stage.ctx, door }),
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

  async function ask(method: "POST" | "PATCH" | "DELETE" | "PUT", url: string, payload?: object | string) {
    const isFile = method === "PUT";
    const headers = { "content-type": isFile ? "application/octet-stream" : "application/json" };
    const reply = await server.inject({
      method,
      url: `/api/2.0/${isFile ? "mlflow-artifacts/artifacts" : "mlflow"}${url}`,
      ...(payload === undefined
        ? {}
        : { headers, payload: isFile ? Buffer.from(payload as string, "latin1") : payload }),
    });
    expect(reply.statusCode, reply.body).toBe(200);
    return reply.json() as never;
  }
  async function startRun(): Promise<string> {
    const tags = [{ key: "mlflow.source.git.commit", value: "0123456789abcdef0123456789abcdef01234567" }];
    const { run } = (await ask("POST", "/runs/create", { experiment_id: "0", tags })) as {
      run: { info: { run_id: string } };
    };
    return run.info.run_id;
  }
  const store = (id: string, path: string, text: string) => ask("PUT", `/0/models/${id}/artifacts/${path}`, text);
  /** As MLflow's client does: announced, uploaded, then ready. */
  async function log(files: Readonly<Record<string, string>>, runId?: string): Promise<string> {
    const { model } = (await ask("POST", "/logged-models", {
      experiment_id: "0",
      name: "model",
      ...(runId === undefined ? {} : { source_run_id: runId }),
    })) as { model: { info: { model_id: string } } };
    const id = model.info.model_id;
    for (const [path, text] of Object.entries(files)) await store(id, path, text);
    await ask("PATCH", `/logged-models/${id}`, { model_id: id, status: "LOGGED_MODEL_READY" });
    return id;
  }
  const settle = async (): Promise<void> => {
    await stage.deliver();
    await stage.work();
  };
  const show = (loggedModelId: string) => stage.call(getLoggedModelInspection, { project, loggedModelId });
  const findings = async () => {
    const rule = registry(modelSources).rules.find((one) => one.code === "REG006");
    return (await rule?.check(stage.ctx, project)) ?? { findings: [], unseen: [] };
  };

  test("once its files are complete, and resolves to commit and environment through its run", async () => {
    const runId = await startRun();
    const files = { MLmodel: mlmodel, "model.pkl": hostile, "requirements.txt": "scikit-learn==1.5.0\n" };
    const id = await log(files, runId);
    await stage.deliver();
    expect((await show(id)).inspection).toMatchObject({ state: "waiting", verdict: "unknown" });
    await settle();
    const shown = await show(id);
    expect(shown).toMatchObject({
      status: "READY",
      runId,
      flavors: ["python_function", "sklearn"],
      pickled: true,
      mlflowVersion: "3.17.2",
      pythonVersion: "3.11.7",
      evidence: { files: { state: "yes" }, signature: { state: "yes" } },
      inspection: { state: "done", verdict: "dangerous" },
    });
    expect(shown.files.map((file) => file.path)).toEqual(["MLmodel", "model.pkl", "requirements.txt"]);
    expect(shown.inspection?.files[0]).toMatchObject({
      path: "model.pkl",
      verdict: "dangerous",
      reasons: ["loading model.pkl would call os.system"],
    });
    expect(shown.provenance.code).toMatchObject({ state: "yes" });
    expect(shown.provenance.data).toMatchObject({ state: "no", remedy: expect.stringContaining("log_input") });
    expect(shown.provenance.config.state).not.toBe("yes");
    expect(shown.provenance.environment).toMatchObject({
      state: "yes",
      values: [shown.inspection?.environment?.hash],
    });
  });

  test("without a run it says how to name one, and without files that nothing is known", async () => {
    const id = await log({});
    await settle();
    const shown = await show(id);
    expect(shown.provenance.code).toMatchObject({ state: "no", remedy: expect.stringContaining("start_run") });
    expect(shown).toMatchObject({ evidence: { files: { state: "no" } }, inspection: { verdict: "unknown" } });
    expect((await findings()).unseen[0]?.what).toContain(id);
  });

  test("files stored elsewhere are unknown, not clean", async () => {
    const { experiment_id } = (await ask("POST", "/experiments/create", {
      name: "elsewhere",
      artifact_location: "s3://bucket/models",
    })) as { experiment_id: string };
    const { model } = (await ask("POST", "/logged-models", { experiment_id })) as {
      model: { info: { model_id: string } };
    };
    const id = model.info.model_id;
    await ask("PATCH", `/logged-models/${id}`, { model_id: id, status: "LOGGED_MODEL_READY" });
    await settle();
    expect(await show(id)).toMatchObject({
      evidence: { files: { state: "unknown" }, signature: { state: "unknown" } },
      inspection: { state: "failed", verdict: "unknown", problem: "The files are stored elsewhere." },
    });
    expect((await findings()).unseen.map((one) => one.what)).toEqual([expect.stringContaining("stored elsewhere")]);
  });

  test("before its files are complete it is not read, and is refused to be", async () => {
    const { model } = (await ask("POST", "/logged-models", { experiment_id: "0" })) as {
      model: { info: { model_id: string } };
    };
    const loggedModelId = model.info.model_id;
    await settle();
    expect(await show(loggedModelId)).not.toHaveProperty("inspection");
    const refused = stage.call(inspectLoggedModel, { project, loggedModelId });
    await expect(refused).rejects.toMatchObject({ code: "REGISTRY_LOGGED_MODEL_NOT_READY" });
    const unknown = stage.call(inspectLoggedModel, { project, loggedModelId: "m-nobody" });
    await expect(unknown).rejects.toMatchObject({ code: "REGISTRY_LOGGED_MODEL_NOT_FOUND" });
  });

  test("registered afterwards, its files are not read twice and are found once", async () => {
    const id = await log({ MLmodel: mlmodel, "model.pkl": hostile });
    await settle();
    const { inspection, artifactHash } = await show(id);
    const alone = (await findings()).findings;
    expect(alone).toMatchObject([
      { asset: { kind: "experiment", id: "0" }, key: "logged-model", evidence: { models: [{ id }] } },
    ]);
    expect(alone[0]?.message).toContain("would call os.system");
    stage.clock.advance(60_000);
    const version = { project, model: "delay", version: 1 };
    await stage.call(createVersion, { project, model: "delay", source: `models:/${id}` });
    await settle();
    const registered = await stage.call(getVersion, version);
    expect(registered.artifactHash).toBe(artifactHash);
    // The reading is the earlier one, with its time.
    expect(registered.inspection).toEqual(inspection);
    expect((await findings()).findings.map((one) => one.asset)).toEqual([{ kind: "model-version", id: "delay/1" }]);
    expect((await show(id)).registered).toEqual([{ model: "delay", version: 1 }]);
    // Whoever asks for it gets a new one.
    await stage.call(inspectVersion, version);
    await settle();
    expect((await stage.call(getVersion, version)).inspection?.at).toBe(stage.clock.now());
    await stage.call(inspectLoggedModel, { project, loggedModelId: id });
    expect((await show(id)).inspection).toMatchObject({ state: "waiting", verdict: "dangerous" });
    await settle();
    expect((await show(id)).inspection).toMatchObject({ state: "done", at: stage.clock.now() });
  });

  test("written over after it was read, nothing is known of it until it is read again", async () => {
    const id = await log({ MLmodel: mlmodel, "model.pkl": harmless });
    await settle();
    expect((await show(id)).inspection).toMatchObject({ state: "done", verdict: "clean" });
    await store(id, "model.pkl", hostile);
    expect((await show(id)).inspection).toMatchObject({
      verdict: "unknown",
      problem: expect.stringContaining("changed"),
    });
    await stage.call(inspectLoggedModel, { project, loggedModelId: id });
    await settle();
    expect((await show(id)).inspection).toMatchObject({ verdict: "dangerous" });
  });

  test("many checkpoints are one finding, and a version registered among them does not wait for them", async () => {
    const runId = await startRun();
    const ids: string[] = [];
    for (let step = 0; step < 6; step++) {
      ids.push(await log({ MLmodel: `${mlmodel}\nstep: ${step}`, "model.pkl": hostile }, runId));
    }
    await stage.deliver();
    await stage.call(createVersion, { project, model: "delay", source: `models:/${ids[0]}` });
    const kinds = async () =>
      (
        await stage.base.db.read((r) =>
          r.all<{ kind: string }>({
            sql: "select kind from jobs where state = 'queued' order by id",
            parameters: [],
          }),
        )
      ).map((one) => one.kind);
    expect((await kinds()).filter((kind) => kind === "registry.inspect-new-logged-model")).toHaveLength(ids.length);
    await settle();
    expect(await kinds()).toEqual([]);
    const { findings: found, unseen } = await findings();
    expect(unseen).toEqual([]);
    expect(found.map((one) => one.asset.kind).sort()).toEqual(["experiment", "model-version"]);
    const logged = found.find((one) => one.key === "logged-model");
    expect(logged?.evidence).toMatchObject({ total: ids.length - 1 });
  });

  test("deleted it is shown no more, and purged its inspection is gone", async () => {
    const id = await log({ "model.pkl": hostile });
    const late = await log({ "model.pkl": hostile, MLmodel: mlmodel });
    await settle();
    const rows = async () =>
      (
        await stage.base.db.read((r) =>
          r.all({ sql: "select logged_model_id from logged_model_inspections", parameters: [] }),
        )
      ).length;
    expect(await rows()).toBe(2);
    for (const one of [id, late]) await ask("DELETE", `/logged-models/${one}`);
    await expect(show(id)).rejects.toMatchObject({ code: "REGISTRY_LOGGED_MODEL_NOT_FOUND" });
    expect((await findings()).findings).toEqual([]);
    stage.clock.advance(1000);
    await stage.call(purgeLoggedModels, { project, modelIds: [id, late], reason: "cleaning", confirm: true });
    await settle();
    await settle();
    expect(await rows()).toBe(0);
  });
});
