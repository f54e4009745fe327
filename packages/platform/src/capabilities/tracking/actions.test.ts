import * as api from "@paydown/api/tracking";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openStage, type Stage } from "#base/testing/stage.js";
import {
  changeRun,
  createExperiment,
  createRun,
  deleteRun,
  logBatch,
  logInputs,
  logMetric,
  logParam,
  mlflowViews,
  setTags,
  tracking,
} from "./index.js";

let stage: Stage;
let experimentId: number;
const project = "default";

beforeEach(async () => {
  stage = await openStage([tracking]);
  experimentId = (await createExperiment(stage.ctx, { project, name: "delay" })).id;
});
afterEach(() => stage.close());

const start = async (options: { name?: string; startTime?: number; tags?: { key: string; value: string }[] } = {}) =>
  (await createRun(stage.ctx, { project, experimentId, ...options })).run_id;
const point = (key: string, value: number, step = 0, timestamp = 1) => ({ key, value, step, timestamp });
const show = (runId: string) => stage.call(api.getRun, { project, runId });

describe("logging", () => {
  test("the latest value is the greatest of step, time and value, whatever order points arrive in", async () => {
    const run = await start();
    await logMetric(stage.ctx, project, run, point("auc", 0.9, 5, 10));
    await logMetric(stage.ctx, project, run, point("auc", 0.1, 2, 99));
    await logBatch(stage.ctx, project, run, {
      metrics: [point("auc", 0.7, 5, 10), point("auc", 0.5, 4, 50)],
      params: [],
      tags: [],
    });
    expect((await show(run)).metrics).toEqual([{ key: "auc", value: 0.9, step: 5, at: 10 }]);
  });

  test("repeating a request changes nothing", async () => {
    const run = await start();
    for (let i = 0; i < 3; i++) await logMetric(stage.ctx, project, run, point("auc", 0.9, 1));
    const { points } = await mlflowViews.metricHistory(stage.ctx, project, {
      runId: run,
      key: "auc",
      limit: undefined,
      token: undefined,
    });
    expect(points.length).toBe(1);
    await logParam(stage.ctx, project, run, { key: "lr", value: "1" });
    await logParam(stage.ctx, project, run, { key: "lr", value: "1" });
    const { columns } = await stage.call(api.searchRuns, { project });
    expect(columns?.metrics.map((column) => [column.key, column.runs])).toEqual([["auc", 1]]);
    expect(columns?.params.map((column) => [column.key, column.runs])).toEqual([["lr", 1]]);
  });

  test("NaN and infinities come back as MLflow writes them", async () => {
    const run = await start();
    await logMetric(stage.ctx, project, run, point("nan", Number.NaN));
    await logMetric(stage.ctx, project, run, point("high", Number.POSITIVE_INFINITY));
    await logMetric(stage.ctx, project, run, point("low", Number.NEGATIVE_INFINITY));
    const metrics = Object.fromEntries((await show(run)).metrics.map((metric) => [metric.key, metric.value]));
    expect(metrics).toEqual({ nan: "NaN", high: Number.MAX_VALUE, low: -Number.MAX_VALUE });
  });

  test("a batch with one bad part leaves nothing behind", async () => {
    const run = await start();
    await logParam(stage.ctx, project, run, { key: "lr", value: "1" });
    await expect(
      logBatch(stage.ctx, project, run, {
        metrics: [point("auc", 1)],
        params: [
          { key: "depth", value: "3" },
          { key: "lr", value: "2" },
        ],
        tags: [{ key: "team", value: "risk" }],
      }),
    ).rejects.toThrow(
      `Changing param values is not allowed. Params were already logged='[{'key': 'lr', 'old_value': '1', 'new_value': '2'}]' for run ID='${run}'.`,
    );
    const after = await show(run);
    expect(after.metrics).toEqual([]);
    expect(after.params).toEqual({ lr: "1" });
    expect(after.tags.team).toBeUndefined();
  });

  test.each([
    ["../x", "would resolve to '../x'"],
    ["/x", "would resolve to '/x'"],
    ["a//b", "would resolve to 'a/b'"],
    ["a\nb", "Names may only contain"],
    ["", "would resolve to '.'"],
  ])("a metric named %j is refused with MLflow's reason", async (key, reason) => {
    const run = await start();
    await expect(logMetric(stage.ctx, project, run, point(key, 1))).rejects.toThrow(reason);
  });

  test("a thousand and one metrics are too many for one batch, and the message says so", async () => {
    const run = await start();
    const metrics = Array.from({ length: 1001 }, (_, i) => point(`m${i}`, i));
    await expect(logBatch(stage.ctx, project, run, { metrics, params: [], tags: [] })).rejects.toThrow(
      "A batch logging request can contain at most 1000 metrics. Got 1001 metrics.",
    );
  });

  test("a thousand metrics of different names are one batch", async () => {
    const run = await start();
    const metrics = Array.from({ length: 1000 }, (_, i) => point(`m${i}`, i, i % 7, i + 1));
    await logBatch(stage.ctx, project, run, { metrics, params: [], tags: [] });
    expect((await show(run)).metrics).toHaveLength(1000);
  });

  test("a deleted run takes no more and says why", async () => {
    const run = await start();
    await deleteRun(stage.ctx, project, run);
    await expect(logMetric(stage.ctx, project, run, point("auc", 1))).rejects.toThrow(
      `The run ${run} must be in the 'active' state. Current state is deleted.`,
    );
  });

  test("the name of a run and its name tag are one", async () => {
    const run = await start({ name: "first" });
    await changeRun(stage.ctx, project, run, { name: "second" });
    expect(await show(run)).toMatchObject({ name: "second", status: "RUNNING", tags: { "mlflow.runName": "second" } });
    await setTags(stage.ctx, project, run, [{ key: "mlflow.runName", value: "third" }]);
    expect((await show(run)).name).toBe("third");
    const anonymous = await start();
    expect((await show(anonymous)).name).toMatch(/^[a-z]+-[a-z]+-\d+$/);
  });

  test("a run of another project is not found", async () => {
    const run = await start();
    await expect(logMetric(stage.ctx, "other", run, point("auc", 1))).rejects.toThrow(`Run with id=${run} not found`);
  });

  test("logging the same inputs twice links them once, and the first wins", async () => {
    const run = await start();
    const dataset = {
      name: "flights",
      digest: "0123456789abcdef",
      sourceType: "local",
      source: "{}",
      schema: undefined,
      profile: undefined,
      tags: [{ key: "mlflow.data.context", value: "training" }],
      context: "training",
    };
    await logInputs(stage.ctx, project, run, [dataset], []);
    await logInputs(stage.ctx, project, run, [{ ...dataset, source: "{2}" }], []);
    const { inputs } = await show(run);
    expect(inputs).toEqual([
      {
        name: "flights",
        digest: "0123456789abcdef",
        sourceType: "local",
        source: "{}",
        context: "training",
        strength: "content",
      },
    ]);
  });
});

