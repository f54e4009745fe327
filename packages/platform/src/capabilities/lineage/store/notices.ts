import type { Reader, Tx } from "#base/db/db.js";
import { queries } from "#base/db/queries.js";
import type { LineageTables, NoticeAnswerRow, NoticeRow } from "../tables.js";

const q = queries<LineageTables>();

export async function insertNotice(tx: Tx, notice: NoticeRow, answers: readonly NoticeAnswerRow[]): Promise<void> {
  await tx.run(q.insertInto("lineage_notices").values(notice));
  for (const answer of answers) await tx.run(q.insertInto("lineage_notice_answers").values(answer));
}

export function findNotice(r: Reader, project: string, id: string): Promise<NoticeRow | undefined> {
  return r.get(q.selectFrom("lineage_notices").selectAll().where("project", "=", project).where("id", "=", id));
}

export function findAnswers(r: Reader, notices: readonly string[]): Promise<NoticeAnswerRow[]> {
  if (notices.length === 0) return Promise.resolve([]);
  return r.all(
    q.selectFrom("lineage_notice_answers").selectAll().where("notice", "in", notices).orderBy("notice").orderBy("team"),
  );
}

/** Notices, newest first. */
export function pageNotices(
  r: Reader,
  filter: {
    readonly project: string;
    readonly team?: string | undefined;
    readonly state?: string | undefined;
    readonly cursor?: string | undefined;
    readonly limit: number;
  },
): Promise<NoticeRow[]> {
  let query = q.selectFrom("lineage_notices").selectAll().where("project", "=", filter.project);
  if (filter.state !== undefined) query = query.where("state", "=", filter.state as NoticeRow["state"]);
  if (filter.cursor !== undefined) query = query.where("id", "<", filter.cursor);
  if (filter.team !== undefined) {
    query = query.where(
      "id",
      "in",
      q.selectFrom("lineage_notice_answers").select("notice").where("team", "=", filter.team),
    );
  }
  return r.all(query.orderBy("id", "desc").limit(filter.limit));
}

export async function updateAnswer(
  tx: Tx,
  answer: Pick<NoticeAnswerRow, "notice" | "team" | "state" | "reason" | "answered_at">,
): Promise<void> {
  const { notice, team, ...said } = answer;
  await tx.run(q.updateTable("lineage_notice_answers").set(said).where("notice", "=", notice).where("team", "=", team));
}

export async function updateNotice(
  tx: Tx,
  id: string,
  change: Partial<Pick<NoticeRow, "state" | "override_by" | "override_at" | "override_reason">>,
): Promise<void> {
  await tx.run(q.updateTable("lineage_notices").set(change).where("id", "=", id));
}
