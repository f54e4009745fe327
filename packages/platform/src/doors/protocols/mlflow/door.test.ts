import Fastify, { type FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openStage, type Stage } from "#base/testing/stage.js";
import { registry } from "#capabilities/registry/index.js";
import { modelSources, tracking } from "#capabilities/tracking/index.js";
import { mlflowDoor } from "./index.js";

let stage: Stage;
let server: FastifyInstance;
const root = "/api/2.0/mlflow";

beforeEach(async () => {
  stage = await openStage([tracking, registry(modelSources)]);
  server = Fastify({ routerOptions: { ignoreDuplicateSlashes: true, maxParamLength: 5000 } });
  await server.register(
    mlflowDoor({ ctxFor: (_request, _reply, door) => ({ ...stage.ctx, door }), project: "default", uploadLimit: 1e9 }),
  );
});
afterEach(async () => {
  await server.close();
  await stage.close();
});

async function post(path: string, body: unknown, method: "POST" | "PATCH" | "DELETE" = "POST") {
  const response = await server.inject({
    method,
    url: path.startsWith("/api") || path.startsWith("/ajax") ? path : root + path,
    headers: { "content-type": "application/json" },
    payload: typeof body === "string" ? body : JSON.stringify(body),
  });
  return {
    status: response.statusCode,
    json: response.json() as Record<string, unknown> & { message?: string },
  };
}

async function get(path: string, query: Record<string, string | string[]> = {}) {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) for (const one of [value].flat()) params.append(key, one);
  const response = await server.inject({ url: `${root}${path}?${params}` });
  return {
    status: response.statusCode,
    json: response.json() as Record<string, unknown> & { message?: string },
  };
}

async function startRun(fields: object = {}): Promise<string> {
  const { json } = await post("/runs/create", { experiment_id: "0", start_time: 1000, ...fields });
  return (json.run as { info: { run_id: string } }).info.run_id;
}

test("the version of the client that logs to a run is noted, once for each version", async () => {
  const run_id = await startRun();
  const log = (version: string, key: string) =>
    server.inject({
      method: "POST",
      url: `${root}/runs/set-tag`,
      headers: {
        "content-type": "application/json",
        "user-agent": `mlflow-python-client/${version}`,
        ...(version === "2.22.5" ? { "x-mlflow-client-version": version } : {}),
      },
      payload: JSON.stringify({ run_id, key, value: "1" }),
    });
  for (const version of ["2.22.5", "2.22.5", "3.3.0"]) expect((await log(version, `v${version}`)).statusCode).toBe(200);
  const rows = await stage.base.db.read((r) =>
    r.all({ sql: "select what, version, source from run_versions order by version", parameters: [] }),
  );
  expect(rows).toEqual([
    { what: "client", version: "2.22.5", source: "header" },
    { what: "client", version: "3.3.0", source: "header" },
  ]);
});

describe("a fresh server", () => {
  test("has only the experiment Default with id 0, its artifacts kept here", async () => {
    const { json } = await post("/experiments/search", { max_results: 10 });
    expect(json).toEqual({
      experiments: [
        expect.objectContaining({
          experiment_id: "0",
          name: "Default",
          artifact_location: "mlflow-artifacts:/0",
          lifecycle_stage: "active",
        }),
      ],
    });
  });

  test("answers under the browser's prefix and the newer generation too", async () => {
    for (const prefix of ["/ajax-api/2.0/mlflow", "/api/3.0/mlflow"]) {
      expect((await server.inject({ url: `${prefix}/experiments/get?experiment_id=0` })).statusCode).toBe(200);
      expect((await server.inject({ url: `/${prefix}/experiments/get?experiment_id=0` })).statusCode).toBe(200);
    }
  });
});

