import * as api from "@paydown/api/tracking";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { onBothDatabases } from "#base/testing/databases.js";
import { openStage, type Stage } from "#base/testing/stage.js";
import {
  assessTrace,
  createRun,
  deleteAssessment,
  deleteTraces,
  ensureDefaultExperiment,
  linkPromptsToTrace,
  linkTracesToRun,
  logSpans,
  type NewTrace,
  recordTrace,
  type Span,
  setTraceTag,
  storeArtifact,
  traceViews,
  tracking,
  wide,
} from "./index.js";
import { parseExact } from "./model/span.js";
import { sumTokens } from "./model/trace.js";

const project = "default";
const hex = (n: number, size: number) => n.toString(16).padStart(size, "0");
const traceIdOf = (n: number) => `tr-${hex(n, 32)}`;
const text = (key: string, value: string) => ({ key, value: { string_value: value } });

let stage: Stage;

function spanOf(trace: number, id: number, fields: Partial<Span> & { startMs?: number; endMs?: number } = {}): Span {
  const { startMs = 1000, endMs = 1010, ...rest } = fields;
  return {
    traceId: hex(trace, 32),
    spanId: hex(id, 16),
    parentId: undefined,
    name: `span ${id}`,
    status: "UNSET",
    startNs: BigInt(startMs) * 1_000_000n + 7n,
    endNs: BigInt(endMs) * 1_000_000n + 7n,
    attributes: [],
    rest: { status: {} },
    service: undefined,
    ...rest,
  };
}

function log(spans: Span[], runId?: string): Promise<void> {
  return logSpans(stage.ctx, { project, experimentId: 0, spans, runId });
}

function announce(trace: number, fields: Partial<NewTrace> = {}) {
  return recordTrace(stage.ctx, {
    project,
    experimentId: 0,
    traceId: traceIdOf(trace),
    state: "OK",
    startedAt: 1000 * trace,
    duration: 10,
    clientRequestId: undefined,
    request: undefined,
    response: undefined,
    tags: {},
    metadata: {},
    assessments: [],
    announced: true,
    ...fields,
  });
}

const show = (trace: number) => stage.call(api.getTrace, { project, traceId: traceIdOf(trace) });

async function search(filter: string, order: string[] = []): Promise<string[]> {
  const page = await traceViews.findTracePage(stage.ctx, project, {
    experiments: [0],
    filter,
    order,
    limit: 100,
    token: undefined,
  });
  return page.items.map((one) => String(Number.parseInt(one.row.trace_id.slice(3), 16)));
}

async function startRun(): Promise<string> {
  return (await createRun(stage.ctx, { project, experimentId: 0 })).run_id;
}

