import * as api from "@paydown/api/tracking";
import * as insight from "@paydown/api/tracking-insight";
import * as upkeep from "@paydown/api/tracking-upkeep";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openStage, type Stage } from "#base/testing/stage.js";
import {
  createExperiment,
  createRun,
  deleteRun,
  deleteTag,
  logBatch,
  logInputs,
  mlflowViews,
  renameExperiment,
  setTags,
  tracking,
} from "./index.js";

let stage: Stage;
let experimentId: number;
let runId: string;
const project = "default";
const reason = "typed wrongly";

beforeEach(async () => {
  stage = await openStage([tracking]);
  experimentId = (await createExperiment(stage.ctx, { project, name: "delay" })).id;
  runId = await newRun();
});
afterEach(() => stage.close());

async function newRun(experiment = experimentId): Promise<string> {
  stage.clock.advance(1000);
  const run = await createRun(stage.ctx, { project, experimentId: experiment });
  await logBatch(stage.ctx, project, run.run_id, {
    metrics: [0, 1, 2].map((step) => ({ key: "auc", value: 0.5 + step / 10, step, timestamp: 1000 + step })),
    params: [{ key: "lr", value: "0.1" }],
    tags: [{ key: "team", value: "risk" }],
  });
  return run.run_id;
}

const correct = (
  input: Omit<Parameters<typeof stage.call<typeof upkeep.correctRun>>[1], "project" | "runId" | "reason">,
) => stage.call(upkeep.correctRun, { project, runId, reason, ...input });
const page = () => stage.call(api.getRun, { project, runId });
const search = async (filter: string) => (await stage.call(insight.countRuns, { project, filter })).total;

/** What other capabilities heard. */
async function told(name: string): Promise<unknown[]> {
  const sql = "select payload from outbox where name = ? order by id";
  const said = await stage.base.db.read((r) => r.all<{ payload: string }>({ sql, parameters: [name] }));
  return said.map((event) => JSON.parse(event.payload));
}
const evidenceTold = () => told("tracking.run-tagged");

describe("evidence of a run", () => {
  test("is told when a tag sets it and unknown again when the tag is deleted, of other tags nothing is told", async () => {
    const evidence = {
      "mlflow.source.git.commit": "a",
      "paydown.config.hash": "c",
      "paydown.environment.hash": "e",
      "paydown.seed": "7",
    };
    const tags = Object.entries(evidence).map(([key, value]) => ({ key, value }));
    await setTags(stage.ctx, project, runId, [...tags, { key: "team", value: "risk" }]);
    for (const key of [...Object.keys(evidence), "team"]) await deleteTag(stage.ctx, project, runId, key);
    expect(await evidenceTold()).toEqual([
      { runId, commit: "a", configHash: "c", environmentHash: "e", seed: "7" },
      { runId, commit: "" },
      { runId, configHash: "" },
      { runId, environmentHash: "" },
      { runId, seed: "" },
    ]);
  });

  test("in two spellings is what the better one says, and what the other says when that is deleted", async () => {
    await setTags(stage.ctx, project, runId, [{ key: "paydown.source.dirty", value: "true" }]);
    await setTags(stage.ctx, project, runId, [{ key: "mlflow.git.dirty", value: "false" }]);
    await deleteTag(stage.ctx, project, runId, "paydown.source.dirty");
    await deleteTag(stage.ctx, project, runId, "mlflow.git.dirty");
    expect(await evidenceTold()).toEqual([true, true, false, null].map((dirty) => ({ runId, dirty })));
  });

  test("that a run is born with is told too", async () => {
    const tags = [
      { key: "paydown.seed", value: "7" },
      { key: "mlflow.git.dirty", value: "True" },
    ];
    const born = await createRun(stage.ctx, { project, experimentId, tags });
    expect(await evidenceTold()).toEqual([{ runId: born.run_id, dirty: true, seed: "7" }]);
  });
});

test("a new name of an experiment is told once, and the name it has is none", async () => {
  await renameExperiment(stage.ctx, project, experimentId, "delays");
  await renameExperiment(stage.ctx, project, experimentId, "delays");
  expect(await told("tracking.experiment-renamed")).toEqual([
    { experimentId: String(experimentId), before: "delay", name: "delays" },
  ]);
});

