import { createClient } from "@paydown/api/client";
import { defineOperation } from "@paydown/api/operation";
import { InProject } from "@paydown/api/values";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Principal } from "#base/auth/principal.js";
import { defineCapability, implement } from "#base/capability.js";
import { defineErrors } from "#base/errors.js";
import { createPerformer } from "#base/perform.js";
import { openStage, type Stage } from "#base/testing/stage.js";
import type { Credentials } from "#capabilities/accounts/index.js";
import { createHttpServer } from "./server.js";

const Thing = Type.Object({ name: Type.String(), size: Type.Integer() });
const getThing = defineOperation({
  name: "things.getThing",
  method: "GET",
  path: "/projects/:project/things/:name",
  input: Type.Object({
    ...InProject,
    name: Type.String(),
    size: Type.Optional(Type.Integer({ minimum: 0 })),
    tags: Type.Optional(Type.Array(Type.String())),
    deep: Type.Optional(Type.Boolean()),
  }),
  reply: Type.Object({
    name: Type.String(),
    size: Type.Integer(),
    tags: Type.Array(Type.String()),
    deep: Type.Boolean(),
  }),
  permission: "read",
  doc: "Get.",
  cli: { command: "things show", positional: ["name"] },
});
const makeThing = defineOperation({
  name: "things.makeThing",
  method: "POST",
  path: "/projects/:project/things",
  input: Type.Object({ ...InProject, ...Thing.properties }),
  reply: Thing,
  permission: "write",
  doc: "Make.",
  cli: { command: "things make" },
});
const errors = defineErrors({
  THINGS_HASTY: { status: 429, message: "Too hasty.", next: "Wait." },
  THINGS_NOT_FOUND: { status: 404, message: "No thing {name}.", next: "Make it." },
});
const things = defineCapability({
  name: "things",
  errors: errors.catalogue,
  operations: [
    implement(getThing, async (_ctx, input) => {
      if (input.name === "absent") throw errors.THINGS_NOT_FOUND({ name: input.name });
      if (input.name === "broken") throw new RangeError("secret inside");
      return { name: input.name, size: input.size ?? 0, tags: input.tags ?? [], deep: input.deep ?? false };
    }),
    implement(makeThing, async (_ctx, input) => ({ name: input.name, size: input.size })),
  ],
});
const principals: Record<string, Principal> = {
  "token-of-ada": { kind: "token", name: "ada", roles: { house: "viewer" } },
};

/** What was sent to prove who one is. */
const asked: Credentials[] = [];

