// Hashes what uploads write, in a thread of its own. Imports nothing of ours: the file starts as it stands, compiled or from source.
import { createHash, type Hash } from "node:crypto";
import { parentPort, workerData } from "node:worker_threads";

type Order =
  | { readonly upload: number; readonly slot: number; readonly length: number }
  | { readonly upload: number; readonly end: "digest" | "drop" };

const port = parentPort as NonNullable<typeof parentPort>;
const { memory, slotBytes } = workerData as { memory: SharedArrayBuffer; slotBytes: number };
const uploads = new Map<number, Hash>();

port.on("message", (order: Order) => {
  const { upload } = order;
  const hash = uploads.get(upload) ?? createHash("sha256");
  uploads.set(upload, hash);
  if ("slot" in order) {
    hash.update(new Uint8Array(memory, order.slot * slotBytes, order.length));
    port.postMessage({ upload });
    return;
  }
  uploads.delete(upload);
  if (order.end === "digest") port.postMessage({ upload, digest: hash.digest("hex") });
});
