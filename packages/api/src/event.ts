import type { Static, TSchema } from "typebox";

/**
 * Something that happened, written in the transaction of the action that made it happen and delivered afterwards, at least
 * once and in order, to every listener. Payloads are part of the public surface: webhooks send them as they are.
 */
export interface EventKind<P extends TSchema = TSchema> {
  /** `<capability>.<what-happened>`, e.g. `tracking.run-finished`. */
  readonly name: `${string}.${string}`;
  readonly payload: P;
  readonly doc: string;
}

export type Payload<E extends EventKind> = Static<E["payload"]>;

/** Declares an event; the identity function that keeps the payload type. */
export function defineEvent<P extends TSchema>(event: EventKind<P>): EventKind<P> {
  return Object.freeze(event);
}
