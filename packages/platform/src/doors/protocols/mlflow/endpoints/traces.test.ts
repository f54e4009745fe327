import { gzipSync } from "node:zlib";
import Fastify, { type FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Principal } from "#base/auth/principal.js";
import { openStage, type Stage } from "#base/testing/stage.js";
import { registry } from "#capabilities/registry/index.js";
import { modelSources, tracking } from "#capabilities/tracking/index.js";
import { mlflowDoor } from "../index.js";
import { noOtherProjects } from "../testing/open-door.js";

let stage: Stage;
let server: FastifyInstance;
let principal: Principal | undefined;
const otelId = "0123456789abcdef0123456789abcdef";
const traceId = `tr-${otelId}`;

beforeEach(async () => {
  principal = undefined;
  stage = await openStage([tracking, registry(modelSources)]);
  server = Fastify({ routerOptions: { ignoreDuplicateSlashes: true, maxParamLength: 5000 } });
  await server.register(
    mlflowDoor({
      ctxFor: (_request, _reply, door) => ({ ...stage.ctx, door, principal: principal ?? stage.ctx.principal }),
      project: "default",
      projects: noOtherProjects,
      artifactRoot: "",
      uploadLimit: 1e9,
    }),
  );
});
afterEach(async () => {
  await server.close();
  await stage.close();
});

const batch = (fields: object = {}) => ({
  resourceSpans: [
    {
      scopeSpans: [
        {
          spans: [
            {
              traceId: otelId,
              spanId: "0123456789abcdef",
              name: "answer",
              startTimeUnixNano: "1795270637173809635",
              endTimeUnixNano: "1795270637175664263",
              ...fields,
            },
          ],
        },
      ],
    },
  ],
});

async function send(body: unknown, headers: Record<string, string> = {}) {
  const response = await server.inject({
    method: "POST",
    url: "/v1/traces",
    headers: { "content-type": "application/json", "x-mlflow-experiment-id": "0", ...headers },
    payload: Buffer.isBuffer(body) ? body : JSON.stringify(body),
  });
  return { status: response.statusCode, body: response.body, type: response.headers["content-type"] };
}

async function call(method: "GET" | "POST" | "PATCH" | "DELETE", url: string, body?: object) {
  const response = await server.inject({
    method,
    url,
    ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, payload: JSON.stringify(body) }),
  });
  return { status: response.statusCode, text: response.body, json: response.json() as Record<string, unknown> };
}

describe("POST /v1/traces", () => {
  test("takes JSON and protobuf, packed or not, and answers in the encoding of the request", async () => {
    expect(await send(batch())).toMatchObject({ status: 200, body: "{}" });
    expect(await send(gzipSync(JSON.stringify(batch())), { "content-encoding": "gzip" })).toMatchObject({
      status: 200,
    });
    const id = Buffer.from(otelId, "hex");
    const span = Buffer.concat([Buffer.from([10, 16]), id, Buffer.from([18, 8]), id.subarray(0, 8)]);
    const scope = Buffer.concat([Buffer.from([18, span.length]), span]);
    const resource = Buffer.concat([Buffer.from([18, scope.length]), scope]);
    const message = Buffer.concat([Buffer.from([10, resource.length]), resource]);
    const answer = await send(message, { "content-type": "application/x-protobuf" });
    expect(answer).toEqual({ status: 200, body: "", type: "application/x-protobuf" });
  });

  test("gives spans back as they came, 64-bit numbers in full", async () => {
    await send(batch({ attributes: [{ key: "n", value: { intValue: "9223372036854775807" } }] }));
    const { text, json } = await call("GET", `/api/3.0/mlflow/traces/get?trace_id=${traceId}`);
    expect(text).toContain('"start_time_unix_nano":1795270637173809635');
    expect(text).toContain('"int_value":9223372036854775807');
    expect(json).toMatchObject({
      trace: {
        trace_info: {
          trace_id: traceId,
          trace_location: { type: "MLFLOW_EXPERIMENT", mlflow_experiment: { experiment_id: "0" } },
          request_time: "2026-11-21T14:17:17.173Z",
          execution_duration: "0.002s",
          state: "OK",
        },
        spans: [{ trace_id: Buffer.from(otelId, "hex").toString("base64"), name: "answer" }],
      },
    });
  });

  test("says in the protocol's words which spans it did not take", async () => {
    const two = { resourceSpans: [...batch().resourceSpans, ...batch({ spanId: "" }).resourceSpans] };
    expect(JSON.parse((await send(two)).body)).toEqual({
      partialSuccess: { rejectedSpans: "1", errorMessage: expect.stringContaining("span_id") },
    });
  });

  test.each([
    ["no experiment", batch(), { "x-mlflow-experiment-id": "" }, 400, "x-mlflow-experiment-id is missing"],
    ["an unknown experiment", batch(), { "x-mlflow-experiment-id": "77" }, 404, "No Experiment with id=77 exists"],
    ["an unknown run", batch(), { "x-mlflow-run-id": "nope" }, 404, "Run with id=nope not found"],
    ["another content type", batch(), { "content-type": "text/plain" }, 400, "Invalid Content-Type: text/plain"],
    ["another encoding", batch(), { "content-encoding": "br" }, 400, "Unsupported Content-Encoding: br"],
    ["a broken archive", batch(), { "content-encoding": "gzip" }, 400, "Failed to decompress gzip payload"],
    ["no spans", {}, {}, 400, "no spans found"],
    ["no JSON", Buffer.from("{"), {}, 400, "Invalid OpenTelemetry format"],
    [
      "no protobuf",
      Buffer.from("garbage"),
      { "content-type": "application/x-protobuf" },
      400,
      "Invalid OpenTelemetry format",
    ],
  ])("refuses %s", async (_what, body, headers, status, message) => {
    const answer = await send(body, headers as Record<string, string>);
    expect(answer.status).toBe(status);
    expect(answer.body).toContain(message);
  });

  test("refuses an archive that unpacks to more than it may", async () => {
    const bomb = gzipSync(Buffer.alloc(65 * 1024 * 1024, " "));
    expect(await send(bomb, { "content-encoding": "gzip" })).toMatchObject({ status: 413 });
  });

  test("is for those who may write", async () => {
    principal = { kind: "user", name: "reader", roles: { default: "viewer" } } as unknown as Principal;
    expect(await send(batch())).toMatchObject({ status: 403 });
  });
});

