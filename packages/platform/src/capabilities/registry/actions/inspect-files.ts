import type { InspectedFile } from "@paydown/api/registry";
import {
  type ArtefactReport,
  type ArtefactVerdict,
  type FileInspector,
  openInspector,
  worse,
} from "@paydown/scan/artefacts";
import type { JobHandle } from "#base/capability.js";
import type { Ctx } from "#base/context.js";
import { environmentFile, environmentOf } from "../model/environment.js";
import { aboutModel } from "../model/mlmodel.js";
import { hashOfFiles } from "../model.js";
import type { StoredFile } from "../needs.js";
import { findReading } from "../store/inspections.js";
import type { InspectionRow } from "../tables.js";
import type { InspectionReport } from "../views/inspection-page.js";

/** Most files whose reading is kept apart; the verdicts of the others count all the same. */
const keptFiles = 1000;
const keptReasons = 10;
const keptNames = 100;
/** Larger texts that describe a model are not read. */
const textLimit = 1024 * 1024;
/** Milliseconds between two notes of how far a reading is: each is a transaction. */
const betweenNotes = 1000;
/** Milliseconds. */
const threadKept = 1000;

/** What came of a reading, as it is kept, of a version or of a logged model. */
export type Said = Pick<InspectionRow, "state" | "job" | "at" | "verdict" | "problem" | "report" | "artifact_hash">;

/** Reads the files below a root; those that were read before, for whatever stands on them, are not read twice. */
export interface FileReader {
  /** `again` reads them whatever an earlier reading said. */
  read(
    ctx: Ctx,
    asked: {
      readonly project: string;
      readonly files: readonly StoredFile[] | undefined;
      readonly again: boolean;
    },
    handle: Pick<JobHandle, "progress">,
  ): Promise<Said>;
}

type Reading = Pick<InspectionRow, "at" | "verdict" | "report">;

/** A model logged and registered in one breath is asked for twice at once: the second waits for the first. */
export function openReader(): FileReader {
  const running = new Map<string, Promise<Reading>>();
  const threads = keepThread();
  return {
    async read(ctx, { project, files, again }, handle) {
      if (files === undefined) return failure(ctx, "The files are stored elsewhere.");
      const hash = files.length === 0 ? null : hashOfFiles(files);
      const key = `${project} ${hash}`;
      const earlier =
        hash === null
          ? undefined
          : (running.get(key) ?? (again ? undefined : await ctx.db.read((r) => findReading(r, project, hash))));
      const reading = earlier ?? running.get(key) ?? begin(key, readFiles(ctx, threads, files, handle));
      return { state: "done", job: null, problem: null, artifact_hash: hash, ...(await reading) };
    },
  };

  function begin(key: string, reading: Promise<Reading>): Promise<Reading> {
    const whole = reading.finally(() => running.delete(key));
    running.set(key, whole);
    return whole;
  }
}

interface Threads {
  take(): FileInspector;
  give(inspector: FileInspector): Promise<void>;
}

/** A thread takes longer to start than most models to read: one is kept a moment for the next of many checkpoints. */
function keepThread(): Threads {
  let idle: FileInspector | undefined;
  let timer: NodeJS.Timeout | undefined;
  return {
    take() {
      const inspector = idle ?? openInspector();
      clearTimeout(timer);
      idle = undefined;
      return inspector;
    },
    async give(inspector) {
      if (idle !== undefined) return inspector.close();
      idle = inspector;
      timer = setTimeout(() => {
        idle = undefined;
        void inspector.close();
      }, threadKept);
    },
  };
}

/** A reading that could not be: what it is of stays unknown. */
export function failure(ctx: Ctx, problem: string): Said {
  return {
    state: "failed",
    job: null,
    at: ctx.clock.now(),
    verdict: "unknown",
    problem: problem.slice(0, 1000),
    report: null,
    artifact_hash: null,
  };
}

/** Reads every file in a thread of its own, and what the model says of its environment and terms. */
async function readFiles(
  ctx: Ctx,
  threads: Threads,
  files: readonly StoredFile[],
  handle: Pick<JobHandle, "progress">,
): Promise<Reading> {
  const inspector = threads.take();
  let verdict: ArtefactVerdict = files.length === 0 ? "unknown" : "clean";
  const read: InspectedFile[] = [];
  const onnx: InspectionReport["onnx"] = [];
  let noted = ctx.clock.now();
  try {
    for (const [index, file] of files.entries()) {
      ctx.signal.throwIfAborted();
      if (ctx.clock.now() - noted >= betweenNotes) {
        noted = ctx.clock.now();
        await handle.progress(index / files.length, file.path.slice(0, 200));
      }
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
  } finally {
    await threads.give(inspector);
  }
  const order = { dangerous: 0, unknown: 1, suspicious: 2, clean: 3 };
  read.sort((a, b) => order[a.verdict] - order[b.verdict] || (a.path < b.path ? -1 : 1));
  const environment = environmentOf(await textsOf(ctx, files, (path) => environmentFile.test(path)));
  const about = aboutModel(await textsOf(ctx, files, (path) => path === "MLmodel" || /^README\.md$/i.test(path)));
  const report: InspectionReport = {
    files: read.slice(0, keptFiles),
    filesLeftOut: Math.max(0, read.length - keptFiles),
    ...(environment === undefined ? {} : { environment }),
    ...about,
    onnx,
  };
  return { at: ctx.clock.now(), verdict, report: JSON.stringify(report) };
}

/** Constants kept in another file must be among the model's own files, or it cannot be loaded as it was logged. */
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
