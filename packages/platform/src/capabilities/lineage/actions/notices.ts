import {
  type announceChange,
  type answerNotice,
  ChangeAnnounced,
  type Notice,
  NoticeAnswered,
  NoticeSettled,
  type overrideNotice,
  type withdrawNotice,
} from "@paydown/api/lineage";
import type { Input } from "@paydown/api/operation";
import type { Ctx } from "#base/context.js";
import type { Tx } from "#base/db/db.js";
import { errors } from "../errors.js";
import { nodeName } from "../model.js";
import type { LineageNeeds } from "../needs.js";
import { insertNotice, updateAnswer, updateNotice } from "../store/notices.js";
import type { NoticeAnswerRow, NoticeRow } from "../tables.js";
import { toRef } from "../views/focus.js";
import { viewImpact } from "../views/impact.js";
import { getNotice } from "../views/notices.js";

/** Announces a change: every team that owns something it reaches is asked. With nobody to ask it is cleared at once. */
export async function announce(ctx: Ctx, needs: LineageNeeds, input: Input<typeof announceChange>): Promise<Notice> {
  const node = toRef(input.node);
  const impact = await viewImpact(ctx, needs, { project: input.project, node: input.node, depth: 100, limit: 5000 });
  const own = impact.origins[0]?.team;
  const id = ctx.ids.ulid();
  const answers = impact.teams
    .filter(({ team }) => team !== own)
    .map(({ team, nodes }): NoticeAnswerRow => {
      const example = impact.reached.find((one) => one.node.team === team)?.path ?? [];
      return {
        notice: id,
        project: input.project,
        team,
        reached: nodes,
        example: JSON.stringify(example),
        state: "waiting",
        reason: null,
        answered_at: null,
      };
    });
  const unowned = impact.reached.filter((one) => one.node.team === undefined).map((one) => nodeName(one.node));
  const row: NoticeRow = {
    id,
    project: input.project,
    kind: node.kind,
    node: node.id,
    what: input.what,
    announced_by: ctx.principal.name,
    announced_at: ctx.clock.now(),
    takes_effect_at: input.takesEffectAt,
    state: answers.length === 0 ? "cleared" : "waiting",
    unowned: JSON.stringify(unowned),
    override_by: null,
    override_at: null,
    override_reason: null,
  };
  return ctx.db.write(async (tx) => {
    await insertNotice(tx, row, answers);
    await tx.emit(ChangeAnnounced, input.project, {
      notice: id,
      node,
      what: input.what,
      takesEffectAt: input.takesEffectAt,
      teams: answers.map((one) => one.team),
    });
    return getNotice(tx, input.project, id);
  });
}

/** A team acknowledges or objects. The last acknowledgement clears the notice; an objection blocks it until it is taken back. */
export async function answer(ctx: Ctx, input: Input<typeof answerNotice>): Promise<Notice> {
  const reason = input.reason?.trim() ?? "";
  if (input.answer === "object" && reason === "") throw errors.LINEAGE_REASON_MISSING({ notice: input.notice });
  return ctx.db.write(async (tx) => {
    const notice = await getOpen(tx, input.project, input.notice);
    if (!notice.answers.some((one) => one.team === input.team)) {
      throw errors.LINEAGE_NOTICE_TEAM_NOT_ASKED({ notice: input.notice, team: input.team });
    }
    await updateAnswer(tx, {
      notice: notice.id,
      team: input.team,
      state: input.answer === "acknowledge" ? "acknowledged" : "objected",
      reason: reason === "" ? null : reason,
      answered_at: ctx.clock.now(),
    });
    await tx.emit(NoticeAnswered, input.project, {
      notice: notice.id,
      team: input.team,
      answer: input.answer,
      ...(reason === "" ? {} : { reason }),
    });
    const after = await getNotice(tx, input.project, notice.id);
    const state = stateOf(after);
    if (state !== notice.state) {
      await updateNotice(tx, notice.id, { state });
      if (state !== "waiting") await tx.emit(NoticeSettled, input.project, { notice: notice.id, state });
    }
    return getNotice(tx, input.project, notice.id);
  });
}

function stateOf(notice: Notice): "waiting" | "cleared" | "blocked" {
  if (notice.answers.some((one) => one.state === "objected")) return "blocked";
  return notice.answers.every((one) => one.state === "acknowledged") ? "cleared" : "waiting";
}

/** An approver goes ahead without every acknowledgement; the reason stays on record. */
export async function override(ctx: Ctx, input: Input<typeof overrideNotice>): Promise<Notice> {
  return ctx.db.write(async (tx) => {
    const notice = await getOpen(tx, input.project, input.notice);
    await updateNotice(tx, notice.id, {
      state: "overridden",
      override_by: ctx.principal.name,
      override_at: ctx.clock.now(),
      override_reason: input.reason,
    });
    await tx.emit(NoticeSettled, input.project, { notice: notice.id, state: "overridden", reason: input.reason });
    return getNotice(tx, input.project, notice.id);
  });
}

export async function withdraw(ctx: Ctx, input: Input<typeof withdrawNotice>): Promise<Notice> {
  return ctx.db.write(async (tx) => {
    const notice = await getOpen(tx, input.project, input.notice);
    await updateNotice(tx, notice.id, { state: "withdrawn" });
    await tx.emit(NoticeSettled, input.project, { notice: notice.id, state: "withdrawn" });
    return getNotice(tx, input.project, notice.id);
  });
}

/** A notice that still takes answers: waiting, or blocked by an objection that may be taken back. */
async function getOpen(tx: Tx, project: string, id: string): Promise<Notice> {
  const notice = await getNotice(tx, project, id);
  if (notice.state === "waiting" || notice.state === "blocked") return notice;
  throw errors.LINEAGE_NOTICE_SETTLED({ notice: id, state: notice.state });
}
