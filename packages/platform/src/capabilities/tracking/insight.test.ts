import * as api from "@paydown/api/tracking";
import * as insight from "@paydown/api/tracking-insight";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openStage, type Stage } from "#base/testing/stage.js";
import {
  changeRun,
  createExperiment,
  createLoggedModel,
  createRun,
  finishLoggedModel,
  logBatch,
  logInputs,
  noteClient,
  recordModel,
  storeArtifact,
  trackingIn,
} from "./index.js";
import { type LiveVersion, nobodyElse, type VersionOrigin } from "./needs.js";

const project = "default";
let stage: Stage;
let experimentId: number;
let live: LiveVersion[];
let versions: VersionOrigin[];

beforeEach(async () => {
  live = [];
  versions = [];
  const needs = {
    ...nobodyElse,
    versions: async () => versions,
    liveVersions: async () => live,
    mlflowVersion: () => "3.3.2",
  };
  stage = await openStage([trackingIn(needs)]);
  experimentId = (await createExperiment(stage.ctx, { project, name: "delay" })).id;
});
afterEach(() => stage.close());

interface Example {
  readonly params?: Record<string, string>;
  readonly metrics?: Record<string, number>;
  readonly tags?: Record<string, string>;
  readonly data?: { name?: string; digest: string; sourceType?: string; source?: string };
  readonly status?: "FINISHED" | "FAILED";
  readonly experiment?: number;
}

async function train({
  params = {},
  metrics = {},
  tags = {},
  data,
  status = "FINISHED",
  experiment = experimentId,
}: Example): Promise<string> {
  stage.clock.advance(1000);
  const { run_id } = await createRun(stage.ctx, { project, experimentId: experiment });
  const list = (record: Record<string, string>) => Object.entries(record).map(([key, value]) => ({ key, value }));
  await logBatch(stage.ctx, project, run_id, {
    metrics: Object.entries(metrics).map(([key, value]) => ({ key, value, step: 0, timestamp: 1 })),
    params: list(params),
    tags: list(tags),
  });
  if (data !== undefined) {
    const { name = "flights", digest, sourceType = "local", source = '{"uri":"a.csv"}' } = data;
    await logInputs(
      stage.ctx,
      project,
      run_id,
      [{ name, digest, sourceType, source, schema: undefined, profile: undefined, tags: [], context: "training" }],
      [],
    );
  }
  await changeRun(stage.ctx, project, run_id, { status, endTime: stage.clock.now() });
  return run_id;
}

describe("counting", () => {
  test("is exact over all experiments, by state, with IN over parameters and tags", async () => {
    const other = (await createExperiment(stage.ctx, { project, name: "other" })).id;
    await train({ params: { model: "xgb" } });
    await train({ params: { model: "gbm" }, status: "FAILED" });
    await train({ params: { model: "mlp" }, tags: { team: "a" }, experiment: other });
    expect(
      await stage.call(insight.countRuns, { project, filter: "params.model IN ('xgb', 'gbm') OR tags.team IN ('a')" }),
    ).toEqual({
      total: 3,
      byStatus: [
        { status: "FINISHED", runs: 2 },
        { status: "FAILED", runs: 1 },
      ],
    });
    expect(
      (
        await stage.call(insight.countRuns, {
          project,
          filter: "params.model NOT IN ('xgb')",
          experimentIds: [String(experimentId)],
        })
      ).total,
    ).toBe(1);
  });

  test("a search for info alone answers who and when, and nothing else", async () => {
    const runId = await train({ params: { lr: "1" }, metrics: { auc: 1 }, data: { digest: "0123456789abcdef" } });
    const { items, total, columns } = await stage.call(api.searchRuns, { project, fields: "info" });
    expect(items).toEqual([expect.objectContaining({ runId, datasets: [], metrics: {}, params: {}, tags: {} })]);
    expect([total, columns]).toEqual([1, undefined]);
  });
});

