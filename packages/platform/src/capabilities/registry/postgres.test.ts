import * as api from "@paydown/api/registry";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openPostgres } from "#base/db/postgres.js";
import { silentLog } from "#base/log.js";
import { type PostgresServer, postgresMissing, startPostgres } from "#base/testing/postgres.js";
import { openStage, type Stage } from "#base/testing/stage.js";
import { deleteVersion, mlflowViews, moveToStage, recordReplay, registry, renameModel } from "./index.js";
import { registryRules } from "./rules/index.js";

const missing = postgresMissing();
const project = "default";
const sources = {
  experimentsAt: async () => [],
  findFiles: async () => undefined,
  findLoggedModel: async () => undefined,
  readyLoggedModels: async () => [],
  findRun: async () => undefined,
};

describe.skipIf(missing !== undefined)(
  `registry on PostgreSQL${missing === undefined ? "" : ` (skipped: ${missing})`}`,
  () => {
    let server: PostgresServer;
    let stage: Stage;
    beforeAll(async () => {
      server = await startPostgres();
      const url = server.createDatabase();
      stage = await openStage([registry(sources)], { openDb: (clock) => openPostgres({ url, clock, log: silentLog }) });
    }, 60_000);
    afterAll(async () => {
      await stage?.close();
      server?.stop();
    });

    test("registers, points, moves, searches and sweeps as on SQLite", async () => {
      for (let i = 1; i <= 3; i++)
        await stage.call(api.createVersion, { project, model: "delay", source: `s3://b/${i}`, tags: { n: String(i) } });
      await stage.call(api.setAlias, { project, model: "delay", alias: "production", version: 1, reason: "first" });
      stage.clock.advance(10);
      await stage.call(api.setAlias, { project, model: "delay", alias: "production", version: 3, reason: "better" });
      await moveToStage(stage.ctx, project, "delay", 1, "Production", false);
      await moveToStage(stage.ctx, project, "delay", 2, "Production", true);
      await stage.call(api.recordEvaluation, {
        project,
        model: "delay",
        version: 3,
        metrics: [{ name: "auc", value: 0.8 }],
      });
      await stage.call(api.attachCard, { project, model: "delay", version: 3, text: "card" });
      const versions = async (filter: string) =>
        (
          await mlflowViews.findVersions(stage.ctx, project, { filter, order: [], limit: 10, token: undefined })
        ).items.map((one) => one.row.version);
      expect(await versions("name = 'delay' AND version_number > 1")).toEqual([2, 3]);
      expect(await versions("tag.n IN ('1', '3') AND NOT alias = 'production'")).toEqual([1]);
      expect(
        (await mlflowViews.latestOf(stage.ctx, project, "delay", ["production"])).map((one) => one.row.version),
      ).toEqual([2]);
      stage.clock.advance(10);
      await deleteVersion(stage.ctx, project, "delay", 3);
      await renameModel(stage.ctx, project, "delay", "late");
      expect((await stage.call(api.createVersion, { project, model: "late", source: "s3://b/4" })).version).toBe(4);
      const shown = await stage.call(api.getModel, { project, model: "late" });
      expect(shown.spans.map((span) => span.version)).toEqual([1, 3, undefined]);
      expect((await stage.call(api.listModels, { project, filter: "name LIKE 'l%'" })).total).toBe(1);
      for (const rule of registryRules(sources)) await rule.check(stage.ctx, project);
    }, 60_000);

    test("guards, asks, waives, promotes, inspects and answers for any moment as on SQLite", async () => {
      const model = "guarded";
      const settings: api.PolicySettings = {
        aliases: ["champion"],
        gates: { card: "refuse" },
        fourEyes: false,
        approvals: 1,
      };
      await stage.call(api.setPromotionPolicy, { project, settings });
      await stage.call(api.registerExternal, { project, model, provider: "acme", name: "large" });
      await stage.call(api.setTier, { project, model, tier: "important", reason: "loans" });
      await stage.call(api.inspectVersion, { project, model, version: 1 });
      await stage.work();
      const asked = await stage.call(api.requestPromotion, {
        project,
        model,
        version: 1,
        alias: "champion",
        reason: "x",
      });
      const { id: promotion } = asked;
      const done = await stage
        .call(api.approvePromotion, { project, promotion, reason: "fine" })
        .catch((error) => error);
      // The tier asks for four eyes, whatever the project says.
      expect(done).toMatchObject({ code: "REGISTRY_FOUR_EYES" });
      await stage.call(api.setPromotionPolicy, { project, model, settings: { fourEyes: false } });
      for (const gate of asked.gates.filter((one) => one.blocks).map((one) => one.gate)) {
        await stage.call(api.waiveGate, { project, promotion, gate, reason: "soon", dueAt: stage.clock.now() + 1000 });
      }
      expect((await stage.call(api.approvePromotion, { project, promotion, reason: "fine" })).state).toBe("promoted");
      const { items } = await stage.call(api.listStandings, { project, at: stage.clock.now(), alias: "champion" });
      expect(items).toMatchObject([{ model, version: 1, promotion, approvers: ["local"] }]);
      expect((await stage.call(api.listPromotions, { project, model, state: "promoted" })).items).toHaveLength(1);
      await recordReplay(stage.ctx, { id: "one", project, model, from: 1, to: 1, by: "ann", report: sameAnswers });
      await recordReplay(stage.ctx, { id: "one", project, model, from: 1, to: 1, by: "ann", report: sameAnswers });
      expect((await stage.call(api.listReplays, { project, model, version: 1 })).items).toHaveLength(1);
      stage.clock.advance(2000);
      for (const rule of registryRules(sources)) await rule.check(stage.ctx, project);
    }, 60_000);

    test("many who move an alias and a stage at once follow each other, and the history tells it so", async () => {
      const model = "contested";
      const versions = Array.from({ length: 12 }, (_, i) => i + 1);
      for (const i of versions) await stage.call(api.createVersion, { project, model, source: `s3://c/${i}` });
      const moves = [...versions, ...versions].map(async (version, i) => {
        if (i < versions.length) await moveToStage(stage.ctx, project, model, version, "Production", true);
        else await stage.call(api.setAlias, { project, model, alias: "raced", version, reason: "" });
      });
      await Promise.all(moves);
      const { aliases, history } = await stage.call(api.getModel, { project, model });
      const pointed = history.filter((one) => one.kind === "alias-set").reverse();
      expect(pointed.map((one) => one.previous)).toEqual([
        undefined,
        ...pointed.slice(0, -1).map((one) => one.version),
      ]);
      expect(pointed.at(-1)?.version).toBe(aliases.raced);
      const inProduction = await mlflowViews.findVersions(stage.ctx, project, {
        filter: `name = '${model}'`,
        order: [],
        limit: 100,
        token: undefined,
      });
      expect(inProduction.items.filter((one) => one.row.stage === "Production")).toHaveLength(1);
    }, 60_000);
  },
);

const sameAnswers = {
  inputs: { kind: "example" as const, name: "guarded/1", hash: "0" },
  rows: 1,
  leftOut: 0,
  tolerance: 0,
  fromHash: "0",
  toHash: "0",
  changed: 0,
  flips: 0,
  outputs: [],
  onlyFrom: [],
  onlyTo: [],
  examples: [],
};
