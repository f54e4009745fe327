import { AsyncLocalStorage } from "node:async_hooks";

/** Who is being served right now and through which door; events are signed with it. */
export interface Caller {
  readonly by: string;
  readonly door: string;
}

const current = new AsyncLocalStorage<Caller>();

/** Runs `work` in the name of the caller. Doors and the job worker do this; nobody else. */
export function inNameOf<R>(caller: Caller, work: () => R): R {
  return current.run(caller, work);
}

export function currentCaller(): Caller {
  return current.getStore() ?? { by: "paydown", door: "system" };
}
