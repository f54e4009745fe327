import type { Ctx } from "#base/context.js";
import type { Tx } from "#base/db/db.js";
import { trackingErrors } from "../errors.js";
import { findAssessment, markAssessment, removeAssessment, upsertAssessment } from "../store/traces.js";
import type { TraceAssessmentRow, TraceRow } from "../tables.js";
import { getTraceRow } from "./change-trace.js";

export type AssessmentKind = "feedback" | "expectation" | "issue";

/** An assessment as MLflow sends it. */
export interface NewAssessment {
  readonly id?: string | undefined;
  readonly name: string;
  readonly kind: AssessmentKind | undefined;
  /** Feedback's or expectation's value; a serialized one as its text. */
  readonly value: unknown;
  /** Id of the one it replaces. */
  readonly overrides?: string | undefined;
  readonly valid?: boolean | undefined;
  readonly createdAt?: number | undefined;
  readonly updatedAt?: number | undefined;
  /** The message as it came, without its ids, name and times. */
  readonly body: Readonly<Record<string, unknown>>;
}

type Checked = NewAssessment & { readonly kind: AssessmentKind };

const longest = { name: 250, body: 1_000_000 } as const;

export function getAssessmentInput(given: NewAssessment): Checked {
  const { kind } = given;
  const problem = (text: string) => trackingErrors.TRACKING_INVALID({ problem: text });
  if (kind === undefined) {
    throw problem("Unknown assessment type: None. An assessment has one of 'feedback', 'expectation' and 'issue'.");
  }
  if (given.name.length > longest.name) {
    throw problem(`'assessment_name' exceeds the maximum length of ${longest.name} characters`);
  }
  if (given.id !== undefined && !/^[A-Za-z0-9_-]{1,250}$/.test(given.id)) {
    throw problem(`Invalid value ${JSON.stringify(given.id)} for parameter 'assessment_id' supplied`);
  }
  if (JSON.stringify(given.body).length > longest.body) {
    throw problem(`An assessment exceeds the maximum size of ${longest.body} characters`);
  }
  return { ...given, kind };
}

/** Records what people or judges say of a trace; one that overrides another makes that one invalid. */
export async function assessTrace(
  ctx: Ctx,
  project: string,
  traceId: string,
  given: NewAssessment,
): Promise<TraceAssessmentRow> {
  const checked = getAssessmentInput(given);
  return ctx.db.write(async (tx) => storeAssessment(ctx, tx, await getTraceRow(tx, project, traceId), checked));
}

export async function storeAssessment(ctx: Ctx, tx: Tx, trace: TraceRow, given: Checked): Promise<TraceAssessmentRow> {
  if (given.overrides !== undefined) {
    await getAssessmentRow(tx, trace, given.overrides);
    await markAssessment(tx, trace.id, given.overrides, 0);
  }
  const now = ctx.clock.now();
  const row: TraceAssessmentRow = {
    trace: trace.id,
    id: given.id ?? `a-${ctx.ids.hex(16)}`,
    name: given.name,
    kind: given.kind,
    ...toStoredValue(given.value),
    valid: given.valid === false ? 0 : 1,
    created_at: given.createdAt ?? now,
    updated_at: given.updatedAt ?? now,
    body: JSON.stringify(given.body),
  };
  await upsertAssessment(tx, row);
  return row;
}

function toStoredValue(value: unknown): { value: string; number: number | null } {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "null");
  const number = typeof value === "boolean" ? Number(value) : typeof value === "number" ? value : Number.NaN;
  return { value: text, number: Number.isFinite(number) ? number : null };
}

/** What of an assessment is to be changed; what is undefined stays. */
export interface AssessmentChange {
  readonly name?: string | undefined;
  readonly kind?: AssessmentKind | undefined;
  readonly value?: unknown;
  /** Fields of the message to replace. */
  readonly body: Readonly<Record<string, unknown>>;
}

export async function changeAssessment(
  ctx: Ctx,
  project: string,
  traceId: string,
  id: string,
  change: AssessmentChange,
): Promise<TraceAssessmentRow> {
  return ctx.db.write(async (tx) => {
    const trace = await getTraceRow(tx, project, traceId);
    const before = await getAssessmentRow(tx, trace, id);
    if (change.kind !== undefined && change.kind !== before.kind) {
      throw trackingErrors.TRACKING_INVALID({
        problem: `Cannot change the type of assessment '${id}' from ${before.kind} to ${change.kind}.`,
      });
    }
    const body = { ...(JSON.parse(before.body) as Record<string, unknown>), ...change.body };
    getAssessmentInput({
      name: change.name ?? before.name,
      kind: before.kind as AssessmentKind,
      value: undefined,
      body,
    });
    const row: TraceAssessmentRow = {
      ...before,
      name: change.name ?? before.name,
      ...(change.kind === undefined ? {} : toStoredValue(change.value)),
      body: JSON.stringify(body),
      updated_at: ctx.clock.now(),
    };
    await upsertAssessment(tx, row);
    return row;
  });
}

/** Removes an assessment; one that it overrode is valid again. Removing what is not there is fine. */
export async function deleteAssessment(ctx: Ctx, project: string, traceId: string, id: string): Promise<void> {
  await ctx.db.write(async (tx) => {
    const trace = await getTraceRow(tx, project, traceId);
    const row = await findAssessment(tx, trace.id, id);
    if (row === undefined) return;
    await removeAssessment(tx, trace.id, id);
    const { overrides } = JSON.parse(row.body) as { overrides?: string };
    if (overrides !== undefined) await markAssessment(tx, trace.id, overrides, 1);
  });
}

async function getAssessmentRow(tx: Tx, trace: TraceRow, id: string): Promise<TraceAssessmentRow> {
  const row = await findAssessment(tx, trace.id, id);
  if (row === undefined) {
    throw trackingErrors.TRACKING_ASSESSMENT_NOT_FOUND({ assessmentId: id, traceId: trace.trace_id });
  }
  return row;
}