describe("reproducibility", () => {
  test("a bare run proves nothing; every missing ingredient is named", async () => {
    const { reproducibility } = await show(await start());
    expect(Object.values(reproducibility).map((one) => one.state)).toEqual(["no", "no", "no", "no", "no"]);
  });

  test("a fully described run could be repeated", async () => {
    const run = await start({
      tags: [
        { key: "mlflow.source.git.commit", value: "a".repeat(40) },
        { key: "paydown.source.dirty", value: "false" },
        { key: "paydown.config.hash", value: "b".repeat(64) },
        { key: "paydown.environment.hash", value: "c".repeat(64) },
      ],
    });
    await logParam(stage.ctx, project, run, { key: "model.random_state", value: "42" });
    await logInputs(
      stage.ctx,
      project,
      run,
      [
        {
          name: "f",
          digest: "0123456789abcdef",
          sourceType: "local",
          source: "",
          schema: undefined,
          profile: undefined,
          tags: [],
          context: undefined,
        },
      ],
      [],
    );
    const { reproducibility } = await show(run);
    expect(Object.values(reproducibility).map((one) => one.state)).toEqual(["yes", "yes", "yes", "yes", "yes"]);
    expect(reproducibility.seed.evidence).toBe("model.random_state = 42.");
  });

  test("MLflow's short digest is unknown, not fine; a dirty tree is no", async () => {
    const run = await start({
      tags: [
        { key: "mlflow.source.git.commit", value: "a".repeat(40) },
        { key: "paydown.source.dirty", value: "true" },
      ],
    });
    await logInputs(
      stage.ctx,
      project,
      run,
      [
        {
          name: "f",
          digest: "0123abcd",
          sourceType: "local",
          source: "",
          schema: undefined,
          profile: undefined,
          tags: [],
          context: undefined,
        },
      ],
      [],
    );
    const { reproducibility } = await show(run);
    expect(reproducibility.code.state).toBe("no");
    expect(reproducibility.data.state).toBe("unknown");
  });
});

