import {
  type AssessmentKind,
  assessTrace,
  changeAssessment,
  deleteAssessment,
  deleteTraces,
  deleteTraceTag,
  endTrace,
  linkPromptsToTrace,
  linkTracesToRun,
  type NewAssessment,
  parseExact,
  recordTrace,
  setTraceTag,
  type TraceAssessmentRow,
  traceViews,
} from "#capabilities/tracking/index.js";
import { type Call, endpoint } from "../endpoint.js";
import {
  anything,
  bool,
  duration,
  enumOf,
  int,
  invalid,
  keyValue,
  list,
  message,
  missing,
  required,
  string,
  textMap,
  timestamp,
  type Values,
} from "../fields.js";
import { present } from "../json.js";
import { toExperimentId, toLimit } from "./experiments.js";

const state = enumOf({ STATE_UNSPECIFIED: 0, OK: 1, ERROR: 2, IN_PROGRESS: 3 });
const status = enumOf({ TRACE_STATUS_UNSPECIFIED: 0, OK: 1, ERROR: 2, IN_PROGRESS: 3 });
const location = message({ mlflow_experiment: message({ experiment_id: string }) });
const mostOnPage = 500;
const defaultOnPage = 100;

const assessmentFields = {
  assessment_id: string,
  assessment_name: string,
  span_id: string,
  source: anything,
  create_time: timestamp,
  last_update_time: timestamp,
  feedback: anything,
  expectation: anything,
  issue: anything,
  rationale: string,
  error: anything,
  metadata: textMap,
  overrides: string,
  valid: bool,
};
type GivenAssessment = Values<typeof assessmentFields>;

const traceInfo = message({
  trace_id: required(string),
  client_request_id: string,
  trace_location: location,
  request_preview: string,
  response_preview: string,
  request_time: timestamp,
  execution_duration: duration,
  state,
  trace_metadata: textMap,
  assessments: list(message(assessmentFields)),
  tags: textMap,
});
type TraceInfo = ReturnType<typeof traceInfo.read>;

const toMap = (texts: readonly { key: string; value: string | undefined }[] | undefined) =>
  Object.fromEntries((texts ?? []).map(({ key, value = "" }) => [key, value]));

