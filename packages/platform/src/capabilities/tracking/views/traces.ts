import type { Input, Reply } from "@paydown/api/operation";
import type { getTrace, listTraces, Trace, TraceState } from "@paydown/api/tracking";
import { readable } from "#base/auth/grants.js";
import type { Ctx } from "#base/context.js";
import type { Reader } from "#base/db/db.js";
import { trackingErrors } from "../errors.js";
import { toStorePath } from "../model/artifact-path.js";
import { fromToken, toToken } from "../model/page-token.js";
import { type Attribute, parseExact, plainValue, textOf } from "../model/span.js";
import { shorten, traceKeys } from "../model/trace.js";
import { type TraceCondition, toTraceCondition, toTraceOrder } from "../search/traces.js";
import { findFile } from "../store/artifacts.js";
import { seenExperiments } from "../store/experiments.js";
import { searchTraces, type TracePlace } from "../store/search-traces.js";
import { findAssessment, findTrace, findTraces, spansOf, type TraceContents, traceContents } from "../store/traces.js";
import type { TraceAssessmentRow, TraceRow, TraceSpanRow } from "../tables.js";

export type { TraceContents } from "../store/traces.js";

/** A trace with its spans in OpenTelemetry's own form, oldest first. */
export interface WholeTrace {
  readonly contents: TraceContents;
  readonly spans: readonly Readonly<Record<string, unknown>>[];
}

const everySpan = Number.MAX_SAFE_INTEGER;
const mostShown = 10_000;
const mostAttribute = 10_000;

function toPlace(token: string | undefined): TracePlace | undefined {
  if (token === undefined || token === "") return undefined;
  const place = fromToken(token);
  const fits =
    Array.isArray(place) &&
    place.every((one) => typeof one === "string" || (typeof one === "number" && Number.isFinite(one)));
  if (!fits) throw trackingErrors.TRACKING_PAGE_TOKEN_INVALID();
  return place as TracePlace;
}

/** One page of traces for MLflow's search. */
export async function findTracePage(
  ctx: Ctx,
  project: string,
  search: {
    experiments: readonly number[];
    filter: string;
    order: readonly string[];
    limit: number;
    token: string | undefined;
  },
): Promise<{ items: TraceContents[]; token: string | undefined }> {
  const asked = {
    project,
    experiments: search.experiments,
    condition: toTraceCondition(search.filter),
    order: toTraceOrder(search.order),
  };
  const place = toPlace(search.token);
  return ctx.db.read(async (r) => {
    const { rows, next } = await searchTraces(r, asked, search.limit, place);
    return { items: await traceContents(r, rows), token: next === undefined ? undefined : toToken(next) };
  });
}

/** Throws TRACKING_TRACE_NOT_FOUND. */
export async function getTraceContents(ctx: Ctx, project: string, traceId: string): Promise<TraceContents> {
  return ctx.db.read(async (r) => {
    const row = await findTrace(r, project, traceId);
    if (row === undefined) throw trackingErrors.TRACKING_TRACE_NOT_FOUND({ traceId });
    return ((await traceContents(r, [row])) as [TraceContents])[0];
  });
}

/** Those of the traces that are known, in the order asked for. */
export async function getTraceInfos(ctx: Ctx, project: string, ids: readonly string[]): Promise<TraceContents[]> {
  return ctx.db.read(async (r) => traceContents(r, inOrder(await findTraces(r, project, [...new Set(ids)]), ids)));
}

/** The same with their spans. */
export async function getWholeTraces(ctx: Ctx, project: string, ids: readonly string[]): Promise<WholeTrace[]> {
  return ctx.db.read(async (r) => {
    const rows = inOrder(await findTraces(r, project, [...new Set(ids)]), ids);
    const all = await spansOf(
      r,
      rows.map((row) => row.id),
      everySpan,
    );
    const byTrace = Map.groupBy(all, (span) => span.trace);
    const contents = await traceContents(r, rows);
    return contents.map((one) => ({ contents: one, spans: (byTrace.get(one.row.id) ?? []).map(toBody) }));
  });
}

function toBody(span: TraceSpanRow): Readonly<Record<string, unknown>> {
  return parseExact(span.body) as Record<string, unknown>;
}

function inOrder(rows: readonly TraceRow[], ids: readonly string[]): TraceRow[] {
  const byId = new Map(rows.map((row) => [row.trace_id, row]));
  return [...new Set(ids)].flatMap((id) => byId.get(id) ?? []);
}

/** The file a client that stores no spans here keeps them in; undefined when there is none. */
export async function findSpansFile(
  ctx: Ctx,
  project: string,
  { tags, row }: TraceContents,
): Promise<{ hash: string; size: number } | undefined> {
  const folder = toStorePath(tags[traceKeys.artifactLocation] ?? "");
  if (folder === undefined || !folder.endsWith(`/traces/${row.trace_id}/artifacts`)) return undefined;
  return ctx.db.read((r) => findFile(r, project, `${folder}/traces.json`));
}