describe("groups over seeds", () => {
  const groups = (input: Partial<Parameters<typeof stage.call<typeof insight.groupRuns>>[1]> = {}) =>
    stage.call(insight.groupRuns, { project, ...input });

  test("have mean, sample deviation and Student's interval, and leave seeds and constants out of the key", async () => {
    for (const [i, auc] of [0.7, 0.8, 0.9].entries())
      await train({ params: { lr: "0.1", seed: String(i), data: "v1" }, metrics: { auc } });
    await train({ params: { lr: "0.2", seed: "0", data: "v1" }, metrics: { auc: 0.5 } });
    await train({ params: { lr: "0.2", seed: "1", data: "v1" }, metrics: { auc: Number.NaN } });
    const answer = await groups();
    expect(answer).toMatchObject({ total: 2, runs: 5, by: ["lr"], ignored: ["seed"] });
    const [first, second] = answer.items;
    expect(first).toMatchObject({
      key: { lr: "0.1" },
      runs: 3,
      seeds: ["0", "1", "2"],
      experimentIds: [String(experimentId)],
    });
    const [auc] = first?.metrics ?? [];
    expect(auc).toMatchObject({ key: "auc", n: 3, missing: 0, min: 0.7, max: 0.9 });
    expect(auc?.mean).toBeCloseTo(0.8, 12);
    expect(auc?.sd).toBeCloseTo(0.1, 12);
    // 4.303 is Student's t at two degrees of freedom.
    expect(auc?.high).toBeCloseTo(0.8 + (4.303 * 0.1) / Math.sqrt(3), 3);
    expect(second?.metrics).toEqual([{ key: "auc", n: 1, missing: 1, mean: 0.5, min: 0.5, max: 0.5 }]);
    expect(second?.runIds).toHaveLength(2);
  });

  test("are by chosen parameters, sorted by a mean, paged, and narrowed by a filter", async () => {
    for (const [model, auc] of [
      ["a", 0.1],
      ["b", 0.9],
      ["c", 0.5],
      ["b", 0.7],
    ] as const)
      await train({ params: { model, lr: String(auc) }, metrics: { auc } });
    await train({ metrics: { loss: 1 } });
    const seen: unknown[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await groups({
        by: ["params.model"],
        order: "metrics.auc DESC",
        limit: 1,
        ...(cursor === undefined ? {} : { cursor }),
      });
      expect(page.total).toBe(4);
      seen.push(...page.items.map((one) => one.key.model));
      cursor = page.cursor;
      if (cursor === undefined) break;
    }
    expect(seen).toEqual(["b", "c", "a", null]);
    expect((await groups({ by: ["model"], filter: "metrics.auc > 0.6" })).items[0]).toMatchObject({
      key: { model: "b" },
      runs: 2,
    });
    await expect(groups({ order: "params.model" })).rejects.toMatchObject({ code: "TRACKING_FILTER_INVALID" });
  });

  test("of more runs than one chunk are exact", async () => {
    let sum = 0;
    for (let i = 0; i < 1050; i++) {
      const { run_id } = await createRun(stage.ctx, { project, experimentId });
      await logBatch(stage.ctx, project, run_id, {
        metrics: [{ key: "m", value: i, step: 0, timestamp: 0 }],
        params: [{ key: "p", value: String(i % 3) }],
        tags: [],
      });
      sum += i;
    }
    const answer = await groups({ metrics: ["m"] });
    expect(answer.runs).toBe(1050);
    expect(answer.items.map((one) => one.runs)).toEqual([350, 350, 350]);
    const total = answer.items.reduce((all, one) => all + (one.metrics[0]?.mean ?? 0) * one.runs, 0);
    expect(total).toBeCloseTo(sum, 3);
  }, 60_000);
});

describe("datasets", () => {
  const uses = (input: Partial<Parameters<typeof stage.call<typeof insight.listDatasetUses>>[1]> = {}) =>
    stage.call(insight.listDatasetUses, { project, ...input });

  test("logged in two experiments are one, with the strength of the match", async () => {
    const other = (await createExperiment(stage.ctx, { project, name: "other" })).id;
    const content = "0123456789abcdef";
    const [one, two] = [
      await train({ data: { digest: content } }),
      await train({ data: { digest: content }, experiment: other }),
    ];
    await train({ data: { name: "weather", digest: content } });
    await train({ data: { digest: "12345678" } });
    const { items, total } = await uses({ name: "flights" });
    expect(total).toBe(2);
    expect(items[0]).toMatchObject({
      digest: content,
      strength: "content",
      runs: 2,
      runIds: [two, one],
      experiments: [{ name: "delay" }, { name: "other" }],
      contexts: ["training"],
      alsoNamed: ["weather"],
      otherContent: [{ by: "source", digests: ["12345678"] }],
    });
    expect(items[1]).toMatchObject({ strength: "digest", alsoNamed: [] });
  });

  test("of another place share only the name, and agreement is no disagreement", async () => {
    await train({ data: { digest: "11111111" } });
    await train({ data: { digest: "22222222", source: '{"uri":"b.csv"}' } });
    await train({ data: { name: "calm", digest: "33333333" } });
    const { items, total } = await uses({ disagreeing: true });
    expect([total, items.map((one) => one.otherContent)]).toEqual([
      2,
      [[{ by: "name", digests: ["22222222"] }], [{ by: "name", digests: ["11111111"] }]],
    ]);
  });

  test("are paged by name", async () => {
    for (const name of ["a", "b", "c"]) await train({ data: { name, digest: "11111111" } });
    const first = await uses({ limit: 2 });
    expect(first.items.map((one) => one.name)).toEqual(["a", "b"]);
    expect((await uses({ limit: 2, cursor: first.cursor as string })).items.map((one) => one.name)).toEqual(["c"]);
  });
});

