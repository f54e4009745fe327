import * as api from "@paydown/api/registry";
import { afterEach, beforeEach, expect, test } from "vitest";
import { inNameOf } from "#base/caller.js";
import type { Ctx } from "#base/context.js";
import { onBothDatabases } from "#base/testing/databases.js";
import { openStage, type Stage } from "#base/testing/stage.js";
import { approvePromotion, rejectPromotion, requestPromotion } from "./actions/promote-version.js";
import { registry } from "./index.js";
import { FakeSources } from "./testing/sources.js";

const project = "default";
const model = "delay";
/** Each race is run so often, with the one or the other first, as two calls meet in many ways. */
const rounds = 6;

onBothDatabases("two people at one request at the same moment", (fresh, dialect) => {
  let here: Stage;
  /** Another server of the same database where there can be one. */
  let there: Stage;
  let sources: FakeSources;

  beforeEach(async () => {
    sources = new FakeSources();
    const database = fresh();
    here = await openStage([registry(sources)], database);
    there = dialect === "SQLite" ? here : await openStage([registry(sources)], { ...database, seed: 2 });
  });
  afterEach(async () => {
    if (there !== here) await there.close();
    await here.close();
  });

  const as = (server: Stage, name: string): Ctx => ({
    ...server.ctx,
    principal: { kind: "user", name, roles: { [project]: "approver" } },
  });

  /** A request of ann's that needs so many approvals. */
  async function ask(approvals: number): Promise<{ promotion: string; version: number }> {
    const { version } = await here.call(api.createVersion, { project, model, source: "s3://b/m" });
    await here.call(api.setPromotionPolicy, { project, settings: { aliases: ["champion"], approvals } });
    const wanted = { project, model, version, alias: "champion", reason: "better on October" };
    const asked = await inNameOf({ by: "ann", door: "test" }, () => requestPromotion(as(here, "ann"), sources, wanted));
    expect(asked).toMatchObject({ state: "open", approvalsNeeded: approvals });
    return { promotion: asked.id, version };
  }

  const decide = (server: Stage, name: string, decision: "approve" | "reject", promotion: string) =>
    inNameOf({ by: name, door: "test" }, () =>
      (decision === "approve" ? approvePromotion : rejectPromotion)(as(server, name), sources, {
        project,
        promotion,
        reason: "looked at it",
      }),
    );

  /** Both at once, the one or the other first; how each ended: "done", or the code of the refusal. */
  async function race(round: number, one: () => Promise<unknown>, other: () => Promise<unknown>): Promise<string[]> {
    const calls = round % 2 === 0 ? [one(), other()] : [other(), one()].reverse();
    const ends = await Promise.allSettled(calls);
    return ends.map((end) => (end.status === "fulfilled" ? "done" : (end.reason as { code: string }).code));
  }

  /** What is on record of a request: its events, what its model's history says, its decisions, and where the alias is. */
  async function record(promotion: string) {
    const events = await here.base.db.read((r) =>
      r.all<{ name: string; payload: string }>({ sql: "select name, payload from outbox order by id", parameters: [] }),
    );
    const of = (name: string) =>
      events.filter((event) => event.name === name).map((event) => JSON.parse(event.payload));
    const page = await here.call(api.getModel, { project, model });
    const asked = await here.call(api.getPromotion, { project, promotion });
    return {
      state: asked.state,
      decisions: asked.decisions.map((one) => `${one.by} ${one.decision}`).sort(),
      decided: of("registry.promotion-decided")
        .filter((one) => one.promotion === promotion)
        .map((one) => one.state),
      moved: of("registry.alias-set").filter((one) => one.version === asked.version).length,
      history: page.history.filter((one) => one.promotion === promotion),
      champion: page.aliases.champion,
    };
  }

  test("where one approval is enough, one of two approvers carries it out and the other is told that it is closed", async () => {
    for (let round = 0; round < rounds; round++) {
      const { promotion, version } = await ask(1);
      const ends = await race(
        round,
        () => decide(here, "bob", "approve", promotion),
        () => decide(there, "eve", "approve", promotion),
      );
      expect(ends.toSorted()).toEqual(["REGISTRY_PROMOTION_CLOSED", "done"]);
      const approver = ends[0] === "done" ? "bob" : "eve";
      expect(await record(promotion)).toEqual({
        state: "promoted",
        decisions: [`${approver} approve`],
        decided: ["promoted"],
        moved: 1,
        history: [expect.objectContaining({ kind: "alias-set", version, approvers: [approver] })],
        champion: version,
      });
    }
  });

  test("where two are needed, both count and the last of them carries it out, once", async () => {
    for (let round = 0; round < rounds; round++) {
      const { promotion, version } = await ask(2);
      const ends = await race(
        round,
        () => decide(here, "bob", "approve", promotion),
        () => decide(there, "eve", "approve", promotion),
      );
      expect(ends).toEqual(["done", "done"]);
      const { history, ...rest } = await record(promotion);
      expect(rest).toEqual({
        state: "promoted",
        decisions: ["bob approve", "eve approve"],
        decided: ["open", "promoted"],
        moved: 1,
        champion: version,
      });
      expect(history.map((one) => [one.kind, one.version, one.approvers?.toSorted()])).toEqual([
        ["alias-set", version, ["bob", "eve"]],
      ]);
    }
  });

  test("one person who approves twice has approved once", async () => {
    for (let round = 0; round < rounds; round++) {
      const { promotion } = await ask(2);
      const ends = await race(
        round,
        () => decide(here, "bob", "approve", promotion),
        () => decide(there, "bob", "approve", promotion),
      );
      expect(ends.toSorted()).toEqual(["REGISTRY_DECIDED_ALREADY", "done"]);
      expect(await record(promotion)).toMatchObject({
        state: "open",
        decisions: ["bob approve"],
        decided: ["open"],
        moved: 0,
        history: [],
      });
    }
  });

  test("who approves and who rejects: one of them decides, and the alias is where that one says", async () => {
    for (let round = 0; round < rounds; round++) {
      const { promotion, version } = await ask(1);
      const before = (await record(promotion)).champion;
      const ends = await race(
        round,
        () => decide(here, "bob", "approve", promotion),
        () => decide(there, "eve", "reject", promotion),
      );
      expect(ends.toSorted()).toEqual(["REGISTRY_PROMOTION_CLOSED", "done"]);
      const { history, ...rest } = await record(promotion);
      expect(rest).toEqual(
        ends[0] === "done"
          ? { state: "promoted", decisions: ["bob approve"], decided: ["promoted"], moved: 1, champion: version }
          : { state: "rejected", decisions: ["eve reject"], decided: ["rejected"], moved: 0, champion: before },
      );
      expect(history).toHaveLength(rest.moved);
    }
  });
});
