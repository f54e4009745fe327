import { Worker } from "node:worker_threads";
import type { ArtefactReport } from "./inspect.js";

export interface FileToInspect {
  /** The name it goes by; formats are told by content, some only with its help. */
  readonly name: string;
  /** Where its bytes are on this machine. */
  readonly path: string;
}

export type WorkerAnswer = { readonly report: ArtefactReport } | { readonly problem: string };

export interface InspectOptions {
  /** Most milliseconds for one file; 120,000 when absent. */
  readonly timeoutMs?: number;
  /** Most megabytes of the thread's heap; 512 when absent. Bytes of files come on top, at most 256 MB packed and unpacked each. */
  readonly heapMb?: number;
}

const isSource: boolean = import.meta.url.endsWith(".ts");
/** From source Node strips the types of the .ts itself, but has to be told that `./x.js` is written `./x.ts`. */
const sourceHook = `import { registerHooks } from "node:module";
registerHooks({
  resolve(name, context, next) {
    const isOurs = name.startsWith("./") && name.endsWith(".js") && context.parentURL?.endsWith(".ts");
    return next(isOurs ? name.slice(0, -3) + ".ts" : name, context);
  },
});`;
const sourceArguments: readonly string[] = [
  "--import",
  `data:text/javascript,${encodeURIComponent(sourceHook)}`,
  "--conditions=source",
];
const workerFile: URL = new URL(isSource ? "./artefact-worker.ts" : "./artefact-worker.js", import.meta.url);

/** Reads files one after the other. */
export interface FileInspector {
  /** Never rejects: a file that takes too long, or ends the thread, is reported as unknown, with the reason. */
  inspect(file: FileToInspect): Promise<ArtefactReport>;
  close(): Promise<void>;
}

/** A thread that reads files as `inspectArtefact` does, beside the one that asks; started with the first file. */
export function openInspector({ timeoutMs = 120_000, heapMb = 512 }: InspectOptions = {}): FileInspector {
  let worker: Worker | undefined;

  async function inspect(file: FileToInspect): Promise<ArtefactReport> {
    worker ??= new Worker(workerFile, {
      execArgv: isSource ? [...sourceArguments] : [],
      resourceLimits: { maxOldGenerationSizeMb: heapMb },
      env: {},
    });
    const current = worker;
    const answer = await new Promise<WorkerAnswer>((resolve) => {
      const timer = setTimeout(() => settle({ problem: `it took longer than ${timeoutMs} ms` }, true), timeoutMs);
      const onMessage = (message: WorkerAnswer): void => settle(message, false);
      const onError = (error: Error): void => settle({ problem: error.message }, true);
      const onExit = (code: number): void => settle({ problem: `the reader ended with code ${code}` }, true);
      function settle(said: WorkerAnswer, isOver: boolean): void {
        clearTimeout(timer);
        current.off("message", onMessage).off("error", onError).off("exit", onExit);
        if (isOver) {
          worker = undefined;
          // An error event nobody hears would end the process.
          current.on("error", () => undefined);
          void current.terminate();
        }
        resolve(said);
      }
      current.on("message", onMessage).on("error", onError).on("exit", onExit);
      current.postMessage(file);
    });
    if ("report" in answer) return answer.report;
    const reason = `${file.name} could not be read: ${answer.problem}`;
    return { format: "binary", verdict: "unknown", reasons: [reason], names: [], unread: [] };
  }

  return {
    inspect,
    async close() {
      await worker?.terminate();
      worker = undefined;
    },
  };
}