describe("the HTTP door", () => {
  let stage: Stage;
  let server: FastifyInstance;

  async function open(openToAll: boolean): Promise<FastifyInstance> {
    return createHttpServer({
      base: stage.base,
      perform: createPerformer(things.operations),
      operations: things.operations.map((one) => one.operation),
      open: openToAll,
      authenticate: async (credentials) => {
        asked.push(credentials);
        if (credentials.secret === "hasty") throw errors.THINGS_HASTY({}, { details: { retryAfter: 6.2 } });
        return principals[credentials.secret];
      },
      protocols: [],
      version: "1.2.3",
      uploadLimit: 1000,
      webRoot: undefined,
    });
  }
  beforeEach(async () => {
    stage = await openStage([things]);
    server = await open(true);
  });
  afterEach(async () => {
    await server.close();
    await stage.close();
  });
  const request = async (
    method: "GET" | "POST" | "PUT",
    url: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ) => {
    const reply = await server.inject({
      method,
      url,
      headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
      ...(body === undefined ? {} : { payload: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    return { status: reply.statusCode, body: reply.json() as Record<string, unknown> };
  };

  test("health and version answer plain text", async () => {
    expect((await server.inject("/health")).body).toBe("OK");
    expect((await server.inject("/version")).body).toBe("1.2.3");
  });

  test("query text becomes what the operation asks for", async () => {
    const reply = await request("GET", "/api/v1/projects/house/things/chair?size=3&tags=a&tags=b&deep=true");
    expect(reply).toEqual({ status: 200, body: { name: "chair", size: 3, tags: ["a", "b"], deep: true } });
  });

  test.each([
    ["a number that is none", "/api/v1/projects/house/things/chair?size=much"],
    ["a number out of range", "/api/v1/projects/house/things/chair?size=-1"],
    ["an unknown field", "/api/v1/projects/house/things/chair?colour=red"],
    ["a project name that is none", "/api/v1/projects/Not%20A%20Name/things/chair"],
  ])("%s is refused with the field and the next step", async (_what, url) => {
    const { status, body } = await request("GET", url);
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: "INPUT_INVALID", next: expect.any(String) });
  });

  test("a body that is not JSON, not an object or has a wrong type is refused", async () => {
    expect(await request("POST", "/api/v1/projects/house/things", "{nope")).toMatchObject({
      status: 400,
      body: { code: "INPUT_NOT_JSON" },
    });
    expect(await request("POST", "/api/v1/projects/house/things", "[1]")).toMatchObject({
      status: 400,
      body: { code: "INPUT_INVALID" },
    });
    expect(await request("POST", "/api/v1/projects/house/things", { name: 1, size: 1 })).toMatchObject({
      status: 400,
      body: { message: "input.name is not valid: must be string, and it is 1." },
    });
    expect(await request("POST", "/api/v1/projects/house/things", { size: 1 })).toMatchObject({
      body: { message: "input.name is not valid: it is missing." },
    });
  });

  test("a coded error keeps its code, an unforeseen one hides its text behind an incident", async () => {
    expect(await request("GET", "/api/v1/projects/house/things/absent")).toMatchObject({
      status: 404,
      body: { code: "THINGS_NOT_FOUND", message: "No thing absent.", next: "Make it." },
    });
    const { status, body } = await request("GET", "/api/v1/projects/house/things/broken");
    expect(status).toBe(500);
    expect(body.code).toBe("INTERNAL");
    expect(JSON.stringify(body)).not.toContain("secret inside");
  });

  test("an unknown path says so", async () => {
    expect(await request("GET", "/api/v1/nothing")).toMatchObject({ status: 404, body: { code: "ROUTE_NOT_FOUND" } });
  });

  test("an open server does not answer a page of another site", async () => {
    expect(
      await request("GET", "/api/v1/projects/house/things/chair", undefined, { host: "evil.example" }),
    ).toMatchObject({
      status: 403,
      body: { code: "AUTH_HOST_REFUSED" },
    });
  });

  test("with accounts, no token is 401 and a role that does not allow it is 403", async () => {
    await server.close();
    server = await open(false);
    const ada = { authorization: "Bearer token-of-ada" };
    expect(await request("GET", "/api/v1/projects/house/things/chair")).toMatchObject({
      status: 401,
      body: { code: "AUTH_REQUIRED" },
    });
    expect(
      await request("GET", "/api/v1/projects/house/things/chair", undefined, { authorization: "Bearer nobody" }),
    ).toMatchObject({ status: 401 });
    expect(await request("GET", "/api/v1/projects/house/things/chair", undefined, ada)).toMatchObject({ status: 200 });
    expect(await request("POST", "/api/v1/projects/house/things", { name: "a", size: 1 }, ada)).toMatchObject({
      status: 403,
      body: { code: "AUTH_FORBIDDEN" },
    });
    expect(await request("GET", "/api/v1/projects/garden/things/chair", undefined, ada)).toMatchObject({ status: 403 });
    const basic = { authorization: `Basic ${Buffer.from("ada:token-of-ada").toString("base64")}` };
    expect(await request("GET", "/api/v1/projects/house/things/chair", undefined, basic)).toMatchObject({
      status: 200,
    });
    expect((await server.inject("/health")).statusCode).toBe(200);
  });

  test("uploads answer their hash; too large or falsely announced ones leave nothing", async () => {
    const put = (payload: string, headers: Record<string, string> = {}) =>
      server.inject({ method: "PUT", url: "/api/v1/projects/house/objects", payload, headers });
    expect((await put("hello")).json()).toMatchObject({ size: 5 });
    expect((await put("x".repeat(1001))).json()).toMatchObject({ code: "INPUT_TOO_LARGE" });
    expect((await put("other", { "x-content-sha256": "0".repeat(64) })).json()).toMatchObject({
      code: "BLOB_MISMATCH",
    });
    const all = [];
    for await (const blob of stage.base.blobs.list()) all.push(blob.size);
    expect(all).toEqual([5]);
  });

  test("the typed client speaks it over a real socket", async () => {
    const baseUrl = await server.listen({ host: "127.0.0.1", port: 0 });
    const client = createClient({ baseUrl });
    expect(await client.call(getThing, { project: "house", name: "a b/c", size: 2, tags: ["x"] })).toEqual({
      name: "a b/c",
      size: 2,
      tags: ["x"],
      deep: false,
    });
    expect(await client.call(makeThing, { project: "house", name: "desk", size: 4 })).toEqual({
      name: "desk",
      size: 4,
    });
    await expect(client.call(getThing, { project: "house", name: "absent" })).rejects.toMatchObject({
      code: "THINGS_NOT_FOUND",
      status: 404,
    });
  });

  test("a call without credentials is told how to send them, and no browser asks for a password", async () => {
    server = await open(false);
    const reply = await server.inject({ method: "GET", url: "/api/v1/projects/house/things/chair" });
    expect(reply.statusCode).toBe(401);
    expect(reply.headers["www-authenticate"]).toBe('Bearer realm="paydown"');
  });

  test("Basic brings user and password, or a token as password", async () => {
    server = await open(false);
    const send = (text: string) =>
      server.inject({
        method: "GET",
        url: "/api/v1/projects/house/things/chair",
        headers: { authorization: `Basic ${Buffer.from(text).toString("base64")}` },
      });
    expect((await send("whoever:token-of-ada")).statusCode).toBe(200);
    expect((await send("a:b:c")).statusCode).toBe(401);
    expect(asked.slice(-2)).toEqual([
      { user: "whoever", secret: "token-of-ada", address: "127.0.0.1" },
      { user: "a", secret: "b:c", address: "127.0.0.1" },
    ]);
  });

  test("a refusal that passes says when to come back", async () => {
    server = await open(false);
    const reply = await server.inject({
      method: "GET",
      url: "/api/v1/projects/house/things/chair",
      headers: { authorization: "Bearer hasty" },
    });
    expect(reply.statusCode).toBe(429);
    expect(reply.headers["retry-after"]).toBe("7");
  });

  test("an Idempotency-Key gives the same answer again, and says so", async () => {
    const make = (size: number) =>
      server.inject({
        method: "POST",
        url: "/api/v1/projects/house/things",
        headers: { "content-type": "application/json", "idempotency-key": '"8e03978e-40d5-43dd-bc93-6894a57f9324"' },
        payload: JSON.stringify({ name: "lamp", size }),
      });
    const [first, second, other] = [await make(1), await make(1), await make(2)];
    expect(second.body).toBe(first.body);
    expect([first, second].map((one) => one.headers["idempotency-replayed"])).toEqual([undefined, "true"]);
    expect(other.statusCode).toBe(422);
    expect(other.json()).toMatchObject({ code: "IDEMPOTENCY_KEY_REUSED" });
  });
});