describe("what is refused, and how", () => {
  test.each([
    [
      "/experiments/create",
      {},
      "Missing value for required parameter 'name'. See the API docs for more information about request parameters.",
    ],
    [
      "/experiments/create",
      { name: 123 },
      "Invalid value 123 for parameter 'name' supplied:  Hint: Value was of type 'int'. See the API docs for more information about request parameters.",
    ],
    [
      "/experiments/create",
      { name: "a", artifact_location: "s3://b/x#y" },
      "'artifact_location' URL can't include fragments or params.",
    ],
    ["/experiments/search", {}, "Invalid value 0 for parameter 'max_results' supplied. It must be a positive integer"],
    [
      "/runs/log-metric",
      { run_id: "x", key: "a", value: 1, timestamp: "foo" },
      "Invalid value \"foo\" for parameter 'timestamp' supplied",
    ],
    [
      "/runs/log-batch",
      { run_id: "x", metrics: [{ key: "a", value: 1 }] },
      "Missing value for required parameter 'metrics[0].timestamp'",
    ],
    ["/runs/search", { experiment_ids: ["0"], filter: "foo.bar = 'x'" }, "Invalid entity type 'foo'"],
    ["/runs/search", { experiment_ids: ["0"], page_token: "!!" }, "Invalid page token, could not base64-decode"],
    ["/runs/create", {}, "Missing value for required parameter 'experiment_id'"],
    ["/registered-models/create", { name: "a/b" }, "Invalid model name 'a/b'. Names cannot contain '/' or ':'."],
  ])("POST %s %j", async (path, body, message) => {
    const { status, json } = await post(path, body);
    expect(status).toBe(400);
    expect(json).toMatchObject({ error_code: "INVALID_PARAMETER_VALUE", message: expect.stringContaining(message) });
  });

  test("a body that is not JSON is refused, not taken for an empty one", async () => {
    expect(await post("/experiments/create", "{nope")).toMatchObject({
      status: 400,
      json: { error_code: "BAD_REQUEST" },
    });
  });

  test("JSON inside a JSON string is taken, as old clients send it", async () => {
    expect((await post("/experiments/create", JSON.stringify(JSON.stringify({ name: "old" })))).status).toBe(200);
  });

  test("an unknown path is ENDPOINT_NOT_FOUND, a known one with another method is 405", async () => {
    expect(await post("/traces/search", {})).toMatchObject({ status: 404, json: { error_code: "ENDPOINT_NOT_FOUND" } });
    expect((await server.inject({ url: `${root}/runs/create` })).statusCode).toBe(405);
  });

  test("a POST without a JSON content type is a bad request", async () => {
    const response = await server.inject({
      method: "POST",
      url: `${root}/runs/search`,
      payload: "{}",
      headers: { "content-type": "text/plain" },
    });
    expect(response.statusCode).toBe(400);
    expect(response.json()).toMatchObject({ message: expect.stringContaining("Bad Request. Content-Type") });
  });

  test("no text in any field makes the server fail", async () => {
    for (const path of ["/runs/search", "/experiments/search", "/logged-models/search"]) {
      for (const text of [
        "'",
        "a = ",
        "metrics.a > 'x'",
        "params.`x",
        "\u0000",
        "(((",
        "attributes.start_time > 99999999999999999999999",
      ]) {
        const { status } = await post(path, { experiment_ids: ["0"], max_results: 5, filter: text, order_by: [] });
        expect(status).toBeLessThan(500);
      }
    }
  });
});