onBothDatabases("traces", (fresh) => {
  beforeEach(async () => {
    stage = await openStage([tracking], fresh());
    await ensureDefaultExperiment(stage.ctx, project, 0);
  });
  afterEach(() => stage.close());

  test("a trace nobody announced is told by its spans", async () => {
    await log([
      spanOf(1, 1, {
        name: "answer",
        attributes: [text("mlflow.spanInputs", '{"q":1}'), text("session.id", "s1"), text("mlflow.spanType", "CHAIN")],
        service: "shop",
        endMs: 1250,
      }),
      spanOf(1, 2, { parentId: hex(1, 16), status: "ERROR", attributes: [text("gen_ai.operation.name", "chat")] }),
    ]);
    const trace = await show(1);
    expect(trace).toMatchObject({ state: "OK", at: 1000, ms: 250, request: '{"q":1}', spans: 2 });
    expect(trace.tags).toMatchObject({
      "service.name": "shop",
      "mlflow.trace.spansLocation": "TRACKING_STORE",
      "mlflow.artifactLocation": `mlflow-artifacts:/0/traces/${traceIdOf(1)}/artifacts`,
    });
    expect(trace.metadata).toEqual({ "mlflow.trace.session": "s1" });
    expect(trace.items).toMatchObject([
      { name: "answer", type: "CHAIN", status: "UNSET", at: 1000, ms: 250 },
      { name: "span 2", type: "CHAT_MODEL", status: "ERROR", parentId: hex(1, 16) },
    ]);
  });

  test("spans may come in any order and any number of batches, and again", async () => {
    const child = spanOf(1, 2, { parentId: hex(1, 16), startMs: 900, endMs: 1100 });
    await log([child]);
    expect(await show(1)).toMatchObject({ state: "IN_PROGRESS", at: 900 });
    const root = spanOf(1, 1, { startMs: 800, endMs: 1200, status: "ERROR" });
    await log([root]);
    await log([root, root, child]);
    expect(await show(1)).toMatchObject({ state: "ERROR", at: 800, ms: 400, spans: 2 });
  });

  test("what the client says of a trace wins over what its spans let conclude, whichever comes first", async () => {
    const said = {
      name: "f",
      tags: { team: "red", "mlflow.traceName": "f" },
      metadata: { m: "1" },
      startedAt: 5,
      duration: 3,
    };
    await announce(1, said);
    await log([spanOf(1, 1, { status: "ERROR" })]);
    await log([spanOf(2, 1, { status: "ERROR" })]);
    await announce(2, said);
    for (const trace of [await show(1), await show(2)]) {
      expect(trace).toMatchObject({ name: "f", state: "OK", at: 5, ms: 3, spans: 1 });
      expect(trace.tags).toMatchObject({ team: "red", "mlflow.trace.spansLocation": "TRACKING_STORE" });
      expect(trace.metadata).toEqual({ m: "1", "mlflow.trace.infoFinalized": "true" });
    }
  });

  test("nanoseconds and 64-bit numbers keep every digit", async () => {
    const startNs = 1_795_270_637_173_809_635n;
    const attributes = [{ key: "n", value: { int_value: wide(9_223_372_036_854_775_807n) } }];
    await log([spanOf(1, 1, { startNs, endNs: startNs + 1n, attributes })]);
    const [whole] = await traceViews.getWholeTraces(stage.ctx, project, [traceIdOf(1)]);
    const body = JSON.stringify(whole?.spans[0]);
    expect(body).toContain('"start_time_unix_nano":1795270637173809635');
    expect(body).toContain('"end_time_unix_nano":1795270637173809636');
    expect(body).toContain('"int_value":9223372036854775807');
  });

  test("tokens are those of the outermost spans that count them, over all batches", async () => {
    const usage = (input: number, output: number) => [
      { key: "gen_ai.usage.input_tokens", value: { int_value: wide(BigInt(input)) } },
      { key: "gen_ai.usage.output_tokens", value: { int_value: wide(BigInt(output)) } },
    ];
    await log([spanOf(1, 3, { parentId: hex(2, 16), attributes: usage(5, 7) })]);
    await log([
      spanOf(1, 2, { parentId: hex(1, 16), attributes: usage(5, 7) }),
      spanOf(1, 4, { attributes: usage(1, 1) }),
    ]);
    expect((await show(1)).metadata["mlflow.trace.tokenUsage"]).toBe(
      '{"input_tokens": 6, "output_tokens": 8, "total_tokens": 14}',
    );
  });

  test("a run shows how many traces are evidence of it", async () => {
    const runId = await startRun();
    await announce(1, { metadata: { "mlflow.sourceRun": runId } });
    await log([spanOf(2, 1)], runId);
    await announce(3);
    await announce(4);
    await linkTracesToRun(stage.ctx, project, runId, [traceIdOf(3), traceIdOf(99)]);
    expect((await stage.call(api.getRun, { project, runId })).traces).toBe(3);
    const list = await stage.call(api.listTraces, { project, runId });
    expect(list.items.map((one) => one.traceId).sort()).toEqual([1, 2, 3].map(traceIdOf));
    expect(await search(`run_id = '${runId}'`)).toHaveLength(3);
    expect(await search(`metadata.\`mlflow.sourceRun\` = '${runId}'`)).toHaveLength(3);
  });

  test("spans for a run or experiment that is not there are refused whole", async () => {
    await expect(log([spanOf(1, 1)], "nope")).rejects.toMatchObject({ code: "TRACKING_RUN_NOT_FOUND" });
    const elsewhere = logSpans(stage.ctx, { project: "other", experimentId: 0, spans: [spanOf(1, 1)] });
    await expect(elsewhere).rejects.toMatchObject({ code: "TRACKING_EXPERIMENT_NOT_FOUND" });
    await expect(show(1)).rejects.toMatchObject({ code: "TRACKING_TRACE_NOT_FOUND" });
  });

  test("each filter finds what it says", async () => {
    await announce(1, { tags: { "mlflow.traceName": "plan", team: "red" }, metadata: { cost: "3" }, duration: 100 });
    await announce(2, { state: "ERROR", tags: { "mlflow.traceName": "act" }, clientRequestId: "c-2" });
    await log([
      spanOf(3, 1, {
        name: "retrieve docs",
        status: "ERROR",
        attributes: [
          text("llm.model", "m1"),
          { key: "k", value: { int_value: wide(5n) } },
          { key: "stream", value: { bool_value: true } },
          text("mlflow.spanType", "RETRIEVER"),
        ],
      }),
    ]);
    await linkPromptsToTrace(stage.ctx, project, traceIdOf(1), [{ name: "ask", version: "2" }]);
    const score = { name: "score", kind: "feedback", value: 0.5, body: { feedback: { value: 0.5 } } } as const;
    await assessTrace(stage.ctx, project, traceIdOf(2), score);
    const finds: Record<string, string[]> = {
      "status = 'ERROR'": ["2", "3"],
      "trace.status != 'ERROR'": ["1"],
      "name = 'plan'": ["1"],
      "attributes.name LIKE 'a%'": ["2"],
      "name ILIKE 'PL%'": ["1"],
      "tags.team = 'red'": ["1"],
      "tags.`mlflow.traceName` IN ('plan', 'act')": ["1", "2"],
      "tags.team IS NULL": ["2", "3"],
      "tags.team IS NOT NULL": ["1"],
      "metadata.cost = '3'": ["1"],
      "timestamp_ms > 1000": ["2"],
      "execution_time_ms >= 100": ["1"],
      "end_time < 1500": ["1", "3"],
      "client_request_id = 'c-2'": ["2"],
      [`request_id = '${traceIdOf(3)}'`]: ["3"],
      "span.name LIKE 'retrieve%'": ["3"],
      "span.type = 'RETRIEVER'": ["3"],
      "span.status = 'ERROR'": ["3"],
      "span.attributes.llm.model = 'm1'": ["3"],
      "span.attributes.k = '5'": ["3"],
      "span.attributes.stream = 'true'": ["3"],
      "span.attributes.llm.model = 'm2'": [],
      "trace.text LIKE '%retrieve docs%'": ["3"],
      "prompt = 'ask/2'": ["1"],
      "prompt = 'ask/1'": [],
      "feedback.score > 0.4": ["2"],
      "feedback.score = '0.5'": ["2"],
      "feedback.score IS NOT NULL": ["2"],
      "expectation.score IS NOT NULL": [],
      "status = 'OK' OR tags.team = 'blue' OR client_request_id = 'c-2'": ["1", "2"],
      "NOT (name = 'plan')": ["2", "3"],
    };
    for (const [filter, expected] of Object.entries(finds))
      expect([filter, (await search(filter)).sort()]).toEqual([filter, expected]);
    for (const bad of [
      "foo.x = 'a'",
      "bad = 'a'",
      "timestamp_ms > 'a'",
      "status > 'OK'",
      "span.foo = 'a'",
      "span.content = 'a'",
    ]) {
      await expect(search(bad)).rejects.toMatchObject({ code: "TRACKING_FILTER_INVALID" });
    }
  });

  test("pages in any order hold every trace once, whatever comes and goes in between", async () => {
    for (let i = 1; i <= 30; i++) {
      await announce(i, {
        startedAt: 1000 + (i % 4),
        duration: i % 3 === 0 ? undefined : i % 5,
        tags: i % 2 ? { t: `${i % 3}` } : {},
      });
    }
    for (const order of [
      [],
      ["timestamp_ms ASC"],
      ["execution_time DESC"],
      ["tags.t ASC", "name"],
      ["request_id DESC"],
      ["end_time"],
    ]) {
      const seen: string[] = [];
      let token: string | undefined;
      do {
        const page = await traceViews.findTracePage(stage.ctx, project, {
          experiments: [0],
          filter: "",
          order,
          limit: 7,
          token,
        });
        seen.push(...page.items.map((one) => one.row.trace_id));
        token = page.token;
      } while (token !== undefined);
      expect([order, seen.length, new Set(seen).size]).toEqual([order, 30, 30]);
    }
    const { token = "" } = await traceViews.findTracePage(stage.ctx, project, {
      experiments: [0],
      filter: "",
      order: [],
      limit: 7,
      token: undefined,
    });
    const other = { experiments: [0], filter: "", order: ["request_id"], limit: 7, token };
    await expect(traceViews.findTracePage(stage.ctx, project, other)).rejects.toMatchObject({
      code: "TRACKING_PAGE_TOKEN_INVALID",
    });
  });

  test("an assessment that overrides another makes it invalid, and its removal valid again", async () => {
    await announce(1);
    const given = (value: number, overrides?: string) => ({
      name: "score",
      kind: "feedback" as const,
      value,
      overrides,
      body: { feedback: { value }, ...(overrides === undefined ? {} : { overrides }) },
    });
    const first = await assessTrace(stage.ctx, project, traceIdOf(1), given(1));
    const second = await assessTrace(stage.ctx, project, traceIdOf(1), given(2, first.id));
    expect((await show(1)).assessments.map((one) => [one.value, one.valid])).toEqual(
      expect.arrayContaining([
        ["1", false],
        ["2", true],
      ]),
    );
    await deleteAssessment(stage.ctx, project, traceIdOf(1), second.id);
    expect((await show(1)).assessments.map((one) => [one.value, one.valid])).toEqual([["1", true]]);
    await expect(assessTrace(stage.ctx, project, traceIdOf(1), given(3, "a-none"))).rejects.toMatchObject({
      status: 404,
    });
  });

  test("deleting takes the oldest first, or those named, with their spans and files and nobody else's", async () => {
    for (let i = 1; i <= 5; i++) {
      await announce(i);
      await log([spanOf(i, 1)]);
      const path = `0/traces/${traceIdOf(i)}/artifacts/traces.json`;
      await storeArtifact(stage.ctx, project, path, Buffer.from("{}"), { limit: 100 });
    }
    await storeArtifact(stage.ctx, project, "0/run/artifacts/model", Buffer.from("m"), { limit: 100 });
    // Somebody points a trace's tag at a folder that is not its own.
    await setTraceTag(stage.ctx, project, traceIdOf(1), "mlflow.artifactLocation", "mlflow-artifacts:/0/run/artifacts");
    const remove = (fields: object) => deleteTraces(stage.ctx, { project, experimentId: 0, traceIds: [], ...fields });
    expect(await remove({ until: 3000, most: 2 })).toBe(2);
    expect((await search("")).sort()).toEqual(["3", "4", "5"]);
    expect(await remove({ traceIds: [traceIdOf(4), traceIdOf(99)] })).toBe(1);
    expect(await remove({ until: 3000 })).toBe(1);
    const left = await stage.base.db.read((r) =>
      r.all<{ n: number }>({ sql: "select count(*) as n from trace_spans", parameters: [] }),
    );
    expect(Number(left[0]?.n)).toBe(1);
    const files = await stage.base.db.read((r) =>
      r.all<{ folder: string }>({ sql: "select folder from artifact_files", parameters: [] }),
    );
    expect(files.map((one) => one.folder).sort()).toEqual([
      "0/run/artifacts",
      `0/traces/${traceIdOf(1)}/artifacts`,
      `0/traces/${traceIdOf(5)}/artifacts`,
    ]);
    await expect(remove({})).rejects.toThrow("Either `max_timestamp_millis` or `trace_ids` must be specified.");
  });

  test("the same trace id in another project is another trace", async () => {
    await ensureDefaultExperiment(stage.ctx, "other", undefined);
    const [other] = (await stage.call(api.listExperiments, { project: "other" })).items;
    await announce(1);
    await announce(1, { project: "other", experimentId: Number(other?.experimentId), state: "ERROR" });
    expect(await show(1)).toMatchObject({ state: "OK" });
    expect(await stage.call(api.getTrace, { project: "other", traceId: traceIdOf(1) })).toMatchObject({
      state: "ERROR",
    });
  });

  test.each(["../x", "a/b", "", "a b", "-a"])("a trace is not named %j: its id names a folder", async (traceId) => {
    await expect(announce(1, { traceId })).rejects.toMatchObject({ code: "TRACKING_INVALID" });
  });
});

