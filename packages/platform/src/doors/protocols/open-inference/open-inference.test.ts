import { deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { createDeployment, getDeployment, getPrediction } from "@paydown/api/serving";
import fc from "fast-check";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Principal } from "#base/auth/principal.js";
import { openStage, type Stage } from "#base/testing/stage.js";
import { type ServableVersion, type Serving, serving } from "#capabilities/serving/index.js";
import { identityModel, onnxModel, sigmoidModel } from "#capabilities/serving/testing/onnx-model.js";
import { createHttpServer } from "#doors/http/server.js";
import { openInferenceDoor } from "./open-inference.js";

const project = "default";
const board: Principal = { kind: "consumer", name: "ops-board", roles: { default: "viewer" } };
let stage: Stage;
let room: Serving;
let server: FastifyInstance;

beforeAll(async () => {
  const versions = new Map<string, ServableVersion>();
  room = serving({ findModelVersion: async (_ctx, _project, model) => versions.get(model) });
  stage = await openStage([room]);
  server = await createHttpServer({
    base: stage.base,
    perform: async () => undefined as never,
    operations: [],
    open: true,
    authenticate: async ({ secret }) => (secret === "board-key" ? board : undefined),
    protocols: [
      openInferenceDoor({
        base: stage.base,
        endpoint: room.endpoint,
        project,
        version: "0.1.0",
        principalOf: (request) => request.principal,
      }),
    ],
    version: "2.0.0",
    uploadLimit: 1000,
    webRoot: undefined,
  });
  const types = identityModel([
    { name: "i", datatype: "INT64", shape: [-1] },
    { name: "s", datatype: "BYTES", shape: [-1] },
    { name: "t", datatype: "BOOL", shape: [-1] },
    { name: "f", datatype: "FP32", shape: [-1, 2] },
  ]);
  const one = identityModel([{ name: "x", datatype: "FP32", shape: [-1, 2] }]);
  const half = identityModel([{ name: "h", datatype: "FP16", shape: [-1] }]);
  const add = onnxModel({
    inputs: ["u", "v"].map((name) => ({ name, datatype: "FP32", shape: [-1] })),
    outputs: [{ name: "w", datatype: "FP32", shape: [-1] }],
    nodes: [{ op: "Add", inputs: ["u", "v"], outputs: ["w"] }],
  });
  for (const [name, file] of Object.entries({ delay: sigmoidModel(), types, one, half, add })) {
    versions.set(name, { version: 3, files: [{ path: "model.onnx", ...(await stage.ctx.blobs.put(file)) }] });
    await stage.call(createDeployment, { project, name, model: name, version: 3 });
  }
});

afterAll(async () => {
  await server.close();
  room.endpoint.close();
  await stage.close();
});

function post(url: string, payload: unknown, headers: Record<string, string> = {}) {
  const body = Buffer.isBuffer(payload) || typeof payload === "string" ? payload : JSON.stringify(payload);
  return server.inject({ method: "POST", url, payload: body, headers: { host: "127.0.0.1", ...headers } });
}

function get(url: string) {
  return server.inject({ method: "GET", url, headers: { host: "127.0.0.1" } });
}

function row(a: number, b = 0, more: object = {}) {
  return {
    inputs: [
      { name: "a", shape: [1, 1], datatype: "FP32", data: [a] },
      { name: "b", shape: [1, 1], datatype: "FP32", data: [[b]] },
    ],
    ...more,
  };
}

