import { createHmac } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import * as api from "@paydown/api/registry";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openOutgoing } from "#base/outgoing/outgoing.js";
import { openSealing, type Sealing } from "#base/sealing.js";
import { openStage, type Stage } from "#base/testing/stage.js";
import { createModel, createVersion, deleteModelTag, registry, setModelTag, setVersionTag } from "./index.js";
import { mostAttempts, waitAfter } from "./model/webhook.js";
import type { ModelSources } from "./needs.js";

const sources: ModelSources = {
  experimentsAt: async () => [],
  findFiles: async () => undefined,
  findLoggedModel: async () => undefined,
  readyLoggedModels: async () => [],
  findRun: async () => undefined,
};
const project = "default";

interface Received {
  readonly path: string;
  readonly id: string;
  readonly seconds: string;
  readonly signature: string | undefined;
  readonly body: string;
}

let stage: Stage;
let server: Server;
let url: string;
let received: Received[];
let answers: number[];
let sealing: Sealing;

beforeEach(async () => {
  received = [];
  answers = [];
  sealing = openSealing("the key");
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on("end", () => {
      const header = (name: string) => request.headers[name] as string | undefined;
      received.push({
        path: request.url ?? "",
        id: header("x-mlflow-delivery-id") ?? "",
        seconds: header("x-mlflow-timestamp") ?? "",
        signature: header("x-mlflow-signature"),
        body,
      });
      response.writeHead(answers.shift() ?? 200).end("thanks");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const outgoing = openOutgoing({ schemes: ["http"], privateAddresses: true });
  stage = await openStage([registry(sources, { outgoing, sealing: () => sealing })]);
});
afterEach(async () => {
  await stage.close();
  server.closeAllConnections();
  server.close();
});

type Extra = { events?: api.WebhookEvent[]; secret?: string; name?: string };
const create = (extra: Extra = {}) =>
  stage.call(api.createWebhook, {
    project,
    name: "ci",
    url: `${url}/hook`,
    events: ["registered_model.created"],
    ...extra,
  });
const makeModel = (name: string) => createModel(stage.ctx, { project, name });
const deliveries = async (webhookId: string) =>
  (await stage.call(api.listWebhookDeliveries, { project, webhookId })).items;

async function settle(): Promise<void> {
  await stage.deliver();
  await stage.work();
}

describe("a webhook", () => {
  test("is told of what it asked for, once, signed over id, time and body", async () => {
    await create({ secret: "s3cret" });
    await makeModel("delay");
    await setModelTag(stage.ctx, project, "delay", { key: "tier", value: "1" });
    await settle();
    await settle();
    expect(received).toHaveLength(1);
    const [one] = received as [Received];
    const expected = createHmac("sha256", "s3cret").update(`${one.id}.${one.seconds}.${one.body}`).digest("base64");
    expect(one.signature).toBe(`v1,${expected}`);
    expect(one.seconds).toBe(String(Math.floor(stage.clock.now() / 1000)));
    expect(JSON.parse(one.body)).toEqual({
      entity: "registered_model",
      action: "created",
      timestamp: "2026-01-01T00:00:00.000Z",
      data: { name: "delay", tags: {}, description: "" },
      workspace: project,
    });
  });

  test("never shows its secret, and its row does not hold it in the clear", async () => {
    const webhook = await create({ secret: "s3cret" });
    expect(JSON.stringify(webhook)).not.toContain("s3cret");
    expect(webhook.signed).toBe(true);
    const rows = await stage.base.db.read((r) => r.all({ sql: "select * from webhooks", parameters: [] }));
    expect(JSON.stringify(rows)).not.toContain("s3cret");
  });

  test("hears of prompts as prompts and of models as models", async () => {
    const events: api.WebhookEvent[] = [
      "prompt.created",
      "prompt_version.created",
      "prompt_tag.set",
      "prompt_tag.deleted",
    ];
    await create({ events: [...events, "model_version.created", "model_version_tag.set"] });
    const isPrompt = { key: "mlflow.prompt.is_prompt", value: "true" };
    await createModel(stage.ctx, { project, name: "ask", tags: [isPrompt, { key: "team", value: "red" }] });
    const tags = [isPrompt, { key: "mlflow.prompt.text", value: "Hello {{name}}" }];
    await createVersion(stage.ctx, sources, { project, name: "ask", source: "dummy-source", tags });
    await setModelTag(stage.ctx, project, "ask", { key: "a", value: "b" });
    await deleteModelTag(stage.ctx, project, "ask", "a");
    await createVersion(stage.ctx, sources, { project, name: "delay", source: "s3://b/1", makeModel: true });
    await setVersionTag(stage.ctx, project, "delay", 1, { key: "k", value: "v" });
    await settle();
    const told = received.map((one) => JSON.parse(one.body) as { entity: string; action: string; data: object });
    expect(told.map((one) => [`${one.entity}.${one.action}`, one.data])).toEqual([
      ["prompt.created", { name: "ask", tags: { team: "red" }, description: "" }],
      [
        "prompt_version.created",
        { name: "ask", version: "1", template: "Hello {{name}}", tags: {}, description: null },
      ],
      ["prompt_tag.set", { name: "ask", key: "a", value: "b" }],
      ["prompt_tag.deleted", { name: "ask", key: "a" }],
      [
        "model_version.created",
        { name: "delay", version: "1", source: "s3://b/1", run_id: null, tags: {}, description: null },
      ],
      ["model_version_tag.set", { name: "delay", version: "1", key: "k", value: "v" }],
    ]);
  });

  test("is tried again with the same id and body, later each time, until it answers well", async () => {
    const { webhookId } = await create();
    answers = [503, 429];
    await makeModel("delay");
    await settle();
    expect(received).toHaveLength(1);
    expect(await deliveries(webhookId)).toMatchObject([
      { state: "waiting", attempts: 1, status: 503, problem: "It answered with status 503.", response: "thanks" },
    ]);
    await stage.work();
    expect(received).toHaveLength(1);
    stage.clock.advance(2_000);
    await stage.work();
    expect(received).toHaveLength(2);
    stage.clock.advance(10_000);
    await stage.work();
    expect(received).toHaveLength(3);
    expect(new Set(received.map((one) => `${one.id} ${one.body}`)).size).toBe(1);
    expect(await deliveries(webhookId)).toMatchObject([{ state: "delivered", attempts: 3, status: 200 }]);
    expect(await stage.call(api.getWebhook, { project, webhookId })).toMatchObject({ waiting: 0, failed: 0 });
  });

  test("is given up after its last attempt, which stays on record and can be sent again by hand", async () => {
    const { webhookId } = await create();
    answers = Array(mostAttempts).fill(500);
    await makeModel("delay");
    await settle();
    for (let i = 0; i < 2 * mostAttempts; i++) {
      stage.clock.advance(6_000_000);
      await stage.work();
    }
    expect(received).toHaveLength(mostAttempts);
    const [given] = await deliveries(webhookId);
    expect(given).toMatchObject({ state: "failed", attempts: mostAttempts, status: 500 });
    await stage.call(api.retryWebhookDelivery, { project, deliveryId: given?.deliveryId ?? "" });
    await stage.work();
    expect(await deliveries(webhookId)).toMatchObject([{ state: "delivered", attempts: 1 }]);
    expect(received.at(-1)?.id).toBe(given?.deliveryId);
  });

  test("that refuses is not asked again, and redirects are not followed", async () => {
    const { webhookId } = await create();
    answers = [404, 302];
    await makeModel("a");
    await makeModel("b");
    await settle();
    stage.clock.advance(86_400_000);
    await stage.work();
    expect(received).toHaveLength(2);
    expect((await deliveries(webhookId)).map((one) => [one.state, one.problem]).sort()).toEqual([
      ["failed", "It answered with status 302; redirects are not followed."],
      ["failed", "It answered with status 404."],
    ]);
  });

  test("that is down holds back its own deliveries, not those of others", async () => {
    await create({ name: "down" });
    await create({ name: "up" });
    answers = [503];
    for (const name of ["a", "b", "c"]) await makeModel(name);
    await settle();
    // One attempt at the one that is down, three at the other.
    expect(received).toHaveLength(4);
    stage.clock.advance(60_000);
    await stage.work();
    expect(received.filter((one) => one.path === "/hook")).toHaveLength(7);
  });

  test("that was switched off gets what waited when it is switched on again", async () => {
    const { webhookId } = await create();
    await makeModel("a");
    await stage.deliver();
    await stage.call(api.updateWebhook, { project, webhookId, status: "DISABLED" });
    await stage.work();
    await makeModel("b");
    await settle();
    expect(received).toEqual([]);
    await stage.call(api.updateWebhook, { project, webhookId, status: "ACTIVE" });
    await stage.work();
    expect(received.map((one) => (JSON.parse(one.body) as { data: { name: string } }).data.name)).toEqual(["a"]);
  });

  test("whose worker died in the middle is sent again with the same id", async () => {
    const { webhookId } = await create();
    await makeModel("a");
    await stage.deliver();
    // As kill -9 leaves it: claimed, sent, never written down.
    await stage.base.db.write((tx) =>
      tx.run({
        sql: "update jobs set state = 'running', leased_by = 'a worker that died', lease_until = ?, attempts = 1 where kind = 'registry.deliver-webhook'",
        parameters: [stage.clock.now() + 90_000],
      }),
    );
    await stage.work();
    expect(received).toEqual([]);
    stage.clock.advance(90_001);
    await stage.work();
    expect(received.map((one) => one.id)).toEqual((await deliveries(webhookId)).map((one) => one.deliveryId));
  });

  test("whose secret another server sealed with another key says so instead of sending unsigned", async () => {
    const { webhookId } = await create({ secret: "s3cret" });
    sealing = openSealing("another key");
    await makeModel("a");
    await settle();
    expect(received).toEqual([]);
    expect((await deliveries(webhookId))[0]?.problem).toContain("give every server the same `secretsKey`");
  });

  test("that is deleted takes its deliveries with it", async () => {
    const { webhookId } = await create();
    await makeModel("a");
    await stage.deliver();
    await stage.call(api.deleteWebhook, { project, webhookId });
    await stage.work();
    expect(received).toEqual([]);
    await expect(stage.call(api.getWebhook, { project, webhookId })).rejects.toMatchObject({
      code: "REGISTRY_WEBHOOK_NOT_FOUND",
    });
  });

  test("can be tested with an example, which is told and not kept", async () => {
    const { webhookId } = await create({ secret: "s3cret" });
    const tested = await stage.call(api.testWebhook, { project, webhookId, event: "run.finished" });
    expect(tested).toEqual({ success: true, status: 200, response: "thanks" });
    expect(JSON.parse(received[0]?.body ?? "")).toMatchObject({ entity: "run", action: "finished" });
    expect(await deliveries(webhookId)).toEqual([]);
    answers = [500];
    expect(await stage.call(api.testWebhook, { project, webhookId })).toMatchObject({ success: false, status: 500 });
  });

  test("of another project is not there", async () => {
    const { webhookId } = await create();
    await expect(stage.call(api.getWebhook, { project: "other", webhookId })).rejects.toMatchObject({ status: 404 });
    await createModel(stage.ctx, { project: "other", name: "a" });
    await settle();
    expect(received).toEqual([]);
  });

  test.each(["-ci", "ci-", "a b", "x".repeat(64)])("is not named %s", async (name) => {
    const message = await create({ name }).then(
      () => "",
      (error: Error) => error.message,
    );
    expect(message).toMatch(/is invalid|must NOT have more than/);
  });

  test("lists its deliveries page by page, newest first", async () => {
    const { webhookId } = await create();
    for (const name of ["a", "b", "c"]) {
      await makeModel(name);
      stage.clock.advance(1000);
    }
    await settle();
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const next = cursor === undefined ? {} : { cursor };
      const page = await stage.call(api.listWebhookDeliveries, { project, webhookId, limit: 2, ...next });
      for (const one of page.items) seen.push((JSON.parse(one.body) as { data: { name: string } }).data.name);
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(seen).toEqual(["c", "b", "a"]);
  });

  test("forgets ended deliveries after 30 days", async () => {
    const { webhookId } = await create();
    await makeModel("a");
    await settle();
    stage.clock.advance(31 * 86_400_000);
    await makeModel("b");
    await settle();
    expect(await deliveries(webhookId)).toHaveLength(1);
  });
});

test("waits grow, spread, and honour what the receiver asks, up to an hour", () => {
  const plain = Array.from({ length: mostAttempts }, (_, i) => waitAfter(i + 1, 0, undefined));
  expect(plain).toEqual([1000, 5000, 30_000, 120_000, 600_000, 1_800_000, 3_600_000, undefined]);
  expect(waitAfter(1, 1, undefined)).toBe(1500);
  expect(waitAfter(1, 0, 60_000)).toBe(60_000);
  expect(waitAfter(1, 0, 1e9)).toBe(3_600_000);
});
