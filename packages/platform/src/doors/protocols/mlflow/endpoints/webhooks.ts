import type { Webhook, WebhookEvent } from "@paydown/api/registry";
import {
  createWebhook,
  deleteWebhook,
  getWebhook,
  mlflowEvents,
  testDelivery,
  updateWebhook,
  viewWebhook,
  viewWebhooks,
} from "#capabilities/registry/index.js";
import { type Call, type Endpoint, endpoint } from "../endpoint.js";
import { enumOf, int, invalid, list, message, required, string, type Values } from "../fields.js";
import { present } from "../json.js";

const entity = enumOf({
  REGISTERED_MODEL: 1,
  MODEL_VERSION: 2,
  MODEL_VERSION_TAG: 3,
  MODEL_VERSION_ALIAS: 4,
  PROMPT: 5,
  PROMPT_VERSION: 6,
  PROMPT_TAG: 7,
  PROMPT_VERSION_TAG: 8,
  PROMPT_ALIAS: 9,
  BUDGET_POLICY: 10,
});
const action = enumOf({ CREATED: 1, UPDATED: 2, DELETED: 3, SET: 4, EXCEEDED: 5 });
const eventFields = { entity: required(entity), action: required(action) };
const event = message(eventFields);
const status = enumOf({ ACTIVE: 1, DISABLED: 2 });
const id = { webhook_id: required(string) };
const most = 1000;

function toEvent(given: Values<typeof eventFields>): WebhookEvent {
  const kind = given.entity.toLowerCase();
  const name = `${kind}.${given.action.toLowerCase()}`;
  const known = mlflowEvents.find((one) => one === name);
  if (known !== undefined) return known;
  const valid = mlflowEvents
    .filter((one) => one.startsWith(`${kind}.`))
    .map((one) => `'${one.slice(kind.length + 1)}'`);
  throw invalid(
    `Invalid action '${given.action.toLowerCase()}' for entity '${kind}'. Valid actions are: [${valid.sort().join(", ")}]`,
  );
}

function fromEvent(name: WebhookEvent) {
  const [kind = "", what = ""] = name.split(".");
  return { entity: kind.toUpperCase(), action: what.toUpperCase() };
}

/** The events MLflow's clients can read; what they do not know would make their whole list unreadable. */
function knownOf(webhook: Webhook): WebhookEvent[] {
  return webhook.events.filter((one) => mlflowEvents.includes(one));
}

function toMlflow(webhook: Webhook) {
  return present({
    webhook_id: webhook.webhookId,
    name: webhook.name,
    description: webhook.description === "" ? undefined : webhook.description,
    url: webhook.url,
    events: knownOf(webhook).map(fromEvent),
    status: webhook.status,
    creation_timestamp: webhook.createdAt,
    last_updated_timestamp: webhook.updatedAt,
  });
}

async function show({ ctx, project }: Call, webhookId: string) {
  return { webhook: toMlflow(await viewWebhook(ctx, { project, webhookId })) };
}

/** Webhooks send records outside, so they are the administrators' through this door as through the others. */
export const webhookEndpoints: readonly Endpoint[] = [
  endpoint(
    "POST /webhooks",
    {
      name: required(string),
      url: required(string),
      events: required(list(event)),
      description: string,
      secret: string,
      status,
    },
    async (call, { events, ...input }) => {
      const row = await createWebhook(call.ctx, call.webhooks, call.project, { ...input, events: events.map(toEvent) });
      return show(call, row.id);
    },
  ),
  endpoint("GET /webhooks", { max_results: int, page_token: string }, async (call, input) => {
    const limit = input.max_results || 100;
    if (limit < 1 || limit > most) throw invalid(`max_results must be between 1 and ${most}.`);
    const cursor = input.page_token ? { cursor: input.page_token } : {};
    const page = await viewWebhooks(call.ctx, { project: call.project, limit, ...cursor });
    return present({
      webhooks: page.items.filter((one) => knownOf(one).length > 0).map(toMlflow),
      next_page_token: page.cursor,
    });
  }),
  endpoint("GET /webhooks/:webhook_id", id, (call, input) => {
    return show(call, input.webhook_id);
  }),
  endpoint(
    "PATCH /webhooks/:webhook_id",
    { ...id, name: string, url: string, events: list(event), description: string, secret: string, status },
    async (call, { webhook_id, events, ...change }) => {
      await updateWebhook(call.ctx, call.webhooks, call.project, webhook_id, {
        ...change,
        name: change.name || undefined,
        url: change.url || undefined,
        events: events === undefined || events.length === 0 ? undefined : events.map(toEvent),
      });
      return show(call, webhook_id);
    },
  ),
  endpoint("DELETE /webhooks/:webhook_id", id, async (call, input) => {
    await deleteWebhook(call.ctx, call.project, input.webhook_id);
    return {};
  }),
  endpoint("POST /webhooks/:webhook_id/test", { ...id, event }, async (call, input) => {
    const row = await getWebhook(call.ctx, call.project, input.webhook_id);
    const wanted = input.event === undefined ? undefined : toEvent(input.event);
    const result = await testDelivery(call.ctx, call.webhooks, row, wanted);
    return {
      result: present({
        success: result.success,
        response_status: result.status,
        response_body: result.response,
        error_message: result.problem,
      }),
    };
  }),
].map((one): Endpoint => ({ ...one, need: "admin" }));
