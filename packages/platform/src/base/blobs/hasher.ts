import { createHash } from "node:crypto";
import { Worker } from "node:worker_threads";

/** Bytes of one write to disk, and of one step of hashing. */
export const slotBytes = 512 * 1024;
/** Over all uploads: a bound on the memory that large uploads take, however many there are. */
const slotCount = 16;

/** A piece of the memory that this thread fills and the hashing thread reads. */
export interface Slot {
  readonly index: number;
  readonly bytes: Uint8Array;
}

/** SHA-256 of one upload, step by step in the order of the calls. */
export interface Hashing {
  /** Resolves when the first `length` bytes of the slot were read. */
  update(slot: Slot, length: number): Promise<void>;
  /** Lower-case hex; after the last update. */
  digest(): Promise<string>;
  /** Forgets an upload that broke off. */
  drop(): void;
}

export interface Hasher {
  /** A free slot; waits while all are taken. Whoever takes one gives it back soon: slots are for moving bytes, never for waiting on a client. */
  take(): Promise<Slot>;
  give(slot: Slot): void;
  /** Hashes beside this thread, which then only moves bytes; for uploads large enough to be worth a thread. */
  beside(): Hashing;
}

interface Waiting {
  readonly resolve: (digest: string) => void;
  readonly reject: (error: unknown) => void;
}

const workerFile = new URL(import.meta.url.endsWith(".ts") ? "./hash-worker.ts" : "./hash-worker.js", import.meta.url);

/** Hashes in this thread. */
export function hashHere(): Hashing {
  const hash = createHash("sha256");
  return {
    async update(slot, length) {
      hash.update(slot.bytes.subarray(0, length));
    },
    digest: async () => hash.digest("hex"),
    drop() {},
  };
}

/** Slots and the hashing thread over them; both come into being with the first large upload. */
export function createHasher(): Hasher {
  let memory: SharedArrayBuffer | undefined;
  let free: Slot[] = [];
  const takers: ((slot: Slot) => void)[] = [];
  let worker: Worker | undefined;
  let uploads = 0;
  let active = 0;
  const waiting = new Map<number, Waiting[]>();

  function shared(): SharedArrayBuffer {
    if (memory === undefined) {
      const fresh = new SharedArrayBuffer(slotBytes * slotCount);
      memory = fresh;
      free = Array.from({ length: slotCount }, (_, index) => ({
        index,
        bytes: new Uint8Array(fresh, index * slotBytes, slotBytes),
      }));
    }
    return memory;
  }

  function running(): Worker {
    if (worker !== undefined) return worker;
    const fresh = new Worker(workerFile, { workerData: { memory: shared(), slotBytes }, execArgv: [] });
    fresh.on("message", ({ upload, digest }: { upload: number; digest?: string }) =>
      waiting
        .get(upload)
        ?.shift()
        ?.resolve(digest ?? ""),
    );
    // What this thread was asked and did not answer is refused; the next upload starts another.
    function lost(error: unknown): void {
      if (worker === fresh) worker = undefined;
      for (const list of waiting.values()) for (const one of list.splice(0)) one.reject(error);
    }
    fresh.on("error", lost);
    fresh.on("exit", (code) => lost(new RangeError(`the hashing thread ended with ${code}`)));
    worker = fresh;
    return fresh;
  }

  return {
    take() {
      shared();
      const slot = free.pop();
      return slot === undefined ? new Promise((resolve) => takers.push(resolve)) : Promise.resolve(slot);
    },
    give(slot) {
      const next = takers.shift();
      if (next === undefined) free.push(slot);
      else next(slot);
    },
    beside() {
      const thread = running();
      uploads += 1;
      const upload = uploads;
      const asked: Waiting[] = [];
      waiting.set(upload, asked);
      // The thread holds the process only while it has something to answer.
      active += 1;
      thread.ref();
      function ask(order: object): Promise<string> {
        return new Promise((resolve, reject) => {
          if (worker !== thread) return reject(new RangeError("the hashing thread ended"));
          asked.push({ resolve, reject });
          thread.postMessage({ upload, ...order });
        });
      }
      function end(): void {
        if (!waiting.delete(upload)) return;
        active -= 1;
        if (active === 0) thread.unref();
      }
      return {
        async update(slot, length) {
          await ask({ slot: slot.index, length });
        },
        digest: () => ask({ end: "digest" }).finally(end),
        drop() {
          if (worker === thread) thread.postMessage({ upload, end: "drop" });
          end();
        },
      };
    },
  };
}
