import * as api from "@paydown/api/registry";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openStage, type Stage } from "#base/testing/stage.js";
import { createVersion, deleteVersion, registry } from "./index.js";
import { FakeSources, wholeRun } from "./testing/sources.js";

let stage: Stage;
let sources: FakeSources;
const project = "default";
const model = "delay";

const mlmodel = `
flavors:
  sklearn: {serialization_format: cloudpickle}
metadata: {license: apache-2.0, base_model: acme/base}
`;

beforeEach(async () => {
  sources = new FakeSources();
  sources.runs.set("r", { ...wholeRun, hashes: { ...wholeRun.hashes, environment: undefined } });
  stage = await openStage([registry(sources)]);
});
afterEach(() => stage.close());

async function register(files: Readonly<Record<string, string | Uint8Array>>): Promise<number> {
  const uri = await sources.store(stage.ctx, `mlflow-artifacts:/0/r/artifacts/${stage.ctx.ids.ulid()}`, files);
  return (await stage.call(api.createVersion, { project, model, source: uri, runId: "r" })).version;
}
const show = (version: number) => stage.call(api.getVersion, { project, model, version });

describe("reading a version's files", () => {
  test("happens by itself after it was registered, and says which file would run what", async () => {
    const version = await register({
      MLmodel: mlmodel,
      "model.pkl": "cos\nsystem\n(S'true'\ntR.",
      "requirements.txt": "scikit-learn==1.5.0\nnumpy\n",
      "conda.yaml": "dependencies:\n- python=3.11.7\n- pip:\n  - scikit-learn==1.5.0\n",
    });
    expect((await show(version)).inspection).toMatchObject({ state: "waiting", verdict: "unknown" });
    await stage.work();
    const { inspection, verdict, provenance } = await show(version);
    expect(verdict).toBe("dangerous");
    expect(inspection).toMatchObject({ state: "done", licence: "apache-2.0", baseModel: "acme/base" });
    expect(inspection?.files[0]).toMatchObject({
      path: "model.pkl",
      format: "pickle",
      verdict: "dangerous",
      reasons: ["loading model.pkl would call os.system"],
      names: ["os.system"],
    });
    expect(inspection?.files.slice(1).map((file) => file.verdict)).toEqual(["clean", "clean", "clean"]);
    expect(inspection?.environment).toMatchObject({ python: "3.11.7", pinned: 1, unpinned: ["numpy"] });
    expect(provenance.environment).toMatchObject({
      state: "unknown",
      values: [inspection?.environment?.hash],
      remedy: expect.stringContaining("Pin numpy"),
    });
    expect(provenance.code).toMatchObject({ state: "yes", values: [wholeRun.hashes.commit] });
  });
});

describe("an inspection", () => {
  test("can be asked for again, keeps the earlier one meanwhile, and is one job however often asked", async () => {
    const version = await register({ MLmodel: mlmodel, "requirements.txt": "numpy==2.0.0\n" });
    await stage.work();
    stage.clock.advance(1000);
    const first = await stage.call(api.inspectVersion, { project, model, version });
    expect(first).toMatchObject({ state: "waiting", verdict: "clean" });
    expect((await stage.call(api.inspectVersion, { project, model, version })).job).toBe(first.job);
    await stage.work();
    expect((await show(version)).inspection).toMatchObject({ state: "done", at: stage.clock.now() });
  });

  test("says nothing of files that were written over since; the gate is shut until they are read again", async () => {
    const version = await register({ MLmodel: mlmodel, "requirements.txt": "numpy==2.0.0\n" });
    await stage.work();
    const scan = async () =>
      (await stage.call(api.checkPromotion, { project, model, version })).gates.find((gate) => gate.gate === "scan");
    expect((await show(version)).verdict).toBe("clean");
    expect(await scan()).toMatchObject({ state: "yes" });
    const { location } = await show(version);
    await sources.store(stage.ctx, location, { MLmodel: mlmodel, "model.pkl": "cos\nsystem\n(S'true'\ntR." });
    const changed = await show(version);
    const problem = "Its files were changed after they were read: have them read again.";
    expect(changed.verdict).toBe("unknown");
    expect(changed.inspection).toMatchObject({ verdict: "unknown", files: [], problem });
    expect((await stage.call(api.getModel, { project, model })).items[0]?.verdict).toBe("unknown");
    expect(await scan()).toMatchObject({ state: "unknown", evidence: problem });
    await stage.call(api.inspectVersion, { project, model, version });
    await stage.work();
    expect((await show(version)).verdict).toBe("dangerous");
    expect(await scan()).toMatchObject({ state: "no" });
  });

  test("of files that are stored elsewhere fails and says why; of a deleted version it does nothing", async () => {
    const { version } = await stage.call(api.createVersion, {
      project,
      model,
      source: "s3://bucket/model",
      runId: "r",
    });
    expect((await show(version)).inspection).toBeUndefined();
    await stage.call(api.inspectVersion, { project, model, version });
    await stage.work();
    expect((await show(version)).inspection).toMatchObject({ state: "failed", verdict: "unknown" });
    const gone = await register({ MLmodel: mlmodel });
    await deleteVersion(stage.ctx, project, model, gone);
    await stage.work();
  });

  test("gives the same environment hash whatever the order of lines, and another for another version", async () => {
    const hashOf = async (text: string) => {
      const version = await register({ MLmodel: mlmodel, "requirements.txt": text });
      await stage.work();
      return (await show(version)).provenance.environment;
    };
    const first = await hashOf("numpy==2.0.0\nscikit_learn==1.5.0\n");
    expect(first).toMatchObject({ state: "yes", evidence: expect.stringContaining("2 pinned") });
    expect((await hashOf("# a comment\nScikit-Learn == 1.5.0\nnumpy==2.0.0\n")).values).toEqual(first.values);
    expect((await hashOf("numpy==2.0.1\nscikit-learn==1.5.0\n")).values).not.toEqual(first.values);
  });
});

describe("an external model", () => {
  const pinned = {
    provider: "anthropic",
    name: "claude-sonnet",
    pin: "20260101",
    promptVersion: "7",
    licence: "commercial",
  };

  test("is a version like any other, says what is not recorded, and is read by MLflow's clients as its source", async () => {
    const made = await stage.call(api.registerExternal, { project, model, ...pinned });
    expect(made).toMatchObject({ version: 1, source: "external:anthropic/claude-sonnet@20260101", external: pinned });
    const shown = await show(1);
    expect(shown.missing).toEqual(["evaluationSet", "fallback"]);
    expect(shown.inspection).toBeUndefined();
    expect(shown.provenance).toMatchObject({
      code: { state: "yes", values: ["20260101"] },
      data: { state: "unknown" },
      config: { state: "yes", values: ["7"] },
    });
    const { gates } = await stage.call(api.checkPromotion, { project, model, version: 1 });
    expect(gates.find((gate) => gate.gate === "scan")).toMatchObject({ state: "yes" });
    await stage.call(api.setAlias, { project, model, alias: "champion", version: 1, reason: "" });
  });

  test("can be registered by its source alone, as MLflow's clients do", async () => {
    const number = await createVersion(stage.ctx, sources, {
      project,
      name: model,
      source: "external:openai/gpt-4o",
      makeModel: true,
    });
    const { external, missing } = await show(number);
    expect(external).toEqual({ provider: "openai", name: "gpt-4o" });
    expect(missing).toContain("pin");
  });
});