describe("a correction", () => {
  test("changes a parameter, keeps the original and is seen by search, by MLflow clients and on the run's page", async () => {
    const made = await correct({ what: "param", key: "lr", value: "0.01" });
    expect(made).toMatchObject({ before: "0.1", after: "0.01", by: "local", reason, points: 0 });
    expect(await search("params.lr = '0.01'")).toBe(1);
    expect(await search("params.lr = '0.1'")).toBe(0);
    expect((await page()).corrections).toEqual([made]);
    expect((await page()).params.lr).toBe("0.01");
    const seen = await mlflowViews.getRun(stage.ctx, project, runId);
    expect(seen.params).toContainEqual(expect.objectContaining({ key: "lr", value: "0.01" }));
    expect((await stage.call(upkeep.listCorrections, { project, runId })).items).toEqual([made]);
  });

  test("of a commit is told to the graph, and so is its removal", async () => {
    const key = "mlflow.source.git.commit";
    await setTags(stage.ctx, project, runId, [{ key, value: "a" }]);
    await correct({ what: "tag", key, value: "b" });
    await correct({ what: "tag", key });
    expect(await evidenceTold()).toEqual(["a", "b", ""].map((commit) => ({ runId, commit })));
  });

  test("of the tag that says whether the code was changed: taken away, nobody knows", async () => {
    const key = "paydown.source.dirty";
    await setTags(stage.ctx, project, runId, [{ key, value: "true" }]);
    await correct({ what: "tag", key });
    expect(await evidenceTold()).toEqual([
      { runId, dirty: true },
      { runId, dirty: null },
    ]);
  });

  test("removes a parameter and a tag, and the columns no longer count them", async () => {
    await correct({ what: "param", key: "lr" });
    await correct({ what: "tag", key: "team" });
    const { params, tags } = await page();
    expect(params).toEqual({});
    expect(tags.team).toBeUndefined();
    const columns = await stage.call(api.listColumns, { project, kind: "params" });
    expect(columns.items).toEqual([]);
  });

  test("of a point moves the latest value, the history and the sort order", async () => {
    const other = await newRun();
    await correct({ what: "metric", key: "auc", step: 2, value: "0.2" });
    expect((await page()).metrics).toEqual([{ key: "auc", value: 0.2, step: 2, at: 1002 }]);
    const { items } = await stage.call(api.searchRuns, { project, order: ["metrics.auc DESC"] });
    expect(items.map((one) => one.runId)).toEqual([other, runId]);
    const [series] = (await stage.call(api.getMetricHistory, { project, runIds: [runId], key: "auc" })).series;
    expect(series?.buckets.map((one) => one.mean)).toEqual([0.5, 0.6, 0.2]);
  });

  test("removing the last point brings the one before back, and removing the series removes the metric", async () => {
    const removed = await correct({ what: "metric", key: "auc", step: 2 });
    expect(removed).toMatchObject({ after: null, points: 1, before: "[[2,1002,0.7]]" });
    expect((await page()).metrics).toEqual([{ key: "auc", value: 0.6, step: 1, at: 1001 }]);
    expect((await correct({ what: "metric", key: "auc" })).points).toBe(2);
    expect((await page()).metrics).toEqual([]);
    expect((await stage.call(api.listColumns, { project, kind: "metrics" })).items).toEqual([]);
  });

  test("knows NaN and infinity as values", async () => {
    await correct({ what: "metric", key: "auc", step: 2, value: "NaN" });
    expect((await page()).metrics[0]?.value).toBe("NaN");
    await correct({ what: "metric", key: "auc", step: 2, value: "-inf" });
    expect((await page()).metrics[0]?.value).toBe(-Number.MAX_VALUE);
  });

  test("renames a run in both places", async () => {
    await correct({ what: "name", value: "final" });
    expect(await page()).toMatchObject({ name: "final", tags: { "mlflow.runName": "final" } });
  });

  test("moves a run with everything it logged to another experiment", async () => {
    const to = (await createExperiment(stage.ctx, { project, name: "other" })).id;
    await newRun(to);
    const input = {
      name: "flights",
      digest: "0123456789abcdef",
      sourceType: "local",
      source: "{}",
      schema: undefined,
      profile: undefined,
      tags: [],
      context: "training",
    };
    await logInputs(stage.ctx, project, runId, [input], []);
    const before = await page();
    await correct({ what: "experiment", value: String(to) });
    const after = await page();
    expect(after).toMatchObject({ experimentId: String(to), experimentName: "other" });
    for (const field of ["metrics", "params", "inputs", "artifactUri", "tags"] as const)
      expect(after[field]).toEqual(before[field]);
    const found = await stage.call(api.searchRuns, {
      project,
      experimentIds: [String(to)],
      filter: "metrics.auc > 0.6",
    });
    expect(found.total).toBe(2);
    expect(found.columns?.metrics[0]).toMatchObject({ key: "auc", runs: 2 });
    expect((await stage.call(api.listColumns, { project, experimentIds: [String(experimentId)] })).items).toEqual([]);
    const [series] = (await stage.call(api.getMetricHistory, { project, runIds: [runId], key: "auc" })).series;
    expect(series?.points).toBe(3);
    expect(await told("tracking.run-moved")).toEqual([
      { runId, from: String(experimentId), experimentId: String(to), experimentName: "other" },
    ]);
    const uses = await stage.call(insight.listDatasetUses, { project });
    expect(uses.items[0]?.experiments).toEqual([{ experimentId: String(to), name: "other" }]);
  });

  test.each([
    [{ what: "param", key: "nope", value: "1" }, "did not log a parameter 'nope'"],
    [{ what: "param", value: "1" }, "give its name as `key`"],
    [{ what: "param", key: "lr", value: "0.1" }, "nothing to correct"],
    [{ what: "metric", key: "auc", value: "0.1" }, "holds 3 points"],
    [{ what: "metric", key: "auc", step: 9 }, "a point of 'auc' at step 9"],
    [{ what: "metric", key: "auc", step: 2, value: "good" }, "'good' is no number"],
    [{ what: "metric", key: "auc", at: 1 }, "name the `step` too"],
    [{ what: "tag", key: "mlflow.runName", value: "x" }, "correct `name`"],
    [{ what: "name" }, "A run has a name"],
    [{ what: "experiment", value: "north" }, "'north' is no id"],
  ] as const)("%j is refused with what to do", async (input, text) => {
    await expect(correct(input)).rejects.toThrow(text);
    expect((await page()).corrections).toEqual([]);
  });

  test("of a deleted run is refused", async () => {
    await deleteRun(stage.ctx, project, runId);
    await expect(correct({ what: "name", value: "x" })).rejects.toMatchObject({ code: "TRACKING_RUN_DELETED" });
  });
});