describe("a client of the v2 protocol", () => {
  test("finds server, health and metadata from the model file", async () => {
    expect((await get("/v2")).json()).toMatchObject({
      name: "paydown",
      extensions: ["binary_tensor_data", "model_version"],
    });
    expect((await get("/v2/health/live")).json()).toEqual({ live: true });
    expect((await get("/v2/health/ready")).statusCode).toBe(200);
    expect((await get("/v2/models/delay")).json()).toEqual({
      name: "delay",
      versions: ["3"],
      platform: "onnx_onnxv1",
      inputs: [
        { name: "a", datatype: "FP32", shape: [-1, 1] },
        { name: "b", datatype: "FP32", shape: [-1, 1] },
      ],
      outputs: [{ name: "probabilities", datatype: "FP32", shape: [-1, 2] }],
    });
    expect((await get("/v2/models/delay/versions/3/ready")).json()).toEqual({ name: "delay", ready: true });
    expect((await get("/v2/models/nobody/ready")).statusCode).toBe(404);
    expect((await get("/v2/models/delay/versions/8/ready")).statusCode).toBe(404);
  });

  test("infers without a content type, gets its id back and the prediction's own", async () => {
    const reply = await post("/v2/models/delay/infer", row(0, 0, { id: "ü-☃" }));
    expect(reply.statusCode).toBe(200);
    const body = reply.json();
    expect(body).toMatchObject({
      model_name: "delay",
      model_version: "3",
      id: "ü-☃",
      outputs: [{ name: "probabilities", shape: [1, 2], datatype: "FP32", data: [0.5, 0.5] }],
    });
    expect(reply.headers["x-prediction-id"]).toBe(body.parameters.prediction_id);
    const seen = await stage.call(getPrediction, { project, requestId: body.parameters.prediction_id, row: 0 });
    expect(seen).toMatchObject({ clientId: "ü-☃", consumer: "unknown@127.0.0.1", score: 0.5 });
  });

  test("is known by its key, else by the header it sends", async () => {
    const byKey = await post("/v2/models/delay/infer", row(1), {
      authorization: "Bearer board-key",
      "x-consumer": "liar",
    });
    const byHeader = await post("/v2/models/delay/infer", row(1), { "x-consumer": "nightly-job" });
    const names = [byKey, byHeader].map(async (reply) => {
      const requestId = reply.headers["x-prediction-id"] as string;
      return (await stage.call(getPrediction, { project, requestId, row: 0 })).consumer;
    });
    expect(await Promise.all(names)).toEqual(["ops-board", "nightly-job"]);
    const early = row(1, 0, { parameters: { event_time: 1000 } });
    expect((await post("/v2/models/delay/infer", early, { authorization: "Bearer board-key" })).statusCode).toBe(403);
    expect((await post("/v2/models/delay/infer", early)).statusCode).toBe(200);
  });

  test("sends and receives tensors as bytes", async () => {
    const numbers = Buffer.from(Float32Array.of(1, 2, 3, 4).buffer);
    const texts = Buffer.concat(
      ["ab", "ü"].map((text) => {
        const bytes = Buffer.from(text);
        const length = Buffer.alloc(4);
        length.writeUInt32LE(bytes.length);
        return Buffer.concat([length, bytes]);
      }),
    );
    const json = Buffer.from(
      JSON.stringify({
        inputs: [
          { name: "i", shape: [2], datatype: "INT64", data: [1, 2] },
          { name: "s", shape: [2], datatype: "BYTES", parameters: { binary_data_size: texts.length } },
          { name: "t", shape: [2], datatype: "BOOL", data: [true, false] },
          { name: "f", shape: [2, 2], datatype: "FP32", parameters: { binary_data_size: 16 } },
        ],
        outputs: [
          { name: "out_f", parameters: { binary_data: true } },
          { name: "out_s", parameters: { binary_data: true } },
          { name: "out_t" },
        ],
      }),
    );
    const reply = await post("/v2/models/types/infer", Buffer.concat([json, texts, numbers]), {
      "inference-header-content-length": String(json.length),
    });
    expect(reply.statusCode).toBe(200);
    const length = Number(reply.headers["inference-header-content-length"]);
    const head = JSON.parse(reply.rawPayload.subarray(0, length).toString());
    expect(head.outputs.map((one: { name: string }) => one.name)).toEqual(["out_f", "out_s", "out_t"]);
    expect(head.outputs[2].data).toEqual([true, false]);
    expect(reply.rawPayload.subarray(length)).toEqual(Buffer.concat([numbers, texts]));
  });

  test("may send nothing but the bytes of the only input", async () => {
    const body = Buffer.from(Float32Array.of(1, 2, 3, 4, 5, 6).buffer);
    const reply = await post("/v2/models/one/infer", body, { "inference-header-content-length": "0" });
    const length = Number(reply.headers["inference-header-content-length"]);
    expect(JSON.parse(reply.rawPayload.subarray(0, length).toString()).outputs[0].shape).toEqual([3, 2]);
    expect(reply.rawPayload.subarray(length)).toEqual(body);
    const odd = await post("/v2/models/one/infer", body.subarray(0, 20), { "inference-header-content-length": "0" });
    expect(odd.statusCode).toBe(400);
  });

  test("keeps integers beyond 2^53 exact in both directions", async () => {
    const text = `{"inputs":[
      {"name":"i","shape":[3],"datatype":"INT64","data":[9007199254740993,-9223372036854775808,7]},
      {"name":"s","shape":[1],"datatype":"BYTES","data":["x"]},
      {"name":"t","shape":[1],"datatype":"BOOL","data":[true]},
      {"name":"f","shape":[1,2],"datatype":"FP32","data":[1,2]}]}`
      .replace(/"shape":\[3\]/, '"shape":[1]')
      .replace(/\[9007199254740993.*?7\]/, "[9007199254740993]");
    const reply = await post("/v2/models/types/infer", text);
    expect(reply.statusCode).toBe(200);
    expect(reply.payload).toContain('"datatype":"INT64","data":[9007199254740993]');
    const beyond = await post("/v2/models/types/infer", text.replace("9007199254740993", "9223372036854775808"));
    expect(beyond.statusCode).toBe(400);
    const broken = await post("/v2/models/types/infer", text.replace("9007199254740993", "1e300"));
    expect(broken.statusCode).toBe(400);
  });

  test("sends and receives compressed bodies; the header length counts the JSON before compression", async () => {
    const json = Buffer.from(JSON.stringify(row(0)));
    for (const [encoding, body] of [
      ["gzip", gzipSync(json)],
      ["deflate", deflateSync(json)],
      ["deflate", deflateRawSync(json)],
    ] as const) {
      const reply = await post("/v2/models/delay/infer", body, {
        "content-encoding": encoding,
        "inference-header-content-length": String(json.length),
      });
      expect(reply.statusCode, encoding).toBe(200);
    }
    const many = { name: "x", shape: [500, 2], datatype: "FP32", data: Array.from({ length: 1000 }, (_, i) => i) };
    const reply = await post("/v2/models/one/infer", { inputs: [many] }, { "accept-encoding": "deflate, gzip;q=0" });
    expect(reply.headers["content-encoding"]).toBe("deflate");
    const bomb = gzipSync(Buffer.alloc(70 * 1024 * 1024));
    expect((await post("/v2/models/delay/infer", bomb, { "content-encoding": "gzip" })).statusCode).toBe(413);
    expect((await post("/v2/models/delay/infer", "no gzip", { "content-encoding": "gzip" })).statusCode).toBe(400);
    expect((await post("/v2/models/delay/infer", json, { "content-encoding": "br" })).statusCode).toBe(400);
  });

  test("gets half-precision outputs as bytes, because JSON has none", async () => {
    const bits = Buffer.from(Uint16Array.of(0x3c00, 0xc000).buffer);
    const json = Buffer.from(
      JSON.stringify({ inputs: [{ name: "h", shape: [2], datatype: "FP16", parameters: { binary_data_size: 4 } }] }),
    );
    const reply = await post("/v2/models/half/infer", Buffer.concat([json, bits]), {
      "inference-header-content-length": String(json.length),
    });
    expect(reply.statusCode).toBe(200);
    expect(reply.rawPayload.subarray(-4)).toEqual(bits);
  });
});

