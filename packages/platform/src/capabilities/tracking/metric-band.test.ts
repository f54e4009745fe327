import { getMetricHistory, saveSelection } from "@paydown/api/tracking";
import { getMetricBand, groupRuns } from "@paydown/api/tracking-insight";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { onBothDatabases } from "#base/testing/databases.js";
import { openStage, type Stage } from "#base/testing/stage.js";
import { changeRun, createExperiment, createRun, deleteRun, logBatch, tracking } from "./index.js";
import { chosenByIds, curveBand } from "./model/curve-band.js";
import { integerScale, realScale } from "./model/metric-curve.js";

const project = "default";
let stage: Stage;

const on = (...list: number[]) => Float64Array.from(list);

describe("a band over curves", () => {
  test("is exact: P10, median and P90 of every curve's mean at a place", () => {
    const band = curveBand(integerScale(0, 3, 2), true);
    for (let i = 0; i <= 10; i++) band.add(on(0, 1, 2, 3), on(i, i + 2, 10 * i, 10 * i));
    expect(band.places()).toEqual([
      { x: 0.5, n: 11, low: 2, median: 6, high: 10 },
      { x: 2.5, n: 11, low: 10, median: 50, high: 90 },
    ]);
  });

  test("counts a curve between its own ends, straight over places it skips, and passes over what is no number", () => {
    const band = curveBand(integerScale(0, 4, 5), true);
    band.add(on(1, 3), on(10, 20));
    band.add(on(0, 1, 2), on(Number.NaN, 1, Number.NaN));
    band.add(on(Number.NaN), on(5));
    expect(band.places().map(({ x, n, median }) => [x, n, median])).toEqual([
      [1, 2, 5.5],
      [2, 1, 15],
      [3, 1, 20],
    ]);
  });

  test("stays finite where the greatest numbers there are lie beside each other", () => {
    const band = curveBand(realScale(0, 1, 3), false);
    band.add(on(0, 1), on(-Number.MAX_VALUE, Number.MAX_VALUE));
    band.add(on(0, 1), on(Number.MAX_VALUE, Number.MAX_VALUE));
    for (const place of band.places())
      for (const value of Object.values(place)) expect(value).toSatisfy(Number.isFinite);
  });

  test("of too many points is read from the runs their ids choose: others that come or go do not change who else counts", () => {
    const runs = Array.from({ length: 200 }, (_, i) => ({ id: `run${i}`, cost: 10 }));
    expect(chosenByIds(runs, 2000)).toHaveLength(200);
    const some = new Set(chosenByIds(runs, 500).map((run) => run.id));
    expect(some.size).toBe(50);
    const fewer = runs.filter((run) => some.has(run.id) || Number(run.id.slice(3)) % 2 === 0);
    expect(new Set(chosenByIds(fewer, 500).map((run) => run.id))).toEqual(some);
    expect(chosenByIds([{ id: "long", cost: 501 }, ...runs], 500).map((run) => run.id)).not.toContain("long");
  });
});