test("the sum of tokens counts each span that counts and has none above it", () => {
  const tree = fc.array(fc.record({ parent: fc.nat(12), tokens: fc.option(fc.nat(100), { nil: undefined }) }), {
    minLength: 1,
    maxLength: 12,
  });
  fc.assert(
    fc.property(tree, (nodes) => {
      const spans = nodes.map((node, i) => ({
        span_id: String(i),
        parent_id: node.parent < i ? String(node.parent) : null,
        input_tokens: node.tokens ?? null,
        output_tokens: null,
      }));
      const above = (id: string): boolean => {
        const parent = spans[Number(id)]?.parent_id;
        if (parent == null) return false;
        return spans[Number(parent)]?.input_tokens != null || above(parent);
      };
      const counted = spans.filter((span) => span.input_tokens !== null);
      const outer = counted.filter((span) => !above(span.span_id));
      const expected = outer.reduce((sum, span) => sum + (span.input_tokens ?? 0), 0);
      expect(sumTokens(spans)).toEqual(counted.length === 0 ? undefined : { input: expected, output: 0 });
    }),
    { seed: 1 },
  );
  // Spans that name each other as parents come to an end too.
  const circle = ["1", "0"].map((parent_id, i) => ({
    span_id: String(i),
    parent_id,
    input_tokens: i === 0 ? null : 3,
    output_tokens: null,
  }));
  expect(sumTokens(circle)).toBeUndefined();
});

test("whole numbers of any size keep their digits through JSON", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n }), (number) => {
      const json = JSON.stringify({ n: wide(number), list: [wide(number)] });
      expect(json).toBe(`{"n":${number},"list":[${number}]}`);
      expect(JSON.stringify(parseExact(json))).toBe(json);
    }),
    { seed: 1 },
  );
});
