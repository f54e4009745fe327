import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as accountsApi from "@paydown/api/accounts";
import type { Operation } from "@paydown/api/operation";
import { createModel } from "@paydown/api/registry";
import { createExperiment as createExperimentApi } from "@paydown/api/tracking";
import type { FastifyInstance, FastifyPluginAsync } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadConfig } from "#base/config/config.js";
import { createPerformer, type Perform } from "#base/perform.js";
import { openStage, type Stage } from "#base/testing/stage.js";
import { addToSet, createAuthenticator, createSet } from "#capabilities/accounts/index.js";
import { createLoggedModel, createRun, recordTrace } from "#capabilities/tracking/index.js";
import { createHttpServer, ctxFor } from "#doors/http/server.js";
import { endpoints } from "#doors/protocols/mlflow/door.js";
import { type Endpoint, namedBy } from "#doors/protocols/mlflow/endpoint.js";
import { mlflowDoor } from "#doors/protocols/mlflow/index.js";
import { openInferenceDoor } from "#doors/protocols/open-inference/index.js";
import { experimentsOf, furnish, type House } from "./capabilities.js";

/**
 * Who may do what, for everything there is: generated from the operation list, MLflow's endpoint table and the routes the
 * protocol doors register, so that nothing new can be forgotten.
 */
const project = "house";
const model = "delay";

const people = [
  "nobody",
  "expired token",
  "revoked token",
  "member of another project",
  "caller",
  "viewer",
  "reader by grant",
  "editor with nothing",
  "editor",
  "approver",
  "admin",
  "admin of all",
] as const;
type Person = (typeof people)[number];
const unknown: readonly Person[] = ["nobody", "expired token", "revoked token"];

/** What a role is worth; the two with grants have theirs beside it. */
const permissionsOf: Record<Person, readonly string[]> = {
  nobody: [],
  "expired token": [],
  "revoked token": [],
  "member of another project": [],
  caller: ["call"],
  viewer: ["call", "read"],
  "reader by grant": [],
  "editor with nothing": ["call", "read", "write"],
  editor: ["call", "read", "write"],
  approver: ["call", "read", "write", "approve"],
  admin: ["call", "read", "write", "approve", "admin"],
  "admin of all": ["call", "read", "write", "approve", "admin"],
};

let stage: Stage;
let house: House;
let server: FastifyInstance;
let operations: readonly Operation[];
const tokens: Partial<Record<Person, string>> = {};
const protocolRoutes: { method: string; url: string }[] = [];
let experimentId: string;
let runId: string;
let loggedModelId: string;
let traceId: string;
let setId: number;
let setGrantId: number;

beforeAll(async () => {
  const config = loadConfig({ flags: { data: join(tmpdir(), "unused") }, environment: {}, cwd: tmpdir() });
  house = furnish(config, {
    perform: () => perform,
    tracking: async () => ({ url: "http://unused", token: undefined }),
    mlflowVersion: "3.4.0",
  });
  stage = await openStage(house.all);
  const implementations = house.all.flatMap((capability) => capability.operations);
  operations = implementations.map((one) => one.operation);
  const perform: Perform = createPerformer(implementations, { experimentsOf });
  // Adds its hook to the server itself, so that the doors after it are seen.
  const watch: FastifyPluginAsync = async (instance) => {
    instance.addHook("onRoute", ({ method, url }) => {
      for (const one of [method].flat()) if (one !== "HEAD") protocolRoutes.push({ method: one, url });
    });
  };
  (watch as unknown as Record<symbol, boolean>)[Symbol.for("skip-override")] = true;
  server = await createHttpServer({
    base: stage.base,
    perform,
    operations,
    open: false,
    authenticate: createAuthenticator(stage.base),
    protocols: [
      watch,
      mlflowDoor({
        ctxFor: (request, reply, door) => ctxFor(stage.base, request, reply, door),
        project,
        projects: {
          list: async (ctx) => (await perform(ctx, accountsApi.listProjects, {})).items,
          create: (ctx, name, title) => perform(ctx, accountsApi.createProject, { name, title }),
          retitle: (ctx, named, title) => perform(ctx, accountsApi.updateProject, { project: named, title }),
        },
        artifactRoot: "",
        uploadLimit: 1e6,
      }),
      openInferenceDoor({
        base: stage.base,
        endpoint: house.serving.endpoint,
        project,
        version: "1",
        principalOf: (request) => request.principal,
      }),
    ],
    version: "1",
    uploadLimit: 1e6,
    webRoot: undefined,
  });
  await server.ready();
  for (const name of [project, "elsewhere"]) await stage.call(accountsApi.createProject, { name });
  experimentId = (await stage.call(createExperimentApi, { project, name: "taxi" })).experimentId;
  const experiment = { project, experimentId: Number(experimentId) };
  runId = (await createRun(stage.ctx, { ...experiment, user: "", name: "r", startTime: 1, tags: [] })).run_id;
  loggedModelId = (
    await createLoggedModel(stage.ctx, {
      ...experiment,
      name: "m",
      modelType: undefined,
      sourceRunId: runId,
      params: [],
      tags: [],
    })
  ).model_id;
  traceId = `tr-${"0".repeat(32)}`;
  await makePeople();
  await furnishGrants();
}, 60_000);