export const traceEndpoints = [
  // Both generations begin traces here: the third sends what it knows at the end, the second what it knows at the start.
  endpoint(
    "POST /traces",
    {
      trace: message({ trace_info: required(traceInfo) }),
      experiment_id: string,
      timestamp_ms: int,
      request_metadata: list(keyValue),
      tags: list(keyValue),
    },
    async (call, input) => {
      if (input.trace !== undefined) return announce(call, input.trace.trace_info);
      if (input.experiment_id === undefined) throw missing("trace");
      const row = await recordTrace(call.ctx, {
        project: call.project,
        experimentId: toExperimentId(input.experiment_id),
        traceId: call.ctx.ids.hex(16),
        state: "IN_PROGRESS",
        startedAt: input.timestamp_ms ?? call.ctx.clock.now(),
        duration: undefined,
        clientRequestId: undefined,
        request: undefined,
        response: undefined,
        tags: toMap(input.tags),
        metadata: toMap(input.request_metadata),
        assessments: [],
        announced: false,
      });
      return showSecond(call, row.trace_id);
    },
  ),
  endpoint(
    "PATCH /traces/:trace_id",
    {
      trace_id: required(string),
      timestamp_ms: int,
      status,
      request_metadata: list(keyValue),
      tags: list(keyValue),
    },
    async (call, input) => {
      await endTrace(call.ctx, {
        project: call.project,
        traceId: input.trace_id,
        endedAt: input.timestamp_ms ?? call.ctx.clock.now(),
        state: toState(input.status),
        tags: toMap(input.tags),
        metadata: toMap(input.request_metadata),
      });
      return showSecond(call, input.trace_id);
    },
  ),
  endpoint("GET /traces/:trace_id/info", { trace_id: required(string) }, (call, input) =>
    showSecond(call, input.trace_id),
  ),
  endpoint("GET /traces/:trace_id", { trace_id: required(string) }, async ({ ctx, project }, input) => ({
    trace: { trace_info: toInfo(await traceViews.getTraceContents(ctx, project, input.trace_id)) },
  })),
  endpoint("GET /traces/get", { trace_id: required(string), allow_partial: bool }, async ({ ctx, project }, input) => {
    const [trace] = await traceViews.getWholeTraces(ctx, project, [input.trace_id]);
    // The one that says what is missing.
    if (trace === undefined) await traceViews.getTraceContents(ctx, project, input.trace_id);
    return { trace: toWhole(trace as traceViews.WholeTrace) };
  }),
  endpoint("GET /traces/batchGet", { trace_ids: list(string) }, async ({ ctx, project }, input) => {
    const found = await traceViews.getWholeTraces(ctx, project, input.trace_ids ?? []);
    // As stock does: of traces whose spans lie in files the client has the rest itself.
    return present({ traces: found.filter((one) => one.spans.length > 0).map(toWhole) });
  }),
  endpoint(
    "POST /traces/batchGetInfos",
    { trace_ids: list(string) },
    async ({ ctx, project }, input) =>
      present({ trace_infos: (await traceViews.getTraceInfos(ctx, project, input.trace_ids ?? [])).map(toInfo) }),
    { reads: true },
  ),
  endpoint(
    "POST /traces/search",
    { locations: list(location), filter: string, max_results: int, order_by: list(string), page_token: string },
    async ({ ctx, project }, input) => {
      const ids = (input.locations ?? []).flatMap((one) => one.mlflow_experiment?.experiment_id ?? []);
      const page = await traceViews.findTracePage(ctx, project, {
        experiments: ids.map(toExperimentId),
        filter: input.filter ?? "",
        order: input.order_by ?? [],
        limit: toLimit(input.max_results ?? defaultOnPage, mostOnPage),
        token: input.page_token,
      });
      return present({ traces: page.items.map(toInfo), next_page_token: page.token });
    },
    { reads: true },
  ),
  endpoint(
    "GET /traces",
    {
      experiment_ids: list(string),
      filter: string,
      max_results: int,
      order_by: list(string),
      page_token: string,
    },
    async ({ ctx, project }, input) => {
      const page = await traceViews.findTracePage(ctx, project, {
        experiments: (input.experiment_ids ?? []).map(toExperimentId),
        filter: input.filter ?? "",
        order: input.order_by ?? [],
        limit: toLimit(input.max_results ?? defaultOnPage, mostOnPage),
        token: input.page_token,
      });
      return present({ traces: page.items.map(toSecondInfo), next_page_token: page.token });
    },
  ),
  endpoint(
    "PATCH /traces/:trace_id/tags",
    { trace_id: required(string), key: required(string), value: string },
    async ({ ctx, project }, input) => {
      await setTraceTag(ctx, project, input.trace_id, input.key, input.value ?? "");
      return {};
    },
  ),
  endpoint(
    "DELETE /traces/:trace_id/tags",
    { trace_id: required(string), key: required(string) },
    async ({ ctx, project }, input) => {
      await deleteTraceTag(ctx, project, input.trace_id, input.key);
      return {};
    },
  ),
  endpoint(
    "POST /traces/delete-traces",
    { experiment_id: required(string), max_timestamp_millis: int, max_traces: int, request_ids: list(string) },
    async ({ ctx, project }, input) => ({
      traces_deleted: await deleteTraces(ctx, {
        project,
        experimentId: toExperimentId(input.experiment_id),
        until: input.max_timestamp_millis,
        most: input.max_traces,
        traceIds: input.request_ids ?? [],
      }),
    }),
  ),
  endpoint(
    "POST /traces/link-to-run",
    { trace_ids: list(string), run_id: required(string) },
    async ({ ctx, project }, input) => {
      await linkTracesToRun(ctx, project, input.run_id, input.trace_ids ?? []);
      return {};
    },
  ),
  endpoint(
    "POST /traces/link-prompts",
    {
      trace_id: required(string),
      prompt_versions: list(message({ name: required(string), version: required(string) })),
    },
    async ({ ctx, project }, input) => {
      await linkPromptsToTrace(ctx, project, input.trace_id, input.prompt_versions ?? []);
      return {};
    },
  ),
  endpoint(
    "POST /traces/:trace_id/assessments",
    { trace_id: required(string), assessment: required(message(assessmentFields)) },
    async ({ ctx, project }, input) => {
      const row = await assessTrace(ctx, project, input.trace_id, toAssessment(input.assessment));
      return { assessment: fromAssessment(row, input.trace_id) };
    },
  ),
  endpoint(
    "GET /traces/:trace_id/assessments/:assessment_id",
    { trace_id: required(string), assessment_id: required(string) },
    async ({ ctx, project }, input) => {
      const { row } = await traceViews.getAssessment(ctx, project, input.trace_id, input.assessment_id);
      return { assessment: fromAssessment(row, input.trace_id) };
    },
  ),
  endpoint(
    "PATCH /traces/:trace_id/assessments/:assessment_id",
    {
      trace_id: required(string),
      assessment_id: required(string),
      assessment: required(message(assessmentFields)),
      update_mask: string,
    },
    async ({ ctx, project }, input) => {
      const wanted = new Set((input.update_mask ?? "").split(",").map(toSnake));
      const given = input.assessment;
      const { name, kind, value, body } = toAssessment(given);
      const fields = Object.entries(body).filter(([key]) => wanted.has(key));
      const row = await changeAssessment(ctx, project, input.trace_id, input.assessment_id, {
        ...(wanted.has("assessment_name") ? { name } : {}),
        ...(kind !== undefined && wanted.has(kind) ? { kind, value } : {}),
        body: Object.fromEntries(fields),
      });
      return { assessment: fromAssessment(row, input.trace_id) };
    },
  ),
  endpoint(
    "DELETE /traces/:trace_id/assessments/:assessment_id",
    { trace_id: required(string), assessment_id: required(string) },
    async ({ ctx, project }, input) => {
      await deleteAssessment(ctx, project, input.trace_id, input.assessment_id);
      return {};
    },
  ),
  endpoint("GET /get-trace-artifact", { request_id: required(string) }, async (call, input) =>
    spansAsFile(call, input.request_id),
  ),
];

