import { Worker } from "node:worker_threads";
import { servingErrors } from "../errors.js";
import {
  concatRows,
  datatypeOfEngine,
  datatypes,
  rowsOf,
  sliceRows,
  type Tensor,
  type Values,
} from "../tensors/tensor.js";

export interface SessionOptions {
  /** The model's bytes; asked for at each start of a worker, checked by whoever gives them. */
  readonly read: () => Promise<Uint8Array>;
  /** Whether concurrent requests may be run together. */
  readonly batching: boolean;
  /** Most rows of one run over several requests. */
  readonly batchRows?: number;
  /** Most hanging workers before no more are started. */
  readonly stuckLimit?: number;
  /** Most milliseconds until a model is loaded. */
  readonly loadMs?: number;
}

/** A model loaded in a worker of its own. */
export interface Session {
  /** Resolves when the engine has accepted the model; throws SERVING_ENGINE_REFUSED and others. */
  load(): Promise<void>;
  /** Runs one request. Requests that wait at the same time share a run when the model allows it. */
  run(inputs: readonly Tensor[], fetches: readonly string[], timeoutMs: number): Promise<Tensor[]>;
  /** Whether requests wait or run. */
  readonly busy: boolean;
  close(): void;
}

interface Waiting {
  readonly inputs: readonly Tensor[];
  readonly fetches: readonly string[];
  readonly rows: number;
  readonly timeoutMs: number;
  /** Run by itself: its batch failed, and now each shows whether it was the cause. */
  alone: boolean;
  readonly resolve: (outputs: Tensor[]) => void;
  readonly reject: (error: unknown) => void;
}

interface WireTensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: Values;
}
type FromWorker =
  | { readonly ready: true }
  | { readonly refused: string }
  | { readonly id: number; readonly outputs: Readonly<Record<string, WireTensor>> }
  | { readonly id: number; readonly problem: string };

interface Running {
  readonly id: number;
  readonly requests: readonly Waiting[];
  readonly timer: NodeJS.Timeout;
}

/** Compiled there is only the .js beside this file; from source Node strips the types of the .ts itself. */
const workerFile = new URL(import.meta.url.endsWith(".ts") ? "./onnx-worker.ts" : "./onnx-worker.js", import.meta.url);

/**
 * One model, one worker thread, one engine thread. While a run is under way, requests gather and go together in the next one:
 * no waiting for a batch to fill, so a single caller pays nothing. A worker that ends or hangs is given up with the requests
 * it holds, and the next request starts a fresh one.
 */
