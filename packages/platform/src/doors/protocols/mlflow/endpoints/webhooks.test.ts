import { createWebhook as createOwn } from "@paydown/api/registry";
import Fastify, { type FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Principal } from "#base/auth/principal.js";
import { openOutgoing } from "#base/outgoing/outgoing.js";
import { openStage, type Stage } from "#base/testing/stage.js";
import { ownMeans, registry } from "#capabilities/registry/index.js";
import { modelSources, tracking } from "#capabilities/tracking/index.js";
import { mlflowDoor } from "../index.js";
import { noOtherProjects } from "../testing/open-door.js";

let stage: Stage;
let server: FastifyInstance;
let principal: Principal | undefined;
const root = "/api/2.0/mlflow/webhooks";

beforeEach(async () => {
  principal = undefined;
  const resolve = async () => [{ address: "93.184.216.34", family: 4 }];
  const webhooks = {
    ...ownMeans(),
    outgoing: openOutgoing({ schemes: ["https"], privateAddresses: false, resolve }),
  };
  stage = await openStage([tracking, registry(modelSources, webhooks)]);
  server = Fastify();
  await server.register(
    mlflowDoor({
      ctxFor: (_request, _reply, door) => ({ ...stage.ctx, door, principal: principal ?? stage.ctx.principal }),
      project: "default",
      projects: noOtherProjects,
      artifactRoot: "",
      uploadLimit: 1e9,
      webhooks,
    }),
  );
});
afterEach(async () => {
  await server.close();
  await stage.close();
});

async function call(method: "GET" | "POST" | "PATCH" | "DELETE", url: string, body: object = {}) {
  const sent = { headers: { "content-type": "application/json" }, payload: JSON.stringify(body) };
  const response = await server.inject({ method, url, ...(method === "GET" ? {} : sent) });
  return { status: response.statusCode, json: response.json() as Record<string, unknown> };
}

const given = {
  name: "ci",
  url: "https://ci.example/hook",
  events: [{ entity: "MODEL_VERSION", action: "CREATED" }],
  secret: "s3cret",
};
const create = async (fields: object = {}) => (await call("POST", root, { ...given, ...fields })).json;

describe("MLflow's webhook endpoints", () => {
  test("make, list, show, change and delete under every prefix, and never show a secret", async () => {
    const { webhook } = (await create()) as { webhook: { webhook_id: string } };
    const { secret: _secret, ...shown } = given;
    const now = stage.clock.now();
    const made = {
      ...shown,
      webhook_id: webhook.webhook_id,
      status: "ACTIVE",
      creation_timestamp: now,
      last_updated_timestamp: now,
    };
    expect(webhook).toEqual(made);
    for (const prefix of ["/api/2.0", "/ajax-api/2.0"]) {
      expect((await call("GET", `${prefix}/mlflow/webhooks`)).json).toEqual({ webhooks: [made] });
    }
    const at = `${root}/${webhook.webhook_id}`;
    const changed = await call("PATCH", at, { status: "DISABLED", description: "quiet" });
    expect(changed.json).toMatchObject({ webhook: { ...shown, status: "DISABLED", description: "quiet" } });
    expect((await call("DELETE", at)).json).toEqual({});
    expect((await call("GET", at)).json).toEqual({
      error_code: "RESOURCE_DOES_NOT_EXIST",
      message: `Webhook with ID ${webhook.webhook_id} not found.`,
    });
  });

  test.each([
    [{ name: "-ci" }, "Webhook name '-ci' is invalid."],
    [{ url: "http://ci.example/" }, "Invalid webhook URL scheme: 'http'. Allowed schemes are: https."],
    [{ url: "https://127.0.0.1/" }, "'127.0.0.1' resolves to 127.0.0.1."],
    [{ events: [] }, "Webhook events must be a non-empty list of WebhookEvent objects: []."],
    [{ events: [{ entity: "MODEL_VERSION", action: "SET" }] }, "Invalid action 'set' for entity 'model_version'."],
    [{ events: [{ entity: "RUN", action: "CREATED" }] }, `Invalid value "RUN" for parameter 'events[0].entity'`],
  ])("refuse %j with MLflow's words", async (fields, message) => {
    expect(await create(fields)).toEqual({
      error_code: "INVALID_PARAMETER_VALUE",
      message: expect.stringContaining(message),
    });
  });

  test("show MLflow's clients only the events they can read", async () => {
    const own = { project: "default", name: "own", url: "https://ci.example/own" };
    await stage.call(createOwn, { ...own, events: ["run.finished"] });
    await stage.call(createOwn, { ...own, events: ["run.finished", "prompt.created"] });
    const { json } = await call("GET", root);
    expect((json.webhooks as { events: object[] }[]).map((one) => one.events)).toEqual([
      [{ entity: "PROMPT", action: "CREATED" }],
    ]);
  });

  test("are the administrators' alone", async () => {
    principal = { kind: "user", name: "editor", roles: { default: "editor" } } as unknown as Principal;
    expect((await call("GET", root)).status).toBe(403);
    expect((await call("POST", root, given)).status).toBe(403);
  });
});
