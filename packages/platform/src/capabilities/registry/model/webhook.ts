import { createHmac } from "node:crypto";
import type { WebhookEvent } from "@paydown/api/registry";
import { registryErrors } from "../errors.js";

/** Events MLflow's own clients know, and know how to read. */
export const mlflowEvents: readonly WebhookEvent[] = [
  "registered_model.created",
  "model_version.created",
  "model_version_tag.set",
  "model_version_tag.deleted",
  "model_version_alias.created",
  "model_version_alias.deleted",
  "prompt.created",
  "prompt_version.created",
  "prompt_tag.set",
  "prompt_tag.deleted",
  "prompt_version_tag.set",
  "prompt_version_tag.deleted",
  "prompt_alias.created",
  "prompt_alias.deleted",
  "budget_policy.exceeded",
];

/** Attempts of one delivery before it is given up. */
export const mostAttempts = 8;
const waits = [1, 5, 30, 120, 600, 1800, 3600].map((seconds) => seconds * 1000);

/** How long deliveries are kept once they ended. */
export const keptFor = 30 * 86_400_000;

function invalid(problem: string): Error {
  return registryErrors.REGISTRY_INVALID({ problem });
}

export function checkWebhookName(name: string): void {
  if (/^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/i.test(name) && name.length <= 63) return;
  throw invalid(
    `Webhook name '${name}' is invalid. It must start and end with a letter or digit, be less than 63 characters long, and contain only letters, digits, dots (.), underscores (_), and hyphens (-).`,
  );
}

export function checkWebhookEvents(events: readonly WebhookEvent[]): void {
  if (events.length > 0) return;
  throw invalid("Webhook events must be a non-empty list of WebhookEvent objects: [].");
}

/**
 * Milliseconds until the next attempt after this many; undefined when it was the last. `random`, 0 to 1, spreads them
 * over half the wait, so that many deliveries do not come back in the same moment.
 */
export function waitAfter(attempts: number, random: number, asked: number | undefined): number | undefined {
  if (attempts >= mostAttempts) return undefined;
  const wait = waits[Math.min(attempts, waits.length) - 1] ?? waits[0] ?? 1000;
  const longest = waits.at(-1) as number;
  return Math.round(Math.max(wait, Math.min(asked ?? 0, longest)) * (1 + random / 2));
}

/** Whether another attempt may go better. */
export function mayPass(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

/** `v1,` and the base 64 of HMAC-SHA256 over id, time and body, as Standard Webhooks has it. */
export function signatureOf(secret: string, id: string, seconds: string, body: string): string {
  return `v1,${createHmac("sha256", secret).update(`${id}.${seconds}.${body}`).digest("base64")}`;
}

/** What is posted. */
export function bodyOf(event: string, at: number, project: string, data: unknown): string {
  const [entity, action] = event.split(".");
  return JSON.stringify({ entity, action, timestamp: new Date(at).toISOString(), data, workspace: project });
}

const tags = { example_key: "example_value" };
const model = { name: "example_model" };
const prompt = { name: "example_prompt" };
const tag = { key: "example_key" };
const value = { value: "example_value" };
const version = { version: "1" };
const alias = { alias: "example_alias" };

/** An example of each event, with the fields a real one has. */
const examples: Readonly<Record<WebhookEvent, object>> = {
  "registered_model.created": { ...model, tags, description: "An example registered model" },
  "model_version.created": {
    ...model,
    ...version,
    source: "models:/123",
    run_id: "abcd1234abcd5678",
    tags,
    description: "An example model version",
  },
  "model_version_tag.set": { ...model, ...version, ...tag, ...value },
  "model_version_tag.deleted": { ...model, ...version, ...tag },
  "model_version_alias.created": { ...model, ...alias, ...version },
  "model_version_alias.deleted": { ...model, ...alias },
  "prompt.created": { ...prompt, tags, description: "An example prompt" },
  "prompt_version.created": {
    ...prompt,
    ...version,
    template: "Hello {{name}}!",
    tags,
    description: "An example prompt version",
  },
  "prompt_tag.set": { ...prompt, ...tag, ...value },
  "prompt_tag.deleted": { ...prompt, ...tag },
  "prompt_version_tag.set": { ...prompt, ...version, ...tag, ...value },
  "prompt_version_tag.deleted": { ...prompt, ...version, ...tag },
  "prompt_alias.created": { ...prompt, ...alias, ...version },
  "prompt_alias.deleted": { ...prompt, ...alias },
  "budget_policy.exceeded": {
    budget_policy_id: "bp-abc123",
    budget_unit: "USD",
    budget_amount: 100,
    current_spend: 105.5,
    duration_unit: "MONTHS",
    duration_value: 1,
    target_scope: "ENDPOINT",
    workspace: "default",
    target_value: "ep-abc123",
    window_start: 1_704_067_200_000,
  },
  "run.finished": {
    run_id: "abcd1234abcd5678",
    run_name: "example-run-1",
    experiment_id: "0",
    status: "FINISHED",
    start_time: 1_704_067_200_000,
    end_time: 1_704_067_260_000,
  },
  "evaluation.recorded": {
    ...model,
    ...version,
    evaluation_id: "01ABCDEFGHJKMNPQRSTVWXYZ00",
    verdict: "passed",
    reason: "An example evaluation",
  },
};

export function exampleOf(event: WebhookEvent): object {
  return examples[event];
}
