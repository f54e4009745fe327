import * as api from "@paydown/api/registry";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openStage, type Stage } from "#base/testing/stage.js";
import { registry } from "./index.js";
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
