import type { WebhookEvent } from "@paydown/api/registry";
import type { Ctx } from "#base/context.js";
import type { Tx } from "#base/db/db.js";
import { enqueue } from "#base/jobs/queue.js";
import { registryErrors } from "../errors.js";
import { checkWebhookEvents, checkWebhookName } from "../model/webhook.js";
import type { WebhookMeans } from "../needs.js";
import {
  findDelivery,
  findWebhook,
  insertWebhook,
  removeWebhook,
  updateDelivery,
  updateWebhookRow,
  waitingOf,
} from "../store.webhooks.js";
import type { WebhookDeliveryRow, WebhookRow } from "../tables.js";

/** The kind of job that sends one delivery. */
export const deliverJob = "registry.deliver-webhook";

export interface WebhookInput {
  readonly name: string;
  readonly url: string;
  readonly events: readonly WebhookEvent[];
  readonly description?: string | undefined;
  /** Empty or absent: unsigned. */
  readonly secret?: string | undefined;
  readonly status?: "ACTIVE" | "DISABLED" | undefined;
}

/** What is undefined stays. */
export type WebhookChange = { readonly [K in keyof WebhookInput]?: WebhookInput[K] | undefined };

export async function createWebhook(
  ctx: Ctx,
  means: WebhookMeans,
  project: string,
  input: WebhookInput,
): Promise<WebhookRow> {
  checkWebhookName(input.name);
  await means.outgoing.check(input.url, "Webhook URL");
  checkWebhookEvents(input.events);
  const id = ctx.ids.ulid().toLowerCase();
  const now = ctx.clock.now();
  const row: WebhookRow = {
    id,
    project,
    name: input.name,
    url: input.url,
    events: JSON.stringify([...new Set(input.events)]),
    description: input.description ?? "",
    status: input.status ?? "ACTIVE",
    secret: seal(means, id, input.secret),
    created_at: now,
    updated_at: now,
    failures: 0,
    held_until: 0,
  };
  await ctx.db.write((tx) => insertWebhook(tx, row));
  return row;
}

function seal(means: WebhookMeans, id: string, secret: string | undefined): string | null {
  return secret === undefined || secret === "" ? null : means.sealing().seal(secret, purposeOf(id));
}

/** What a secret is sealed for: in another webhook's row it is worth nothing. */
export function purposeOf(webhookId: string): string {
  return `webhook ${webhookId}`;
}

/** Changes what is given. What waits is sent at once when the address changed or the webhook was switched on. */
export async function updateWebhook(
  ctx: Ctx,
  means: WebhookMeans,
  project: string,
  id: string,
  change: WebhookChange,
): Promise<void> {
  if (change.name !== undefined) checkWebhookName(change.name);
  if (change.url !== undefined) await means.outgoing.check(change.url, "Webhook URL");
  if (change.events !== undefined) checkWebhookEvents(change.events);
  const secret = change.secret === undefined ? {} : { secret: seal(means, id, change.secret) };
  await ctx.db.write(async (tx) => {
    const before = await getWebhookRow(tx, project, id);
    const moved = change.url !== undefined && change.url !== before.url;
    const awake = moved || (change.status === "ACTIVE" && before.status !== "ACTIVE");
    await updateWebhookRow(tx, id, {
      ...(change.name === undefined ? {} : { name: change.name }),
      ...(change.url === undefined ? {} : { url: change.url }),
      ...(change.events === undefined ? {} : { events: JSON.stringify([...new Set(change.events)]) }),
      ...(change.description === undefined ? {} : { description: change.description }),
      ...(change.status === undefined ? {} : { status: change.status }),
      ...secret,
      ...(awake ? { failures: 0, held_until: 0 } : {}),
      updated_at: ctx.clock.now(),
    });
    if (awake) for (const one of await waitingOf(tx, id)) await sendSoon(ctx, tx, one);
  });
}

async function sendSoon(ctx: Ctx, tx: Tx, delivery: Pick<WebhookDeliveryRow, "id" | "project">): Promise<void> {
  await enqueue(tx, ctx, { kind: deliverJob, project: delivery.project, payload: { delivery: delivery.id } });
}

export async function deleteWebhook(ctx: Ctx, project: string, id: string): Promise<void> {
  await ctx.db.write(async (tx) => {
    await getWebhookRow(tx, project, id);
    await removeWebhook(tx, id);
  });
}

/** Sends a delivery again, whatever became of it. */
export async function retryDelivery(ctx: Ctx, project: string, id: string): Promise<WebhookDeliveryRow> {
  return ctx.db.write(async (tx) => {
    const row = await findDelivery(tx, id);
    if (row === undefined || row.project !== project) {
      throw registryErrors.REGISTRY_DELIVERY_NOT_FOUND({ deliveryId: id });
    }
    const now = ctx.clock.now();
    await updateWebhookRow(tx, row.webhook_id, { failures: 0, held_until: 0 });
    await updateDelivery(tx, id, { state: "waiting", attempts: 0, next_at: now });
    await sendSoon(ctx, tx, row);
    return { ...row, state: "waiting", attempts: 0, next_at: now };
  });
}

async function getWebhookRow(tx: Tx, project: string, id: string): Promise<WebhookRow> {
  const row = await findWebhook(tx, project, id);
  if (row === undefined) throw registryErrors.REGISTRY_WEBHOOK_NOT_FOUND({ webhookId: id });
  return row;
}
