// Reads files in a thread of its own: what they are is up to strangers, and so is how long they take.
import { parentPort } from "node:worker_threads";
import { openFileRange } from "#sources/file-range.js";
import { inspectArtefact } from "./inspect.js";
import type { FileToInspect, WorkerAnswer } from "./inspect-files.js";

const port = parentPort as NonNullable<typeof parentPort>;

port.on("message", ({ name, path }: FileToInspect) => {
  let answer: WorkerAnswer;
  try {
    const file = openFileRange(path);
    try {
      answer = { report: inspectArtefact(name, file.size, file.read) };
    } finally {
      file.close();
    }
  } catch (error) {
    answer = { problem: error instanceof Error ? error.message : String(error) };
  }
  port.postMessage(answer);
});