describe("events", () => {
  test("creating, tagging with evidence and ending a run are told; other tags and metrics are not", async () => {
    const run = await start({ tags: [{ key: "mlflow.source.git.commit", value: "abc" }] });
    await setTags(stage.ctx, project, run, [{ key: "team", value: "risk" }]);
    await setTags(stage.ctx, project, run, [{ key: "paydown.config.hash", value: "h" }]);
    await logMetric(stage.ctx, project, run, point("auc", 1));
    await changeRun(stage.ctx, project, run, { status: "FAILED", endTime: 5 });
    await changeRun(stage.ctx, project, run, { status: "FAILED", endTime: 6 });
    const rows = await stage.ctx.db.read((r) =>
      r.all<{ name: string; payload: string }>({ sql: "select name, payload from outbox order by id", parameters: [] }),
    );
    expect(rows.map((row) => row.name)).toEqual([
      "tracking.run-created",
      "tracking.run-tagged",
      "tracking.run-finished",
    ]);
    expect(JSON.parse(rows[0]?.payload ?? "")).toMatchObject({ runId: run, commit: "abc", experimentName: "delay" });
  });
});

describe("curves and comparison", () => {
  test("a long curve keeps its extremes when it is reduced", async () => {
    const run = await start();
    for (let block = 0; block < 3; block++) {
      await logBatch(stage.ctx, project, run, {
        metrics: Array.from({ length: 1000 }, (_, i) => point("loss", i === 500 ? 100 + block : 1, block * 1000 + i)),
        params: [],
        tags: [],
      });
    }
    const { series } = await stage.call(api.getMetricHistory, { project, runIds: [run], key: "loss", buckets: 30 });
    const [curve] = series;
    expect(curve?.points).toBe(3000);
    expect(curve?.reduced).toBe(true);
    expect(curve?.buckets.length).toBeLessThanOrEqual(30);
    expect(curve?.buckets.reduce((sum, one) => sum + one.count, 0)).toBe(3000);
    expect(Math.max(...(curve?.buckets ?? []).map((one) => one.max ?? 0))).toBe(102);
  });

  test("comparing shows what differs and sums up runs equal but for the seed", async () => {
    const runs: string[] = [];
    for (const [seed, auc] of [
      ["1", 0.7],
      ["2", 0.8],
      ["3", 0.9],
    ] as const) {
      const run = await start();
      await logParam(stage.ctx, project, run, { key: "lr", value: "0.1" });
      await logParam(stage.ctx, project, run, { key: "seed", value: seed });
      await logMetric(stage.ctx, project, run, point("auc", auc));
      runs.push(run);
    }
    const { rows, seedGroups } = await stage.call(api.compareRuns, { project, runIds: runs });
    expect(rows.filter((row) => row.differs).map((row) => row.name)).toEqual(["seed", "auc"]);
    expect(seedGroups).toHaveLength(1);
    const [metric] = seedGroups[0]?.metrics ?? [];
    expect(metric?.mean).toBeCloseTo(0.8);
    expect(metric?.low).toBeCloseTo(0.8 - (4.303 * 0.1) / Math.sqrt(3));
  });
});