onBothDatabases("curves of many runs", (fresh) => {
  let experimentId: string;
  const ids: string[] = [];
  beforeEach(async () => {
    stage = await openStage([tracking], fresh());
    const experiment = await createExperiment(stage.ctx, { project, name: "many" });
    experimentId = String(experiment.id);
    ids.length = 0;
    // A hundred and thirty runs; run i has the value i at every step, and the even ones go on for longer.
    for (let i = 0; i < 130; i++) {
      const startTime = 1000 * i;
      const run = await createRun(stage.ctx, { project, experimentId: experiment.id, startTime });
      ids.push(run.run_id);
      const steps = i % 2 === 0 ? 40 : 20;
      await logBatch(stage.ctx, project, run.run_id, {
        metrics: Array.from({ length: steps }, (_, step) => [
          { key: "m", value: i, step, timestamp: startTime + 10 * step },
          { key: "epoch", value: step / 10, step, timestamp: startTime + 10 * step },
        ]).flat(),
        params: [
          { key: "kind", value: i % 2 === 0 ? "long" : "short" },
          { key: "seed", value: String(i) },
        ],
        tags: [],
      });
    }
  }, 60_000);
  afterEach(() => stage?.close());

  const ask = (more: object = {}) =>
    stage.call(getMetricBand, { project, experimentIds: [experimentId], key: "m", places: 4, ...more });
  const drawn = async (more: object = {}) =>
    (await ask(more)).places.map(({ x, n, low, median, high }) => [x, n, low, median, high]);

  test("all count, not the first hundred; deleted ones do not", async () => {
    const band = await ask();
    expect(band).toMatchObject({ runs: 130, curves: 130, used: 130, once: false, nan: 0 });
    const all = [12.9, 64.5, 116.1].map((value) => expect.closeTo(value, 9));
    const long = [12.8, 64, 115.2].map((value) => expect.closeTo(value, 9));
    expect(await drawn()).toEqual([
      [4.5, 130, ...all],
      [14.5, 130, ...all],
      [24.5, 65, ...long],
      [34.5, 65, ...long],
    ]);
    for (const id of ids.slice(30)) await deleteRun(stage.ctx, project, id);
    expect(await ask()).toMatchObject({ runs: 30, curves: 30, used: 30 });
  });

  test("are the same when their points are sealed, and when some are sealed and some are not", async () => {
    const before = [await drawn(), await drawn({ fromStep: 3, toStep: 25 }), await drawn({ smoothing: 0.5 })];
    for (const id of ids.slice(0, 70)) await changeRun(stage.ctx, project, id, { status: "FINISHED" });
    stage.clock.advance(120_000);
    await stage.work();
    await logBatch(stage.ctx, project, ids[0] as string, {
      metrics: [{ key: "m", value: 0, step: 7, timestamp: 70 }],
      params: [],
      tags: [],
    });
    expect([await drawn(), await drawn({ fromStep: 3, toStep: 25 }), await drawn({ smoothing: 0.5 })]).toEqual(before);
  });

  test("lie over the time since each run began, over clock time, and over another metric", async () => {
    const relative = await drawn({ axis: "relative" });
    expect(relative.map(([x, n]) => [x, n])).toEqual([
      [48.5, 130],
      [146.5, 130],
      [244.5, 65],
      [342.5, 65],
    ]);
    const time = await ask({ axis: "time", places: 130 });
    expect(time.places.map((place) => place.n).filter((n) => n > 2)).toEqual([]);
    expect((await drawn({ axis: "metrics.epoch" })).map(([, n]) => n)).toEqual([130, 130, 65, 65]);
    expect(await drawn({ axis: "metrics.nope" })).toEqual([]);
  });

  test("smoothed one by one, as the lines they stand for", async () => {
    const [id = ""] = ids;
    await logBatch(stage.ctx, project, id, {
      metrics: Array.from({ length: 40 }, (_, step) => ({ key: "s", value: step % 2, step, timestamp: step })),
      params: [],
      tags: [],
    });
    const line = await stage.call(getMetricHistory, { project, runIds: [id], key: "s", smoothing: 0.9 });
    const band = await ask({ key: "s", smoothing: 0.9, places: 40 });
    expect(band.places.map((place) => place.median)).toEqual(line.series[0]?.buckets.map((bucket) => bucket.smooth));
  });

  test("follow the filter and a selection, and say where none has the metric", async () => {
    expect(await ask({ filter: "params.kind = 'short'" })).toMatchObject({ runs: 65, curves: 65 });
    const { selectionId } = await stage.call(saveSelection, { project, runIds: ids.slice(0, 30) });
    expect(await ask({ selectionId })).toMatchObject({ runs: 30, curves: 30 });
    expect(await ask({ selectionId, filter: "params.kind = 'short'" })).toMatchObject({ runs: 15, curves: 15 });
    expect(await ask({ key: "nope" })).toEqual({
      key: "nope",
      runs: 130,
      curves: 0,
      used: 0,
      once: false,
      nan: 0,
      places: [],
    });
    await expect(ask({ selectionId: "0123456789ab" })).rejects.toMatchObject({ code: "TRACKING_SELECTION_NOT_FOUND" });
  });

  test("more than twenty picked runs are compared as groups of equal parameters", async () => {
    const { selectionId } = await stage.call(saveSelection, { project, runIds: ids.slice(10, 45) });
    const groups = await stage.call(groupRuns, { project, selectionId, metrics: ["m"] });
    expect(groups).toMatchObject({ runs: 35, total: 2, ignored: ["seed"] });
    expect(groups.items.map((group) => [group.key.kind, group.runs])).toEqual([
      ["long", 18],
      ["short", 17],
    ]);
  });
});
