import * as api from "@paydown/api/registry";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openStage, type Stage } from "#base/testing/stage.js";
import { createModel, deleteModel, deleteVersion, registry } from "./index.js";
import { aliasSpans, hashOfFiles, spanAt } from "./model.js";
import type { ModelSources, StoredFile } from "./needs.js";
import { registryRules } from "./rules/index.js";

/** Where versions come from, as far as these tests need it: files kept in the stage's own blobs, runs in a map. */
class FakeSources implements ModelSources {
  experimentsAt = async () => [];
  readonly files = new Map<string, StoredFile[]>();
  readonly runs = new Map<string, NonNullable<Awaited<ReturnType<ModelSources["findRun"]>>>>();

  async findFiles(_ctx: unknown, _project: string, uri: string) {
    return this.files.get(uri);
  }
  async findLoggedModel() {
    return undefined;
  }
  async findRun(_ctx: unknown, _project: string, runId: string) {
    return this.runs.get(runId);
  }
}

let stage: Stage;
let sources: FakeSources;
const project = "default";
const signed = `
flavors:
  python_function: {loader_module: mlflow.sklearn, python_version: 3.11.7}
  sklearn: {serialization_format: cloudpickle}
mlflow_version: 3.17.2
signature:
  inputs: '[{"type": "double", "name": "x", "required": true}]'
  outputs: null
`;

beforeEach(async () => {
  sources = new FakeSources();
  stage = await openStage([registry(sources)]);
});
afterEach(() => stage.close());

async function store(uri: string, files: Record<string, string>): Promise<string> {
  const stored: StoredFile[] = [];
  for (const [path, text] of Object.entries(files))
    stored.push({ path, ...(await stage.ctx.blobs.put(Buffer.from(text))) });
  sources.files.set(uri, stored);
  return uri;
}

const register = (source: string, extra: { runId?: string } = {}) =>
  stage.call(api.createVersion, { project, model: "delay", source, ...extra });
const point = (version: number, reason: string) =>
  stage.call(api.setAlias, { project, model: "delay", alias: "production", version, reason });

describe("versions", () => {
  test("are numbered on and never twice, not even when the model is made anew", async () => {
    await register("s3://b/1");
    expect((await register("s3://b/2")).version).toBe(2);
    await deleteVersion(stage.ctx, project, "delay", 2);
    expect((await register("s3://b/3")).version).toBe(3);
    await deleteModel(stage.ctx, project, "delay");
    await createModel(stage.ctx, { project, name: "delay" });
    expect((await register("s3://b/4")).version).toBe(4);
  });

  test("carry a hash of their files and what their MLmodel says, without running anything", async () => {
    const uri = await store("mlflow-artifacts:/0/r/artifacts/model", {
      MLmodel: signed,
      "model.pkl": "not a pickle at all",
    });
    const version = await register(uri);
    expect(version).toMatchObject({ flavors: ["python_function", "sklearn"], pickled: true });
    expect(version.artifactHash).toBe(hashOfFiles(sources.files.get(uri) ?? []));
    expect(version.evidence.signature.state).toBe("yes");
    const shown = await stage.call(api.getVersion, { project, model: "delay", version: 1 });
    expect(shown.signature?.inputs).toContain('"name": "x"');
    expect(shown.files.map((file) => file.path)).toEqual(["MLmodel", "model.pkl"]);
  });

  test("say unknown, not no, about files stored elsewhere", async () => {
    const version = await register("s3://bucket/model");
    expect(version.artifactHash).toBeUndefined();
    expect(version.evidence.signature.state).toBe("unknown");
    expect(version.evidence.data.state).toBe("no");
  });

  test("an MLmodel that blows up its aliases is not read", async () => {
    const bomb = `a: &a [x,x]\n${Array.from({ length: 30 }, (_, i) => `b${i}: &b${i} [*${i === 0 ? "a" : `b${i - 1}`},*${i === 0 ? "a" : `b${i - 1}`}]`).join("\n")}`;
    const version = await register(await store("mlflow-artifacts:/0/r/artifacts/m", { MLmodel: bomb }));
    expect(version.evidence.signature.state).toBe("unknown");
  });
});