const mlmodel = (python: string, sklearn: string) =>
  `mlflow_version: 2.22.5\nflavors:\n  python_function:\n    python_version: ${python}\n  sklearn:\n    sklearn_version: ${sklearn}\n`;

async function logModel(runId: string, python: string, sklearn: string): Promise<void> {
  const model = await createLoggedModel(stage.ctx, {
    project,
    experimentId,
    sourceRunId: runId,
    name: "m",
    params: [],
    tags: [],
  });
  const root = `${experimentId}/models/${model.model_id}/artifacts`;
  await storeArtifact(stage.ctx, project, `${root}/MLmodel`, Buffer.from(mlmodel(python, sklearn)), {});
  await storeArtifact(stage.ctx, project, `${root}/requirements.txt`, Buffer.from("pandas==2.2.1\nnumpy>=1.0\n"), {});
  await finishLoggedModel(stage.ctx, project, model.model_id, "READY");
  await stage.work();
}

describe("environments", () => {
  const view = () => stage.call(insight.viewEnvironments, { project, experimentId: String(experimentId) });

  test("are read from headers, model files and 2.x clients' summaries, over time", async () => {
    const one = await train({});
    await noteClient(stage.ctx, project, one, "2.22.5");
    await noteClient(stage.ctx, project, one, "2.22.5");
    await logModel(one, "3.11.4", "1.4.0");
    const two = await train({});
    await noteClient(stage.ctx, project, two, "3.3.0");
    await recordModel(stage.ctx, project, two, {
      mlflow_version: "3.3.0",
      flavors: { python_function: { python_version: "3.12.1" } },
    });
    await train({});
    const { items, silent, skew, looked } = await view();
    expect([looked, silent]).toEqual([3, 1]);
    const at = (what: string) => items.find((item) => item.what === what);
    expect(at("python")).toMatchObject({
      source: "MLmodel",
      drifting: true,
      versions: [
        { value: "3.12.1", runs: 1 },
        { value: "3.11.4", runs: 1 },
      ],
    });
    expect(at("scikit-learn")).toMatchObject({ drifting: false, versions: [{ value: "1.4.0" }] });
    expect(at("pandas")).toMatchObject({ source: "requirements" });
    expect(at("numpy")).toBeUndefined();
    expect(skew).toMatchObject({ server: "3.3.2", majors: [2, 3] });
    expect(items.map((item) => item.what).slice(0, 3)).toEqual(["client", "python", "mlflow"]);
  });

  test("of the live version are compared with the newest runs", async () => {
    const old = await train({});
    await logModel(old, "3.11.4", "1.4.0");
    const fresh = await train({});
    await logModel(fresh, "3.11.4", "1.5.0");
    live = [{ model: "churn", version: 1, deployment: "churn-eu" }];
    versions = [
      { model: "churn", version: 1, runId: old, loggedModelId: undefined, location: "", source: "", createdAt: 0 },
    ];
    expect((await view()).live).toEqual([
      {
        model: "churn",
        version: 1,
        deployment: "churn-eu",
        runId: old,
        differs: [{ what: "scikit-learn", live: "1.4.0", newest: "1.5.0" }],
        unknown: [],
      },
    ]);
  });
});