afterAll(async () => {
  await server.close();
  house.serving.endpoint.close();
  await stage.close();
});

async function makePeople(): Promise<void> {
  const token = async (person: Person, input: object): Promise<{ id: string }> => {
    const made = await stage.call(accountsApi.createToken, {
      project,
      name: person,
      role: "viewer",
      ...input,
    } as never);
    tokens[person] = made.secret;
    return made.token;
  };
  for (const role of ["caller", "viewer", "editor", "approver", "admin"] as const) await token(role, { role });
  await token("admin of all", { role: "admin", allProjects: true });
  await token("member of another project", { project: "elsewhere", role: "admin" });
  await token("expired token", { role: "admin", expiresAt: stage.clock.now() + 1 });
  const revoked = await token("revoked token", { role: "admin" });
  await stage.call(accountsApi.revokeToken, { project, token: revoked.id });
  stage.clock.advance(2);
  // Grants are for users: these come in by tokens that act for them.
  await stage.call(accountsApi.createUser, { project, user: "someone", password: "a long password" });
  for (const [user, person] of [
    ["denied", "editor with nothing"],
    ["lifted", "reader by grant"],
  ] as const) {
    await stage.call(accountsApi.grantRole, { project, user, role: "editor" });
    await token(person, { role: "editor", user });
  }
}

/** What allowed calls may have taken away is there again. */
async function furnishGrants(): Promise<void> {
  await recordTrace(stage.ctx, {
    project,
    experimentId: Number(experimentId),
    traceId,
    state: "OK",
    startedAt: 1,
    duration: 1,
    clientRequestId: undefined,
    request: undefined,
    response: undefined,
    tags: { key: "value" },
    metadata: {},
    assessments: [],
    announced: true,
  }).catch(() => undefined);
  await stage.call(createModel, { project, model }).catch(() => undefined);
  await stage.call(accountsApi.grantRole, { project, user: "denied", role: "editor" });
  await stage.call(accountsApi.grantRole, { project, user: "lifted", role: "editor" });
  for (const [kind, resource] of [
    ["experiment", experimentId],
    ["model", model],
  ] as const) {
    const grant = { project, kind, resource };
    await stage.call(accountsApi.giveGrant, { ...grant, user: "denied", level: "NO_PERMISSIONS" });
    await stage.call(accountsApi.giveGrant, { ...grant, user: "lifted", level: "READ" });
  }
  await stage.call(accountsApi.withdrawRole, { project, user: "lifted" });
  setId = (await createSet(stage.ctx, { project, name: randomUUID(), description: undefined })).row.id;
  setGrantId = (await addToSet(stage.ctx, setId, { type: "experiment", resource: "*", level: "READ" })).id;
}

