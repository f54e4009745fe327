import type { Input, Reply } from "@paydown/api/operation";
import type * as api from "@paydown/api/registry";
import type { Ctx } from "#base/context.js";
import type { Reader } from "#base/db/db.js";
import { registryErrors } from "../errors.js";
import { toOffset, toToken } from "../model/page-token.js";
import { countDeliveries, deliveriesOf, findWebhook, webhooksOf } from "../store.webhooks.js";
import type { WebhookDeliveryRow, WebhookRow } from "../tables.js";

export async function viewWebhooks(
  ctx: Ctx,
  input: Input<typeof api.listWebhooks>,
): Promise<Reply<typeof api.listWebhooks>> {
  const limit = input.limit ?? 100;
  const offset = toOffset(input.cursor);
  return ctx.db.read(async (r) => {
    const rows = await webhooksOf(r, input.project, limit + 1, offset);
    const items: api.Webhook[] = [];
    for (const row of rows.slice(0, limit)) items.push(await toWebhook(r, row));
    return { items, ...(rows.length > limit ? { cursor: toToken(offset + limit) } : {}) };
  });
}

export async function viewWebhook(
  ctx: Ctx,
  input: Input<typeof api.getWebhook>,
): Promise<Reply<typeof api.getWebhook>> {
  return ctx.db.read(async (r) => toWebhook(r, await getWebhookRow(r, input.project, input.webhookId)));
}

export function getWebhook(ctx: Ctx, project: string, id: string): Promise<WebhookRow> {
  return ctx.db.read((r) => getWebhookRow(r, project, id));
}

async function getWebhookRow(r: Reader, project: string, id: string): Promise<WebhookRow> {
  const row = await findWebhook(r, project, id);
  if (row === undefined) throw registryErrors.REGISTRY_WEBHOOK_NOT_FOUND({ webhookId: id });
  return row;
}

async function toWebhook(r: Reader, row: WebhookRow): Promise<api.Webhook> {
  return {
    webhookId: row.id,
    name: row.name,
    url: row.url,
    events: JSON.parse(row.events) as api.WebhookEvent[],
    description: row.description,
    status: row.status as "ACTIVE" | "DISABLED",
    signed: row.secret !== null,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    ...(await countDeliveries(r, row.id)),
    ...(row.held_until > 0 ? { heldUntil: row.held_until } : {}),
  };
}

export async function viewDeliveries(
  ctx: Ctx,
  input: Input<typeof api.listWebhookDeliveries>,
): Promise<Reply<typeof api.listWebhookDeliveries>> {
  const limit = input.limit ?? 100;
  const after = toAfter(input.cursor);
  return ctx.db.read(async (r) => {
    await getWebhookRow(r, input.project, input.webhookId);
    const rows = await deliveriesOf(r, input.webhookId, input.state, limit + 1, after);
    const last = rows[limit - 1];
    const more = rows.length > limit && last !== undefined;
    return {
      items: rows.slice(0, limit).map(toDelivery),
      ...(more ? { cursor: `${last.created_at}.${last.id}` } : {}),
    };
  });
}

function toAfter(cursor: string | undefined): { at: number; id: string } | undefined {
  if (cursor === undefined) return undefined;
  const [, at, id] = /^(\d{1,15})\.([A-Za-z0-9_-]{1,64})$/.exec(cursor) ?? [];
  if (at === undefined || id === undefined) throw registryErrors.REGISTRY_PAGE_TOKEN_INVALID();
  return { at: Number(at), id };
}

export function toDelivery(row: WebhookDeliveryRow): api.WebhookDelivery {
  return {
    deliveryId: row.id,
    webhookId: row.webhook_id,
    event: row.event as api.WebhookEvent,
    state: row.state as "waiting" | "delivered" | "failed",
    createdAt: row.created_at,
    attempts: row.attempts,
    ...(row.attempted_at === null ? {} : { attemptedAt: row.attempted_at }),
    ...(row.next_at === null || row.state !== "waiting" ? {} : { nextAt: row.next_at }),
    ...(row.status === null ? {} : { status: row.status }),
    ...(row.problem === null ? {} : { problem: row.problem }),
    ...(row.response === null ? {} : { response: row.response }),
    body: row.body,
  };
}
