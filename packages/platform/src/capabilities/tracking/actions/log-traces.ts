import type { TraceState } from "@paydown/api/tracking";
import type { Ctx } from "#base/context.js";
import type { Tx } from "#base/db/db.js";
import { trackingErrors } from "../errors.js";
import { joinUri } from "../model/artifact-path.js";
import type { Span } from "../model/span.js";
import {
  checkTexts,
  checkTraceId,
  conclude,
  inStore,
  shorten,
  sumTokens,
  toSpanRow,
  toTraceId,
  traceKeys,
} from "../model/trace.js";
import { findRun } from "../store/runs.js";
import { insertTrace, linkTraces, spanTokens, updateTrace, upsertSpans, upsertTraceTexts } from "../store/traces.js";
import type { ExperimentRow, TraceRow } from "../tables.js";
import { getAssessmentInput, type NewAssessment, storeAssessment } from "./assess-trace.js";
import { getActiveExperiment } from "./change-experiment.js";
import { linkSource } from "./change-trace.js";

export interface NewTrace {
  readonly project: string;
  readonly experimentId: number;
  readonly traceId: string;
  readonly state: TraceState;
  readonly startedAt: number;
  readonly duration: number | undefined;
  readonly clientRequestId: string | undefined;
  readonly request: string | undefined;
  readonly response: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly assessments: readonly NewAssessment[];
  /** Whether the client says all there is to say; a trace it only begins will be ended. */
  readonly announced: boolean;
}

/**
 * Records a trace as the client describes it. Its spans may have come before: what the client says replaces what was
 * concluded from them, and tags of both are kept. Telling it again changes nothing.
 */
export async function recordTrace(ctx: Ctx, input: NewTrace): Promise<TraceRow> {
  checkTraceId(input.traceId);
  checkTexts("tags", input.tags);
  checkTexts("metadata", input.metadata);
  const assessments = input.assessments.map((one) => getAssessmentInput(one));
  const { [traceKeys.name]: name, ...tags } = input.tags;
  return ctx.db.write(async (tx) => {
    const experiment = await getActiveExperiment(tx, input.project, input.experimentId);
    const said = {
      name: name ?? null,
      state: input.state,
      started_at: input.startedAt,
      duration: input.duration ?? null,
      client_request_id: input.clientRequestId ?? null,
      request_preview: input.request === undefined ? null : shorten(input.request),
      response_preview: input.response === undefined ? null : shorten(input.response),
      announced: input.announced ? 1 : 0,
    };
    const { row, made } = await insertTrace(tx, {
      project: input.project,
      trace_id: input.traceId,
      experiment_id: experiment.id,
      ...said,
    });
    const now: TraceRow = made ? row : { ...row, ...said, name: said.name ?? row.name };
    if (!made) await updateTrace(tx, now);
    await upsertTraceTexts(tx, "trace_tags", row.id, { ...tags, ...placeOf(experiment, input.traceId) });
    await upsertTraceTexts(tx, "trace_metadata", row.id, {
      ...input.metadata,
      ...(input.announced ? { [traceKeys.announced]: "true" } : {}),
    });
    await linkSource(tx, input.project, row.id, input.metadata);
    for (const one of assessments) await storeAssessment(ctx, tx, now, one);
    return now;
  });
}

function placeOf(experiment: ExperimentRow, traceId: string): Record<string, string> {
  return { [traceKeys.artifactLocation]: joinUri(experiment.artifact_location, "traces", traceId, "artifacts") };
}

/**
 * Stores spans, of one or many traces. A trace nobody announced yet is made, and described by what its spans say until
 * the client does. All of it or nothing; a span sent again replaces itself.
 */
export async function logSpans(
  ctx: Ctx,
  input: { project: string; experimentId: number; spans: readonly Span[]; runId?: string | undefined },
): Promise<void> {
  const { project } = input;
  const rows = new Map<Span, ReturnType<typeof toSpanRow>>(input.spans.map((span) => [span, toSpanRow(span)]));
  const byTrace = [...Map.groupBy(input.spans, (span) => toTraceId(span.traceId))];
  // The same order in every transaction, so that two of them never wait for each other in a circle.
  byTrace.sort(([a], [b]) => (a < b ? -1 : 1));
  await ctx.db.write(async (tx) => {
    const experiment = await getActiveExperiment(tx, project, input.experimentId);
    if (input.runId !== undefined && (await findRun(tx, project, input.runId)) === undefined) {
      throw trackingErrors.TRACKING_RUN_NOT_FOUND({ runId: input.runId });
    }
    for (const [traceId, spans] of byTrace) {
      const trace = await storeSpans(tx, project, experiment, traceId, spans, rows);
      if (input.runId !== undefined) await linkTraces(tx, input.runId, [trace]);
    }
  });
}

async function storeSpans(
  tx: Tx,
  project: string,
  experiment: ExperimentRow,
  traceId: string,
  spans: readonly Span[],
  rows: ReadonlyMap<Span, ReturnType<typeof toSpanRow>>,
): Promise<number> {
  const seen = conclude(spans);
  const { row, made } = await insertTrace(tx, {
    project,
    trace_id: traceId,
    experiment_id: experiment.id,
    name: null,
    state: seen.root?.state ?? "IN_PROGRESS",
    started_at: seen.startedAt,
    duration: seen.endedAt === undefined ? null : Math.max(0, seen.endedAt - seen.startedAt),
    client_request_id: null,
    request_preview: seen.root?.request ?? null,
    response_preview: seen.root?.response ?? null,
    announced: 0,
  });
  if (!made && row.announced === 0) await updateTrace(tx, widened(row, seen));
  const stored = spans.map((span) => ({ trace: row.id, ...(rows.get(span) as ReturnType<typeof toSpanRow>) }));
  await upsertSpans(tx, stored);
  const tags = { ...seen.tags, [traceKeys.spansLocation]: inStore, ...(made ? placeOf(experiment, traceId) : {}) };
  await upsertTraceTexts(tx, "trace_tags", row.id, tags);
  if (row.announced === 0) {
    const tokens = sumTokens(
      made ? [...new Map(stored.map((one) => [one.span_id, one])).values()] : await spanTokens(tx, row.id),
    );
    await upsertTraceTexts(tx, "trace_metadata", row.id, {
      ...seen.metadata,
      ...(tokens === undefined ? {} : { [traceKeys.tokens]: toUsage(tokens) }),
    });
  }
  return row.id;
}

/** What was concluded before, widened by what later spans say. */
function widened(row: TraceRow, seen: ReturnType<typeof conclude>): TraceRow {
  const startedAt = Math.min(row.started_at, seen.startedAt);
  const before = row.duration === null ? undefined : row.started_at + row.duration;
  const ends = [before, seen.endedAt].filter((one) => one !== undefined);
  return {
    ...row,
    started_at: startedAt,
    duration: ends.length === 0 ? null : Math.max(...ends) - startedAt,
    state: seen.root?.state ?? row.state,
    request_preview: seen.root?.request ?? row.request_preview,
    response_preview: seen.root?.response ?? row.response_preview,
  };
}

/** As MLflow's clients write it. */
function toUsage({ input, output }: { input: number; output: number }): string {
  return `{"input_tokens": ${input}, "output_tokens": ${output}, "total_tokens": ${input + output}}`;
}