test("whatever is logged and corrected, the latest value is the greatest point that is left", async () => {
  const point = fc.record({
    step: fc.integer({ min: 0, max: 3 }),
    timestamp: fc.integer({ min: 0, max: 2 }),
    value: fc.integer({ min: -3, max: 3 }),
  });
  const removal = fc.record({ removed: fc.integer({ min: 0, max: 3 }) });
  let round = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(point, removal), { minLength: 1, maxLength: 12 }), async (acts) => {
      const key = `m${round++}`;
      let points: { step: number; timestamp: number; value: number }[] = [];
      for (const act of acts) {
        if ("removed" in act) {
          const left = points.filter((one) => one.step !== act.removed);
          if (left.length < points.length) await correct({ what: "metric", key, step: act.removed });
          points = left;
        } else {
          await logBatch(stage.ctx, project, runId, { metrics: [{ key, ...act }], params: [], tags: [] });
          points.push(act);
        }
      }
      const last = points.toSorted((a, b) => b.step - a.step || b.timestamp - a.timestamp || b.value - a.value)[0];
      const found = (await page()).metrics.find((one) => one.key === key);
      expect(found).toEqual(
        last === undefined ? undefined : { key, value: last.value, step: last.step, at: last.timestamp },
      );
    }),
    { numRuns: 60, seed: 7 },
  );
});

test("a configuration hash is on every run that has a configuration", async () => {
  const derived = (await page()).config;
  expect(derived).toMatchObject({ from: "parameters", hash: expect.stringMatching(/^[0-9a-f]{64}$/) });
  const same = await newRun();
  expect((await stage.call(api.getRun, { project, runId: same })).config).toEqual(derived);
  await setTags(stage.ctx, project, runId, [{ key: "paydown.config.hash", value: "c0ffee" }]);
  expect((await page()).config).toEqual({ hash: "c0ffee", from: "logged" });
});