describe("runs", () => {
  test("numbers stay numbers, ids stay text, what is absent is left out", async () => {
    const run = await startRun({ run_name: "first", tags: [{ key: "team", value: "risk" }] });
    await post("/runs/log-metric", { runId: run, key: "auc", value: "NaN", timestamp: "5", step: 2 });
    await post("/runs/log-batch", { run_uuid: run, params: [{ key: "lr", value: "" }] });
    const { json } = await get("/runs/get", { run_id: run, run_uuid: run });
    expect(json.run).toEqual({
      info: {
        run_uuid: run,
        run_id: run,
        experiment_id: "0",
        run_name: "first",
        user_id: "",
        status: "RUNNING",
        start_time: 1000,
        artifact_uri: `mlflow-artifacts:/0/${run}/artifacts`,
        lifecycle_stage: "active",
      },
      data: {
        metrics: [{ key: "auc", value: "NaN", timestamp: 5, step: 2 }],
        params: [{ key: "lr", value: "" }],
        tags: [
          { key: "team", value: "risk" },
          { key: "mlflow.runName", value: "first" },
        ],
      },
      inputs: {},
    });
  });

  test("pages follow each other without gap or repeat, missing values last", async () => {
    const ids: string[] = [];
    for (let i = 0; i < 23; i++) {
      const run = await startRun({ start_time: 1000 + (i % 4) });
      ids.push(run);
      if (i % 3 !== 0)
        await post("/runs/log-metric", { run_id: run, key: "m", value: i === 7 ? "NaN" : i % 5, timestamp: 1 });
    }
    for (const order of [
      [],
      ["metrics.m DESC"],
      ["metrics.m ASC", "start_time ASC"],
      ["params.none"],
      ["end_time DESC"],
    ]) {
      const seen: string[] = [];
      let token: string | undefined;
      do {
        const { json } = await post("/runs/search", {
          experiment_ids: ["0"],
          max_results: 5,
          order_by: order,
          page_token: token,
        });
        seen.push(...(json.runs as { info: { run_id: string } }[]).map((run) => run.info.run_id));
        token = json.next_page_token as string | undefined;
      } while (token !== undefined);
      expect(new Set(seen).size).toBe(23);
      expect(seen).toHaveLength(23);
      const { json } = await post("/runs/search", { experiment_ids: ["0"], order_by: order });
      expect((json.runs as { info: { run_id: string } }[]).map((run) => run.info.run_id)).toEqual(seen);
    }
    const { json } = await post("/runs/search", { experiment_ids: ["0"], order_by: ["metrics.m DESC"] });
    const values = (json.runs as { data: { metrics?: { value: unknown }[] } }[]).map(
      (run) => run.data.metrics?.[0]?.value,
    );
    const numbers = values.filter((value) => typeof value === "number");
    expect(numbers).toEqual([...numbers].sort((a, b) => Number(b) - Number(a)));
    expect(values.indexOf("NaN" as never)).toBe(numbers.length);
  });

  test("no experiment ids, no runs", async () => {
    await startRun();
    expect((await post("/runs/search", { experiment_ids: [] })).json).toEqual({});
  });
});

describe("artifacts", () => {
  const put = (path: string, content: string | Buffer) =>
    server.inject({ method: "PUT", url: `/api/2.0/mlflow-artifacts/artifacts/${path}`, payload: content });
  const read = (path: string, headers = {}) =>
    server.inject({ url: `/api/2.0/mlflow-artifacts/artifacts/${path}`, headers });

  test("go in and out unchanged, are listed by folder, and are served by range", async () => {
    const run = await startRun();
    const bytes = Buffer.from(Array.from({ length: 1000 }, (_, i) => i % 256));
    expect((await put(`0/${run}/artifacts/model/data.bin`, bytes)).json()).toEqual({});
    expect((await put(`0/${run}/artifacts/note.txt`, "hi")).statusCode).toBe(200);
    expect((await get("/artifacts/list", { run_id: run })).json).toEqual({
      root_uri: `mlflow-artifacts:/0/${run}/artifacts`,
      files: [
        { path: "model", is_dir: true },
        { path: "note.txt", is_dir: false, file_size: 2 },
      ],
    });
    expect((await get("/artifacts/list", { run_id: run, path: "model" })).json.files).toEqual([
      { path: "model/data.bin", is_dir: false, file_size: 1000 },
    ]);
    const whole = await read(`0/${run}/artifacts/model/data.bin`);
    expect(whole.rawPayload.equals(bytes)).toBe(true);
    expect(whole.headers["x-content-type-options"]).toBe("nosniff");
    const part = await read(`0/${run}/artifacts/model/data.bin`, { range: "bytes=10-19" });
    expect(part.statusCode).toBe(206);
    expect(part.rawPayload.equals(bytes.subarray(10, 20))).toBe(true);
    expect((await read(`0/${run}/artifacts/model/data.bin`, { range: "bytes=5000-" })).statusCode).toBe(416);
    const listing = await server.inject({ url: `/api/2.0/mlflow-artifacts/artifacts?path=0/${run}/artifacts/.` });
    expect(listing.json()).toEqual({
      files: [
        { path: "model", is_dir: true },
        { path: "note.txt", is_dir: false, file_size: 2 },
      ],
    });
  });

  test("an upload cut short is refused and never seen", async () => {
    const response = await server.inject({
      method: "PUT",
      url: "/api/2.0/mlflow-artifacts/artifacts/0/x/cut.bin",
      headers: { "content-length": "100" },
      payload: Buffer.from("only this"),
    });
    expect(response.statusCode).toBe(400);
    expect((await read("0/x/cut.bin")).statusCode).toBe(404);
  });

  test("a name beyond ASCII is served under its own name", async () => {
    await put(`0/x/${encodeURIComponent("übersicht.txt")}`, "ü");
    const response = await read(`0/x/${encodeURIComponent("übersicht.txt")}`);
    expect(response.statusCode).toBe(200);
    expect(response.headers["content-disposition"]).toContain("filename*=UTF-8''%C3%BCbersicht.txt");
  });

  test.each([
    "../secret",
    "..%2f..%2fsecret",
    "%252e%252e/secret",
    "a/../../b",
    "a%5c..%5cb",
    "C:/x",
    "a%23b",
    "a%00b",
    "/abs",
  ])("the path %s is refused", async (path) => {
    const run = await startRun();
    expect(await get("/artifacts/list", { run_id: run, path })).toMatchObject({
      status: 400,
      json: { message: "Invalid path" },
    });
    const response = await put(encodeURIComponent(path), "x");
    expect(response.statusCode).toBe(400);
    expect(response.json()).toMatchObject({ message: "Invalid path" });
  });
});

