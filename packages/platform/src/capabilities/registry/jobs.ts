import type { WebhookEvent } from "@paydown/api/registry";
import { type JobKind, job } from "#base/capability.js";
import type { Ctx } from "#base/context.js";
import { CodedError } from "#base/errors.js";
import { enqueue } from "#base/jobs/queue.js";
import type { Answer } from "#base/outgoing/outgoing.js";
import { deliverJob, purposeOf } from "./actions/change-webhook.js";
import { bodyOf, exampleOf, keptFor, mayPass, mostAttempts, signatureOf, waitAfter } from "./model/webhook.js";
import type { WebhookMeans } from "./needs.js";
import { findDelivery, findWebhook, removeEnded, updateDelivery, updateWebhookRow } from "./store.webhooks.js";
import type { WebhookDeliveryRow, WebhookRow } from "./tables.js";

/** Characters of an answer that are kept. */
const mostKept = 2000;

export function webhookJobs(means: WebhookMeans): JobKind[] {
  return [
    // How often a delivery is tried is counted in its row; a job that dies with its server is simply run again.
    job<{ delivery: string }>(deliverJob, (ctx, { delivery }) => attempt(ctx, means, delivery), {
      lease: 90_000,
      attempts: 1_000_000,
    }),
  ];
}

/** What came of one attempt. */
type Outcome =
  | { readonly answer: Answer; readonly problem: string | undefined; readonly again: boolean }
  | { readonly answer: undefined; readonly problem: string; readonly again: boolean };

/** One attempt of one delivery; what comes of it is written together with the job of the next. */
async function attempt(ctx: Ctx, means: WebhookMeans, id: string): Promise<{ state: string }> {
  const { delivery, webhook } = await ctx.db.read(async (r) => {
    const found = await findDelivery(r, id);
    return {
      delivery: found,
      webhook: found === undefined ? undefined : await findWebhook(r, found.project, found.webhook_id),
    };
  });
  if (delivery === undefined || webhook === undefined) return { state: "gone with its webhook" };
  if (delivery.state !== "waiting") return { state: delivery.state };
  // Switching it on again sends what waits.
  if (webhook.status !== "ACTIVE") return { state: "waiting for its webhook to be switched on" };
  const now = ctx.clock.now();
  if (delivery.next_at !== null && delivery.next_at > now) return { state: "waiting for its next attempt" };
  if (webhook.held_until > now) {
    await ctx.db.write((tx) => later(ctx, tx, delivery, webhook.held_until + spread(ctx)));
    return { state: "waiting with its webhook" };
  }

  const outcome = await send(ctx, means, webhook, delivery);
  if (ctx.signal.aborted) throw outcomeLost(outcome);
  const at = ctx.clock.now();
  const attempts = delivery.attempts + 1;
  const wait = outcome.again ? waitAfter(attempts, random(ctx), outcome.answer?.retryAfter) : undefined;
  const arrived = outcome.problem === undefined;
  await ctx.db.write(async (tx) => {
    await updateDelivery(tx, id, {
      state: arrived ? "delivered" : wait === undefined ? "failed" : "waiting",
      attempts,
      status: outcome.answer?.status ?? null,
      problem: outcome.problem ?? null,
      response: outcome.answer === undefined ? null : outcome.answer.body.slice(0, mostKept),
      attempted_at: at,
      next_at: null,
    });
    if (arrived) {
      await updateWebhookRow(tx, webhook.id, { failures: 0, held_until: 0 });
    } else if (outcome.again) {
      const failures = webhook.failures + 1;
      const hold = waitAfter(Math.min(failures, mostAttempts - 1), 0, outcome.answer?.retryAfter) ?? 0;
      await updateWebhookRow(tx, webhook.id, { failures, held_until: at + hold });
    }
    if (wait !== undefined) await later(ctx, tx, delivery, at + wait);
    await removeEnded(tx, webhook.id, at - keptFor);
  });
  if (!arrived)
    ctx.log.warn(
      { webhook: webhook.id, delivery: id, attempts, problem: outcome.problem },
      "a webhook was not delivered",
    );
  return { state: arrived ? "delivered" : wait === undefined ? "failed" : "waiting" };
}

async function later(
  ctx: Ctx,
  tx: Parameters<typeof enqueue>[0],
  delivery: WebhookDeliveryRow,
  runAt: number,
): Promise<void> {
  await updateDelivery(tx, delivery.id, { next_at: runAt });
  await enqueue(tx, ctx, { kind: deliverJob, project: delivery.project, payload: { delivery: delivery.id }, runAt });
}

/** 0 to 1. */
function random(ctx: Ctx): number {
  return Number.parseInt(ctx.ids.hex(4), 16) / 2 ** 32;
}

/** Some milliseconds apart, so that what waited together does not come back together. */
function spread(ctx: Ctx): number {
  return 1 + Math.floor(random(ctx) * 5000);
}

/** The server is ending, or another worker has the job: it is taken up again, with the same id. */
function outcomeLost(outcome: Outcome): Error {
  return new DOMException(outcome.problem ?? "ended before it was written down", "AbortError");
}

async function send(
  ctx: Ctx,
  means: WebhookMeans,
  webhook: WebhookRow,
  delivery: { readonly id: string; readonly body: string },
): Promise<Outcome> {
  const seconds = String(Math.floor(ctx.clock.now() / 1000));
  const headers: Record<string, string> = {
    "content-type": "application/json",
    "user-agent": "paydown-webhooks",
    "X-MLflow-Delivery-Id": delivery.id,
    "X-MLflow-Timestamp": seconds,
  };
  if (webhook.secret !== null) {
    const secret = means.sealing().unseal(webhook.secret, purposeOf(webhook.id));
    if (secret === undefined) {
      const problem =
        "Its secret was sealed with another key than this server has: give every server the same `secretsKey`, or set the secret again.";
      return { answer: undefined, problem, again: true };
    }
    headers["X-MLflow-Signature"] = signatureOf(secret, delivery.id, seconds, delivery.body);
  }
  try {
    const answer = await means.outgoing.post(webhook.url, headers, delivery.body, ctx.signal);
    if (answer.status >= 200 && answer.status < 300) return { answer, problem: undefined, again: false };
    const moved = answer.status >= 300 && answer.status < 400 ? "; redirects are not followed" : "";
    return { answer, problem: `It answered with status ${answer.status}${moved}.`, again: mayPass(answer.status) };
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    // A resolver that is down comes back; what is not allowed is not allowed later either.
    const again = error.status >= 500 || error.code === "OUTGOING_UNRESOLVED";
    return { answer: undefined, problem: error.message, again };
  }
}

/** Sends an example once, now, outside the history. */
export async function testDelivery(
  ctx: Ctx,
  means: WebhookMeans,
  webhook: WebhookRow,
  event: WebhookEvent | undefined,
): Promise<{ success: boolean; status?: number; response?: string; problem?: string }> {
  const name = event ?? ((JSON.parse(webhook.events) as WebhookEvent[])[0] as WebhookEvent);
  const hex = ctx.ids.hex(16);
  const id = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  const body = bodyOf(name, ctx.clock.now(), webhook.project, exampleOf(name));
  const { answer, problem } = await send(ctx, means, webhook, { id, body });
  if (answer === undefined) return { success: false, problem: `Failed to test webhook: ${problem}` };
  return {
    success: problem === undefined,
    status: answer.status,
    response: answer.body.slice(0, mostKept),
    ...(problem === undefined ? {} : { problem }),
  };
}