async function announce({ ctx, project }: Call, info: TraceInfo): Promise<object> {
  const experiment = info.trace_location?.mlflow_experiment?.experiment_id;
  if (experiment === undefined) throw missing("trace.trace_info.trace_location.mlflow_experiment.experiment_id");
  await recordTrace(ctx, {
    project,
    experimentId: toExperimentId(experiment),
    traceId: info.trace_id,
    state: info.state ?? "STATE_UNSPECIFIED",
    startedAt: info.request_time ?? ctx.clock.now(),
    duration: info.execution_duration,
    clientRequestId: info.client_request_id,
    request: info.request_preview,
    response: info.response_preview,
    tags: info.tags ?? {},
    metadata: info.trace_metadata ?? {},
    assessments: (info.assessments ?? []).map(toAssessment),
    announced: true,
  });
  return { trace: { trace_info: toInfo(await traceViews.getTraceContents(ctx, project, info.trace_id)) } };
}

async function showSecond({ ctx, project }: Call, traceId: string) {
  return { trace_info: toSecondInfo(await traceViews.getTraceContents(ctx, project, traceId)) };
}

function toState(given: ReturnType<typeof status.read> | undefined) {
  return given === undefined || given === "TRACE_STATUS_UNSPECIFIED" ? "STATE_UNSPECIFIED" : given;
}

/** An instant as protobuf's JSON writes it: no fraction when there is none. */
function toTimestamp(at: number): string {
  return new Date(at).toISOString().replace(".000Z", "Z");
}

function toDuration(ms: number): string {
  return `${ms % 1000 === 0 ? ms / 1000 : (ms / 1000).toFixed(3)}s`;
}