describe("aliases", () => {
  test("keep who moved them, when and why, and answer for any moment", async () => {
    for (const i of [1, 2]) await register(`s3://b/${i}`);
    const start = stage.clock.now();
    stage.clock.advance(1000);
    await point(1, "first release");
    stage.clock.advance(1000);
    await point(2, "better on October");
    stage.clock.advance(1000);
    await stage.call(api.removeAlias, { project, model: "delay", alias: "production", reason: "withdrawn" });

    const at = async (ms: number) =>
      (await stage.call(api.findAliasAt, { project, model: "delay", alias: "production", at: start + ms })).span;
    expect(await at(500)).toBeUndefined();
    expect(await at(1000)).toMatchObject({ version: 1, reason: "first release", by: "local" });
    expect(await at(1999)).toMatchObject({ version: 1 });
    expect(await at(2500)).toMatchObject({ version: 2, reason: "better on October" });
    const gap = await at(9000);
    expect(gap?.version).toBeUndefined();
    expect(gap?.reason).toBe("withdrawn");
    const { history } = await stage.call(api.getModel, { project, model: "delay" });
    expect(history.map((change) => change.kind)).toEqual([
      "alias-removed",
      "alias-set",
      "alias-set",
      "version-created",
      "version-created",
    ]);
    expect(history[1]).toMatchObject({ version: 2, previous: 1 });
  });

  test("pointing an alias where it points already is no change", async () => {
    await register("s3://b/1");
    await point(1, "a");
    await point(1, "b");
    const { spans } = await stage.call(api.getModel, { project, model: "delay" });
    expect(spans).toHaveLength(1);
  });

  test("at every moment an alias has at most one span, and the spans of one alias leave no hole", () => {
    const change = fc.record({
      set: fc.boolean(),
      version: fc.integer({ min: 1, max: 5 }),
      gap: fc.integer({ min: 0, max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 30 }), fc.integer({ min: 0, max: 100 }), (changes, moment) => {
        let at = 0;
        let expected: number | undefined;
        let begun: number | undefined;
        const history = changes.map((one, i) => {
          at += one.gap;
          begun ??= at;
          if (at <= moment) expected = one.set ? one.version : undefined;
          return {
            id: String(i),
            at,
            kind: one.set ? ("alias-set" as const) : ("alias-removed" as const),
            subject: "production",
            ...(one.set ? { version: one.version } : {}),
            by: "x",
            door: "test",
            reason: "",
          };
        });
        const spans = aliasSpans(history);
        expect(
          spans.filter((span) => span.from <= moment && (span.to === undefined || moment < span.to)).length,
        ).toBeLessThanOrEqual(1);
        const span = spanAt(spans, "production", moment);
        expect(span?.version).toBe(expected);
        if (begun !== undefined && moment >= begun) expect(span).toBeDefined();
      }),
    );
  });
});

test("evaluations and cards are kept with their version", async () => {
  await register("s3://b/1");
  await register("s3://b/2");
  await stage.call(api.recordEvaluation, {
    project,
    model: "delay",
    version: 2,
    dataset: "flights",
    datasetVersion: "0123456789abcdef",
    against: 1,
    metrics: [{ name: "auc", value: 0.8, low: 0.78, high: 0.82, level: 0.95, n: 1000, higherIsBetter: true }],
    verdict: "not-distinguishable",
    reason: "the intervals overlap",
  });
  await stage.call(api.attachCard, { project, model: "delay", version: 2, text: "# Delay\nfor planners" });
  const shown = await stage.call(api.getVersion, { project, model: "delay", version: 2 });
  expect(shown.evaluations[0]).toMatchObject({ verdict: "not-distinguishable", against: 1 });
  expect(shown.card?.text).toContain("planners");
  expect(shown.evidence.card.state).toBe("yes");
  expect(shown.evidence.evaluation.state).toBe("yes");
  await expect(
    stage.call(api.recordEvaluation, { project, model: "delay", version: 9, metrics: [{ name: "auc", value: 1 }] }),
  ).rejects.toThrow("Model Version (name=delay, version=9) not found");
});

describe("rules", () => {
  const yes = { state: "yes" as const, evidence: "." };
  const no = { state: "no" as const, evidence: "missing." };
  const check = (code: string) => {
    const rule = registryRules(sources).find((one) => one.code === code);
    if (rule === undefined) throw new RangeError(code);
    return rule.check(stage.ctx, project);
  };

  async function bad(): Promise<void> {
    await register(await store("mlflow-artifacts:/0/bad", { "model.pkl": "x" }));
    await point(1, "");
  }

  async function good(): Promise<void> {
    sources.runs.set("r", {
      artifactUri: "",
      models: {},
      reproducibility: { code: yes, data: yes, config: yes, environment: yes, seed: yes },
    });
    await register(await store("mlflow-artifacts:/0/good", { MLmodel: signed, "README.md": "card" }), { runId: "r" });
    await point(1, "");
    await stage.call(api.recordEvaluation, {
      project,
      model: "delay",
      version: 1,
      metrics: [{ name: "auc", value: 1 }],
    });
  }

  describe.each(["REG001", "REG002", "REG003", "REG004", "REG005"])("%s", (code) => {
    test("finds the version that lacks it", async () => {
      await bad();
      const { findings } = await check(code);
      expect(findings.map((finding) => finding.asset)).toEqual([{ kind: "model-version", id: "delay/1" }]);
    });

    test("passes over the version that has it", async () => {
      await good();
      expect(await check(code)).toEqual({ findings: [], unseen: [] });
    });

    test("says it saw nothing when no model is registered", async () => {
      const { findings, unseen } = await check(code);
      expect([findings.length, unseen.length]).toEqual([0, 1]);
    });
  });

  test("old versions that nothing points at are left alone", async () => {
    await bad();
    await register("mlflow-artifacts:/0/bad");
    await point(2, "");
    expect((await check("REG002")).findings.map((finding) => finding.asset.id)).toEqual(["delay/2"]);
  });

  test("what cannot be seen is unseen, not fine", async () => {
    await register("s3://bucket/model");
    const { findings, unseen } = await check("REG002");
    expect([findings.length, unseen.length]).toEqual([0, 1]);
  });

  test("a live version names what its run lacks", async () => {
    sources.runs.set("r", {
      artifactUri: "",
      models: {},
      reproducibility: { code: yes, data: no, config: yes, environment: yes, seed: no },
    });
    await register("s3://b/1", { runId: "r" });
    await point(1, "");
    const { findings } = await check("REG005");
    expect(findings[0]?.evidence.missing).toEqual(["data", "seed"]);
  });
});
