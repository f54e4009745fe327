import * as api from "@paydown/api/tracking";
import * as insight from "@paydown/api/tracking-insight";
import * as upkeep from "@paydown/api/tracking-upkeep";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openPostgres } from "#base/db/postgres.js";
import { silentLog } from "#base/log.js";
import { type PostgresServer, postgresMissing, startPostgres } from "#base/testing/postgres.js";
import { openStage, type Stage } from "#base/testing/stage.js";
import { collectObjects } from "./actions/collect-objects.js";
import {
  createExperiment,
  createLoggedModel,
  createRun,
  deleteExperiment,
  deleteRun,
  finishLoggedModel,
  logBatch,
  logInputs,
  noteClient,
  removeArtifacts,
  storeArtifact,
  tracking,
} from "./index.js";
import { nobodyElse } from "./needs.js";
import { trackingRules } from "./rules/index.js";

const missing = postgresMissing();
const project = "default";
const reason = "the same on both";

/** Purge, corrections and what runs say together, once over everything, on the database for more than one machine. */
describe.skipIf(missing !== undefined)(
  `upkeep on PostgreSQL${missing === undefined ? "" : ` (skipped: ${missing})`}`,
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

    async function newRun(experimentId: number, seed: number): Promise<string> {
      stage.clock.advance(1000);
      const { run_id } = await createRun(stage.ctx, { project, experimentId });
      await logBatch(stage.ctx, project, run_id, {
        metrics: [0, 1, 2].map((step) => ({ key: "auc", value: seed + step / 10, step, timestamp: step })),
        params: [
          { key: "lr", value: "0.1" },
          { key: "seed", value: String(seed) },
        ],
        tags: [{ key: "team", value: "risk" }],
      });
      const input = { name: "flights", digest: `1111111${seed}`, sourceType: "local", source: "a.csv" };
      const rest = { schema: undefined, profile: undefined, tags: [], context: "training" };
      await logInputs(stage.ctx, project, run_id, [{ ...input, ...rest }], []);
      await storeArtifact(stage.ctx, project, `${experimentId}/${run_id}/artifacts/d/a`, Buffer.from("same"), {});
      await noteClient(stage.ctx, project, run_id, "2.22.5");
      return run_id;
    }

    test("corrects, groups, compares, counts, purges and collects as on SQLite", async () => {
      const { id: from } = await createExperiment(stage.ctx, { project, name: "from" });
      const { id: to } = await createExperiment(stage.ctx, { project, name: "to" });
      const [a, b] = [await newRun(from, 0), await newRun(from, 1)];
      const correct = (what: "param" | "tag" | "metric" | "name" | "experiment", rest: object) =>
        stage.call(upkeep.correctRun, { project, runId: a, what, reason, ...rest });
      await correct("param", { key: "lr", value: "0.2" });
      await correct("tag", { key: "team" });
      await correct("metric", { key: "auc", step: 2 });
      await correct("metric", { key: "auc", step: 1, value: "0.9" });
      await correct("name", { value: "final" });
      await correct("experiment", { value: String(to) });
      const run = await stage.call(api.getRun, { project, runId: a });
      expect(run).toMatchObject({ name: "final", experimentName: "to", params: { lr: "0.2" } });
      expect(run.metrics).toEqual([{ key: "auc", value: 0.9, step: 1, at: 1 }]);
      expect(run.corrections).toHaveLength(6);
      expect((await stage.call(upkeep.listCorrections, { project, limit: 2 })).cursor).toBeDefined();

      expect((await stage.call(insight.countRuns, { project, filter: "params.lr IN ('0.2')" })).total).toBe(1);
      const groups = await stage.call(insight.groupRuns, { project, order: "metrics.auc DESC" });
      expect(groups.items.map((one) => one.key)).toEqual([{ lr: "0.1" }, { lr: "0.2" }]);
      const uses = await stage.call(insight.listDatasetUses, { project, disagreeing: true, limit: 1 });
      expect([uses.total, uses.items[0]?.otherContent]).toEqual([2, [{ by: "source", digests: ["11111111"] }]]);
      const environments = await stage.call(insight.viewEnvironments, { project, experimentId: String(to) });
      expect(environments.items[0]).toMatchObject({ what: "client", versions: [{ value: "2.22.5" }] });
      expect((await stage.call(insight.explainRerun, { project, runId: a, against: b })).verdict).toBe(
        "ingredients-differ",
      );
      const schema = { properties: { lr: { type: "number", maximum: 0.15 } } };
      const set = { project, experimentId: String(to), schema, reason };
      expect(await stage.call(insight.setConfigSchema, set)).toMatchObject({ looked: 0 });
      for (const rule of trackingRules(nobodyElse)) await rule.check(stage.ctx, project);

      const model = await createLoggedModel(stage.ctx, { project, experimentId: to, name: "m", params: [], tags: [] });
      await storeArtifact(stage.ctx, project, `${to}/models/${model.model_id}/artifacts/MLmodel`, Buffer.from("x"), {});
      await finishLoggedModel(stage.ctx, project, model.model_id, "READY");
      await deleteRun(stage.ctx, project, b);
      await deleteExperiment(stage.ctx, project, to);
      const storage = await stage.call(upkeep.viewStorage, { project });
      expect(storage.deleted.now).toMatchObject({ runs: 2, experiments: 1, models: 1, points: 5, files: 3, bytes: 9 });
      expect((await stage.call(upkeep.purgeExperiments, { project })).counts).toMatchObject({ runs: 1, freed: 1 });
      await stage.call(upkeep.purgeExperiments, { project, confirm: true, reason });
      await stage.work();
      await stage.call(upkeep.purgeRuns, { project, confirm: true, reason });
      await stage.work();
      const { items } = await stage.call(upkeep.listPurges, { project });
      expect(items.map((one) => [one.state, one.counts.runs, one.counts.files, one.counts.freed])).toEqual([
        ["done", 1, 1, 4],
        ["done", 1, 2, 1],
      ]);
      for (const table of [
        "runs",
        "metric_points",
        "params",
        "run_tags",
        "latest_metrics",
        "logged_models",
        "artifact_files",
        "artifact_folders",
        "run_corrections",
        "corrected_points",
        "run_versions",
        "purge_remains",
      ]) {
        const row = await stage.base.db.read((r) =>
          r.get<{ n: number }>({ sql: `select count(*) as n from ${table}`, parameters: [] }),
        );
        // The folder of the experiment that is still there stays.
        expect([table, Number(row?.n)]).toEqual([table, table === "artifact_folders" ? 1 : 0]);
      }
      await createExperiment(stage.ctx, { project, name: "to" });
      await storeArtifact(stage.ctx, project, "x/again", Buffer.from("same"), {});
      expect(await collectObjects(stage.ctx, nobodyElse, project, 0)).toEqual({ objects: 1, bytes: 1 });
      await removeArtifacts(stage.ctx, project, "x");
      expect(await collectObjects(stage.ctx, nobodyElse, project, 0)).toEqual({ objects: 1, bytes: 4 });
      await stage.call(upkeep.setRetention, { project, deletedDays: 1, reason });
      await stage.call(upkeep.setRetention, { project, deletedDays: "default", reason });
      await stage.work();
    });
  },
);
