import type { listNotices, Notice } from "@paydown/api/lineage";
import type { Input, Reply } from "@paydown/api/operation";
import type { Ctx } from "#base/context.js";
import type { Reader } from "#base/db/db.js";
import { errors } from "../errors.js";
import { findAnswers, findNotice, pageNotices } from "../store/notices.js";
import type { NoticeAnswerRow, NoticeRow } from "../tables.js";

export async function viewNotice(ctx: Ctx, project: string, id: string): Promise<Notice> {
  return ctx.db.read((r) => getNotice(r, project, id));
}

export async function getNotice(r: Reader, project: string, id: string): Promise<Notice> {
  const row = await findNotice(r, project, id);
  if (row === undefined) throw errors.LINEAGE_NOTICE_NOT_FOUND({ project, notice: id });
  return toNotice(row, await findAnswers(r, [id]));
}

export async function viewNotices(ctx: Ctx, input: Input<typeof listNotices>): Promise<Reply<typeof listNotices>> {
  const limit = input.limit ?? 100;
  return ctx.db.read(async (r) => {
    const rows = await pageNotices(r, { ...input, limit: limit + 1 });
    const shown = rows.slice(0, limit);
    const answers = Map.groupBy(
      await findAnswers(
        r,
        shown.map((row) => row.id),
      ),
      (one) => one.notice,
    );
    const last = shown.at(-1);
    return {
      items: shown.map((row) => toNotice(row, answers.get(row.id) ?? [])),
      ...(rows.length > limit && last !== undefined ? { cursor: last.id } : {}),
    };
  });
}

function toNotice(row: NoticeRow, answers: readonly NoticeAnswerRow[]): Notice {
  return {
    id: row.id,
    node: { kind: row.kind, id: row.node },
    what: row.what,
    announcedBy: row.announced_by,
    announcedAt: row.announced_at,
    takesEffectAt: row.takes_effect_at,
    state: row.state,
    mayProceed: row.state === "cleared" || row.state === "overridden",
    answers: answers.map((one) => ({
      team: one.team,
      reached: one.reached,
      example: JSON.parse(one.example) as string[],
      state: one.state,
      ...(one.reason === null ? {} : { reason: one.reason }),
      ...(one.answered_at === null ? {} : { at: one.answered_at }),
    })),
    unowned: JSON.parse(row.unowned) as string[],
    ...(row.override_by === null || row.override_at === null
      ? {}
      : { override: { by: row.override_by, at: row.override_at, reason: row.override_reason ?? "" } }),
  };
}
