import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openDoor, type TestDoor } from "./testing/open-door.js";

let door: TestDoor;
let run: string;
beforeAll(async () => {
  door = await openDoor();
  run = await door.startRun();
});
afterAll(() => door.close());

describe("what the stock server says, word for word", () => {
  test.each([
    [
      "/experiments/get",
      { experiment_id: "abc" },
      "Invalid experiment ID 'abc'. Experiment ID must be a valid integer.",
    ],
    [
      "/runs/get",
      {},
      "Missing value for required parameter 'run_id'. See the API docs for more information about request parameters.",
    ],
    [
      "/metrics/get-history",
      { run_id: "x", metric_key: "a", max_results: "0" },
      "Invalid value 0 for parameter 'max_results' supplied. It must be a positive integer.",
    ],
    [
      "/metrics/get-history-bulk-interval",
      { run_ids: "x", metric_key: "a", max_results: "0" },
      "max_results must be between 1 and 2500. See the API docs for more information about request parameters.",
    ],
    ["/registered-models/get", { name: "a/b" }, "Invalid model name 'a/b'. Names cannot contain '/' or ':'."],
    [
      "/registered-models/search",
      { max_results: "1001" },
      "Invalid value \"1001\" for parameter 'max_results' supplied:  Hint: Value was of type 'str'. See the API docs for more information about request parameters.",
    ],
    [
      "/registered-models/search",
      { order_by: "foo" },
      "Invalid order by key 'foo' specified. Valid keys are '{'name', 'timestamp'}'",
    ],
    [
      "/model-versions/search",
      { filter: "version_number = 1.5" },
      "Invalid value for numeric attribute 'version_number': 1.5",
    ],
    ["/model-versions/get-download-uri", { name: "a" }, "Parameter 'version' must be an integer, got ''."],
  ])("GET %s %j", async (path, query, message) => {
    expect(await door.get(path, query)).toEqual({
      status: 400,
      json: { error_code: "INVALID_PARAMETER_VALUE", message },
    });
  });

  test.each([
    [{ filter: "metrics.a = 'x'" }, "Expected numeric value type for metric. Found 'x'"],
    [{ filter: "metrics.a LIKE 1" }, "Invalid comparator 'LIKE' not one of '{'>', '>=', '!=', '=', '<', '<='}"],
    [
      { filter: "params.a > 'x'" },
      "Invalid comparator '>' not one of '{'!=', '=', 'LIKE', 'ILIKE', 'IS NULL', 'IS NOT NULL'}'",
    ],
    [{ filter: "tags.a = 5" }, "Expected a quoted string value for tag (e.g. 'my-value'). Got value 5"],
    [{ filter: "attributes.run_id IN (5)" }, "Expected a quoted string value for attributes. Got value (5)"],
    [
      { filter: "datasets.source = 'x'" },
      "Invalid dataset key 'source' specified. Valid keys are '{'name', 'digest', 'context'}'",
    ],
    [
      { filter: "status IS NULL" },
      "IS NULL / IS NOT NULL is only supported for tags and params, not for 'attribute' 'status'",
    ],
    [{ order_by: ["start_time UP"] }, "Invalid ordering key in order_by clause 'start_time UP'."],
    [{ order_by: [""] }, "Invalid order_by clause ''. Could not be parsed."],
    [{ order_by: ["start_time", "start_time"] }, "`order_by` contains duplicate fields: ['start_time', 'start_time']"],
    [{ page_token: "e30=" }, "Invalid page token, parsed value={}"],
    [{ page_token: "a" }, "Invalid page token, could not base64-decode"],
    [
      { max_results: 50_001 },
      "Invalid value 50001 for parameter 'max_results' supplied:  Hint: Value was of type 'int'. See the API docs for more information about request parameters.",
    ],
  ])("searching runs with %j", async (search, message) => {
    expect(await door.post("/runs/search", { experiment_ids: ["0"], ...search })).toMatchObject({
      status: 400,
      json: { message },
    });
  });

  test.each([
    [{ filter: "name < 'a'" }, "Invalid comparator '<' not one of '{'!=', '=', 'LIKE', 'ILIKE', 'IN', 'NOT IN'}'"],
    [{ filter: "creation_time > 1.5" }, "Invalid value for numeric attribute 'creation_time': '1.5'"],
    [{ filter: "foo.a = 'x'" }, "Invalid entity type 'foo'. Valid entity types are ('attribute', 'tag', 'tags')"],
    [{ filter: "name IS NULL" }, "IS NULL / IS NOT NULL is only supported for tags, not for attribute 'name'"],
    [{ order_by: ["tags.a"] }, "Invalid order_by entity: tag"],
    [{ page_token: "bm90IGpzb24=" }, "Invalid page token, decoded value=b'not json'"],
    [{ page_token: "eyJvZmZzZXQiOiAieCJ9" }, "Invalid page token, not stringable x"],
  ])("searching experiments with %j", async (search, message) => {
    expect(await door.post("/experiments/search", { max_results: 5, ...search })).toMatchObject({
      status: 400,
      json: { message },
    });
  });

  test("a negative time names the metric and its value as Python prints it", async () => {
    const { json } = await door.post("/runs/log-metric", { run_id: run, key: "a", value: 1, timestamp: -5 });
    expect(json.message).toBe(
      "Invalid value -5 for parameter 'timestamp' supplied: metric 'a' (value=1.0). Timestamp must be a nonnegative long (64-bit integer) ",
    );
  });

  test("a model's name may be as long as every part of the server takes it, and no longer", async () => {
    expect((await door.post("/registered-models/create", { name: "n".repeat(256) })).status).toBe(200);
    expect(await door.post("/registered-models/create", { name: "n".repeat(257) })).toMatchObject({
      status: 400,
      json: { message: "'name' exceeds the maximum length of 256 characters" },
    });
  });

  test("a field spelled twice is refused: one of the two would be ignored", async () => {
    expect(await door.post("/experiments/search", { max_results: 5, maxResults: 6 })).toMatchObject({
      status: 400,
      json: { message: "Request specifies both 'max_results' and 'maxResults'; provide only one of them." },
    });
  });

  test("renaming a deleted experiment is INVALID_STATE, and not worth a retry", async () => {
    const { json } = await door.post("/experiments/create", { name: "gone" });
    await door.post("/experiments/delete", json);
    expect(await door.post("/experiments/update", { ...json, new_name: "back" })).toEqual({
      status: 400,
      json: { error_code: "INVALID_STATE", message: "Cannot rename a non-active experiment." },
    });
  });
});

