import * as api from "@paydown/api/accounts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openStage, type Stage } from "#base/testing/stage.js";
import { accounts, findOwnerTeam } from "./index.js";
import { handOverWithoutTaker } from "./rules/hand-over-without-taker.js";

const project = "flights";
const asset = "dataset:flights@eu:west";
const ref = { kind: "dataset", id: "flights@eu:west" };
const hour = 3_600_000;

describe("owners and hand-overs", () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await openStage([accounts]);
  });
  afterEach(() => stage.close());

  const offer = (to?: string) =>
    stage.call(api.offerHandOver, {
      project,
      asset,
      from: "research",
      note: "see README",
      ...(to === undefined ? {} : { to }),
    });

  test("an asset has one owner, and the last word counts", async () => {
    expect(await findOwnerTeam(stage.ctx, project, ref)).toBeUndefined();
    await stage.call(api.assignOwner, { project, asset, team: "research" });
    await stage.call(api.assignOwner, { project, asset, team: "platform", role: "operations" });
    expect((await stage.call(api.listOwners, { project })).items).toMatchObject([
      { asset: ref, team: "platform", role: "operations" },
    ]);
    expect((await stage.call(api.listOwners, { project, team: "research" })).items).toEqual([]);
    expect(await findOwnerTeam(stage.ctx, project, ref)).toBe("platform");
  });

  test("teams are listed with what they own, named or not", async () => {
    await stage.call(api.defineTeam, { project, team: "platform", contact: "#platform" });
    await stage.call(api.assignOwner, { project, asset, team: "research" });
    expect((await stage.call(api.listTeams, { project })).items).toEqual([
      { name: "platform", contact: "#platform", assets: 0 },
      { name: "research", assets: 1 },
    ]);
  });

  test("owners are listed page by page", async () => {
    for (const id of ["a", "b", "c"]) await stage.call(api.assignOwner, { project, asset: `dataset:${id}`, team: "t" });
    const first = await stage.call(api.listOwners, { project, limit: 2 });
    const second = await stage.call(api.listOwners, { project, limit: 2, cursor: first.cursor as string });
    expect([...first.items, ...second.items].map((one) => one.asset.id)).toEqual(["a", "b", "c"]);
    expect(second.cursor).toBeUndefined();
  });

  test("an accepted hand-over makes the taker the owner", async () => {
    const { id } = await offer("platform");
    stage.clock.advance(5 * hour);
    expect((await stage.call(api.listHandOvers, { project, state: "waiting" })).items).toMatchObject([
      { waitMs: 5 * hour },
    ]);
    const settled = await stage.call(api.settleHandOver, { project, handOver: id, answer: "accept" });
    expect(settled).toMatchObject({ state: "accepted", waitMs: 5 * hour });
    expect(await findOwnerTeam(stage.ctx, project, ref)).toBe("platform");
    await expect(stage.call(api.settleHandOver, { project, handOver: id, answer: "accept" })).rejects.toMatchObject({
      code: "ACCOUNTS_HAND_OVER_SETTLED",
    });
  });

  test("a hand-over to nobody is found, and cannot be accepted before somebody takes it", async () => {
    const { id } = await offer();
    expect((await handOverWithoutTaker.check(stage.ctx, project)).findings).toMatchObject([{ asset: ref, key: id }]);
    await expect(stage.call(api.settleHandOver, { project, handOver: id, answer: "accept" })).rejects.toMatchObject({
      code: "ACCOUNTS_HAND_OVER_NO_TAKER",
    });
    await stage.call(api.settleHandOver, { project, handOver: id, answer: "accept", team: "platform" });
    expect((await handOverWithoutTaker.check(stage.ctx, project)).findings).toEqual([]);
  });

  test("waiting, returns and rework are reported by pair of teams", async () => {
    const first = await offer("platform");
    stage.clock.advance(2 * hour);
    await expect(
      stage.call(api.settleHandOver, { project, handOver: first.id, answer: "return" }),
    ).rejects.toMatchObject({
      code: "ACCOUNTS_REASON_MISSING",
    });
    await stage.call(api.settleHandOver, { project, handOver: first.id, answer: "return", reason: "no tests" });
    stage.clock.advance(10 * hour);
    const second = await offer("platform");
    stage.clock.advance(4 * hour);
    await stage.call(api.settleHandOver, { project, handOver: second.id, answer: "accept" });
    await offer();
    const { pairs } = await stage.call(api.reportHandOvers, { project });
    expect(pairs).toEqual([
      {
        from: "research",
        to: "platform",
        waiting: 0,
        accepted: 1,
        returned: 1,
        waitHours: { p10: expect.closeTo(2.2), p50: 3, p90: expect.closeTo(3.8), n: 2 },
        reworkHours: { p10: 10, p50: 10, p90: 10, n: 1 },
      },
      { from: "research", waiting: 1, accepted: 0, returned: 0 },
    ]);
  });

  test("what is no asset is refused", async () => {
    await expect(stage.call(api.assignOwner, { project, asset: "flights", team: "t" })).rejects.toMatchObject({
      code: "INPUT_INVALID",
    });
    await expect(stage.call(api.settleHandOver, { project, handOver: "none", answer: "accept" })).rejects.toMatchObject(
      {
        code: "ACCOUNTS_HAND_OVER_NOT_FOUND",
      },
    );
  });
});
