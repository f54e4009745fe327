import { OwnerAssigned } from "@paydown/api/accounts";
import * as api from "@paydown/api/lineage";
import { VersionSwitched } from "@paydown/api/serving";
import { ExperimentRenamed, RunCreated } from "@paydown/api/tracking";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openPostgres } from "#base/db/postgres.js";
import { silentLog } from "#base/log.js";
import { type PostgresServer, postgresMissing, startPostgres } from "#base/testing/postgres.js";
import { openStage, type Stage } from "#base/testing/stage.js";
import { lineage } from "./index.js";

const missing = postgresMissing();
const project = "flights";

describe.skipIf(missing !== undefined)("the graph on PostgreSQL", () => {
  let server: PostgresServer;
  let stage: Stage;

  beforeAll(async () => {
    server = await startPostgres();
    stage = await openStage([lineage({ findPrediction: async () => undefined })], {
      openDb: (clock) => openPostgres({ url: server.createDatabase(), clock, log: silentLog, connections: 5 }),
    });
  });
  afterAll(async () => {
    await stage?.close();
    server?.stop();
  });

  test("links, ends, owners, walks, search and lists answer as on SQLite", async () => {
    await stage.call(api.recordLinks, {
      project,
      links: [
        { from: "source:bts", to: "dataset:flights" },
        { from: "dataset:flights", to: "run:r1" },
        { from: "run:r1", to: "model-version:delay/7" },
        { from: "model-version:delay/7", to: "deployment:api", relation: "serves" },
        { from: "deployment:api", to: "consumer:board" },
        { from: "consumer:board", to: "source:bts" },
      ],
    });
    stage.clock.advance(1000);
    const before = stage.clock.now();
    stage.clock.advance(1000);
    await stage.base.db.write(async (tx) => {
      const named = { experimentId: "1", experimentName: "delay" };
      await tx.emit(RunCreated, project, { runId: "r1", name: "xgb", ...named, user: "", startedAt: 0 });
      await tx.emit(OwnerAssigned, project, { asset: { kind: "dataset", id: "flights" }, team: "data", role: "owner" });
      await tx.emit(VersionSwitched, project, {
        deployment: "api",
        model: "delay",
        previous: 7,
        version: 8,
        modelHash: "ab",
        reason: "better",
        at: stage.clock.now(),
      });
    });
    await stage.deliver();
    stage.clock.advance(1000);

    const alive = await stage.call(api.getNode, { project, node: "deployment:api" });
    expect(alive.node.facts).toEqual({ modelHash: "ab" });
    const unborn = await stage.call(api.getNode, { project, node: "deployment:api", asOf: before });
    expect(unborn.node.facts).toEqual({});
    const called = stage.clock.now();
    stage.clock.advance(1000);
    await stage.base.db.write((tx) =>
      tx.emit(ExperimentRenamed, project, { experimentId: "1", before: "delay", name: "delays" }),
    );
    await stage.deliver();
    const facts = async (at: { asOf?: number }) =>
      (await stage.call(api.getNode, { project, node: "run:r1", ...at })).node.facts.experiment;
    expect([await facts({}), await facts({ asOf: called })]).toEqual(["delays", "delay"]);

    const up = await stage.call(api.upstream, { project, node: "deployment:api", depth: 1 });
    expect(up.nodes.map((node) => node.id)).toEqual(["api", "delay/8"]);
    const then = await stage.call(api.upstream, { project, node: "deployment:api", depth: 1, asOf: before });
    expect(then.nodes.map((node) => node.id)).toEqual(["api", "delay/7"]);
    const { items } = await stage.call(api.listLoops, { project, asOf: before });
    expect(items).toMatchObject([{ kind: "feedback-loop" }]);
    const { groups } = await stage.call(api.searchNodes, { project, q: "DELAY" });
    expect(groups).toMatchObject([{ kind: "model-version", total: 2 }]);
    const counts = await stage.call(api.overview, { project });
    expect(counts).toMatchObject({ nodes: 7, edges: 6, teams: [{ team: "data", count: 1 }] });
    const page = await stage.call(api.listNodes, { project, limit: 4 });
    const rest = await stage.call(api.listNodes, { project, limit: 4, cursor: page.cursor as string });
    expect(new Set([...page.items, ...rest.items].map((node) => node.id)).size).toBe(7);
    const notice = await stage.call(api.announceChange, {
      project,
      node: "source:bts",
      what: "new columns",
      takesEffectAt: 0,
    });
    expect(notice).toMatchObject({ state: "waiting", answers: [{ team: "data", reached: 1 }] });
    expect(
      await stage.call(api.answerNotice, { project, notice: notice.id, team: "data", answer: "acknowledge" }),
    ).toMatchObject({
      mayProceed: true,
    });
    expect((await stage.call(api.listNotices, { project, team: "data" })).items).toHaveLength(1);
  });
});