export function openSession(options: SessionOptions): Session {
  const batchRows = options.batchRows ?? 4096;
  const stuckLimit = options.stuckLimit ?? 4;
  const queue: Waiting[] = [];
  let starting: Promise<Worker> | undefined;
  let worker: Worker | undefined;
  let running: Running | undefined;
  let nextId = 0;
  let stuck = 0;
  let closed = false;
  /** False once a joint run came back with other rows than went in: then rows are not independent. */
  let joinable = options.batching;

  function start(): Promise<Worker> {
    starting ??= begin().catch((error) => {
      starting = undefined;
      throw error;
    });
    return starting;
  }

  async function begin(): Promise<Worker> {
    if (stuck >= stuckLimit) throw servingErrors.SERVING_ENGINE_STUCK({ stuck });
    // A copy of its own, so that it can be handed over whole.
    const model = new Uint8Array(await options.read());
    const fresh = new Worker(workerFile, {
      workerData: { model },
      transferList: [model.buffer],
      execArgv: [],
      stdout: false,
      stderr: false,
    });
    await loaded(fresh);
    fresh.on("message", (message: FromWorker) => finish(fresh, message));
    fresh.on("error", (error) => lost(fresh, error.message));
    fresh.on("exit", (code) => lost(fresh, `exit code ${code}`));
    fresh.unref();
    worker = fresh;
    if (closed) void fresh.terminate();
    return fresh;
  }

  function loaded(fresh: Worker): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        abandon(fresh);
        end(servingErrors.SERVING_ENGINE_REFUSED({ problem: "loading it took too long" }));
      }, options.loadMs ?? 120_000);
      const onMessage = (message: FromWorker): void => {
        if ("ready" in message) end();
        else {
          void fresh.terminate();
          end(servingErrors.SERVING_ENGINE_REFUSED({ problem: "refused" in message ? message.refused : "no answer" }));
        }
      };
      const onError = (error: Error): void => end(servingErrors.SERVING_ENGINE_CRASHED({ problem: error.message }));
      const onExit = (code: number): void =>
        end(servingErrors.SERVING_ENGINE_CRASHED({ problem: `exit code ${code}` }));
      function end(error?: Error): void {
        clearTimeout(timer);
        fresh.off("message", onMessage).off("exit", onExit);
        // The error listener stays: an error event nobody hears would end the process.
        if (error === undefined) resolve();
        else reject(error);
      }
      fresh.on("message", onMessage).on("error", onError).on("exit", onExit);
    });
  }

  function pump(): void {
    if (running !== undefined || queue.length === 0) return;
    if (worker === undefined) {
      start().then(pump, (error) => {
        for (const waiting of queue.splice(0)) waiting.reject(error);
      });
      return;
    }
    const requests = takeBatch();
    const first = requests[0] as Waiting;
    const id = nextId++;
    const timeoutMs = Math.max(...requests.map((request) => request.timeoutMs));
    const timer = setTimeout(() => hung(id, timeoutMs), timeoutMs);
    running = { id, requests, timer };
    worker.ref();
    const feeds: Record<string, WireTensor> = {};
    first.inputs.forEach((input, index) => {
      const joined =
        requests.length === 1 ? input : concatRows(requests.map((request) => request.inputs[index] as Tensor));
      feeds[input.name] = { type: datatypes[input.datatype].engine, dims: joined.shape, data: joined.data };
    });
    worker.postMessage({ id, feeds, fetches: first.fetches });
  }

  function takeBatch(): Waiting[] {
    const first = queue.shift() as Waiting;
    if (!joinable || first.alone) return [first];
    const batch = [first];
    let rows = first.rows;
    while (queue.length > 0) {
      const next = queue[0] as Waiting;
      if (next.alone || rows + next.rows > batchRows || !fitsTogether(first, next)) break;
      rows += next.rows;
      batch.push(queue.shift() as Waiting);
    }
    return batch;
  }

  function finish(from: Worker, message: FromWorker): void {
    if (from !== worker || running === undefined || !("id" in message) || message.id !== running.id) return;
    const { requests, timer } = running;
    clearTimeout(timer);
    running = undefined;
    from.unref();
    if ("problem" in message) failed(requests, message.problem);
    else answer(requests, message.outputs);
    pump();
  }

  function answer(requests: readonly Waiting[], wire: Readonly<Record<string, WireTensor>>): void {
    const outputs = Object.entries(wire).map(([name, tensor]) => toTensor(name, tensor));
    const only = requests[0] as Waiting;
    if (requests.length === 1) {
      only.resolve(outputs);
      return;
    }
    const rows = requests.reduce((sum, request) => sum + request.rows, 0);
    if (outputs.some((output) => output.shape[0] !== rows)) {
      joinable = false;
      again(requests);
      return;
    }
    let at = 0;
    for (const request of requests) {
      const from = at;
      at += request.rows;
      request.resolve(outputs.map((output) => sliceRows(output, from, from + request.rows)));
    }
  }

  /** One bad request must not fail the others it happened to share a run with. */
  function failed(requests: readonly Waiting[], problem: string): void {
    if (requests.length > 1) again(requests);
    else requests[0]?.reject(servingErrors.SERVING_ENGINE_FAILED({ problem }));
  }

  function again(requests: readonly Waiting[]): void {
    for (const request of requests) request.alone = true;
    queue.unshift(...requests);
  }

  function hung(id: number, timeoutMs: number): void {
    if (running?.id !== id || worker === undefined) return;
    abandon(worker);
    giveUp(servingErrors.SERVING_ENGINE_TIMEOUT({ timeoutMs }));
  }

  /** Native code cannot be interrupted: the thread is left behind, and counted until it ends. */
  function abandon(hanging: Worker): void {
    stuck++;
    hanging.once("exit", () => {
      stuck--;
    });
    void hanging.terminate();
    // Terminating takes hold of the process again.
    hanging.unref();
  }

  function lost(from: Worker, problem: string): void {
    if (from !== worker) return;
    giveUp(servingErrors.SERVING_ENGINE_CRASHED({ problem }));
  }

  function giveUp(error: Error): void {
    const requests = running?.requests ?? [];
    if (running !== undefined) clearTimeout(running.timer);
    running = undefined;
    worker = undefined;
    starting = undefined;
    for (const request of requests) request.reject(error);
    pump();
  }

  return {
    async load() {
      await start();
    },
    get busy() {
      return running !== undefined || queue.length > 0;
    },
    run(inputs, fetches, timeoutMs) {
      return new Promise((resolve, reject) => {
        if (closed) return reject(closing());
        const rows = inputs[0] === undefined ? 0 : rowsOf(inputs[0].shape);
        queue.push({ inputs, fetches, rows, timeoutMs, alone: rows === 0, resolve, reject });
        pump();
      });
    },
    close() {
      closed = true;
      for (const waiting of queue.splice(0)) waiting.reject(closing());
      const gone = worker;
      giveUp(closing());
      void gone?.terminate();
      // A process that ends waits for its threads, and one that hangs in native code never comes back: then nothing is left
      // to do at the very end but to end at once. Everything durable is on disk by then.
      if (stuck > 0) process.once("beforeExit", () => stuck > 0 && process.kill(process.pid, "SIGKILL"));
    },
  };
}

function closing(): Error {
  return servingErrors.SERVING_ENGINE_CRASHED({ problem: "it was unloaded" });
}

function fitsTogether(a: Waiting, b: Waiting): boolean {
  return (
    a.inputs.length === b.inputs.length &&
    a.inputs.every((input, index) => {
      const other = b.inputs[index];
      return (
        other !== undefined &&
        other.name === input.name &&
        input.shape.length > 0 &&
        input.shape[0] === a.rows &&
        other.shape[0] === b.rows &&
        input.shape.length === other.shape.length &&
        input.shape.every((dimension, axis) => axis === 0 || dimension === other.shape[axis])
      );
    }) &&
    a.fetches.length === b.fetches.length &&
    a.fetches.every((name, index) => name === b.fetches[index])
  );
}

function toTensor(name: string, wire: WireTensor): Tensor {
  const datatype = datatypeOfEngine(wire.type);
  if (datatype === undefined) throw servingErrors.SERVING_ENGINE_FAILED({ problem: `${name} has type ${wire.type}` });
  return { name, datatype, shape: [...wire.dims], data: wire.data };
}
