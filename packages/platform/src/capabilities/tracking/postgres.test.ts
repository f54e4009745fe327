import * as api from "@paydown/api/tracking";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openPostgres } from "#base/db/postgres.js";
import { silentLog } from "#base/log.js";
import { type PostgresServer, postgresMissing, startPostgres } from "#base/testing/postgres.js";
import { openStage, type Stage } from "#base/testing/stage.js";
import {
  changeRun,
  createExperiment,
  createRun,
  deleteTag,
  logBatch,
  logInputs,
  mlflowViews,
  recordModel,
  storeArtifact,
  tracking,
} from "./index.js";
import { nobodyElse } from "./needs.js";
import { trackingRules } from "./rules/index.js";

const missing = postgresMissing();
const project = "default";

/** The same SQL on the database for more than one machine: one pass over everything the store does. */
describe.skipIf(missing !== undefined)(
  `tracking on PostgreSQL${missing === undefined ? "" : ` (skipped: ${missing})`}`,
  () => {
    let server: PostgresServer;
    let stage: Stage;
    beforeAll(async () => {
      server = await startPostgres();
      const url = server.createDatabase();
      stage = await openStage([tracking], { openDb: (clock) => openPostgres({ url, clock, log: silentLog }) });
    }, 60_000);
    afterAll(async () => {
      await stage?.close();
      server?.stop();
    });

    test("logs, searches, compares, stores and sweeps as on SQLite", async () => {
      const { id: experimentId } = await createExperiment(stage.ctx, {
        project,
        name: "delay",
        tags: [{ key: "team", value: "x" }],
      });
      const runs: string[] = [];
      for (let i = 0; i < 30; i++) {
        const run = await createRun(stage.ctx, {
          project,
          experimentId,
          startTime: stage.clock.now() - i,
          tags: [{ key: "team", value: "a_b" }],
        });
        await logBatch(stage.ctx, project, run.run_id, {
          metrics: Array.from({ length: 150 }, (_, step) => ({
            key: "auc",
            value: i === 3 ? Number.NaN : step + i,
            step,
            timestamp: step,
          })),
          params: i % 2 === 0 ? [{ key: "kind", value: `K${i}` }] : [],
          tags: [{ key: "note", value: "x".repeat(5000) }],
        });
        await logBatch(stage.ctx, project, run.run_id, {
          metrics: [{ key: "auc", value: 0, step: 0, timestamp: 0 }],
          params: [],
          tags: [],
        });
        const input = {
          name: "f",
          digest: "0123abcd",
          sourceType: "local",
          source: "{}",
          schema: '{"mlflow_colspec":[{"name":"x"}]}',
          profile: undefined,
          tags: [],
          context: "training",
        };
        await logInputs(stage.ctx, project, run.run_id, [input], []);
        await changeRun(stage.ctx, project, run.run_id, {
          status: i === 9 ? "FAILED" : "FINISHED",
          endTime: stage.clock.now(),
        });
        runs.push(run.run_id);
      }
      await deleteTag(stage.ctx, project, runs[0] as string, "team");

      const search = async (filter: string, order: string[] = []) => {
        const seen: string[] = [];
        let cursor: string | undefined;
        do {
          const page = await stage.call(api.searchRuns, {
            project,
            filter,
            order,
            limit: 7,
            ...(cursor ? { cursor } : {}),
          });
          seen.push(...page.items.map((item) => item.runId));
          cursor = page.cursor;
          expect(page.total).toBeGreaterThanOrEqual(page.items.length);
        } while (cursor !== undefined);
        return seen.map((id) => runs.indexOf(id));
      };
      expect(await search("metrics.auc >= 177", ["metrics.auc DESC"])).toEqual([29, 28]);
      expect((await search("", ["metrics.auc DESC"])).at(-1)).toBe(3);
      expect(await search("params.kind LIKE 'k%'")).toEqual([]);
      expect(await search("params.kind ILIKE 'k1_'")).toEqual([10, 12, 14, 16, 18]);
      expect((await search("tags.team LIKE 'a!_b' OR NOT tags.team LIKE 'a_b'")).length).toBe(1);
      expect(await search("dataset.context = 'training' and status = 'FAILED'")).toEqual([9]);
      expect((await search("", ["params.kind", "start_time DESC"])).length).toBe(30);

      const shown = await stage.call(api.getRun, { project, runId: runs[5] as string });
      expect(shown.metrics).toEqual([{ key: "auc", value: 154, step: 149, at: 149 }]);
      expect(shown.inputs).toHaveLength(1);
      const history = await stage.call(api.getMetricHistory, {
        project,
        runIds: [runs[5] as string],
        key: "auc",
        buckets: 10,
      });
      expect(history.series[0]?.points).toBe(151);
      await stage.call(api.compareRuns, { project, runIds: runs.slice(0, 3) });
      await storeArtifact(
        stage.ctx,
        project,
        `${experimentId}/${runs[0]}/artifacts/model/MLmodel`,
        Buffer.from("x"),
        {},
      );
      const files = await stage.call(api.listArtifacts, { project, runId: runs[0] as string });
      expect(files.items).toEqual([{ path: "model", folder: true }]);
      const page = await mlflowViews.findLoggedModelPage(stage.ctx, project, {
        experimentIds: [experimentId],
        filter: "metrics.auc > 1 AND status = 'READY'",
        datasets: [],
        order: [{ name: "metrics.auc", ascending: false, datasetName: undefined, datasetDigest: undefined }],
        limit: 5,
        token: undefined,
      });
      expect(page.items).toEqual([]);
      const found = await stage.call(api.listExperiments, { project, filter: "tags.team = 'x'" });
      expect(found.items[0]).toMatchObject({ runs: 30, failed: 1 });
      for (const rule of trackingRules(nobodyElse)) await rule.check(stage.ctx, project);
    }, 60_000);

    test("finds runs across many experiments", async () => {
      const ids: number[] = [];
      for (let i = 0; i < 100; i++) {
        const experiment = await createExperiment(stage.ctx, { project, name: `one of many ${i}`, tags: [] });
        const run = await createRun(stage.ctx, { project, experimentId: experiment.id, startTime: 1_000_000 + i });
        const metrics = [{ key: "score", value: (i * 37) % 100, step: 0, timestamp: 1 }];
        await logBatch(stage.ctx, project, run.run_id, { metrics, params: [{ key: "p", value: String(i) }], tags: [] });
        ids.push(experiment.id);
      }
      const ask = async (filter: string, order: string[]) => {
        const search = { experimentIds: ids, filter, order, view: "ACTIVE_ONLY" as const, limit: 40 };
        const first = await mlflowViews.findRunPage(stage.ctx, project, { ...search, token: undefined });
        const { token } = first;
        const rest =
          token === undefined ? [] : (await mlflowViews.findRunPage(stage.ctx, project, { ...search, token })).items;
        return [...first.items, ...rest].map(({ metrics }) => metrics[0]?.value);
      };
      const values = ids.map((_id, i) => (i * 37) % 100);
      expect(await ask("", [])).toEqual(values.toReversed().slice(0, 80));
      expect(await ask("metrics.score > 49", ["metrics.score ASC"])).toEqual(
        Array.from({ length: 50 }, (_, i) => 50 + i),
      );
      expect(await ask("params.p = '3'", ["params.p DESC", "metrics.score ASC"])).toEqual([11]);
    });

    test("models that are recorded at once are all in the list", async () => {
      const { id: experimentId } = await createExperiment(stage.ctx, { project, name: "many models" });
      const { run_id } = await createRun(stage.ctx, { project, experimentId });
      const models = Array.from({ length: 12 }, (_, i) => `m${i}`);
      await Promise.all(models.map((artifact_path) => recordModel(stage.ctx, project, run_id, { artifact_path })));
      const { tags } = await mlflowViews.getRun(stage.ctx, project, run_id);
      const list = JSON.parse(tags.find((tag) => tag.key === "mlflow.log-model.history")?.value ?? "[]");
      expect(list.map((one: { artifact_path: string }) => one.artifact_path).sort()).toEqual([...models].sort());
    });
  },
);
