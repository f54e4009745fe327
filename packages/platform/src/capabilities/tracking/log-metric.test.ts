import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { onBothDatabases } from "#base/testing/databases.js";
import { openStage, type Stage } from "#base/testing/stage.js";
import { createExperiment, createRun, deleteRun, logMetric, mlflowViews, tracking } from "./index.js";
import { isLater, toStored } from "./model.js";
import { listKeys } from "./store/keys.js";
import { findRuns, latestMetrics } from "./store/runs.js";

const project = "default";

/** One call of a client: runs 0 to 2 take it, 3 is deleted and 4 was never there. */
const call = fc.record({
  run: fc.nat(4),
  key: fc.constantFrom("loss", "auc", "val/größe 1.0-x"),
  step: fc.integer({ min: -2, max: 3 }),
  timestamp: fc.integer({ min: 0, max: 2 }),
  value: fc.constantFrom(0, -0, 0.1, -1e300, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
});
type Call = typeof call extends fc.Arbitrary<infer C> ? C : never;

const stored = (one: Call) => ({ ...toStored(one.value), step: one.step, timestamp: one.timestamp });
const spelled = (point: ReturnType<typeof stored>) =>
  [point.step, point.timestamp, point.value + 0, point.nan].join(" ");

onBothDatabases("points from many clients", (fresh) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage([tracking], fresh());
  });
  afterAll(() => stage?.close());

  test("points logged one by one, many at a time, are all there, the latest is the latest, and names are counted", async () => {
    let n = 0;
    const waves = fc.array(fc.array(call, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(waves, async (given) => {
        const { id } = await createExperiment(stage.ctx, { project, name: `points ${n++}` });
        const runs: string[] = [];
        for (let i = 0; i < 4; i++) runs.push((await createRun(stage.ctx, { project, experimentId: id })).run_id);
        await deleteRun(stage.ctx, project, runs[3] as string);
        runs.push("f".repeat(32));

        for (const wave of given) {
          const answers = await Promise.allSettled(
            wave.map(({ run, ...metric }) => logMetric(stage.ctx, project, runs[run] as string, metric)),
          );
          expect(answers.map((one) => (one.status === "fulfilled" ? "logged" : one.reason.code))).toEqual(
            wave.map(({ run }) => (run < 3 ? "logged" : run === 3 ? "TRACKING_RUN_DELETED" : "TRACKING_RUN_NOT_FOUND")),
          );
        }

        const logged = given.flat().filter((one) => one.run < 3);
        const series = Map.groupBy(logged, (one) => `${one.run} ${one.key}`);
        const rows = await stage.base.db.read((r) => findRuns(r, project, runs));
        const latest = await stage.base.db.read((r) =>
          latestMetrics(
            r,
            rows.map((row) => row.id),
          ),
        );
        const runOf = new Map(rows.map((row) => [row.id, runs.indexOf(row.run_id)]));
        expect(latest).toHaveLength(series.size);
        for (const row of latest) {
          const points = (series.get(`${runOf.get(row.run_id)} ${row.key}`) ?? []).map(stored);
          expect(points.map(spelled)).toContain(spelled(row));
          expect(points.some((point) => isLater(point, row))).toBe(false);
        }
        for (const [name, points] of series) {
          const [run, key] = [runs[(points[0] as Call).run] as string, name.slice(2)];
          const search = { runId: run, key, limit: undefined, token: undefined };
          const { points: found } = await mlflowViews.metricHistory(stage.ctx, project, search);
          expect(found.length).toBe(new Set(points.map((one) => spelled(stored(one)))).size);
        }
        const keys = await stage.base.db.read((r) => listKeys(r, [id], "metrics"));
        const counts = Object.fromEntries(keys.map((key) => [key.name, Number(key.runs)]));
        const truth = Map.groupBy(series.keys(), (name) => name.slice(2));
        expect(counts).toEqual(Object.fromEntries([...truth].map(([key, of]) => [key, of.length])));
      }),
      { numRuns: 25, seed: 11 },
    );
  });
});