describe("the registry", () => {
  test("numbers versions, moves aliases and keeps who did it", async () => {
    await post("/registered-models/create", { name: "delay" });
    expect(await post("/registered-models/create", { name: "delay" })).toMatchObject({
      status: 400,
      json: { error_code: "RESOURCE_ALREADY_EXISTS" },
    });
    for (let i = 0; i < 2; i++) await post("/model-versions/create", { name: "delay", source: "s3://bucket/model" });
    await post("/registered-models/alias", { name: "delay", alias: "champion", version: "1" });
    await post("/registered-models/alias", { name: "delay", alias: "champion", version: "2" });
    const { json } = await get("/registered-models/alias", { name: "delay", alias: "champion" });
    expect(json.model_version).toMatchObject({
      version: "2",
      status: "READY",
      current_stage: "None",
      aliases: ["champion"],
    });
    expect(await get("/registered-models/alias", { name: "delay", alias: "none" })).toMatchObject({
      status: 400,
      json: { error_code: "INVALID_PARAMETER_VALUE", message: "Registered model alias none not found." },
    });
    expect((await get("/registered-models/alias", { name: "delay", alias: "latest" })).status).toBe(200);
    expect((await post("/registered-models/alias", { name: "delay", alias: "v1", version: "1" })).status).toBe(400);
  });

  test("hides prompts unless they are asked for", async () => {
    await post("/registered-models/create", { name: "model" });
    await post("/registered-models/create", {
      name: "prompt",
      tags: [{ key: "mlflow.prompt.is_prompt", value: "true" }],
    });
    const names = async (filter: string) =>
      ((await get("/registered-models/search", { filter })).json.registered_models as { name: string }[]).map(
        (one) => one.name,
      );
    expect(await names("tag.`mlflow.prompt.is_prompt` != 'true'")).toEqual(["model"]);
    expect(await names("tag.`mlflow.prompt.is_prompt` = 'true'")).toEqual(["prompt"]);
    expect(await names("name LIKE '%o%'")).toEqual(["model"]);
  });

  test.each([
    "runs:/x/../y",
    "mlflow-artifacts:/0/../../etc",
    "s3://b/%252e%252e/x",
    "/etc/passwd",
    "file:///etc/passwd",
  ])("a version cannot be made of %s", async (source) => {
    await post("/registered-models/create", { name: "delay" });
    expect(await post("/model-versions/create", { name: "delay", source })).toMatchObject({
      status: 400,
      json: { message: expect.stringContaining("Invalid model version source") },
    });
  });
});

test("a workspace is a project: what one logs the other does not see", async () => {
  await post("/experiments/create", { name: "mine" });
  const response = await server.inject({
    url: `${root}/experiments/get-by-name?experiment_name=mine`,
    headers: { "x-mlflow-workspace": "other" },
  });
  expect(response.statusCode).toBe(404);
});