async function ask(
  person: Person,
  method: string,
  url: string,
  body?: unknown,
  type = "application/json",
  headers: Record<string, string> = {},
): Promise<{ refused: boolean; status: number; text: string }> {
  const secret = tokens[person];
  const reply = await server.inject({
    method: method as "GET",
    url,
    headers: {
      ...(secret === undefined ? {} : { authorization: `Bearer ${secret}` }),
      ...(body === undefined ? {} : { "content-type": type }),
      ...headers,
    },
    ...(body === undefined ? {} : { payload: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  expect(reply.statusCode, `${method} ${url} as ${person}: ${reply.body.slice(0, 300)}`).not.toBe(500);
  expect(reply.statusCode === 401).toBe(unknown.includes(person));
  return { refused: reply.statusCode === 401 || reply.statusCode === 403, status: reply.statusCode, text: reply.body };
}

/** Asks as everybody, the weakest first, and compares who was let in. */
async function compare(allowed: (person: Person) => boolean, send: (person: Person) => Promise<{ refused: boolean }>) {
  const found: Person[] = [];
  for (const person of people) if (!(await send(person)).refused) found.push(person);
  expect(found).toEqual(people.filter((person) => !unknown.includes(person) && allowed(person)));
}

describe("every native operation lets in exactly whom its permission says", () => {
  test("there are operations", () => expect(operations.length).toBeGreaterThan(100));

  const config = loadConfig({ flags: { data: join(tmpdir(), "unused") }, environment: {}, cwd: tmpdir() });
  const later = {
    perform: () => undefined as never,
    tracking: async () => ({ url: "", token: undefined }),
    mlflowVersion: "",
  };
  const listed = furnish(config, later).all.flatMap((capability) => capability.operations.map((one) => one.operation));

  test.each(listed.map((operation) => [operation.name, operation] as const))("%s", async (_name, operation) => {
    await furnishGrants();
    const values: Record<string, string> = {
      project,
      runId,
      experimentId,
      model,
      node: `run:${runId}`,
      asset: `run:${runId}`,
    };
    const url = operation.path.replace(/:([a-zA-Z]+)/g, (_match, name: string) =>
      encodeURIComponent(values[name] ?? "x1"),
    );
    const acts = /:(runId|experimentId|model)(\/|$)/.test(operation.path);
    const names = acts || /:(node|asset)(\/|$)/.test(operation.path);
    const inProject = operation.path.startsWith("/projects/:project");
    await compare(
      (person) => {
        if (operation.permission === "any") return true;
        if (!inProject) return person === "admin of all";
        if (person === "editor with nothing" && names) return false;
        if (person === "reader by grant")
          return operation.permission === "read" && (acts || operation.filtered === true);
        return permissionsOf[person].includes(operation.permission);
      },
      (person) => ask(person, operation.method, `/api/v1${url}`, operation.method === "GET" ? undefined : {}),
    );
  });
});

describe("every MLflow endpoint lets in exactly whom it is for", () => {
  /** Endpoints that decide by themselves, with who may. What they find then is another matter. */
  const admins: readonly Person[] = ["admin", "admin of all"];
  const root: readonly Person[] = ["admin of all"];
  const all = people;
  const readers: readonly Person[] = ["viewer", "editor with nothing", "editor", "approver", ...admins];
  const deciding: Readonly<Record<string, readonly Person[]>> = {
    "/users/create": admins,
    "/users/get": root,
    "/users/list": readers,
    "/users/current": all,
    "/users/current/permissions": all,
    "/users/permissions/list": admins,
    "/users/update-password": root,
    "/users/update-admin": root,
    "/users/delete": root,
    "/users/permissions/grant": admins,
    "/users/permissions/revoke": admins,
    "/users/permissions/get": admins,
    "/users/roles/list": all,
    "/roles/create": admins,
    "/roles/get": readers,
    "/roles/list": readers,
    "/roles/update": admins,
    "/roles/delete": admins,
    "/roles/permissions/add": admins,
    "/roles/permissions/remove": admins,
    "/roles/permissions/list": readers,
    "/roles/permissions/update": admins,
    "/roles/assign": admins,
    "/roles/unassign": admins,
    "/roles/users/list": readers,
    ...Object.fromEntries(
      ["experiments", "registered-models"].flatMap((family) =>
        ["create", "get", "update", "delete"].map((verb) => [`/${family}/permissions/${verb}`, admins]),
      ),
    ),
  };

  /** Something the field takes, the real thing where it names one. */
  function sample(name: string, field: Endpoint["fields"][string]): unknown {
    const known: Record<string, unknown> = {
      experiment_id: experimentId,
      experiment_ids: [experimentId],
      experiment_name: "taxi",
      run_id: field.list ? [runId] : runId,
      run_ids: [runId],
      name: model,
      model_id: loggedModelId,
      locations: [{ type: "MLFLOW_EXPERIMENT", mlflow_experiment: { experiment_id: experimentId } }],
      trace_id: traceId,
      trace_ids: [traceId],
      request_id: traceId,
      request_ids: [traceId],
      username: "someone",
      role_id: setId,
      role_permission_id: setGrantId,
      workspace: field.list ? [project] : project,
      permission: "READ",
      resource_type: "experiment",
      resource_id: experimentId,
      resource_pattern: experimentId,
    };
    if (name in known) return known[name];
    for (const candidate of ["1", 1, true, [], {}, ["1"], "LOGGED_MODEL_READY", { key: "k", value: "v" }]) {
      try {
        field.read(candidate, name);
        return candidate;
      } catch {}
    }
    return "1";
  }

  function inputOf(endpoint: Endpoint): Record<string, unknown> {
    const input: Record<string, unknown> = {};
    for (const [name, field] of Object.entries(endpoint.fields)) {
      if (
        field.required ||
        /^(run_id|run_ids|experiment_ids|workspace|max_results|model_id|trace_ids|locations|experiment_id|description)$/.test(
          name,
        )
      ) {
        input[name] = name === "max_results" ? 10 : sample(name, field);
      }
    }
    return input;
  }

  const ofThings =
    /^\/(experiments|runs|metrics|artifacts|logged-models|registered-models|model-versions|traces|get-trace-artifact)(\/|$)/;
  const namesNothing = (one: Endpoint) =>
    Object.values(namedBy(one.path, inputOf(one))).every((ids) => ids.length === 0);

  test("what they act on is named, so that grants can speak about it", () => {
    const silent = endpoints.filter(
      (one) => ofThings.test(one.path) && !["list", "found", "self"].includes(one.need) && namesNothing(one),
    );
    expect(silent.map((one) => one.path)).toEqual([]);
    const selves = endpoints.filter((one) => one.need === "self").map((one) => one.path);
    expect(selves.filter((path) => deciding[path] === undefined)).toEqual([]);
  });

  const rows = endpoints.flatMap((endpoint) =>
    endpoint.methods.map((method) => [`${method} ${endpoint.path}`, method, endpoint] as const),
  );
  test.each(rows)("%s", async (_title, method, endpoint) => {
    await furnishGrants();
    let input = inputOf(endpoint);
    const path = endpoint.path.replace(/:([a-z_]+)/g, (_match, name: string) =>
      encodeURIComponent(String(input[name])),
    );
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(input))
      for (const one of [value].flat()) query.append(name, String(one));
    const roots = ["/api/2.0/mlflow", "/ajax-api/3.0/mlflow"];
    for (const prefix of roots) {
      await compare(
        (person) => {
          const own = deciding[endpoint.path];
          if (endpoint.need === "self") return own?.includes(person) === true;
          const has = permissionsOf[person];
          if (endpoint.need === "list") {
            if (endpoint.path === "/experiments/get-by-name" && person === "editor with nothing") return false;
            return has.includes("read") || person === "reader by grant";
          }
          if (endpoint.need === "found") return has.includes("write");
          if (endpoint.need === "admin") return has.includes("admin");
          if (namesNothing(endpoint)) return has.includes(endpoint.need === "read" ? "read" : "write");
          if (person === "editor with nothing") return false;
          if (person === "reader by grant") return endpoint.need === "read";
          return has.includes(endpoint.need === "read" ? "read" : "write");
        },
        (person) =>
          method === "GET"
            ? ask(person, method, `${prefix}${path}?${query}`)
            : ask(person, method, `${prefix}${path}`, input),
      );
      await furnishGrants();
      input = inputOf(endpoint);
    }
  });
});

describe("every other route of the doors lets in exactly whom it is for", () => {
  interface Row {
    readonly method: string;
    /** As it is registered, with the prefix left out that varies. */
    readonly url: RegExp;
    readonly send: () => { url: string; body?: string; headers?: Record<string, string> };
    readonly need: "read" | "write" | "admin" | "call" | "any" | "public";
    /** Whether what may not be seen is said not to be there. */
    readonly hides?: true;
    /** Who may, where no permission of the project says it. */
    readonly only?: readonly Person[];
    /** Whether grants on the experiment or model decide. */
    readonly granted?: true;
  }
  const proxy = "/api/2.0/mlflow-artifacts";
  const rows: readonly Row[] = [
    {
      method: "GET",
      url: /\/mlflow-artifacts\/artifacts$/,
      send: () => ({ url: `${proxy}/artifacts?path=${experimentId}` }),
      need: "read",
      granted: true,
    },
    {
      method: "PUT",
      url: /\/mlflow-artifacts\/artifacts\/\*$/,
      send: () => ({ url: `${proxy}/artifacts/${experimentId}/${runId}/artifacts/f.txt`, body: "text" }),
      need: "write",
      granted: true,
    },
    {
      method: "GET",
      url: /\/mlflow-artifacts\/artifacts\/\*$/,
      send: () => ({ url: `${proxy}/artifacts/${experimentId}/${runId}/artifacts/f.txt` }),
      need: "read",
      granted: true,
    },
    {
      method: "GET",
      url: /^\/get-artifact$/,
      send: () => ({ url: `/get-artifact?run_id=${runId}&path=f.txt` }),
      need: "read",
      granted: true,
    },
    {
      method: "GET",
      url: /^\/model-versions\/get-artifact$/,
      send: () => ({ url: `/model-versions/get-artifact?name=${model}&version=1&path=f.txt` }),
      need: "read",
      granted: true,
    },
    {
      method: "GET",
      url: /\/mlflow\/logged-models\/:model_id\/artifacts\/files$/,
      send: () => ({ url: `/ajax-api/2.0/mlflow/logged-models/${loggedModelId}/artifacts/files?artifact_file_path=f` }),
      need: "read",
      granted: true,
    },
    {
      method: "POST",
      url: /\/mlflow\/upload-artifact$/,
      send: () => ({ url: `/ajax-api/2.0/mlflow/upload-artifact?run_uuid=${runId}&path=g.txt`, body: "text" }),
      need: "write",
      granted: true,
    },
    {
      method: "DELETE",
      url: /\/mlflow-artifacts\/artifacts\/\*$/,
      send: () => ({ url: `${proxy}/artifacts/${experimentId}/${runId}/artifacts` }),
      need: "write",
      granted: true,
    },
    {
      method: "POST",
      url: /\/mlflow-artifacts\/mpu\/(create|complete|abort)\/\*$/,
      send: () => ({ url: `${proxy}/mpu/create/${experimentId}/${runId}/artifacts`, body: "{}" }),
      need: "write",
      granted: true,
    },
    {
      method: "PUT",
      url: /\/mlflow-artifacts\/mpu\/parts\/:upload\/:part$/,
      // Whoever was let begin the upload was told its id, which cannot be guessed.
      send: () => ({ url: `${proxy}/mpu/parts/${"0".repeat(32)}/1`, body: "text" }),
      need: "write",
    },
    {
      method: "GET",
      url: /\/mlflow-artifacts\/presigned\/\*$/,
      send: () => ({ url: `${proxy}/presigned/x` }),
      need: "read",
    },
    {
      method: "POST",
      url: /^\/v1\/traces$/,
      send: () => ({ url: "/v1/traces", body: "{}", headers: { "x-mlflow-experiment-id": experimentId } }),
      need: "write",
      granted: true,
    },
    {
      method: "GET",
      url: /\/mlflow\/workspaces(\/:name)?$/,
      send: () => ({ url: "/api/2.0/mlflow/workspaces" }),
      need: "any",
    },
    {
      method: "POST",
      url: /\/mlflow\/workspaces$/,
      send: () => ({ url: "/api/2.0/mlflow/workspaces", body: '{"name": "house"}' }),
      need: "any",
      only: ["admin of all"],
    },
    {
      method: "PATCH",
      url: /\/mlflow\/workspaces\/:name$/,
      send: () => ({ url: "/api/2.0/mlflow/workspaces/house", body: '{"description": "our house"}' }),
      need: "admin",
      hides: true,
    },
    {
      method: "GET",
      // What nobody serves is refused as such, whoever asks.
      url: /\/mlflow\/\*$/,
      send: () => ({ url: "/api/2.0/mlflow/no/such/thing" }),
      need: "any",
    },
    {
      method: "GET",
      url: /\/mlflow\/server-info$/,
      send: () => ({ url: "/api/3.0/mlflow/server-info" }),
      need: "public",
    },
    {
      method: "GET",
      url: /^\/v2(\/|\/health\/(live|ready))?$/,
      send: () => ({ url: "/v2/health/ready" }),
      need: "any",
    },
    {
      method: "GET",
      url: /^\/v2\/models\/:model(\/versions\/:version)?(\/ready)?$/,
      send: () => ({ url: "/v2/models/eta/versions/1/ready" }),
      need: "call",
    },
    {
      method: "POST",
      url: /^\/v2\/models\/:model(\/versions\/:version)?\/infer$/,
      send: () => ({ url: "/v2/models/eta/infer", body: "{}" }),
      need: "call",
    },
    {
      method: "PUT",
      url: /^$/,
      send: () => ({ url: `/api/v1/projects/${project}/objects`, body: "text" }),
      need: "write",
    },
  ];

  test("every route of the doors is in this list or in MLflow's table", () => {
    const table = new Set(endpoints.flatMap((one) => one.methods.map((method) => `${method} ${one.path}`)));
    const missing = protocolRoutes.filter(({ method, url }) => {
      const path = url.replace(/^\/(ajax-)?api\/[23]\.0\/mlflow(?=\/)/, "");
      return !table.has(`${method} ${path}`) && !rows.some((row) => row.method === method && row.url.test(url));
    });
    expect(missing).toEqual([]);
    expect(protocolRoutes.length).toBeGreaterThan(300);
  });

  test.each(
    rows.map(
      (row) =>
        [
          `${row.method} ${row
            .send()
            .url.split("?")[0]
            ?.replace(/undefined/g, "…")}`,
          row,
        ] as const,
    ),
  )("%s", async (_title, row) => {
    await furnishGrants();
    const { url, body, headers } = row.send();
    const type = body?.startsWith("{") ? "application/json" : "text/plain";
    if (row.need === "public") {
      expect((await server.inject({ method: "GET", url })).statusCode).toBe(200);
      return;
    }
    await compare(
      (person) => {
        if (row.only !== undefined) return row.only.includes(person);
        if (row.need === "any") return true;
        if (row.granted && person === "editor with nothing") return false;
        if (row.granted && person === "reader by grant") return row.need === "read";
        return permissionsOf[person].includes(row.need);
      },
      async (person) => {
        const answer = await ask(person, row.method, url, body, type, headers);
        return { ...answer, refused: answer.refused || (row.hides === true && answer.status === 404) };
      },
    );
  });

  test.each(["//api/v1/projects", "/%61pi/v1/projects", "/api//v1/projects", "/api/v1/projects/"])(
    "no spelling of a path opens it: %s",
    async (url) => {
      expect((await server.inject({ method: "GET", url })).statusCode).toBeGreaterThanOrEqual(401);
      expect((await server.inject({ method: "GET", url })).body).not.toContain("items");
    },
  );
});
