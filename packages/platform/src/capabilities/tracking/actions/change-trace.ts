import type { TraceState } from "@paydown/api/tracking";
import type { Ctx } from "#base/context.js";
import type { Reader, Tx } from "#base/db/db.js";
import { trackingErrors } from "../errors.js";
import { toStorePath } from "../model/artifact-path.js";
import { checkTexts, traceKeys } from "../model/trace.js";
import { removeBelow } from "../store/artifacts.js";
import { findRun } from "../store/runs.js";
import {
  findTrace,
  findTraces,
  linkTraces,
  oldestTraces,
  removeTraces,
  removeTraceTag,
  traceContents,
  updateTrace,
  upsertTraceTexts,
} from "../store/traces.js";
import type { TraceRow } from "../tables.js";
import { loosen } from "./collect-objects.js";

export async function getTraceRow(r: Reader, project: string, traceId: string): Promise<TraceRow> {
  const row = await findTrace(r, project, traceId);
  if (row === undefined) throw trackingErrors.TRACKING_TRACE_NOT_FOUND({ traceId });
  return row;
}

/** The run a trace names as its source; one that this project does not have is not linked. */
export async function linkSource(
  tx: Tx,
  project: string,
  trace: number,
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  const runId = metadata[traceKeys.sourceRun];
  if (runId === undefined || (await findRun(tx, project, runId)) === undefined) return;
  await linkTraces(tx, runId, [trace]);
}

/** Ends a trace that was only begun; tags and metadata are added to what it has. */
export async function endTrace(
  ctx: Ctx,
  input: {
    project: string;
    traceId: string;
    endedAt: number;
    state: TraceState;
    tags: Readonly<Record<string, string>>;
    metadata: Readonly<Record<string, string>>;
  },
): Promise<void> {
  checkTexts("tags", input.tags);
  checkTexts("metadata", input.metadata);
  const { [traceKeys.name]: name, ...tags } = input.tags;
  await ctx.db.write(async (tx) => {
    const row = await getTraceRow(tx, input.project, input.traceId);
    const duration = Math.max(0, input.endedAt - row.started_at);
    await updateTrace(tx, { ...row, name: name ?? row.name, state: input.state, duration, announced: 1 });
    await upsertTraceTexts(tx, "trace_tags", row.id, tags);
    await upsertTraceTexts(tx, "trace_metadata", row.id, input.metadata);
    await linkSource(tx, input.project, row.id, input.metadata);
  });
}

export async function setTraceTag(
  ctx: Ctx,
  project: string,
  traceId: string,
  key: string,
  value: string,
): Promise<void> {
  checkTexts("tags", { [key]: value });
  await ctx.db.write(async (tx) => {
    const row = await getTraceRow(tx, project, traceId);
    if (key === traceKeys.name) await updateTrace(tx, { ...row, name: value });
    else await upsertTraceTexts(tx, "trace_tags", row.id, { [key]: value });
  });
}

export async function deleteTraceTag(ctx: Ctx, project: string, traceId: string, key: string): Promise<void> {
  await ctx.db.write(async (tx) => {
    const row = await getTraceRow(tx, project, traceId);
    if (key === traceKeys.name && row.name !== null) await updateTrace(tx, { ...row, name: null });
    else if ((await removeTraceTag(tx, row.id, key)) === 0) {
      throw trackingErrors.TRACKING_TRACE_TAG_NOT_FOUND({ key, traceId });
    }
  });
}

const mostLinked = 100;

/** Makes traces evidence of a run; those that are unknown are passed over. */
export async function linkTracesToRun(
  ctx: Ctx,
  project: string,
  runId: string,
  traceIds: readonly string[],
): Promise<void> {
  if (traceIds.length > mostLinked) {
    throw trackingErrors.TRACKING_INVALID({
      problem: `Cannot link more than ${mostLinked} traces to a run in a single request. Provided ${traceIds.length} traces.`,
    });
  }
  await ctx.db.write(async (tx) => {
    const rows = await findTraces(tx, project, traceIds);
    await linkTraces(
      tx,
      runId,
      rows.map((row) => row.id),
    );
  });
}