describe("numbers and texts as Python sends them", () => {
  test.each([
    ["NaN", "NaN"],
    ["nan", "NaN"],
    ["-inf", -Number.MAX_VALUE],
    ["+Infinity", Number.MAX_VALUE],
    [" 1.5 ", 1.5],
    ["1_000", 1000],
    [true, 1],
  ])("the value %j is %j", async (value, stored) => {
    const id = await door.startRun();
    await door.post("/runs/log-metric", { run_id: id, key: "m", value, timestamp: 1 });
    const { json } = await door.get("/runs/get", { run_id: id });
    expect(json.run.data.metrics[0].value).toBe(stored);
  });

  test.each(["0x10", "1__0", "high", "1e", "_1"])("the value %j is none", async (value) => {
    expect((await door.post("/runs/log-metric", { run_id: run, key: "m", value, timestamp: 1 })).status).toBe(400);
  });

  test("NaN and infinities may stand bare in JSON, and only outside of texts", async () => {
    const id = await door.startRun();
    const body = `{"run_id":"${id}","metrics":[{"key":"a","value":NaN,"timestamp":1},{"key":"b","value":-Infinity,"timestamp":1}],"tags":[{"key":"t","value":"NaN \\" Infinity"}]}`;
    expect((await door.post("/runs/log-batch", body)).status).toBe(200);
    const { json } = await door.get("/runs/get", { run_id: id });
    expect(json.run.data.metrics.map((one: { value: unknown }) => one.value)).toEqual(["NaN", -Number.MAX_VALUE]);
    expect(json.run.data.tags).toContainEqual({ key: "t", value: 'NaN " Infinity' });
  });

  test("a run may be born with tags of any name and length", async () => {
    const tags = [{ key: "a*b (odd)", value: "v".repeat(9000) }];
    const id = await door.startRun({ tags });
    expect((await door.get("/runs/get", { run_id: id })).json.run.data.tags).toContainEqual(tags[0]);
  });
});

describe("reading what was logged", () => {
  test("NaN compares to nothing and differs from everything", async () => {
    const id = await door.startRun({ run_name: "nan" });
    await door.post("/runs/log-metric", { run_id: id, key: "odd", value: "NaN", timestamp: 1 });
    const find = async (filter: string) =>
      ((await door.post("/runs/search", { experiment_ids: ["0"], filter })).json.runs ?? []).length;
    expect(await find("metrics.odd = 0")).toBe(0);
    expect(await find("metrics.odd < 1")).toBe(0);
    expect(await find("metrics.odd != 5")).toBe(1);
  });

  test("a history is sampled to as many points as asked, the first and the last among them", async () => {
    const id = await door.startRun();
    const metrics = Array.from({ length: 12 }, (_, i) => ({ key: "h", value: i, timestamp: 1, step: i * 3 }));
    await door.post("/runs/log-batch", { run_id: id, metrics });
    const steps = async (most: string) =>
      (
        await door.get("/metrics/get-history-bulk-interval", { run_ids: [id], metric_key: "h", max_results: most })
      ).json.metrics.map((one: { step: number }) => one.step);
    expect(await steps("3")).toEqual([0, 12, 33]);
    expect(await steps("5")).toEqual([0, 9, 18, 24, 33]);
    expect(await steps("1")).toEqual([33]);
    expect(await steps("2500")).toHaveLength(12);
  });

  test("a run or experiment that is not there has no history and no datasets", async () => {
    expect(await door.get("/metrics/get-history", { run_id: "0".repeat(32), metric_key: "a" })).toEqual({
      status: 200,
      json: {},
    });
    expect(await door.post("/experiments/search-datasets", { experiment_ids: ["999"] })).toEqual({
      status: 200,
      json: {},
    });
  });

  test("a list of one may end in a comma, as Python prints a tuple of one", async () => {
    const id = await door.startRun();
    const { json } = await door.post("/runs/search", { experiment_ids: ["0"], filter: `run_id IN ('${id}',)` });
    expect(json.runs).toHaveLength(1);
  });
});
