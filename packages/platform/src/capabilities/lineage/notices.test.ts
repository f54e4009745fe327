import { OwnerAssigned } from "@paydown/api/accounts";
import * as api from "@paydown/api/lineage";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openStage, type Stage } from "#base/testing/stage.js";
import { lineage } from "./index.js";

const project = "prices";

describe("a change is announced before it takes effect", () => {
  let stage: Stage;

  beforeEach(async () => {
    stage = await openStage([lineage({ findPrediction: async () => undefined })]);
    await stage.call(api.recordLinks, {
      project,
      links: [
        { from: "dataset:prices", to: "deployment:b-api" },
        { from: "dataset:prices", to: "deployment:c-api" },
        { from: "deployment:c-api", to: "consumer:nobody" },
      ],
    });
    for (const [kind, id, team] of [
      ["dataset", "prices", "a"],
      ["deployment", "b-api", "b"],
      ["deployment", "c-api", "c"],
    ] as const) {
      await stage.base.db.write((tx) => tx.emit(OwnerAssigned, project, { asset: { kind, id }, team, role: "owner" }));
    }
    await stage.deliver();
  });
  afterEach(() => stage.close());

  const announce = () =>
    stage.call(api.announceChange, {
      project,
      node: "dataset:prices",
      what: "net instead of gross",
      takesEffectAt: stage.clock.now() + 1000,
    });

  test("every team it reaches is asked, the announcing one is not, and who has no owner is listed", async () => {
    const notice = await announce();
    expect(notice).toMatchObject({ state: "waiting", mayProceed: false, unowned: ["consumer:nobody"] });
    expect(notice.answers.map((one) => [one.team, one.state, one.reached])).toEqual([
      ["b", "waiting", 1],
      ["c", "waiting", 1],
    ]);
    expect(notice.answers[0]?.example).toEqual(["dataset:prices", "deployment:b-api"]);
  });

  test("it may proceed only when all have acknowledged", async () => {
    const { id } = await announce();
    const first = await stage.call(api.answerNotice, { project, notice: id, team: "b", answer: "acknowledge" });
    expect(first).toMatchObject({ state: "waiting", mayProceed: false });
    const second = await stage.call(api.answerNotice, { project, notice: id, team: "c", answer: "acknowledge" });
    expect(second).toMatchObject({ state: "cleared", mayProceed: true });
    await expect(
      stage.call(api.answerNotice, { project, notice: id, team: "c", answer: "object", reason: "late" }),
    ).rejects.toMatchObject({
      code: "LINEAGE_NOTICE_SETTLED",
    });
  });

  test("an objection needs a reason, blocks, and can be taken back", async () => {
    const { id } = await announce();
    await expect(
      stage.call(api.answerNotice, { project, notice: id, team: "b", answer: "object" }),
    ).rejects.toMatchObject({
      code: "LINEAGE_REASON_MISSING",
    });
    const blocked = await stage.call(api.answerNotice, {
      project,
      notice: id,
      team: "b",
      answer: "object",
      reason: "breaks reports",
    });
    expect(blocked).toMatchObject({ state: "blocked", mayProceed: false });
    await stage.call(api.answerNotice, { project, notice: id, team: "c", answer: "acknowledge" });
    const cleared = await stage.call(api.answerNotice, { project, notice: id, team: "b", answer: "acknowledge" });
    expect(cleared).toMatchObject({ state: "cleared", mayProceed: true });
  });

  test("an approver may go ahead, and the reason stays on record", async () => {
    const { id } = await announce();
    const notice = await stage.call(api.overrideNotice, { project, notice: id, reason: "legal deadline" });
    expect(notice).toMatchObject({
      state: "overridden",
      mayProceed: true,
      override: { by: "local", reason: "legal deadline" },
    });
    expect(await stage.call(api.getNotice, { project, notice: id })).toEqual(notice);
  });

  test("a team that was not asked cannot answer, and an unknown notice is said to be unknown", async () => {
    const { id } = await announce();
    await expect(
      stage.call(api.answerNotice, { project, notice: id, team: "z", answer: "acknowledge" }),
    ).rejects.toMatchObject({
      code: "LINEAGE_NOTICE_TEAM_NOT_ASKED",
    });
    await expect(stage.call(api.getNotice, { project, notice: "none" })).rejects.toMatchObject({
      code: "LINEAGE_NOTICE_NOT_FOUND",
    });
  });

  test("the inbox shows a team its notices, newest first, page by page", async () => {
    const first = await announce();
    stage.clock.advance(1);
    const second = await announce();
    await stage.call(api.withdrawNotice, { project, notice: first.id });
    const page = await stage.call(api.listNotices, { project, team: "b", limit: 1 });
    expect(page.items.map((one) => one.id)).toEqual([second.id]);
    const next = await stage.call(api.listNotices, { project, team: "b", limit: 1, cursor: page.cursor as string });
    expect(next.items.map((one) => [one.id, one.state])).toEqual([[first.id, "withdrawn"]]);
    expect((await stage.call(api.listNotices, { project, state: "waiting" })).items).toHaveLength(1);
    expect((await stage.call(api.listNotices, { project, team: "z" })).items).toEqual([]);
  });

  test("a change that reaches nobody is cleared at once", async () => {
    const notice = await stage.call(api.announceChange, {
      project,
      node: "deployment:b-api",
      what: "rename",
      takesEffectAt: 0,
    });
    expect(notice).toMatchObject({ state: "cleared", mayProceed: true, answers: [] });
  });
});