describe("a malformed request", () => {
  const good = { name: "a", shape: [1, 1], datatype: "FP32", data: [1] };
  const b = { name: "b", shape: [1, 1], datatype: "FP32", data: [1] };
  const cases: Record<string, unknown> = {
    "is not JSON": "{",
    "is empty": "",
    "is a list": [],
    "has no inputs": {},
    "has an empty list of inputs": { inputs: [] },
    "has an input that is null": { inputs: [null, b] },
    "misses an input": { inputs: [good] },
    "repeats an input": { inputs: [good, b, good] },
    "has an unknown input": { inputs: [good, b, { ...b, name: "c" }] },
    "has an input without a name": { inputs: [{ ...good, name: undefined }, b] },
    "has an unknown datatype": { inputs: [{ ...good, datatype: "FP31" }, b] },
    "has another datatype": { inputs: [{ ...good, datatype: "FP64" }, b] },
    "has no shape": { inputs: [{ ...good, shape: undefined }, b] },
    "has a negative dimension": { inputs: [{ ...good, shape: [-1, 1] }, b] },
    "has a fractional dimension": { inputs: [{ ...good, shape: [0.5, 1] }, b] },
    "has a huge dimension": { inputs: [{ ...good, shape: [2 ** 40, 1] }, b] },
    "has a dimension in words": { inputs: [{ ...good, shape: ["1", 1] }, b] },
    "has another rank": { inputs: [{ ...good, shape: [1] }, b] },
    "has another fixed dimension": { inputs: [{ ...good, shape: [1, 2], data: [1, 2] }, b] },
    "has too few values": { inputs: [{ ...good, shape: [2, 1] }, b] },
    "has too many values": { inputs: [{ ...good, data: [1, 2] }, b] },
    "has no data": { inputs: [{ ...good, data: undefined }, b] },
    "has data that is a number": { inputs: [{ ...good, data: 1 }, b] },
    "has null in its data": { inputs: [{ ...good, data: [null] }, b] },
    "has a text in its data": { inputs: [{ ...good, data: ["1"] }, b] },
    "has an object in its data": { inputs: [{ ...good, data: [{}] }, b] },
    "is nested too deeply": { inputs: [{ ...good, data: [[[1]]] }, b] },
    "is nested unevenly": { inputs: [{ ...good, shape: [2, 1], data: [[1, 2], []] }, b] },
    "has no rows": {
      inputs: [
        { ...good, shape: [0, 1], data: [] },
        { ...b, shape: [0, 1], data: [] },
      ],
    },
    "has unequal rows": { inputs: [{ ...good, shape: [2, 1], data: [1, 2] }, b] },
    "has a number beyond 32-bit floats": { inputs: [{ ...good, data: [1e300] }, b] },
    "asks for an unknown output": { inputs: [good, b], outputs: [{ name: "zzz" }] },
    "asks for an output twice": { inputs: [good, b], outputs: [{ name: "probabilities" }, { name: "probabilities" }] },
    "has outputs that are no list": { inputs: [good, b], outputs: 3 },
    "has an id that is a number": { inputs: [good, b], id: 7 },
    "has parameters that are a list": { inputs: [good, b], parameters: [] },
    "has binary sizes without the header": {
      inputs: [{ ...good, data: undefined, parameters: { binary_data_size: 4 } }, b],
    },
    "has an event time that is no instant": { inputs: [good, b], parameters: { event_time: -1 } },
    "asks for binary output in words": { inputs: [good, b], parameters: { binary_data_output: "yes" } },
  };
  test.each(Object.keys(cases))("that %s is a 4xx with an error text", async (name) => {
    const reply = await post("/v2/models/delay/infer", cases[name]);
    expect(reply.statusCode, reply.payload).toBeGreaterThanOrEqual(400);
    expect(reply.statusCode, reply.payload).toBeLessThan(500);
    expect(typeof reply.json().error).toBe("string");
  });

  test("is a 4xx whatever bytes and header length are sent", async () => {
    const body = Buffer.from(
      JSON.stringify({ inputs: [{ ...good, data: undefined, parameters: { binary_data_size: 4 } }, b] }),
    );
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 40 }), fc.oneof(fc.nat(400), fc.string()), async (tail, length) => {
        const bytes = Buffer.concat([body, tail]);
        const exact = length === body.length && tail.length === 4;
        const header = String(length).replace(/[^\x21-\x7e]/g, "?");
        const reply = await post("/v2/models/delay/infer", bytes, { "inference-header-content-length": header });
        if (!exact) expect(reply.statusCode).toBeGreaterThanOrEqual(400);
        expect(reply.statusCode).toBeLessThan(500);
        if (reply.statusCode !== 200) expect(typeof reply.json().error).toBe("string");
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  test("is answered by the protocol's envelope for unknown paths, methods and models", async () => {
    for (const reply of [
      await get("/v2/nothing"),
      await get("/v2/models/delay/infer"),
      await post("/v2/models/none/infer", row(1)),
    ]) {
      expect(reply.statusCode).toBe(404);
      expect(Object.keys(reply.json())).toEqual(["error"]);
    }
  });

  test("counts as an error and a violation of whoever sent it", async () => {
    const before = await stage.call(getDeployment, { project, name: "add" });
    await post("/v2/models/add/infer", "{", { "x-consumer": "clumsy" });
    await post(
      "/v2/models/add/infer",
      { inputs: [{ name: "u", shape: [1], datatype: "FP32", data: [1] }] },
      { "x-consumer": "clumsy" },
    );
    const after = await stage.call(getDeployment, { project, name: "add" });
    expect(before.consumers).toEqual([]);
    expect(after.consumers).toMatchObject([{ consumer: "clumsy", requests: 2, errors: 2, violations: 2, rows: 0 }]);
  });
});
