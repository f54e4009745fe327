// Runs one model in a thread of its own. Imports nothing of ours: the file starts as it stands, compiled or from source.
import { parentPort, workerData } from "node:worker_threads";
import * as ort from "onnxruntime-node";

interface WireTensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: unknown;
}
interface Job {
  readonly id: number;
  readonly feeds: Readonly<Record<string, WireTensor>>;
  readonly fetches: readonly string[];
}

// The engine's native half knows halves only as 16-bit integers, but its JavaScript half makes them Float16Array where the
// language has that, and then neither takes the other's. This thread has nothing else to do with it.
Reflect.deleteProperty(globalThis, "Float16Array");

const port = parentPort as NonNullable<typeof parentPort>;
const { model } = workerData as { model: Uint8Array };

try {
  const session = await ort.InferenceSession.create(model, {
    executionProviders: ["cpu"],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: "sequential",
    logSeverityLevel: 3,
  });
  port.on("message", (job: Job) => {
    void run(session, job);
  });
  port.postMessage({ ready: true });
} catch (error) {
  port.postMessage({ refused: textOf(error) });
}

async function run(session: ort.InferenceSession, job: Job): Promise<void> {
  try {
    const feeds: Record<string, ort.Tensor> = {};
    for (const [name, tensor] of Object.entries(job.feeds)) {
      feeds[name] = new ort.Tensor(tensor.type as "float32", tensor.data as Float32Array, tensor.dims);
    }
    const results = await session.run(feeds, job.fetches);
    const outputs: Record<string, WireTensor> = {};
    for (const name of job.fetches) {
      const tensor = results[name] as ort.Tensor;
      outputs[name] = { type: tensor.type, dims: tensor.dims, data: tensor.data };
    }
    port.postMessage({ id: job.id, outputs });
  } catch (error) {
    port.postMessage({ id: job.id, problem: textOf(error) });
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