describe("the trace endpoints", () => {
  const info = {
    trace_id: traceId,
    trace_location: { type: "MLFLOW_EXPERIMENT", mlflow_experiment: { experiment_id: "0" } },
    request_time: "2026-01-01T00:00:01Z",
    execution_duration: "1.500s",
    state: "OK",
    trace_metadata: { m: "1" },
    tags: { "mlflow.traceName": "f" },
  };

  test("of the third generation answer as MLflow's server does", async () => {
    const made = await call("POST", "/api/3.0/mlflow/traces", { trace: { trace_info: info } });
    const shown = {
      ...info,
      tags: { ...info.tags, "mlflow.artifactLocation": `mlflow-artifacts:/0/traces/${traceId}/artifacts` },
    };
    const full = { ...shown, trace_metadata: { m: "1", "mlflow.trace.infoFinalized": "true" } };
    expect(made.json).toEqual({ trace: { trace_info: full } });
    const found = await call("POST", "/api/3.0/mlflow/traces/search", {
      locations: [{ mlflow_experiment: { experiment_id: "0" } }],
      filter: "name = 'f'",
    });
    expect(found.json).toEqual({ traces: [full] });
    expect((await call("GET", `/api/3.0/mlflow/traces/batchGet?trace_ids=${traceId}&trace_ids=tr-0`)).json).toEqual({});
    expect((await call("GET", "/api/3.0/mlflow/traces/tr-0")).json).toEqual({
      error_code: "RESOURCE_DOES_NOT_EXIST",
      message: "Trace with ID 'tr-0' not found.",
    });
  });

  test("of the second generation begin a trace, end it, find it and delete it", async () => {
    const begun = await call("POST", "/api/2.0/mlflow/traces", {
      experiment_id: "0",
      timestamp_ms: 5,
      request_metadata: [{ key: "a", value: "b" }],
      tags: [{ key: "mlflow.traceName", value: "f" }],
    });
    const { request_id: id } = begun.json.trace_info as { request_id: string };
    expect(begun.json).toMatchObject({ trace_info: { status: "IN_PROGRESS", timestamp_ms: 5, execution_time_ms: 0 } });
    const ended = await call("PATCH", `/api/2.0/mlflow/traces/${id}`, { timestamp_ms: 12, status: "OK" });
    expect(ended.json).toMatchObject({ trace_info: { request_id: id, status: "OK", execution_time_ms: 7 } });
    expect((await call("GET", `/api/2.0/mlflow/traces/${id}/info`)).json).toEqual(ended.json);
    const found = await call("GET", "/api/2.0/mlflow/traces?experiment_ids=0&filter=name%20%3D%20'f'");
    expect(found.json).toEqual({ traces: [ended.json.trace_info] });
    const deleted = await call("POST", "/api/2.0/mlflow/traces/delete-traces", {
      experiment_id: "0",
      request_ids: [id],
    });
    expect(deleted.json).toEqual({ traces_deleted: 1 });
  });

  test("keep assessments and change only what the mask names", async () => {
    await call("POST", "/api/3.0/mlflow/traces", { trace: { trace_info: info } });
    const path = `/api/3.0/mlflow/traces/${traceId}/assessments`;
    const source = { source_type: "HUMAN", source_id: "bob" };
    const given = {
      assessment_name: "quality",
      source,
      feedback: { value: 0.9 },
      rationale: "good",
      metadata: { x: "y" },
    };
    const made = (await call("POST", path, { assessment: given })).json.assessment as Record<string, unknown>;
    expect(made).toMatchObject({ ...given, trace_id: traceId, valid: true });
    const changed = await call("PATCH", `${path}/${made.assessment_id}`, {
      assessment: { feedback: { value: "fine" }, rationale: "ignored" },
      update_mask: "feedback",
    });
    expect(changed.json.assessment).toMatchObject({ feedback: { value: "fine" }, rationale: "good" });
    expect((await call("DELETE", `${path}/${made.assessment_id}`, {})).json).toEqual({});
    expect((await call("GET", `${path}/${made.assessment_id}`)).status).toBe(404);
  });

  test("that are not served say so, whatever they look like", async () => {
    for (const path of ["metrics", "calculate-filter-correlation"]) {
      const { status, json } = await call("POST", `/api/3.0/mlflow/traces/${path}`, {});
      expect([status, json.error_code]).toEqual([404, "ENDPOINT_NOT_FOUND"]);
    }
  });
});
