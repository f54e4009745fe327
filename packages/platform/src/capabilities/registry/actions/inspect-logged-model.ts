import { type Inspection, LoggedModelInspected } from "@paydown/api/registry";
import { type Delivered, type JobHandle, type JobKind, job } from "#base/capability.js";
import type { Ctx } from "#base/context.js";
import type { Tx } from "#base/db/db.js";
import { enqueue } from "#base/jobs/queue.js";
import { registryErrors } from "../errors.js";
import type { ModelSources } from "../needs.js";
import {
  awaitLoggedModelInspection,
  findLoggedModelInspection,
  finishLoggedModelInspection,
  removeLoggedModelInspection,
} from "../store/inspections.js";
import { toInspection } from "../views/inspection-page.js";
import { getLoggedModel } from "../views/logged-model-page.js";
import { type FileReader, failure, type Said } from "./inspect-files.js";

/** Of what was just logged: a run may log hundreds, and nobody waits for them. */
const kindOfNew = "registry.inspect-new-logged-model";
/** Asked for by people. */
const kindOfAsked = "registry.inspect-logged-model";

interface InspectPayload {
  readonly loggedModelId: string;
}

/** Asks for a reading inside the transaction of whoever wants it; while one waits or runs, it is that one. */
async function ask(
  tx: Tx,
  base: Pick<Ctx, "clock" | "ids">,
  kind: typeof kindOfNew | typeof kindOfAsked,
  project: string,
  loggedModelId: string,
): Promise<void> {
  const payload: InspectPayload = { loggedModelId };
  const job = await enqueue(tx, base, { kind, project, payload, dedupe: `${kind} ${project} ${loggedModelId}` });
  await awaitLoggedModelInspection(tx, { logged_model_id: loggedModelId, project, job });
}

/** A logged model's files are complete: they are read when nothing else is to be done. */
export function inspectLogged(tx: Tx, event: Delivered<{ readonly modelId: string }>): Promise<void> {
  // The same event has the same job, however often it is delivered.
  const job = `${event.position.replace(/\d+/g, (digits) => digits.padStart(20, "0"))}.inspection`;
  const base = { clock: { now: () => event.at }, ids: { ulid: () => job, hex: () => job } };
  return ask(tx, base, kindOfNew, event.project, event.payload.modelId);
}

/** Has a logged model's files read again; answers what is known until then. */
export async function requestLoggedModelInspection(
  ctx: Ctx,
  sources: ModelSources,
  { project, loggedModelId }: { project: string; loggedModelId: string },
): Promise<Inspection> {
  const { status } = await getLoggedModel(ctx, sources, project, loggedModelId);
  if (status !== "READY") throw registryErrors.REGISTRY_LOGGED_MODEL_NOT_READY({ loggedModelId, status });
  return ctx.db.write(async (tx) => {
    await ask(tx, ctx, kindOfAsked, project, loggedModelId);
    const row = await findLoggedModelInspection(tx, project, loggedModelId);
    return toInspection(row as NonNullable<typeof row>);
  });
}

/** Reads a logged model's files; the result replaces an earlier one. */
export function loggedModelJobs(sources: ModelSources, reader: FileReader): JobKind[] {
  const kind = (name: string, again: boolean, behind: boolean): JobKind =>
    job<InspectPayload>(
      name,
      (ctx, { loggedModelId }, handle) => inspectLoggedModel(ctx, sources, reader, { loggedModelId, again }, handle),
      { attempts: 3, behind },
    );
  return [kind(kindOfNew, false, true), kind(kindOfAsked, true, false)];
}

/** The work itself. Running it again is harmless. */
async function inspectLoggedModel(
  ctx: Ctx,
  sources: ModelSources,
  reader: FileReader,
  { loggedModelId, again }: InspectPayload & { readonly again: boolean },
  handle: JobHandle,
): Promise<{ verdict: string; files: number } | undefined> {
  const { project } = handle;
  const model = await sources.findLoggedModel(ctx, project, loggedModelId);
  if (model === undefined) {
    // Purged since it was asked for.
    await ctx.db.write((tx) => removeLoggedModelInspection(tx, project, loggedModelId));
    return undefined;
  }
  const finish = (said: Said) =>
    ctx.db.write(async (tx) => {
      const row = { logged_model_id: loggedModelId, project, ...said };
      if (!(await finishLoggedModelInspection(tx, row, handle.id))) return;
      await tx.emit(LoggedModelInspected, project, { loggedModelId, verdict: said.verdict });
    });
  const files = await sources.findFiles(ctx, project, model.artifactUri);
  const said = await reader.read(ctx, { project, files, again }, handle).catch(async (error: unknown) => {
    // It may be tried again; until then, and if that fails too, the page says why there is no answer.
    if (!ctx.signal.aborted) await finish(failure(ctx, `They could not be read: ${String(error)}`));
    throw error;
  });
  await finish(said);
  return { verdict: said.verdict, files: files?.length ?? 0 };
}
