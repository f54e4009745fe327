import type { EventKind, Payload } from "@paydown/api/event";
import type { Input, Operation, Reply } from "@paydown/api/operation";
import type { Ctx } from "./context.js";
import type { Migration, Tx } from "./db/db.js";
import type { ErrorSpec } from "./errors.js";
import type { EvidenceRule } from "./rule.js";

/** An operation with the function that performs it. */
export interface Implementation {
  readonly operation: Operation;
  readonly perform: (ctx: Ctx, input: never) => Promise<unknown>;
}

/** Binds an operation to its implementation; types of input and reply must agree. */
export function implement<T extends Operation>(
  operation: T,
  perform: (ctx: Ctx, input: Input<T>) => Promise<Reply<T>>,
): Implementation {
  return { operation, perform: perform as Implementation["perform"] };
}

/** An event as a listener sees it. */
export interface Delivered<P> {
  /** Increases with every event; unique. */
  readonly position: string;
  readonly name: string;
  readonly project: string;
  readonly at: number;
  /** Name of the principal and door that caused it. */
  readonly by: string;
  readonly door: string;
  readonly payload: P;
}

export interface Listener {
  readonly event: EventKind;
  readonly handle: (tx: Tx, event: Delivered<never>) => Promise<void>;
}

/** Reacts to an event in a transaction that also remembers that it did: its effect happens exactly once. */
export function on<E extends EventKind>(
  event: E,
  handle: (tx: Tx, event: Delivered<Payload<E>>) => Promise<void>,
): Listener {
  return { event, handle: handle as Listener["handle"] };
}

/** Background work of one kind. Handlers are idempotent: a job may run again after a crash. */
export interface JobKind {
  /** `<capability>.<verb-noun>`. */
  readonly kind: string;
  /** Milliseconds a worker may be silent before another takes over; renewed while it runs. */
  readonly lease?: number;
  readonly attempts?: number;
  /** Nobody waits for it: it runs when no other job is due, and never on a server's every worker at once. */
  readonly behind?: boolean;
  readonly handle: (ctx: Ctx, payload: never, job: JobHandle) => Promise<unknown>;
}

export interface JobHandle {
  readonly id: string;
  readonly project: string;
  /** Share done, 0 to 1, and what is being done; shown where the job is shown. */
  progress(share: number, doing: string): Promise<void>;
}

export function job<P>(
  kind: string,
  handle: (ctx: Ctx, payload: P, job: JobHandle) => Promise<unknown>,
  options: { lease?: number; attempts?: number; behind?: boolean } = {},
): JobKind {
  return { kind, handle: handle as JobKind["handle"], ...options };
}

/** A room of the house: everything it brings, in one object. */
export interface Capability {
  readonly name: string;
  readonly migrations: readonly Migration[];
  readonly errors: Readonly<Record<string, ErrorSpec>>;
  readonly operations: readonly Implementation[];
  readonly listeners: readonly Listener[];
  /** Writes what its listeners left to be written together; called before a batch of events is committed. */
  readonly settle?: (tx: Tx) => Promise<void>;
  readonly jobs: readonly JobKind[];
  /** Debt rules that only this capability's evidence can prove. */
  readonly rules: readonly EvidenceRule[];
}

export function defineCapability(parts: Pick<Capability, "name"> & Partial<Omit<Capability, "name">>): Capability {
  return { migrations: [], errors: {}, operations: [], listeners: [], jobs: [], rules: [], ...parts };
}