/** Notes which prompts a trace used, each once. */
export async function linkPromptsToTrace(
  ctx: Ctx,
  project: string,
  traceId: string,
  prompts: readonly { name: string; version: string }[],
): Promise<void> {
  await ctx.db.write(async (tx) => {
    const row = await getTraceRow(tx, project, traceId);
    const [contents] = await traceContents(tx, [row]);
    const before = toPrompts(contents?.tags[traceKeys.linkedPrompts]);
    const all = new Map([...before, ...prompts].map((one) => [`${one.name}/${one.version}`, one]));
    // Spelled as Python's json.dumps does: the filter `prompt = 'name/version'` looks for it.
    const list = [...all.values()].map(
      (one) => `{"name": ${JSON.stringify(one.name)}, "version": ${JSON.stringify(one.version)}}`,
    );
    await upsertTraceTexts(tx, "trace_tags", row.id, { [traceKeys.linkedPrompts]: `[${list.join(", ")}]` });
  });
}

function toPrompts(text: string | undefined): { name: string; version: string }[] {
  if (text === undefined) return [];
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list.filter((one) => typeof one?.name === "string" && one.version !== undefined) : [];
  } catch {
    // A client wrote the tag by hand; its text is replaced by a list.
    return [];
  }
}

/** Traces deleted in one transaction; more are deleted in several. */
const batch = 500;

/**
 * Deletes traces of an experiment, with their spans and files: those named, or the oldest that began at or before a
 * moment. Answers how many there were.
 */
export async function deleteTraces(
  ctx: Ctx,
  input: {
    project: string;
    experimentId: number;
    until?: number | undefined;
    most?: number | undefined;
    traceIds: readonly string[];
  },
): Promise<number> {
  const problem = (text: string) => trackingErrors.TRACKING_INVALID({ problem: text });
  const { project, experimentId, until, most, traceIds } = input;
  if (until === undefined && traceIds.length === 0) {
    throw problem("Either `max_timestamp_millis` or `trace_ids` must be specified.");
  }
  if (until !== undefined && traceIds.length > 0) {
    throw problem("Only one of `max_timestamp_millis` and `trace_ids` can be specified.");
  }
  if (traceIds.length > 0 && most !== undefined) {
    throw problem("`max_traces` can't be specified if `trace_ids` is specified.");
  }
  if (most !== undefined && most <= 0) throw problem(`\`max_traces\` must be a positive integer, received ${most}.`);

  let deleted = 0;
  if (until === undefined) {
    for (let at = 0; at < traceIds.length; at += batch) {
      const chunk = traceIds.slice(at, at + batch);
      deleted += await ctx.db.write(async (tx) => {
        const rows = (await findTraces(tx, project, chunk)).filter((row) => row.experiment_id === experimentId);
        return removeWithFiles(ctx, tx, project, rows);
      });
    }
    return deleted;
  }
  const left = () => (most === undefined ? batch : Math.min(batch, most - deleted));
  while (left() > 0) {
    const limit = left();
    const count = await ctx.db.write(async (tx) => {
      const rows = (await oldestTraces(tx, experimentId, until, limit)).filter((row) => row.project === project);
      return removeWithFiles(ctx, tx, project, rows);
    });
    deleted += count;
    if (count < limit) break;
  }
  return deleted;
}

/** Removes traces with all that hangs on them; objects of their files that nobody else names go a day later. */
export async function removeWithFiles(
  ctx: Pick<Ctx, "clock" | "ids">,
  tx: Tx,
  project: string,
  rows: readonly TraceRow[],
): Promise<number> {
  for (const { row, tags } of await traceContents(tx, rows)) {
    const folder = toStorePath(tags[traceKeys.artifactLocation] ?? "");
    // Only a folder of the trace's own, whatever somebody set the tag to.
    if (!folder?.endsWith(`/traces/${row.trace_id}/artifacts`)) continue;
    await loosen(ctx, tx, project, await removeBelow(tx, project, folder));
  }
  await removeTraces(
    tx,
    rows.map((row) => row.id),
  );
  return rows.length;
}
