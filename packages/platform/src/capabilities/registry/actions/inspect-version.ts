import { type Inspection, VersionInspected } from "@paydown/api/registry";
import { type JobHandle, type JobKind, job } from "#base/capability.js";
import type { Ctx } from "#base/context.js";
import type { Tx } from "#base/db/db.js";
import { enqueue } from "#base/jobs/queue.js";
import type { ModelSources } from "../needs.js";
import { awaitInspection, findInspection, finishInspection } from "../store/inspections.js";
import { findModelById, findVersion } from "../store.js";
import type { ModelRow } from "../tables.js";
import { toInspection } from "../views/inspection-page.js";
import { getVersionRow } from "./change-version.js";
import { type FileReader, failure, type Said } from "./inspect-files.js";

const inspectionKind = "registry.inspect-version";

interface InspectPayload {
  readonly model: number;
  readonly version: number;
  /** Whether somebody wants the files read whatever an earlier reading of the same files said. */
  readonly again?: boolean;
}

/** Asks for a reading inside the transaction of whoever wants it; while one waits or runs, it is that one. */
export async function askInspection(
  tx: Tx,
  ctx: Ctx,
  model: Pick<ModelRow, "id" | "project">,
  version: number,
  again = false,
): Promise<void> {
  const payload: InspectPayload = { model: model.id, version, again };
  const job = await enqueue(tx, ctx, {
    kind: inspectionKind,
    project: model.project,
    payload,
    dedupe: `${inspectionKind} ${model.id} ${version}${again ? " again" : ""}`,
  });
  await awaitInspection(tx, { model_id: model.id, version, project: model.project, job });
}

/** Has a version's files read again; answers what is known until then. */
export async function requestInspection(
  ctx: Ctx,
  { project, model: name, version }: { project: string; model: string; version: number },
): Promise<Inspection> {
  return ctx.db.write(async (tx) => {
    const { model } = await getVersionRow(tx, project, name, version);
    await askInspection(tx, ctx, model, version, true);
    const row = await findInspection(tx, model.id, version);
    return toInspection(row as NonNullable<typeof row>);
  });
}

/** Reads a version's files; the result replaces an earlier one. */
export function inspectionJob(sources: ModelSources, reader: FileReader): JobKind {
  return job<InspectPayload>(
    inspectionKind,
    (ctx, payload, handle) => inspectVersion(ctx, sources, reader, payload, handle),
    { attempts: 3 },
  );
}

/** The work itself. Running it again is harmless. */
async function inspectVersion(
  ctx: Ctx,
  sources: ModelSources,
  reader: FileReader,
  { model: id, version, again = false }: InspectPayload,
  handle: JobHandle,
): Promise<{ verdict: string; files: number } | undefined> {
  const { project } = handle;
  const found = await ctx.db.read(async (r) => {
    const model = await findModelById(r, id);
    const row = model === undefined ? undefined : await findVersion(r, id, version);
    return row === undefined || model === undefined ? undefined : { model, row };
  });
  // Deleted since it was asked for.
  if (found === undefined) return undefined;
  const finish = (said: Said) =>
    ctx.db.write(async (tx) => {
      if (!(await finishInspection(tx, { model_id: id, version, project, ...said }, handle.id))) return;
      await tx.emit(VersionInspected, project, { model: found.model.name, version, verdict: said.verdict });
    });
  const files = await sources.findFiles(ctx, project, found.row.location);
  const said = await reader.read(ctx, { project, files, again }, handle).catch(async (error: unknown) => {
    // It may be tried again; until then, and if that fails too, the page says why there is no answer.
    if (!ctx.signal.aborted) await finish(failure(ctx, `They could not be read: ${String(error)}`));
    throw error;
  });
  await finish(said);
  return { verdict: said.verdict, files: files?.length ?? 0 };
}
