import type { Reader, Tx } from "#base/db/db.js";
import { queries } from "#base/db/queries.js";
import type { WebhookDeliveryRow, WebhookRow } from "./tables.js";

const q = queries<{ webhooks: WebhookRow; webhook_deliveries: WebhookDeliveryRow }>();

export function findWebhook(r: Reader, project: string, id: string): Promise<WebhookRow | undefined> {
  return r.get(q.selectFrom("webhooks").selectAll().where("id", "=", id).where("project", "=", project));
}

export async function insertWebhook(tx: Tx, row: WebhookRow): Promise<void> {
  await tx.run(q.insertInto("webhooks").values(row));
}

export async function updateWebhookRow(tx: Tx, id: string, change: Partial<Omit<WebhookRow, "id">>): Promise<void> {
  await tx.run(q.updateTable("webhooks").set(change).where("id", "=", id));
}

export async function removeWebhook(tx: Tx, id: string): Promise<void> {
  await tx.run(q.deleteFrom("webhook_deliveries").where("webhook_id", "=", id));
  await tx.run(q.deleteFrom("webhooks").where("id", "=", id));
}

/** Newest first. */
export function webhooksOf(r: Reader, project: string, limit: number, offset: number): Promise<WebhookRow[]> {
  return r.all(
    q
      .selectFrom("webhooks")
      .selectAll()
      .where("project", "=", project)
      .orderBy("created_at", "desc")
      .orderBy("id", "desc")
      .limit(limit)
      .offset(offset),
  );
}

export function activeWebhooks(r: Reader, project: string): Promise<WebhookRow[]> {
  return r.all(q.selectFrom("webhooks").selectAll().where("project", "=", project).where("status", "=", "ACTIVE"));
}

/** How many deliveries of a webhook stand where. */
export async function countDeliveries(r: Reader, webhookId: string): Promise<{ waiting: number; failed: number }> {
  const rows = await r.all<{ state: string; n: number }>(
    q
      .selectFrom("webhook_deliveries")
      .select((e) => ["state", e.fn.countAll<number>().as("n")])
      .where("webhook_id", "=", webhookId)
      .where("state", "in", ["waiting", "failed"])
      .groupBy("state"),
  );
  const of = (state: string) => Number(rows.find((row) => row.state === state)?.n ?? 0);
  return { waiting: of("waiting"), failed: of("failed") };
}

export async function insertDelivery(tx: Tx, row: WebhookDeliveryRow): Promise<void> {
  await tx.run(q.insertInto("webhook_deliveries").values(row));
}

export function findDelivery(r: Reader, id: string): Promise<WebhookDeliveryRow | undefined> {
  return r.get(q.selectFrom("webhook_deliveries").selectAll().where("id", "=", id));
}

export async function updateDelivery(tx: Tx, id: string, change: Partial<WebhookDeliveryRow>): Promise<void> {
  await tx.run(q.updateTable("webhook_deliveries").set(change).where("id", "=", id));
}

/** Newest first, after a place. */
export function deliveriesOf(
  r: Reader,
  webhookId: string,
  state: string | undefined,
  limit: number,
  after: { at: number; id: string } | undefined,
): Promise<WebhookDeliveryRow[]> {
  let query = q.selectFrom("webhook_deliveries").selectAll().where("webhook_id", "=", webhookId);
  if (state !== undefined) query = query.where("state", "=", state);
  if (after !== undefined) {
    query = query.where((e) =>
      e.or([e("created_at", "<", after.at), e.and([e("created_at", "=", after.at), e("id", "<", after.id)])]),
    );
  }
  return r.all(query.orderBy("created_at", "desc").orderBy("id", "desc").limit(limit));
}

export function waitingOf(r: Reader, webhookId: string): Promise<Pick<WebhookDeliveryRow, "id" | "project">[]> {
  return r.all(
    q
      .selectFrom("webhook_deliveries")
      .select(["id", "project"])
      .where("webhook_id", "=", webhookId)
      .where("state", "=", "waiting"),
  );
}

/** Forgets deliveries that ended before a moment. */
export async function removeEnded(tx: Tx, webhookId: string, before: number): Promise<void> {
  await tx.run(
    q
      .deleteFrom("webhook_deliveries")
      .where("webhook_id", "=", webhookId)
      .where("state", "!=", "waiting")
      .where("created_at", "<", before),
  );
}