export async function getAssessment(
  ctx: Ctx,
  project: string,
  traceId: string,
  id: string,
): Promise<{ row: TraceAssessmentRow; traceId: string }> {
  return ctx.db.read(async (r) => {
    const trace = await findTrace(r, project, traceId);
    if (trace === undefined) throw trackingErrors.TRACKING_TRACE_NOT_FOUND({ traceId });
    const row = await findAssessment(r, trace.id, id);
    if (row === undefined) throw trackingErrors.TRACKING_ASSESSMENT_NOT_FOUND({ assessmentId: id, traceId });
    return { row, traceId };
  });
}

export async function viewTraces(ctx: Ctx, input: Input<typeof listTraces>): Promise<Reply<typeof listTraces>> {
  const conditions: TraceCondition[] = [];
  const filter = toTraceCondition(input.filter ?? "");
  if (filter !== undefined) conditions.push(filter);
  if (input.runId !== undefined) conditions.push({ on: "run", test: { op: "=", text: input.runId } });
  const place = toPlace(input.cursor);
  const sees = await readable(ctx.principal, input.project, "experiment");
  const named = input.experimentId === undefined ? undefined : [Number(input.experimentId)];
  const asked = {
    project: input.project,
    condition: conditions.length === 0 ? undefined : ({ on: "and", parts: conditions } as const),
    order: [],
  };
  return ctx.db.read(async (r) => {
    const experiments = named ?? (sees === "all" ? undefined : await seenExperiments(r, input.project, sees));
    if (experiments?.length === 0) return { items: [] };
    const { rows, next } = await searchTraces(r, { ...asked, experiments }, input.limit ?? 100, place);
    const items = (await traceContents(r, rows)).map(toTrace);
    return { items, ...(next === undefined ? {} : { cursor: toToken(next) }) };
  });
}

export async function viewTrace(ctx: Ctx, input: Input<typeof getTrace>): Promise<Reply<typeof getTrace>> {
  return ctx.db.read(async (r: Reader) => {
    const row = await findTrace(r, input.project, input.traceId);
    if (row === undefined) throw trackingErrors.TRACKING_TRACE_NOT_FOUND({ traceId: input.traceId });
    const [contents] = (await traceContents(r, [row])) as [TraceContents];
    const spans = await spansOf(r, [row.id], mostShown);
    return {
      ...toTrace(contents),
      items: spans.map(toSpan),
      assessments: contents.assessments.map((one) => {
        const { source } = JSON.parse(one.body) as { source?: { source_type?: string; source_id?: string } };
        return {
          id: one.id,
          name: one.name,
          kind: one.kind as "feedback" | "expectation" | "issue",
          value: one.value,
          source: [source?.source_type, source?.source_id].filter(Boolean).join(" "),
          valid: one.valid === 1,
          at: one.created_at,
        };
      }),
    };
  });
}

function toTrace({ row, tags, metadata, runIds, spans }: TraceContents): Trace {
  return {
    traceId: row.trace_id,
    experimentId: String(row.experiment_id),
    ...(row.name === null ? {} : { name: row.name }),
    state: row.state as TraceState,
    at: row.started_at,
    ...(row.duration === null || row.state === "IN_PROGRESS" ? {} : { ms: row.duration }),
    runIds,
    ...(row.request_preview === null ? {} : { request: row.request_preview }),
    ...(row.response_preview === null ? {} : { response: row.response_preview }),
    spans,
    tags,
    metadata,
  };
}

function toSpan(span: TraceSpanRow) {
  const { attributes } = JSON.parse(span.body) as { attributes: Attribute[] };
  return {
    spanId: span.span_id,
    ...(span.parent_id === null ? {} : { parentId: span.parent_id }),
    name: span.name,
    ...(span.type === null ? {} : { type: span.type }),
    status: span.status as "UNSET" | "OK" | "ERROR",
    at: span.started_at,
    ...(span.ended_at === null ? {} : { ms: Math.max(0, span.ended_at - span.started_at) }),
    attributes: Object.fromEntries(attributes.map((one) => [one.key, shorten(textOf(one.value) ?? "", mostAttribute)])),
  };
}

/** A stored span as clients write it into a file: attributes as a map of JSON texts. */
export function toFileSpan(span: Readonly<Record<string, unknown>>): object {
  const { attributes = [], events = [], links = [], status, parent_span_id = null, ...rest } = span;
  const texts = (list: unknown) =>
    Object.fromEntries((list as Attribute[]).map((one) => [one.key, plainValue(one.value)]));
  return {
    ...rest,
    parent_span_id,
    attributes: Object.fromEntries(
      Object.entries(texts(attributes)).map(([key, value]) => [key, JSON.stringify(value)]),
    ),
    events: (events as { attributes?: unknown }[]).map((one) => ({ ...one, attributes: texts(one.attributes ?? []) })),
    links,
    status: { code: "STATUS_CODE_UNSET", message: "", ...(status as object) },
  };
}
