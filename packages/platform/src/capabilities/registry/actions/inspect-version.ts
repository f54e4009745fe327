import { type InspectedFile, type Inspection, VersionInspected } from "@paydown/api/registry";
import {
  type ArtefactReport,
  type ArtefactVerdict,
  type FileInspector,
  openInspector,
  worse,
} from "@paydown/scan/artefacts";
import { type JobHandle, type JobKind, job } from "#base/capability.js";
import type { Ctx } from "#base/context.js";
import type { Tx } from "#base/db/db.js";
import { enqueue } from "#base/jobs/queue.js";
import { environmentFile, environmentOf } from "../model/environment.js";
import { aboutModel } from "../model/mlmodel.js";
import type { ModelSources, StoredFile } from "../needs.js";
import { awaitInspection, findInspection, finishInspection } from "../store/inspections.js";
import { findModelById, findVersion } from "../store.js";
import type { ModelRow } from "../tables.js";
import { type InspectionReport, toInspection } from "../views/inspection-page.js";
import { getVersionRow } from "./change-version.js";

const inspectionKind = "registry.inspect-version";

interface InspectPayload {
  readonly model: number;
  readonly version: number;
}

/** Most files whose reading is kept apart; the verdicts of the others count all the same. */
const keptFiles = 1000;
const keptReasons = 10;
const keptNames = 100;
/** Larger texts that describe a model are not read. */
const textLimit = 1024 * 1024;

/** Asks for a reading inside the transaction of whoever wants it; while one waits or runs, it is that one. */
export async function askInspection(
  tx: Tx,
  ctx: Ctx,
  model: Pick<ModelRow, "id" | "project">,
  version: number,
): Promise<void> {
  const payload: InspectPayload = { model: model.id, version };
  const job = await enqueue(tx, ctx, {
    kind: inspectionKind,
    project: model.project,
    payload,
    dedupe: `${inspectionKind} ${model.id} ${version}`,
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
    await askInspection(tx, ctx, model, version);
    const row = await findInspection(tx, model.id, version);
    return toInspection(row as NonNullable<typeof row>);
  });
}

/** Reads a version's files in a thread of its own; the result replaces an earlier one. */
export function inspectionJob(sources: ModelSources): JobKind {
  return job<InspectPayload>(
    inspectionKind,
    async (ctx, payload, handle) => {
      const inspector = openInspector();
      try {
        return await inspectVersion(ctx, sources, inspector, payload, handle);
      } finally {
        await inspector.close();
      }
    },
    { attempts: 3 },
  );
}

/** The work itself: reads every stored file, and what the model says of its environment and terms. Running it again is harmless. */
async function inspectVersion(
  ctx: Ctx,
  sources: ModelSources,
  inspector: FileInspector,
  { model: id, version }: InspectPayload,
  handle: Pick<JobHandle, "project" | "progress">,
): Promise<{ verdict: string; files: number } | undefined> {
  const { project } = handle;
  const found = await ctx.db.read(async (r) => {
    const model = await findModelById(r, id);
    const row = model === undefined ? undefined : await findVersion(r, id, version);
    return row === undefined || model === undefined ? undefined : { model, row };
  });
  // Deleted since it was asked for.
  if (found === undefined) return undefined;
  const files = await sources.findFiles(ctx, project, found.row.location);
  const { verdict, report, problem } =
    files === undefined
      ? { verdict: "unknown" as const, report: undefined, problem: "The files are stored elsewhere." }
      : { ...(await readFiles(ctx, inspector, files, handle)), problem: undefined };
  await ctx.db.write(async (tx) => {
    await finishInspection(tx, {
      model_id: id,
      version,
      project,
      state: problem === undefined ? "done" : "failed",
      job: null,
      at: ctx.clock.now(),
      verdict,
      problem: problem ?? null,
      report: report === undefined ? null : JSON.stringify(report),
    });
    await tx.emit(VersionInspected, project, { model: found.model.name, version, verdict });
  });
  return { verdict, files: files?.length ?? 0 };
}

async function readFiles(
  ctx: Ctx,
  inspector: FileInspector,
  files: readonly StoredFile[],
  handle: Pick<JobHandle, "progress">,
): Promise<{ verdict: ArtefactVerdict; report: InspectionReport }> {
  let verdict: ArtefactVerdict = files.length === 0 ? "unknown" : "clean";
  const read: InspectedFile[] = [];
  const onnx: InspectionReport["onnx"] = [];
  for (const [index, file] of files.entries()) {
    if (ctx.signal.aborted) ctx.signal.throwIfAborted();
    await handle.progress(index / files.length, file.path.slice(0, 200));
    const said = await inspector.inspect({ name: file.path, path: await ctx.blobs.localPath(file.hash) });
    const { judged, reasons } = judge(file, said, files);
    verdict = worse(verdict, judged);
    read.push({
      path: file.path,
      size: file.size,
      format: said.format,
      verdict: judged,
      reasons: reasons.slice(0, keptReasons).map((reason) => reason.slice(0, 500)),
      names: said.names.slice(0, keptNames).map((one) => one.name),
    });
    if (said.onnx !== undefined && onnx.length < keptFiles) {
      const { graphHash, weightsHash, nodes, opsets } = said.onnx;
      onnx.push({ path: file.path, graphHash, weightsHash, nodes, opsets: { ...opsets } });
    }
  }
  const order = { dangerous: 0, unknown: 1, suspicious: 2, clean: 3 };
  read.sort((a, b) => order[a.verdict] - order[b.verdict] || (a.path < b.path ? -1 : 1));
  const environment = environmentOf(await textsOf(ctx, files, (path) => environmentFile.test(path)));
  const about = aboutModel(await textsOf(ctx, files, (path) => path === "MLmodel" || /^README\.md$/i.test(path)));
  return {
    verdict,
    report: {
      files: read.slice(0, keptFiles),
      filesLeftOut: Math.max(0, read.length - keptFiles),
      ...(environment === undefined ? {} : { environment }),
      ...about,
      onnx,
    },
  };
}

/** Constants kept in another file must be among the version's own files, or the model cannot be loaded as it was registered. */
function judge(
  file: StoredFile,
  said: ArtefactReport,
  files: readonly StoredFile[],
): { judged: ArtefactVerdict; reasons: readonly string[] } {
  const folder = file.path.slice(0, file.path.lastIndexOf("/") + 1);
  const absent = (said.onnx?.external ?? []).filter((one) => !files.some(({ path }) => path === `${folder}${one}`));
  // Raw constants have no format of their own; the graph that names them is what is judged.
  const isConstants = said.format === "binary" && /\.onnx[._]?data$/i.test(file.path);
  if (isConstants) return { judged: "clean", reasons: [] };
  if (absent.length === 0) return { judged: said.verdict, reasons: said.reasons };
  const reason = `${file.path} keeps constants in ${absent[0]}, which is not among the files`;
  return { judged: worse(said.verdict, "suspicious"), reasons: [...said.reasons, reason] };
}

async function textsOf(
  ctx: Ctx,
  files: readonly StoredFile[],
  wanted: (path: string) => boolean,
): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  for (const file of files) {
    if (!wanted(file.path) || file.size > textLimit) continue;
    texts.set(file.path, (await ctx.blobs.read(file.hash)).toString("utf8"));
  }
  return texts;
}