describe("a run that was repeated", () => {
  const full = {
    tags: {
      "mlflow.source.git.commit": "a".repeat(40),
      "paydown.source.dirty": "false",
      "paydown.environment.hash": "e1",
    },
    params: { lr: "0.1", seed: "7" },
    data: { digest: "0123456789abcdef" },
  };
  const explain = async (run: Example, base: Example) =>
    stage.call(insight.explainRerun, { project, against: await train(base), runId: await train(run) });

  test("reproduces when every metric is equal; times do not count", async () => {
    const answer = await explain(
      { ...full, metrics: { auc: 0.8, train_time: 3 } },
      { ...full, metrics: { auc: 0.8, train_time: 4 } },
    );
    expect(answer.verdict).toBe("reproduced");
    expect(answer.metrics.find((row) => row.key === "train_time")).toMatchObject({
      timing: true,
      same: false,
      delta: -1,
    });
  });

  test("names the ingredients that differ, likeliest first", async () => {
    const answer = await explain(
      { ...full, metrics: { auc: 0.8 }, data: { digest: "fedcba9876543210" }, params: { lr: "0.2", seed: "7" } },
      { ...full, metrics: { auc: 0.7 } },
    );
    expect(answer.verdict).toBe("ingredients-differ");
    expect(answer.ingredients.filter((one) => one.state === "differs").map((one) => one.name)).toEqual([
      "data",
      "params",
      "config",
    ]);
    expect(answer.ingredients.find((one) => one.name === "params")?.differences).toEqual([
      { name: "lr", values: ["0.2", "0.1"] },
    ]);
    expect(answer.metrics[0]?.delta).toBeCloseTo(0.1, 12);
  });

  test("with the same ingredients and another result is not deterministic in itself", async () => {
    const answer = await explain({ ...full, metrics: { auc: 0.8 } }, { ...full, metrics: { auc: 0.7 } });
    expect(answer.verdict).toBe("same-ingredients-other-result");
    expect(answer.summary).toContain("hardware, which was not recorded");
    const device = await explain(
      { ...full, metrics: { auc: 0.8 }, tags: { ...full.tags, device: "A100" } },
      { ...full, metrics: { auc: 0.7 }, tags: { ...full.tags, device: "T4" } },
    );
    expect(device).toMatchObject({
      verdict: "ingredients-differ",
      ingredients: [{ name: "hardware", state: "differs" }, {}, {}, {}, {}, {}, {}],
    });
  });

  test("cannot be judged while an ingredient is unknown, and says what to log", async () => {
    const bare = { params: full.params, metrics: { auc: 0.7 } };
    const answer = await explain({ ...bare, metrics: { auc: 0.8 } }, bare);
    expect(answer.verdict).toBe("cannot-tell");
    expect(answer.unseen.map((text) => text.split(":")[0])).toEqual(["Code", "Data", "Environment"]);
    expect((await explain({ metrics: { a: 1 } }, { metrics: { b: 1 } })).summary).toContain("share no metric");
  });
});

describe("a configuration schema", () => {
  const schema = {
    type: "object",
    properties: { lr: { type: "number", exclusiveMinimum: 0, maximum: 1 }, model: { enum: ["xgb", "mlp"] } },
    required: ["lr"],
    additionalProperties: false,
  };
  const set = (value: Record<string, unknown> | null) =>
    stage.call(insight.setConfigSchema, {
      project,
      experimentId: String(experimentId),
      schema: value,
      reason: "agreed",
    });

  test("names the runs that do not fit it, and refuses none", async () => {
    await train({ params: { lr: "0.1", model: "xgb" } });
    const wrong = await train({ params: { lr: "7", modle: "xgb" } });
    const answer = await set(schema);
    expect(answer).toMatchObject({
      looked: 2,
      violating: 1,
      by: "local",
      reason: "agreed",
      hashed: { logged: 0, derived: 2, none: 0 },
    });
    expect(answer.violations[0]).toMatchObject({
      runId: wrong,
      problems: expect.arrayContaining(['lr = "7" must be <= 1', "must NOT have additional properties: modle"]),
    });
    expect((await set(null)).schema).toBeNull();
  });

  test.each([
    [{ type: "array" }, "type is 'array'"],
    [{ properties: { a: { pattern: "(a+)+$" } } }, "'pattern' is not allowed"],
    [{ properties: { a: { $ref: "http://elsewhere/x" } } }, "'$ref' is not allowed"],
    [{ properties: { a: { type: "nonsense" } } }, "schema is invalid"],
    [{ enum: ["x".repeat(70_000)] }, "at most 65536"],
  ])("that could do harm or means nothing is refused: %#", async (bad, text) => {
    await expect(set(bad)).rejects.toThrow(text);
  });

  test("may have parameters named like the language's own words", async () => {
    await expect(
      set({ properties: { pattern: { type: "string" }, format: { const: { $ref: 1 } } } }),
    ).resolves.toBeDefined();
  });
});
