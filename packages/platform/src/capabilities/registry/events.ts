import { createHash } from "node:crypto";
import { ChangeAnnounced, EvaluationRecorded, type WebhookEvent } from "@paydown/api/registry";
import { ModelLogged, RunFinished } from "@paydown/api/tracking";
import { RecordPurged } from "@paydown/api/tracking-upkeep";
import { type Delivered, type Listener, on } from "#base/capability.js";
import type { Tx } from "#base/db/db.js";
import { enqueue } from "#base/jobs/queue.js";
import { deliverJob } from "./actions/change-webhook.js";
import { inspectLogged } from "./actions/inspect-logged-model.js";
import { bodyOf } from "./model/webhook.js";
import { removeLoggedModelInspection } from "./store/inspections.js";
import { activeWebhooks, insertDelivery } from "./store.webhooks.js";
import type { WebhookRow } from "./tables.js";

/** A logged model's files are read when they are complete; what was read goes with the logged model. */
export const loggedModelListeners: readonly Listener[] = [
  on(ModelLogged, inspectLogged),
  on(RecordPurged, async (tx, event) => {
    const { kind, id } = event.payload;
    if (kind === "logged-model") await removeLoggedModelInspection(tx, event.project, id);
  }),
];

/** Events that webhooks may be told of become deliveries, one for each webhook that wants them. */
export const webhookListeners: readonly Listener[] = [
  on(ChangeAnnounced, (tx, event) => deliver(tx, event, event.payload.event, event.payload.data)),
  on(RunFinished, (tx, event) =>
    deliver(tx, event, "run.finished", {
      run_id: event.payload.runId,
      run_name: event.payload.name,
      experiment_id: event.payload.experimentId,
      status: event.payload.status,
      start_time: event.payload.startedAt,
      end_time: event.payload.endedAt,
      ...(event.payload.error === undefined ? {} : { error: event.payload.error }),
    }),
  ),
  on(EvaluationRecorded, (tx, event) =>
    deliver(tx, event, "evaluation.recorded", {
      name: event.payload.model,
      version: String(event.payload.version),
      evaluation_id: event.payload.id,
      verdict: event.payload.verdict,
      reason: event.payload.reason,
    }),
  ),
];

/** Of each transaction: it delivers many events, and most projects have no webhook. */
const webhooksOf = new WeakMap<Tx, Map<string, Promise<WebhookRow[]>>>();

function activeIn(tx: Tx, project: string): Promise<WebhookRow[]> {
  const known = webhooksOf.get(tx) ?? new Map<string, Promise<WebhookRow[]>>();
  webhooksOf.set(tx, known);
  const found = known.get(project) ?? activeWebhooks(tx, project);
  known.set(project, found);
  return found;
}

async function deliver(tx: Tx, event: Delivered<unknown>, name: WebhookEvent, data: object): Promise<void> {
  const webhooks = await activeIn(tx, event.project);
  for (const webhook of webhooks) {
    if (!(JSON.parse(webhook.events) as string[]).includes(name)) continue;
    const id = idOf(event, webhook.id);
    await insertDelivery(tx, {
      id,
      project: event.project,
      webhook_id: webhook.id,
      event: name,
      body: bodyOf(name, event.at, event.project, data),
      state: "waiting",
      attempts: 0,
      status: null,
      problem: null,
      response: null,
      created_at: event.at,
      attempted_at: null,
      next_at: event.at,
    });
    // Jobs due at the same moment run by id: the receiver hears of things in the order they happened, while all goes well.
    const job = `${event.position.replace(/\d+/g, (digits) => digits.padStart(20, "0"))}.${webhook.id}`;
    const base = { clock: { now: () => event.at }, ids: { ulid: () => job, hex: () => job } };
    await enqueue(tx, base, { kind: deliverJob, project: event.project, payload: { delivery: id } });
  }
}

/** The same event to the same webhook has the same id, in the form of a UUID. */
function idOf(event: Delivered<unknown>, webhookId: string): string {
  const hex = createHash("sha256").update(`${event.position} ${event.at} ${webhookId}`).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    "-",
  );
}
