import { baseErrors } from "../errors.js";
import type { Tx } from "./db.js";

/**
 * Runs work in a transaction that is its own only as long as the work goes on. Of statements asked for together one may fail while
 * others are still to come: these are refused, instead of being run by themselves or within whatever the connection does next.
 */
export async function inTx<R>(tx: Tx, work: (tx: Tx) => Promise<R>): Promise<R> {
  let over = false;
  const unlessOver = <A>(ask: () => Promise<A>): Promise<A> => (over ? Promise.reject(baseErrors.DB_TX_OVER()) : ask());
  try {
    return await work({
      dialect: tx.dialect,
      all: (query) => unlessOver(() => tx.all(query)),
      get: (query) => unlessOver(() => tx.get(query)),
      run: (query) => unlessOver(() => tx.run(query)),
      defer: (query) => unlessOver(() => tx.defer(query)),
      emit: (event, project, payload) => unlessOver(() => tx.emit(event, project, payload)),
    });
  } finally {
    over = true;
  }
}