const nameTag = "mlflow.traceName";
const filled = (map: Record<string, string>) => (Object.keys(map).length === 0 ? undefined : map);

function toInfo({ row, tags, metadata, assessments }: traceViews.TraceContents) {
  return present({
    trace_id: row.trace_id,
    client_request_id: row.client_request_id ?? undefined,
    trace_location: {
      type: "MLFLOW_EXPERIMENT",
      mlflow_experiment: { experiment_id: String(row.experiment_id) },
    },
    request_preview: row.request_preview ?? undefined,
    response_preview: row.response_preview ?? undefined,
    request_time: toTimestamp(row.started_at),
    execution_duration: row.duration === null ? undefined : toDuration(row.duration),
    state: row.state,
    trace_metadata: filled(metadata),
    assessments: assessments.map((one) => fromAssessment(one, row.trace_id)),
    tags: filled({ ...tags, ...(row.name === null ? {} : { [nameTag]: row.name }) }),
  });
}

function toSecondInfo({ row, tags, metadata }: traceViews.TraceContents) {
  const pairs = (map: Record<string, string>) => Object.entries(map).map(([key, value]) => ({ key, value }));
  return present({
    request_id: row.trace_id,
    experiment_id: String(row.experiment_id),
    timestamp_ms: row.started_at,
    execution_time_ms: row.duration ?? 0,
    status: row.state === "STATE_UNSPECIFIED" ? "TRACE_STATUS_UNSPECIFIED" : row.state,
    request_metadata: pairs(metadata),
    tags: pairs({ ...tags, ...(row.name === null ? {} : { [nameTag]: row.name }) }),
  });
}

function toWhole({ contents, spans }: traceViews.WholeTrace) {
  return present({ trace_info: toInfo(contents), spans });
}

function toAssessment(given: GivenAssessment): NewAssessment {
  const { assessment_id, assessment_name, create_time, last_update_time, valid, ...rest } = given;
  const kind = (["feedback", "expectation", "issue"] as const).find((one) => given[one] !== undefined);
  return {
    id: assessment_id || undefined,
    name: assessment_name ?? "",
    kind,
    value: kind === undefined ? undefined : contentValue(kind, given[kind]),
    overrides: given.overrides || undefined,
    valid,
    createdAt: create_time,
    updatedAt: last_update_time,
    body: present(rest),
  };
}

function contentValue(kind: AssessmentKind, content: unknown): unknown {
  if (typeof content !== "object" || content === null)
    throw invalid(`Invalid value for parameter 'assessment.${kind}'`);
  if ("value" in content) return content.value;
  if ("serialized_value" in content) return (content.serialized_value as { value?: unknown } | null)?.value;
  return "issue_name" in content ? content.issue_name : null;
}

function fromAssessment(row: TraceAssessmentRow, traceId: string) {
  const { overrides, ...body } = JSON.parse(row.body) as Record<string, unknown>;
  return present({
    assessment_id: row.id,
    assessment_name: row.name,
    trace_id: traceId,
    ...body,
    create_time: toTimestamp(row.created_at),
    last_update_time: toTimestamp(row.updated_at),
    overrides,
    valid: row.valid === 1,
  });
}

function toSnake(name: string): string {
  return name.trim().replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** What MLflow's own screens read: spans in the form of the file a client would have uploaded. */
async function spansAsFile({ ctx, project }: Call, traceId: string): Promise<object> {
  const [whole] = await traceViews.getWholeTraces(ctx, project, [traceId]);
  const contents = whole?.contents ?? (await traceViews.getTraceContents(ctx, project, traceId));
  if (whole === undefined || whole.spans.length === 0) {
    const file = await traceViews.findSpansFile(ctx, project, contents);
    if (file === undefined) throw invalid(`Trace with ID '${traceId}' has no spans: neither stored nor in a file.`);
    return parseExact((await ctx.blobs.read(file.hash)).toString("utf8")) as object;
  }
  return { spans: whole.spans.map(traceViews.toFileSpan) };
}
